# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# lib.bash - what every bats file loads: a state directory of its own for each test, the programs of the
# build tree, and an unprivileged user to run them as.
#
#   load lib
#   setup() { fakeid_setup; }
#   teardown() { fakeid_teardown; }
#
# Then: $WORK is a directory of the test user's, and the current one; `fid ARGS...` runs fakeid as that
# user, `as_user CMD...` anything else. As root tests start (they compare with what real root gets), the
# user is uid 65534; started by a user, they run as that one.

# shellcheck disable=SC2154 # automake's tests environment sets both
: "${abs_top_builddir:?run by make check}" "${abs_top_srcdir:?run by make check}"

TEST_UID=65534
[ "$(id -u)" -eq 0 ] || TEST_UID=$(id -u)

# Of the tests as a whole or not at all: nothing of the caller's session may leak in.
unset FAKEID_SESSION FAKEID_CREDS FAKEROOTKEY LD_PRELOAD XDG_STATE_HOME XDG_RUNTIME_DIR
export LC_ALL=C
export FAKEID_FAKED="$abs_top_builddir/faked/faked"
export FAKEID_LIB="$abs_top_builddir/.libs/libfakeid.so"
# Without the folders that only root may search: looking for a command there is EACCES to others.
PATH="$abs_top_builddir/fakeid:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# as_user CMD... - run it as the test user, with no privilege and no group left. setpriv fails, and the
# test with it, where that is not possible. Descriptor 3 is bats' own: a daemon that kept it would make
# bats wait for ever.
DROP=()
[ "$(id -u)" -ne 0 ] || DROP=(setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups
	--inh-caps=-all --bounding-set=-all --)
as_user() {
	"${DROP[@]}" "$@" 3>&-
}

# fid ARGS... - fakeid as the test user.
fid() {
	as_user fakeid "$@"
}

# shellcheck disable=SC2120 # tests that need another place name it
# new_dir [WHERE] - print a new directory that belongs to the test user, below WHERE (default /tmp).
new_dir() {
	local dir

	dir=$(mktemp -d "${1:-/tmp}/fakeid-test-XXXXXX") || return
	chmod 755 "$dir"
	[ "$(id -u)" -ne 0 ] || chown "$TEST_UID:$TEST_UID" "$dir"
	printf '%s\n' "$dir"
}

fakeid_setup() {
	WORK=$(new_dir) || return
	export HOME="$WORK" FAKEID_DIR="$WORK/.state"
	umask 022
	cd "$WORK" || return
}

# daemon_pid [STATE] - print the number of the daemon that serves a state directory; 1 if none does.
# One that has ended counts as gone at once: some inits take seconds to reap it.
daemon_pid() {
	local pid _

	read -r pid _ 2>/dev/null <"${1:-$FAKEID_DIR}/lock" || [ -n "${pid-}" ] || return 1
	grep -q '^Name:	faked$' "/proc/$pid/status" 2>/dev/null || return 1
	! grep -q '^State:	Z' "/proc/$pid/status" 2>/dev/null || return 1
	printf '%s\n' "$pid"
}

# wait_until SECONDS CMD... - until CMD succeeds; 1 if it never does. Busy machines get four times as long.
wait_until() {
	local tries=$(($1 * 80))

	shift
	while ! "$@"; do
		[ "$((tries--))" -gt 0 ] || return 1
		sleep 0.05
	done
}

no_daemon() {
	! daemon_pid "${1:-$FAKEID_DIR}" >/dev/null
}

# end_daemon [STATE] - stop the daemon of a state directory and remove its runtime place.
end_daemon() {
	local state=${1:-$FAKEID_DIR} pid place

	place=$(readlink "$state/run") || place=
	if pid=$(daemon_pid "$state"); then
		kill -TERM "$pid" 2>/dev/null
		wait_until 5 no_daemon "$state" || kill -KILL "$pid" 2>/dev/null
	fi
	case $place in
	*/fakeid-*) rm -rf -- "$place" ;;
	esac
}

fakeid_teardown() {
	cd / || return
	[ -n "${WORK-}" ] || return 0
	end_daemon "$FAKEID_DIR"
	rm -rf -- "$WORK"
}

# need_root - where real root is asked what is right.
need_root() {
	[ "$(id -u)" -eq 0 ] || {
		echo "must be started by root: what root gets is what fakeid is compared with" >&2
		return 1
	}
}

# compare_setup - for tests that run tests/diff/compare or compare-rules.
compare_setup() {
	need_root || return
	fakeid_setup
	export WORK FAKEID_DIR HOME COMPARE_UID=$TEST_UID
	COMPARE_AS="setpriv --reuid $TEST_UID --regid $TEST_UID --clear-groups --inh-caps=-all"
	COMPARE_AS+=" --bounding-set=-all -- fakeid --"
	export COMPARE_AS
}
