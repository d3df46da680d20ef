# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# lib.bash - what calls.sh and ops.sh share: fakeid of the build folder, an unprivileged user to run it as, a
# directory, and how many instructions and system calls an operation of bench/calls is.
build=$PWD
for tool in valgrind strace; do
	command -v "$tool" >/dev/null || { echo "${0##*/}: no $tool: install it" >&2; exit 1; }
done
export FAKEID_FAKED=$build/faked/faked FAKEID_LIB=$build/.libs/libfakeid.so
# shellcheck disable=SC2034 # for those who load this
fakeid=$build/fakeid/fakeid
user=65534
[ "$(id -u)" -eq 0 ] || user=$(id -u)
work=$(mktemp -d /var/tmp/fakeid-calls-XXXXXX)
trap 'as_user "$build/fakeid/fakeidctl" stop >/dev/null; rm -rf -- "$work"' EXIT
export FAKEID_DIR=$work/state HOME=$work
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@"
	else
		"$@"
	fi
}
[ "$(id -u)" -ne 0 ] || chown "$user:$user" "$work"
cd "$work" || exit
as_user touch file

# instructions OPERATION N [PREFIX...] - of a whole process that carries it out N times.
instructions() {
	local op=$1 n=$2

	shift 2
	as_user "$@" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$build/bench/calls" "$op" file "$n" \
		2>&1 >/dev/null | sed -n 's/.*Collected : //p'
}

# instructions_of_one OPERATION [PREFIX...]
instructions_of_one() {
	local op=$1 n=2000

	shift
	echo $((($(instructions "$op" $n "$@") - $(instructions "$op" 0 "$@")) / n))
}

count_calls() {
	local op=$1 n=$2

	shift 2
	as_user "$@" strace -qq "$build/bench/calls" "$op" file "$n" 2>&1 >/dev/null | wc -l
}

# calls_of_one OPERATION [PREFIX...] - with two digits behind the point where it is no whole number.
calls_of_one() {
	local op=$1 calls

	shift
	calls=$(($(count_calls "$op" 1000 "$@") - $(count_calls "$op" 500 "$@")))
	if [ $((calls % 500)) -eq 0 ]; then echo $((calls / 500)); else printf '%d.%02d\n' $((calls / 500)) $((calls % 500 / 5)); fi
}

# ns_of_one OPERATION [PREFIX...] - the median of seven.
ns_of_one() {
	local op=$1

	shift
	for _ in 1 2 3 4 5 6 7; do as_user "$@" "$build/bench/calls" "$op" file 20000; done | sort -n | sed -n 4p
}
