#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What was acknowledged stays: through kill -9 of the daemon at any moment, the loss of the runtime
# directory, a session that sees another environment, and full file systems. FAKEID_SEED asks for other
# moments.

load lib
: "${abs_top_builddir:?run by make check}" "${abs_top_srcdir:?run by make check}"

bats_require_minimum_version 1.5.0

setup_file() {
	need_root || return
	export SHARED TOOLS=$abs_top_srcdir/tests/image
	SHARED=$(mktemp -d /var/tmp/fakeid-kill-XXXXXX)
	chmod 755 "$SHARED"
	"$TOOLS/make-image" "$SHARED/image.tar" "${FAKEID_TEST_CACHE:-/var/cache/fakeid-tests}"
	mkdir "$SHARED/root"
	tar -C "$SHARED/root" "${TAR_UNPACK[@]}" -xf "$SHARED/image.tar" ./extra
	tar -C "$SHARED/root" "${TAR_UNPACK[@]}" --format=posix -cf "$SHARED/small.tar" extra
	rm "$SHARED/image.tar"
	touch -d @0 "$SHARED/root"
	setpriv --reuid 0 --regid 0 --groups 0 "$TOOLS/list-tree" "$SHARED/root" "${PARTS[@]}" >"$SHARED/list"
	[ "$(wc -l <"$SHARED/list")" -gt 300 ]
}

teardown_file() {
	rm -rf "${SHARED:?}"
}

TAR_UNPACK=(--numeric-owner --xattrs "--xattrs-include=*" --acls -p)
PARTS=(find devices links xattrs caps)

setup() {
	fakeid_setup
	RANDOM=${FAKEID_SEED:-4711}
	echo "seed ${FAKEID_SEED:-4711}"
}

teardown() {
	local mnt
	cd "$WORK" || return
	jobs -p | xargs -r kill 2>/dev/null || true # the killers of a test that failed
	end_daemon
	[ -z "${SMALL_STATE-}" ] || end_daemon "$SMALL_STATE"
	for mnt in small runtime; do
		if mountpoint -q $mnt; then umount -l $mnt; fi
	done
	fakeid_teardown
}

# all_right DIR: the tree lists as root's does.
all_right() {
	touch -d @0 "$1"
	fid -- "$TOOLS/list-tree" "$1" "${PARTS[@]}" >list
	diff -U0 --label "real root" --label "$1" "$SHARED/list" list >list.diff || {
		head -n 20 list.diff
		return 1
	}
}

# Wait up to 9.99 milliseconds, times $1.
nap() {
	sleep "$(printf '0.%05d' $((RANDOM % 1000 * ${1:-1})))"
}

kill_daemon() {
	local pid
	pid=$(daemon_pid) && kill -9 "$pid"
}

place() {
	readlink "$FAKEID_DIR/run"
}

@test "the daemon killed at 50 random moments: every unpack finishes and nothing is missing" {
	local n_killed=0 tar_pid
	for round in {1..50}; do
		as_user mkdir tree
		fid -- tar -C tree "${TAR_UNPACK[@]}" -xf "$SHARED/small.tar" &
		tar_pid=$!
		nap 12
		if kill_daemon; then n_killed=$((n_killed + 1)); fi
		wait $tar_pid
		# Half of the time nothing has been committed by a daemon that was there from the start.
		[ $((round % 2)) -eq 0 ] || ! kill_daemon || n_killed=$((n_killed + 1))
		all_right tree
		rm -rf tree
	done
	echo "killed $n_killed times"
	[ $n_killed -ge 40 ]
}

@test "a daemon that is killed over and over during one unpack" {
	local tar_pid n_killed=0
	as_user mkdir tree
	# However fast the unpack is, it goes on until the daemon was killed often enough.
	fid -- sh -c 'until [ -e enough ]; do tar -C tree "$@" || exit 1; done' sh \
		"${TAR_UNPACK[@]}" -xf "$SHARED/small.tar" &
	tar_pid=$!
	while kill -0 $tar_pid 2>/dev/null && [ $n_killed -lt 8 ]; do
		nap 10
		if kill_daemon; then n_killed=$((n_killed + 1)); fi
	done
	touch enough
	wait $tar_pid
	[ $n_killed -eq 8 ]
	all_right tree
}

@test "what was acknowledged is there after the daemon, its session and the index are gone" {
	as_user mkdir tree
	fid -- tar -C tree "${TAR_UNPACK[@]}" -xf "$SHARED/small.tar"
	# When fakeid has returned the store has all of it, so the index may go without a word.
	kill_daemon
	rm -rf "$(place)"
	all_right tree
}

@test "an index kept, a daemon gone before it committed: the next one goes on from there" {
	fid -- sh -c 'touch file; chown 1 file'
	# The session's own daemon stands still, so that nothing at all is committed; then everything dies.
	run -137 as_user fakeid -- sh -c 'read -r pid _ <"$FAKEID_DIR/lock"; kill -STOP "$pid"
		chown 11:12 file && chmod 4711 file && echo 1 >changed; kill -9 "$PPID"'
	[ -s changed ]
	kill_daemon
	[ "$(fid -- stat -c '%u:%g %a' file)" = "11:12 4711" ]
	kill_daemon
	rm -rf "$(place)"
	[ "$(fid -- stat -c '%u:%g %a' file)" = "11:12 4711" ]
}

@test "the runtime directory removed in the middle of an unpack, 10 times" {
	local tar_pid
	for round in {1..10}; do
		as_user mkdir tree
		fid -- tar -C tree "${TAR_UNPACK[@]}" -xf "$SHARED/small.tar" &
		tar_pid=$!
		nap 12
		rm -rf "$(place)"
		wait $tar_pid
		all_right tree
		rm -rf tree
	done
}

@test "the runtime directory removed under a session that then works on, and under the next" {
	as_user touch file
	fid -- sh -c 'chown 1:2 file; rm -rf "$(readlink "$FAKEID_DIR/run")"; chown 3:4 file; sleep 3
		chown 5 file; stat -c %u:%g file' >seen
	[ "$(cat seen)" = 5:4 ]
	[ "$(fid -- stat -c %u:%g file)" = 5:4 ]
	rm -rf "$(place)"
	[ "$(fid -- stat -c %u:%g file)" = 5:4 ]
}

@test "two sessions with different environments at once see one another's changes" {
	as_user mkdir -m 700 elsewhere
	as_user touch file
	mkfifo first second
	chown "$TEST_UID" first second
	as_user env XDG_RUNTIME_DIR="$WORK/elsewhere" TMPDIR=/nonexistent HOME=/ \
		fakeid -- sh -c 'chown 7:8 file; echo go >first; read -r word <second; stat -c %u:%g file' >one &
	read -r _ <first
	as_user env -i PATH="$PATH" FAKEID_DIR="$FAKEID_DIR" FAKEID_FAKED="$FAKEID_FAKED" FAKEID_LIB="$FAKEID_LIB" \
		fakeid -- sh -c 'stat -c %u:%g file; chown 9 file' >two
	echo go >second
	wait $!
	[ "$(cat two)" = 7:8 ]
	[ "$(cat one)" = 9:8 ]
	[ "$(pgrep -c -u "$TEST_UID" -f "faked.*$FAKEID_DIR")" -le 1 ]
}

# own_until_full DIR: make files and give each an owner until something fails. What succeeded is in
# DIR.owned, the failures in errors.
own_until_full() {
	fid -- sh -c 'i=0
		while [ $i -lt '"$2"' ]; do
			i=$((i + 1))
			echo "$1/$i"
		done | xargs -n 500 sh -c "touch \"\$@\" && chown -v 1000:1001 \"\$@\"" sh' sh "$1" \
		>"$1.log" 2>errors || true
	sed -n "s/^changed ownership of '\(.*\)' from .*/\1/p" "$1.log" | sort >"$1.owned"
}

owned_are_owned() {
	fid -- find "$1" -uid 1000 -gid 1001 | sort >found
	comm -23 "$1.owned" found >lost
	[ ! -s lost ] || {
		echo "$(wc -l <lost) acknowledged and lost"
		return 1
	}
}

has_room() {
	as_user fakeidctl status | grep -qx 'full no'
}

@test "a full state disk: ENOSPC, no crash, and nothing acknowledged is lost" {
	mkdir small
	mount -t tmpfs -o "mode=700,uid=$TEST_UID,gid=$TEST_UID,size=10m" none small
	SMALL_STATE=$WORK/small
	export FAKEID_DIR=$SMALL_STATE
	as_user mkdir files more
	own_until_full files 60000
	[ "$(wc -l <files.owned)" -gt 1000 ]
	grep -q 'No space left on device' errors
	! grep -qiE 'bus error|segmentation|aborted' errors || return 1
	owned_are_owned files
	# Still full, with a new daemon and an index built again.
	kill_daemon
	rm -rf "$(place)"
	owned_are_owned files
	# Room again: on it goes, once the daemon has looked.
	mount -o remount,size=64m small
	wait_until 10 has_room
	own_until_full more 500
	[ "$(wc -l <more.owned)" -eq 500 ]
	owned_are_owned more
	owned_are_owned files
}

@test "a runtime directory without room: the index goes on in the state directory" {
	mkdir runtime
	mount -t tmpfs -o "mode=700,uid=$TEST_UID,gid=$TEST_UID,size=260m" none runtime
	export XDG_RUNTIME_DIR=$WORK/runtime
	as_user mkdir files
	fid -- true
	[[ "$(place)" == "$WORK"/runtime/* ]]
	as_user sh -c 'head -c 260m /dev/zero >runtime/filler; true' 2>/dev/null # somebody else needs it all
	[ "$(stat -f -c %a runtime)" -lt 512 ]
	own_until_full files 20000
	cat errors
	[ ! -s errors ]
	[ "$(wc -l <files.owned)" -eq 20000 ]
	owned_are_owned files
	kill_daemon
	owned_are_owned files
	kill_daemon
	rm -rf "$(place)"
	owned_are_owned files
}
