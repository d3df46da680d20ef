#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# growth.bats - the daemon killed and paused at every step of a segment's growth that it takes by a system
# call. (What it does in between, in memory, the index_*_test programs stop at every instruction.)
# strace delivers the signal at the call; a first run tells which calls there are.

bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
	ASK="$abs_top_builddir/tests/bats/ask"
	RUNTIME=()
}

teardown() {
	cd /
	if mountpoint -q "$WORK/tiny"; then wait_until 10 umount -l "$WORK/tiny"; fi
	for place in "$WORK"/mnt "$WORK"/aside*; do
		! mountpoint -q "$place" || umount -l "$place"
	done
	fakeid_teardown
}

# tiny_place - from now on the runtime place has room for the first segment only.
tiny_place() {
	[ "$(id -u)" -eq 0 ] # to mount
	mkdir -p "$WORK/tiny"
	if mountpoint -q "$WORK/tiny"; then wait_until 10 umount "$WORK/tiny"; fi
	mount -t tmpfs -o "size=8m,mode=700,uid=$TEST_UID,gid=$TEST_UID" none "$WORK/tiny"
	RUNTIME=(--runtime "$WORK/tiny")
}

full_place() {
	[ "${#RUNTIME[@]}" -eq 0 ] || as_user dd if=/dev/zero of="$WORK/tiny/filler" bs=4096 2>/dev/null || true
}

ask() {
	as_user "$ASK" "$FAKEID_DIR" "$@"
}

# begin_daemon STRACE-OPTIONS... - a new state directory with a daemon under strace that serves one
# namespace, and 1600 records in it: 2151 make it grow.
begin_daemon() {
	rm -rf "$FAKEID_DIR"
	as_user mkdir -m 700 "$FAKEID_DIR"
	[ "${#RUNTIME[@]}" -eq 0 ] || tiny_place
	as_user strace -qq "$@" -- "$FAKEID_FAKED" --dir "$FAKEID_DIR" --foreground --idle 60 "${RUNTIME[@]}" \
		>"$WORK/log" 2>&1 &
	STRACE=$!
	wait_until 10 ask status >/dev/null 2>&1 &&
		ask hello a sh -c "$ASK $FAKEID_DIR volume \"\$NS\" /etc/passwd" >/dev/null &&
		ask write 1 1 1 1600 >"$WORK/acked" && ask sync && full_place
}

# The same; but a call of a tick, or of somebody's mount, may have had the number for which the kill is meant.
fresh_daemon() {
	for _ in 1 2 3; do
		! begin_daemon "$@" || return 0
		end_daemon
	done
	return 1
}

# grow - enough records for a larger segment; those that were acknowledged go to $WORK/acked.
grow() {
	ask write 1 1 1601 1000 >>"$WORK/acked"
}

# calls_of_growth - print NAME NUMBER of each system call the daemon makes from the moment it begins to
# make the second segment until that has the first one's name; but those that it makes every second, too, and
# so at no certain number.
calls_of_growth() {
	fresh_daemon -o "$WORK/trace"
	grow
	ask sync
	ask stop
	wait "$STRACE" || true
	awk '
		{ match($0, /^[a-z0-9_]+/); name = substr($0, 1, RLENGTH); n[name]++ }
		/^unlinkat\([0-9]+, "ns-1.new"/ && ++begun == 2 { on = 1 }
		on && name !~ /^(poll|recvmsg|sendto|accept4|getpid|newfstatat|readlinkat|lseek|read)$/ { print name, n[name] }
		on && /^renameat\([0-9]+, "ns-1.next"/ { exit }
	' "$WORK/trace"
}

nothing_is_lost() {
	chmod 644 "$WORK/acked"
	run -0 ask check 1 1 "$WORK/acked"
	[ "$output" = "checked 2600 bad 0" ]
	ask sync
	ask list 1 | sed 's/^mounted 1:\([0-9]*\) .*/\1/' | sort >"$WORK/stored"
	[ "$(sort "$WORK/acked" | comm -23 - "$WORK/stored" | wc -l)" -eq 0 ]
}

killed_at_each_step() {
	calls_of_growth >"$WORK/calls"
	[ "$(wc -l <"$WORK/calls")" -ge 6 ]
	while read -r name number; do
		echo "killed at $name number $number"
		fresh_daemon -o /dev/null -e "trace=$name" -e "inject=$name:signal=KILL:when=$number"
		grow &
		writer=$!
		wait_until 10 no_daemon
		wait "$STRACE" || true
		as_user "$FAKEID_FAKED" --dir "$FAKEID_DIR" --idle 60
		wait "$writer"
		nothing_is_lost
		end_daemon
	done <"$WORK/calls"
}

@test "killed at any step of growth, the daemon loses nothing and its successor finishes" {
	killed_at_each_step
}

@test "killed at any step of growth into the state directory, likewise" {
	tiny_place
	killed_at_each_step
	grep -q symlinkat "$WORK/calls"
}

@test "a segment in the state directory that proves too small goes on in another one there" {
	tiny_place
	# Between two looks of the daemon the writer fills what has just been made.
	fresh_daemon -o /dev/null -e trace=poll -e inject=poll:delay_enter=300000
	ask write 1 1 1601 20000 >>"$WORK/acked"
	chmod 644 "$WORK/acked"
	run -0 ask check 1 1 "$WORK/acked"
	[ "$output" = "checked 21600 bad 0" ]
	ask sync
	[ "$(find "$FAKEID_DIR/index" -type f | wc -l)" -eq 1 ]
}

@test "a process that makes the index grow gives back the memory of what it grew out of" {
	[ "$(id -u)" -eq 0 ] # to mount
	mkdir -p "$WORK/tiny"
	mount -t tmpfs -o "mode=700,uid=$TEST_UID,gid=$TEST_UID" none "$WORK/tiny"
	cd "$WORK/tiny"
	run -0 fid -- python3 -c '
import os, time
for name in range(300000):
    if name == 200000:
        time.sleep(3) # so that nobody can still be looking where it was before
    fd = os.open(str(name), os.O_CREAT | os.O_WRONLY)
    os.fchown(fd, 5, 6)
    os.close(fd)
large = set()
for line in open("/proc/self/maps"):
    begin, end = line.split()[0].split("-")
    if "/ns-1" in line and int(end, 16) - int(begin, 16) > 2200000:
        large.add(line.split()[4])
print(len(large))'
	[ "$output" -le 4 ]
}

# begin_before WHAT - a process that has looked into the index waits for the file "go"; then it does WHAT, and
# what that prints goes to the file "out".
begin_before() {
	cat >before.py <<-END
		import os, time
		os.stat("mine")
		open("ready", "w").close()
		while True:
		    try:
		        os.close(os.open("go", os.O_RDONLY))
		        break
		    except FileNotFoundError:
		        time.sleep(0.02)
		$1
	END
	rm -f ready go
	fid -- python3 before.py >out 2>&1 &
	BEFORE=$!
	wait_until 10 test -e ready
}

@test "who looked into the index before it grew sees what came behind, of a kind that there was none of" {
	other=$(new_dir /dev/shm)
	n=0
	while IFS='|' read -r expected what; do
		echo "$what"
		mkdir "$((++n))" && chmod 777 "$n" && cd "$n"
		fid -- sh -c 'echo x >mine; chown 5:6 mine'
		begin_before "$what"
		fid -- sh -c 'mkdir many && cd many && seq 4000 | xargs touch && chown 7 -- *'
		fid -- sh -c "mkdir dir && chown :55 dir && chmod 2777 dir && touch caps other '$other/$n' &&
			setcap cap_chown+ep caps && setfattr -n trusted.x -v yes other && setfacl -m u:5:r other &&
			mknod dir/dev c 1 3 && chown 77 '$other/$n'"
		touch go
		wait "$BEFORE"
		[ "$(cat out)" = "$expected" ]
		cd ..
		end_daemon
		rm -rf "$FAKEID_DIR"
	done <<-END
		55|open("dir/new", "w").close(); print(os.stat("dir/new").st_gid)
		20|print(len(os.getxattr("caps", "security.capability")))
		b'yes'|print(os.getxattr("other", "trusted.x"))
		44|print(len(os.getxattr("other", "system.posix_acl_access")))
		['system.posix_acl_access', 'trusted.x']|print(sorted(os.listxattr("other")))
		77|print(os.stat("$other/" + os.path.basename(os.getcwd())).st_uid)
		[False]|print([entry.is_file() for entry in os.scandir("dir")])
		[]|os.truncate("caps", 0); print(os.listxattr("caps"))
	END
	rm -r "$other"
}

# mount_again DEV - a new filesystem on mnt in place of the one there, with the same device number. What gets
# another one is kept out of the way.
mount_again() {
	local i

	umount mnt
	for ((i = 0; i < 20; i++)); do
		mount -t tmpfs -o "mode=777" none mnt
		[ "$(stat -c %d mnt)" -ne "$1" ] || return 0
		mkdir -p "aside$i"
		mount --bind mnt "aside$i"
		umount mnt
	done
	return 1
}

@test "who looked into the index before it grew is not misled by a device number that is another filesystem's" {
	[ "$(id -u)" -eq 0 ] # to mount
	mkdir mnt
	while read -r expected before; do
		mount -t tmpfs -o "mode=777" none mnt
		dev=$(stat -c %d mnt)
		fid -- sh -c 'echo x >mine; chown 5:6 mine; touch mnt/f; chown 6 mnt/f'
		begin_before "${before}print(os.stat('mnt/f').st_uid)"
		fid -- sh -c 'mkdir many && cd many && seq 4000 | xargs touch && chown 7 -- *'
		mount_again "$dev"
		fid -- sh -c 'touch mnt/f; chown 77 mnt/f'
		touch go
		wait "$BEFORE"
		[ "$(cat out)" = "$expected" ]
		umount mnt
		end_daemon
		rm -rf "$FAKEID_DIR" many
	done <<-END
		77
		88 os.chown("mnt/f", 88, 88);
	END
}

# keep_awake - wake the daemon again and again: what looked like the stop may have been one of strace's own, and
# the right one come later.
keep_awake() {
	while sleep 0.1; do kill -CONT "$(daemon_pid)" 2>/dev/null || true; done
}

begin_waking() {
	keep_awake 3>&- &
	WAKER=$!
}

end_waking() {
	kill "$WAKER"
	wait "$WAKER" || true
}

# Somebody's mount makes the daemon read the mount table, so that a call's number comes before the growth. That
# stop is slept through, and the growth has none; few may miss it.
@test "paused at any step of growth, the daemon holds nobody up for good and loses nothing" {
	calls_of_growth >"$WORK/calls"
	missed=0
	while read -r name number; do
		echo "paused at $name number $number"
		begin_waking
		fresh_daemon -o /dev/null -e "trace=$name" -e "inject=$name:signal=STOP:when=$number"
		end_waking
		grow &
		writer=$!
		wait_until 2 grep -q '^State:	[tT]' "/proc/$(daemon_pid)/status" || missed=$((missed + 1))
		# Whoever looks meanwhile sees what was acknowledged.
		head -n 1600 "$WORK/acked" >"$WORK/early"
		run -0 ask check 1 1 "$WORK/early"
		[ "$output" = "checked 1600 bad 0" ]
		begin_waking
		wait "$writer"
		nothing_is_lost
		end_daemon
		end_waking
		wait "$STRACE" || true
	done <"$WORK/calls"
	[ "$missed" -le 2 ]
}
