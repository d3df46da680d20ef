#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# daemon.bats - faked by itself: starting, ending, and losing nothing when it is killed, robbed of its
# runtime directory, or out of room. `ask` speaks to it and publishes as wrapped programs do.

bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
	MOUNTED=()
}

teardown() {
	cd /
	end_daemon "$FAKEID_DIR"
	for point in "${MOUNTED[@]}"; do wait_until 10 umount "$point"; done
	fakeid_teardown
}

faked() {
	as_user "$FAKEID_FAKED" --dir "$FAKEID_DIR" "$@"
}

ask() {
	as_user "$abs_top_builddir/tests/bats/ask" "$FAKEID_DIR" "$@"
}

# session TAG CMD... - run CMD with $NS set, inside a session.
session() {
	local tag=$1

	shift
	as_user env ASK="$abs_top_builddir/tests/bats/ask $FAKEID_DIR" \
		"$abs_top_builddir/tests/bats/ask" "$FAKEID_DIR" hello "$tag" "$@"
}

kill_daemon() {
	local pid

	pid=$(daemon_pid)
	kill -KILL "$pid"
	wait_until 5 no_daemon
}

place() {
	readlink "$FAKEID_DIR/run"
}

# small_disk MIB - mount a tmpfs that belongs to the test user on a new directory and print its name.
small_disk() {
	local dir="$WORK/disk"

	[ "$(id -u)" -eq 0 ] || return 1
	mkdir -p "$dir"
	mount -t tmpfs -o "size=$1m,mode=700,uid=$TEST_UID,gid=$TEST_UID" none "$dir"
	printf '%s\n' "$dir"
}

fill() {
	as_user dd if=/dev/zero of="$1/filler" bs=4096 2>/dev/null || true
}

@test "a daemon says ok once it answers, and nothing of it is left when it was idle" {
	run -0 faked --ready-fd 1 --idle 1
	[ "$output" = ok ]
	run -0 ask status
	[[ $output = *"sessions 0"* ]]
	dir=$(place)
	[ -S "$dir/socket" ]
	[ "$(stat -c %a:%u "$dir")" = "700:$TEST_UID" ]
	wait_until 10 no_daemon
	[ ! -e "$dir" ]
}

@test "closed standard descriptors become nobody's: neither the pipe to who waits nor a file of the store" {
	as_user "$FAKEID_FAKED" --dir "$FAKEID_DIR" --idle 20 <&- >&- 2>&-
	run -0 ask status
	end_daemon
	as_user "$FAKEID_FAKED" --dir "$FAKEID_DIR" --idle 20 --foreground >&- 2>&- &
	wait_until 10 eval 'ask status'
	[ "$(readlink "/proc/$(daemon_pid)/fd/2")" = /dev/null ]
	[ "$(wc -l <"$FAKEID_DIR/lock")" = 1 ]
	run -0 faked --ready-fd 1
	[ "$output" = ok ]
	ask stop
	wait
}

@test "a daemon in use does not end, and ends when the last session does" {
	faked --idle 1
	run -0 session web sleep 3
	[ -n "$(daemon_pid)" ]
	wait_until 10 no_daemon
	[ ! -e "$(place)" ]
}

@test "sixteen starting at once end as one, and all of them say ok" {
	for i in {1..16}; do
		faked --ready-fd 1 --idle 20 >"$WORK/out.$i" 2>&1 &
	done
	wait
	[ "$(sort -u "$WORK"/out.*)" = ok ]
	[ "$(pgrep -u "$TEST_UID" -fc "faked --dir $FAKEID_DIR ")" -eq 1 ]
}

@test "a tag keeps its number over daemons, and another one gets another number" {
	faked
	[ "$(session a sh -c 'echo "$NS"')" = 1 ]
	[ "$(session b sh -c 'echo "$NS"')" = 2 ]
	kill_daemon
	faked
	[ "$(session b sh -c 'echo "$NS"')" = 2 ]
	[ "$(session a sh -c 'echo "$NS"')" = 1 ]
}

@test "tags with bad characters are refused" {
	faked
	for tag in '-x' 'a b' $'a\nb' 'ä' 'a;b' 'a*' "$(printf '%0129d' 0)"; do
		run -1 session "$tag" true
		[ "$output" = EINVAL ]
	done
	for tag in a 'A.b_c:d/e@f+g-h' "$(printf '%0128d' 0)"; do
		run -0 session "$tag" true
	done
}

@test "a nameless namespace has a number of its own and goes with its session" {
	faked
	run -0 session - sh -c 'v=$($ASK volume "$NS" /etc/passwd); $ASK put "$NS" "$v:7" 3; $ASK sync; $ASK list "$NS"; echo "$NS"'
	[ "${lines[0]##* }" = 3 ]
	first=${lines[1]}
	run -0 ask list "$first"
	[ "$output" = "" ]
	[ ! -e "$(place)/ns-$first" ]
	run -0 session - sh -c 'echo "$NS"'
	[ "$output" != "$first" ]
}

@test "a nameless namespace outlives a killed daemon, and is taken up again by its number" {
	faked
	session - sh -c '$ASK volume "$NS" /etc/passwd >/dev/null; $ASK put "$NS" 1:7 3; echo "$NS" >number; sleep 60' &
	wait_until 10 test -s "$WORK/number"
	ns=$(cat "$WORK/number")
	kill_daemon
	faked
	run -0 session "#$ns" sh -c '$ASK get "$NS" 1:7'
	[ "$output" = 3 ]
	[ ! -e "$(place)/ns-$ns" ]
	pkill -u "$TEST_UID" -f "ask $FAKEID_DIR hello"
	wait
}

@test "a nameless namespace outlives its index, and goes if nobody comes back for it" {
	faked --idle 60
	session - sh -c '$ASK volume "$NS" /etc/passwd >/dev/null; $ASK put "$NS" 1:7 3; echo "$NS" >number; sleep 60' &
	wait_until 10 test -s "$WORK/number"
	ns=$(cat "$WORK/number")
	rm -rf "$(place)"
	wait_until 10 no_daemon
	faked --idle 60
	run -0 session "#$ns" sh -c '$ASK get "$NS" 1:7'
	[ "$output" = 3 ]
	run -1 session "#$ns" true
	[ "$output" = ENOENT ]
	pkill -u "$TEST_UID" -f "ask $FAKEID_DIR hello"
	wait

	rm -f "$WORK/number"
	session - sh -c 'echo "$NS" >number; sleep 60' &
	wait_until 10 test -s "$WORK/number"
	rm -rf "$(place)"
	wait_until 10 no_daemon
	pkill -u "$TEST_UID" -f "ask $FAKEID_DIR hello"
	wait
	faked --idle 60
	[ "$(ask status | grep -c ^namespace)" -eq 1 ]
	ask stop
	wait_until 5 no_daemon
	faked --idle 60
	[ "$(ask status | grep -c ^namespace)" -eq 0 ]
}

@test "records are there again in the next daemon" {
	faked
	session a sh -c '$ASK volume "$NS" /etc/passwd && $ASK write "$NS" 1 1 3000' >"$WORK/out"
	tail -n +2 "$WORK/out" >"$WORK/acked"
	chmod 644 "$WORK/acked"
	ask sync
	[ "$(ask list 1 | wc -l)" -eq 3000 ]
	ask stop
	wait_until 5 no_daemon
	[ ! -e "$(place)" ]
	faked
	run -0 session a sh -c '$ASK check "$NS" 1 acked'
	[ "$output" = "checked 3000 bad 0" ]
}

@test "a deletion reaches the store, and so does the end of a doomed file, whose xattrs stay for who has it open" {
	faked
	run -0 session a sh -c '$ASK volume 1 /etc/passwd >/dev/null; for i in 1 2 3; do $ASK put 1 1:$i $i; done; $ASK sync
		$ASK xset 1 1:2 security.x y; $ASK put 1 1:1 0 none; $ASK put 1 1:2 2 doomed; $ASK sync; $ASK list 1
		$ASK xlist 1 1:2; $ASK get 1 1:2'
	[ "${lines[0]}" = 16 ]
	[ "${lines[1]}" = "mounted 1:3 3" ]
	[ "${lines[2]}" = security.x ]
	[ "${lines[3]}" = 2 ]
	[ "${#lines[@]}" -eq 4 ]
}

@test "fifty kill -9 of the daemon while a process writes lose nothing it was told" {
	faked --idle 60
	session a sh -c '$ASK volume "$NS" /etc/passwd' >"$WORK/volume"
	as_user "$abs_top_builddir/tests/bats/ask" "$FAKEID_DIR" write 1 1 1 400000 >"$WORK/acked" 2>/dev/null &
	writer=$!
	for i in {1..50}; do
		sleep "0.0$((RANDOM % 10))"
		kill_daemon
		faked --idle 60
	done
	kill "$writer" 2>/dev/null || true
	wait "$writer" || true
	# The last line may be cut short by the kill.
	sed -i '$d' "$WORK/acked"
	chmod 644 "$WORK/acked"
	run -0 ask check 1 1 "$WORK/acked"
	echo "$output"
	[[ $output = "checked "*" bad 0" ]]
	ask sync
	ask list 1 | sed 's/^mounted 1:\([0-9]*\) .*/\1/' | sort >"$WORK/stored"
	[ "$(sort "$WORK/acked" | comm -23 - "$WORK/stored" | wc -l)" -eq 0 ]
}

@test "xattrs that were acknowledged survive a kill -9 before the commit" {
	faked --idle 60
	session a sh -c '$ASK volume 1 /etc/passwd' >"$WORK/volume"
	for i in {1..20}; do
		ask xset 1 "1:$i" security.capability "value $i" >"$WORK/flags"
		kill_daemon
		faked --idle 60
	done
	for i in {1..20}; do
		[ "$(ask xget 1 "1:$i" security.capability)" = "value $i" ]
	done
}

@test "xattr requests answer as setxattr(2) and its family do" {
	faked --idle 60
	session a true
	[ "$(ask xset 1 1:5 security.a one)" = 16 ]
	[ "$(ask xset 1 1:5 system.posix_acl_access two)" = 48 ]
	[ "$(ask xget 1 1:5 security.a)" = one ]
	[ "$(ask xlist 1 1:5 | sort | tr '\n' ' ')" = "security.a system.posix_acl_access " ]
	[ "$(ask xcreate 1 1:5 security.a x)" = EEXIST ]
	[ "$(ask xreplace 1 1:5 security.b x)" = ENODATA ]
	[ "$(ask xreplace 1 1:5 security.a three)" = 48 ]
	[ "$(ask xget 1 1:5 security.a)" = three ]
	[ "$(ask xget 1 1:6 security.a)" = ENODATA ]
	[ "$(ask xdel 1 1:5 security.b)" = ENODATA ]
	[ "$(ask xset 1 1:5 "security.$(printf '%0247d' 0)" x)" = ERANGE ]
	[ "$(ask xset 9 1:5 security.a x)" = EINVAL ]
	[ "$(ask xdel 1 1:5 system.posix_acl_access)" = 16 ]
	[ "$(ask xdel 1 1:5 security.a)" = 0 ]
	[ "$(ask xlist 1 1:5)" = "" ]
}

@test "xattrs of a file that is gone are never another file's on the same inode" {
	faked --idle 60
	session a true
	ask xset 1 1:5 security.a old
	[ "$(BTIME=6 ask xget 1 1:5 security.a)" = ENODATA ]
	[ "$(BTIME=6 ask xlist 1 1:5)" = "" ]
	[ "$(BTIME=6 ask xset 1 1:5 security.b new)" = 16 ]
	[ "$(BTIME=6 ask xlist 1 1:5)" = security.b ]
	[ "$(ask xget 1 1:5 security.a)" = ENODATA ]
}

@test "a runtime directory removed in the middle costs nothing that was acknowledged" {
	faked --idle 60
	session a sh -c '$ASK volume "$NS" /etc/passwd' >"$WORK/volume"
	for round in 1 2 3; do
		session a sleep 1 &
		ask write 1 1 "${round}0000" 9000 >"$WORK/acked.$round" &
		sleep "0.$((RANDOM % 5))"
		rm -rf "$(place)"
		wait_until 10 no_daemon
		faked --idle 60
		session a sleep 1
		wait
	done
	cat "$WORK"/acked.* >"$WORK/acked"
	chmod 644 "$WORK/acked"
	[ "$(wc -l <"$WORK/acked")" -eq 27000 ]
	run -0 session a sh -c '$ASK check 1 1 acked'
	[ "$output" = "checked 27000 bad 0" ]
	ask sync
	[ "$(ask list 1 | wc -l)" -eq 27000 ]
}

@test "an index from another boot, or with a broken header, is built anew from the store" {
	faked --idle 60
	session a sh -c '$ASK volume "$NS" /etc/passwd >/dev/null; $ASK put 1 1:7 3; $ASK sync'
	for at in 0 8 12 16 32 40 100; do
		kill_daemon
		printf '\377\356' | dd of="$(place)/ns-1" bs=1 seek="$at" conv=notrunc 2>/dev/null
		faked --idle 60
		run -0 session a sh -c '$ASK get 1 1:7'
		[ "$output" = 3 ]
	done
	kill_daemon
	truncate -s 5000 "$(place)/ns-1"
	faked --idle 60
	[ "$(session a sh -c '$ASK get 1 1:7')" = 3 ]
	kill_daemon
	as_user sh -c ': >"$1"' - "$(place)/ns-1"
	faked --idle 60
	[ "$(session a sh -c '$ASK get 1 1:7')" = 3 ]
}

@test "an index that outgrows the runtime filesystem goes on in the state directory" {
	disk=$(small_disk 12)
	MOUNTED+=("$disk")
	faked --idle 60 --runtime "$disk"
	[[ $(place) = "$disk"/* ]]
	session a sh -c '$ASK volume "$NS" /etc/passwd' >"$WORK/volume"
	fill "$disk"
	run -0 ask write 1 1 1 100000
	printf '%s\n' "${lines[@]}" >"$WORK/acked"
	chmod 644 "$WORK/acked"
	[ "$(wc -l <"$WORK/acked")" -eq 100000 ]
	[[ $(readlink "$(place)/ns-1") = "$FAKEID_DIR/index/"* ]]
	[ "$(find "$FAKEID_DIR/index" -type f | wc -l)" -eq 1 ]
	[ "$(fid -n a setpriv --reuid 1000 --clear-groups sh -c 'id -u')" = 1000 ]
	kill_daemon
	: >"$FAKEID_DIR/index/left"
	faked --idle 60
	[ ! -e "$FAKEID_DIR/index/left" ]
	run -0 ask check 1 1 "$WORK/acked"
	ask sync
	[ "$(ask list 1 | wc -l)" -eq 100000 ]
	ask stop
	wait_until 5 no_daemon
	[ ! -e "$FAKEID_DIR/index" ]
	faked --idle 60
	run -0 session a sh -c '$ASK check 1 1 acked'
}

# outgrow - a daemon whose index of 20000 records has gone to the state directory.
outgrow() {
	disk=$(small_disk 12)
	MOUNTED+=("$disk")
	faked --idle 60 --runtime "$disk"
	session a sh -c '$ASK volume "$NS" /etc/passwd' >"$WORK/volume"
	fill "$disk"
	ask write 1 1 1 20000 >"$WORK/acked"
	chmod 644 "$WORK/acked"
	[ -e "$FAKEID_DIR/index" ]
}

@test "an index in a state directory that is moved after its daemon was killed is found there" {
	outgrow
	kill_daemon
	mv "$FAKEID_DIR" "$WORK/moved"
	FAKEID_DIR=$WORK/moved
	faked --idle 60
	run -0 ask check 1 1 "$WORK/acked"
	[ "$output" = "checked 20000 bad 0" ]
	ask stop
	wait_until 5 no_daemon
}

@test "what an index took in the state directory goes with its id space" {
	outgrow
	as_user fakeidctl ns remove a
	[ ! -e "$FAKEID_DIR/index" ]
}

@test "a runtime filesystem and a state disk that are full are ENOSPC for the writer, and lose nothing" {
	disk=$(small_disk 12)
	MOUNTED+=("$disk")
	FAKEID_DIR=$disk/state
	faked --idle 60 --runtime "$disk"
	session a sh -c '$ASK volume "$NS" /etc/passwd' >"$WORK/volume"
	fill "$disk"
	run -1 ask write 1 1 1 100000
	[ "${lines[-1]}" = ENOSPC ]
	printf '%s\n' "${lines[@]}" | sed '$d' >"$WORK/acked"
	chmod 644 "$WORK/acked"
	[ "$(wc -l <"$WORK/acked")" -gt 500 ]
	run -0 ask check 1 1 "$WORK/acked"
	rm "$disk/filler"
	run -0 ask write 1 1 200000 3000
	[ "${#lines[@]}" -eq 3000 ]
	kill_daemon
	faked --idle 60
	run -0 ask check 1 1 "$WORK/acked"
	ask stop
	wait_until 5 no_daemon
}

@test "a full state disk is ENOSPC for the writer, and what it was told is stored" {
	disk=$(small_disk 24)
	MOUNTED+=("$disk")
	FAKEID_DIR=$disk/state
	faked --idle 60
	session a sh -c '$ASK volume "$NS" /etc/passwd' >"$WORK/volume"
	fill "$disk"
	# The index takes what is promised it; then no more is, and growth is refused.
	run -1 ask write 1 1 1 400000
	[ "${lines[-1]}" = ENOSPC ]
	printf '%s\n' "${lines[@]}" | sed '$d' >"$WORK/acked"
	chmod 644 "$WORK/acked"
	[ "$(wc -l <"$WORK/acked")" -gt 500 ]
	kill_daemon
	faked --idle 60
	run -0 ask check 1 1 "$WORK/acked"
	run -0 ask sync
	[ "$(ask list 1 | wc -l)" -eq "$(wc -l <"$WORK/acked")" ]
	rm "$disk/filler"
	wait_until 10 eval 'ask put 1 1:900000 1'
	[ "$(ask status | grep ^full)" = "full no" ]
	ask stop
	wait_until 5 no_daemon
}

@test "wrong options are named, and nothing is made" {
	while IFS=/ read -r words line; do
		# shellcheck disable=SC2086 # words
		run -125 --separate-stderr as_user "$FAKEID_FAKED" $words
		[ "$output" = "" ]
		[ "$stderr" = "faked: $line: see faked --help" ] || { echo "got: $stderr" >&2; return 1; }
	done <<-'END'
		/option '--dir': it is missing
		--nope/option '--nope': unknown
		-x/option '-x': unknown
		--dir/option '--dir': it needs a value
		--foreground=1/option '--foreground=1': it takes no value
		--dir d --idle x/option '--idle': 'x': not a number
		--dir d --ready-fd -1/option '--ready-fd': '-1': not a number
		--dir d --runtime rel/option '--runtime': 'rel': not an absolute path
		--dir d extra/argument 'extra': it takes none
	END
	[ ! -e d ]
}

# when_full FIRST PROGRAM - run a Python program, told 'go' when the daemon's commits begin to fail from the one of
# this number on; what it prints goes to "out". Each round of the daemon takes half a second more.
when_full() {
	local strace pid

	rm -f ready go trace
	printf '%s\n' 'import os, time' 'os.stat("file")' 'open("ready", "w").close()' \
		'while not os.path.exists("go"):' '    time.sleep(0.02)' "$2" >program.py
	fid -- python3 program.py >out 2>&1 &
	pid=$!
	wait_until 10 test -e ready
	strace -qq -o trace -e trace=poll,fdatasync -e inject=poll:delay_enter=500000 \
		-e "inject=fdatasync:error=ENOSPC:when=$1+" -p "$(daemon_pid)" &
	strace=$!
	wait_until 10 test -s trace
	touch go
	wait_until 10 test -s out
	kill "$strace"
	wait "$pid" || true # its end may be what could not be stored
}

# Half of what it changes is stored when it asks; unless the daemon began before it had changed all: then again.
@test "an xattr that finds the disk full is not there later" {
	fid -- sh -c 'touch file; setfattr -n trusted.a -v 1 file; mkdir many; cd many; seq 5000 | xargs touch; chown 4 -- *'
	for owner in 5 6 7 8 9; do
		when_full 2 "
for name in range(1, 5001):
    os.chown('many/%d' % name, $owner, 0)
while 'fdatasync' not in open('trace').read():
    time.sleep(0.02)
try:
    os.setxattr('file', 'trusted.b', b'1')
    print('set')
except OSError as error:
    print(os.strerror(error.errno))"
		[ "$(cat out)" = set ] || break
		fid -- setfattr -x trusted.b file
	done
	[ "$(cat out)" = "No space left on device" ]
	run -0 fid -- getfattr --only-values -dm trusted file
	[ "$output" = 1 ]
}

@test "a chown that finds the disk full takes no capabilities" {
	fid -- sh -c 'touch file other; setcap cap_chown+ep file'
	when_full 1 "
os.chown('other', 5, 6)
while 'fdatasync' not in open('trace').read():
    time.sleep(0.02)
time.sleep(0.2)
try:
    os.chown('file', 5, 6)
except OSError as error:
    print(os.strerror(error.errno))"
	[ "$(cat out)" = "No space left on device" ]
	run -0 fid -- getcap file
	[ "$output" = "file cap_chown=ep" ]
}

# say_full BITS - write them over those of the index that say whether there is room.
say_full() {
	as_user python3 - "$(place)/ns-1" "$1" <<-END
		import struct, sys
		with open(sys.argv[1], "r+b") as index:
		    index.seek(76)
		    flags, = struct.unpack("<I", index.read(4))
		    index.seek(76)
		    index.write(struct.pack("<I", flags & ~16 | int(sys.argv[2])))
	END
}

@test "a chmod that finds no room for its record, only once the disk has the mode, leaves the mode" {
	fid -- sh -c 'echo x >file; chown 5 file; touch other'
	for file in file other; do
		as_user strace -f -qq -o /dev/null -e trace=/chmod -e inject=/chmod:delay_exit=1000000 \
			-- fakeid -- chmod 4755 $file 2>said &
		pid=$!
		wait_until 10 test -x $file
		say_full 16
		code=0
		wait "$pid" || code=$?
		say_full 0
		[ "$code" -eq 1 ]
		grep -q "No space left" said
		[ "$(fid -- stat -c %a $file)" = 644 ]
		fid -- chmod 4755 $file
		[ "$(fid -- stat -c %a $file)" = 4755 ]
	done
}

@test "a store that found no room to begin is begun when there is some" {
	disk=$(small_disk 1)
	MOUNTED+=("$disk")
	FAKEID_DIR=$disk/state
	for pages in {2..12}; do
		mount -o "remount,size=$((pages * 4))k" "$disk"
		run as_user fakeid -- true
		end_daemon
		mount -o remount,size=24m "$disk"
		run -0 fid -- sh -c 'touch "$1"; chown 5:6 "$1"; stat -c %u:%g "$1"' x "$disk/f"
		[ "$output" = 5:6 ]
		as_user fakeidctl stop
		wait_until 5 no_daemon
		rm -r "$disk/state" "$disk/f"
	done
}

@test "a state directory open to others is refused with one line and 125" {
	as_user mkdir -m 750 "$FAKEID_DIR"
	run -125 --separate-stderr faked --ready-fd 1
	[ "$output" = "error: $FAKEID_DIR: is open to group or others: chmod 700 it: Permission denied" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "a state directory that is not ours, not writable or no directory is refused" {
	mkdir -m 700 "$FAKEID_DIR"
	[ "$(id -u)" -ne 0 ] || chown 1:1 "$FAKEID_DIR"
	[ "$(id -u)" -ne 0 ] || run -125 --separate-stderr faked
	[ "${#stderr_lines[@]}" -eq 1 ]
	rmdir "$FAKEID_DIR"
	as_user mkdir -m 500 "$FAKEID_DIR"
	run -125 --separate-stderr faked
	[[ $stderr = *"is not writable"* ]]
	rmdir "$FAKEID_DIR"
	as_user ln -s "$WORK" "$FAKEID_DIR"
	run -125 --separate-stderr faked
	[ "${#stderr_lines[@]}" -eq 1 ]
	rm "$FAKEID_DIR"
	run -125 --separate-stderr as_user "$FAKEID_FAKED" --dir "$WORK/no/such"
	[ "${#stderr_lines[@]}" -eq 1 ]
	run -125 --separate-stderr as_user "$FAKEID_FAKED" --dir "$WORK/no/such" --foreground --ready-fd 1
	[ "$stderr" = "" ]
	[ "$output" = "error: $WORK/no/such: cannot be made: No such file or directory" ]
}

@test "a damaged store is refused, said in one line, and left as it is" {
	faked
	session a sh -c '$ASK volume 1 /etc/passwd >/dev/null; $ASK write 1 1 1 2000 >/dev/null'
	ask stop
	wait_until 5 no_daemon
	data=$FAKEID_DIR/store/data.mdb
	cp "$data" "$WORK/good"
	for damage in 'truncate -s 8192' 'dd conv=notrunc bs=4096 count=2 status=none if=/dev/urandom of='; do
		cp "$WORK/good" "$data"
		case $damage in
		*of=) $damage"$data" ;;
		*) $damage "$data" ;;
		esac
		before=$(sha256sum <"$data")
		run -125 --separate-stderr faked --ready-fd 1
		[[ $output = "error: $FAKEID_DIR: store is damaged; nothing was changed"* ]]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[ "$(sha256sum <"$data")" = "$before" ]
	done
	cp "$WORK/good" "$data"
	faked
	[ "$(ask list 1 | wc -l)" -eq 2000 ]
}

@test "bytes that are no request do no harm" {
	faked --idle 60
	for hex in 00 0100 010001000000000000000000 01000100000000000400000000000000 \
		0100010000000000ffffffff 01000700000000000000000000 0100ffff0000000000000000 \
		020001000000000000000000 01000200010000000400000000000000; do
		run ask raw "$hex"
		[ "$status" -ne 0 ]
	done
	for i in {1..50}; do
		run ask raw "0100$(printf %02x $((RANDOM % 16)))00$(head -c "$((RANDOM % 60))" /dev/urandom | od -An -tx1 | tr -d ' \n')"
	done
	run -0 ask status
}

@test "nobody but its own user is answered" {
	[ "$(id -u)" -eq 0 ]
	faked --idle 60
	run -0 ask status
	run -1 timeout 20 "$abs_top_builddir/tests/bats/ask" "$FAKEID_DIR" status
	[ "$output" != "" ]
	run -1 timeout 20 setpriv --reuid 1 --regid 1 --clear-groups "$abs_top_builddir/tests/bats/ask" "$FAKEID_DIR" status
}

@test "a device number that comes to another filesystem does not bring the old records along" {
	disk=$(small_disk 1)
	MOUNTED+=("$disk")
	faked --idle 60
	session a true
	first=$(ask volume 1 "$disk")
	[ "$(ask volume 1 "$disk")" = "$first" ]
	wait_until 10 umount "$disk" # a daemon of another test may begin just now, and look at it
	small_disk 1
	second=$(ask volume 1 "$disk")
	[ "$second" != "$first" ]
}

# A mount point that is open cannot be unmounted.
@test "mounts that come and go elsewhere make the daemon open no mount point" {
	disk=$(small_disk 1)
	MOUNTED+=("$disk")
	faked --idle 60
	session a true
	volume=$(ask volume 1 "$disk")
	mkdir "$WORK/other"
	strace -qq -o "$WORK/calls" -p "$(daemon_pid)" &
	tracer=$!
	wait_until 10 test -s "$WORK/calls"
	for _ in {1..20}; do
		mount -t tmpfs none "$WORK/other"
		umount "$WORK/other"
	done
	wait_until 10 grep -q 'lseek' "$WORK/calls" # it reads the mount table again
	kill "$tracer"
	run -1 grep -E 'open' "$WORK/calls"
	[ "$(ask volume 1 "$disk")" = "$volume" ]
}

@test "copies of one filesystem that are mounted side by side are two volumes" {
	[ "$(id -u)" -eq 0 ]
	mkdir "$WORK/a" "$WORK/b"
	truncate -s 8M "$WORK/a.img"
	mkfs.ext4 -q "$WORK/a.img"
	cp "$WORK/a.img" "$WORK/b.img"
	mount -o loop "$WORK/a.img" "$WORK/a"
	MOUNTED+=("$WORK/a")
	mount -o loop "$WORK/b.img" "$WORK/b"
	MOUNTED+=("$WORK/b")
	faked --idle 60
	session a true
	a=$(ask volume 1 "$WORK/a")
	b=$(ask volume 1 "$WORK/b")
	[ "$a" != "$b" ]
	wait_until 10 umount "$WORK/b"
	wait_until 10 umount "$WORK/a"
	MOUNTED=()
	mount -o loop "$WORK/a.img" "$WORK/b"
	MOUNTED+=("$WORK/b")
	[ "$(ask volume 1 "$WORK/b")" = "$a" ]
}

@test "readdir knows a device on a filesystem that is mounted after the daemon began" {
	[ "$(id -u)" -eq 0 ]
	mkdir "$WORK/disk"
	truncate -s 8M "$WORK/img"
	mkfs.ext4 -q "$WORK/img"
	mount -o loop "$WORK/img" "$WORK/disk"
	MOUNTED+=("$WORK/disk")
	chmod 777 "$WORK/disk"
	fid -- mknod disk/null c 1 3
	as_user fakeidctl stop
	wait_until 5 no_daemon
	wait_until 10 umount "$WORK/disk"
	fid -- python3 -c '
import os, time
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.02)
print([entry.is_file() for entry in os.scandir("disk") if entry.name == "null"])' >out 2>&1 &
	pid=$!
	wait_until 10 test -e ready
	mount -o loop "$WORK/img" "$WORK/disk"
	touch go
	wait "$pid"
	[ "$(cat out)" = "[False]" ]
}

@test "no call is made for each descriptor that the limit allows" {
	as_user strace -f -o "$WORK/calls" -e trace=close,close_range,fcntl,fstat,newfstatat \
		prlimit --nofile="$(ulimit -Hn):$(ulimit -Hn)" "$FAKEID_FAKED" --dir "$FAKEID_DIR" --idle 1
	wait_until 10 no_daemon
	calls=$(wc -l <"$WORK/calls")
	[ "$calls" -gt 10 ]
	[ "$calls" -lt 500 ]
}

# Full but for what the daemon holds back for records, which it gives up at need.
fill_again() {
	rm -f "$1/filler"
	wait_until 10 eval 'ask status | grep -qx "full no"'
	fill "$1"
}

@test "what is made on a full disk is stored before anybody hears of it: id spaces, tags, keys, volumes" {
	disk=$(small_disk 24)
	MOUNTED+=("$disk")
	FAKEID_DIR=$disk/state
	faked --idle 60
	session a true
	fill_again "$disk"
	[ "$(session b sh -c 'echo "$NS"')" = 2 ]
	fill_again "$disk"
	as_user fakeidctl ns create --fs a c
	fill_again "$disk"
	as_user fakeidctl grant a --to c --caps chown
	fill_again "$disk"
	as_user fakeidctl ns rename c d
	fill_again "$disk"
	volume=$(ask volume 1 /etc/passwd)
	kill_daemon
	rm "$disk/filler"
	faked --idle 60
	[ "$(as_user fakeidctl keys)" = "a to d caps chown uid - gid -" ]
	[ "$(ask volume 1 /proc/self/stat)" -gt "$volume" ]
	[ "$(ask volume 1 /etc/passwd)" = "$volume" ]
}
