#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Ownership, modes and devices of files, as separate commands see them, and what is on disk meanwhile.

bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
}

teardown() {
	fakeid_teardown
}

# on_disk FORMAT FILE - what is really there.
on_disk() {
	env -u LD_PRELOAD stat -c "$1" "$2"
}

@test "an owner given in one command is there in the next" {
	fid -- sh -c 'touch f; chown 12:34 f'
	run -0 fid -- stat -c '%u:%g' f
	[ "$output" = 12:34 ]
}

@test "the largest id there is can own a file" {
	fid -- sh -c 'touch f; chown 4294967294:4294967294 f'
	run -0 fid -- stat -c '%u:%g' f
	[ "$output" = 4294967294:4294967294 ]
}

@test "the real owner never changes" {
	fid -- sh -c 'touch f; chown 12:34 f'
	[ "$(on_disk %u f)" = "$TEST_UID" ]
}

@test "setuid and setgid are never on disk" {
	fid -- sh -c 'touch f; mkdir d; chmod 6711 f; chmod 2775 d'
	run -0 fid -- stat -c %a f d
	[ "$output" = $'6711\n2775' ]
	[ "$(on_disk %a f)" = 711 ]
	[ "$(on_disk %a d)" = 775 ]
}

@test "the real user can always work in the tree" {
	fid -- sh -c 'touch f; mkdir d; chmod 0 f d'
	run -0 fid -- stat -c %a f d
	[ "$output" = $'0\n0' ]
	[ "$(on_disk %a f)" = 600 ]
	[ "$(on_disk %a d)" = 700 ]
}

@test "a file made without any permission can be opened again" {
	fid -- sh -c 'umask 0777; echo hello >f; cat f'
	run -0 fid -- sh -c 'cat f; stat -c %a f'
	[ "$output" = $'hello\n0' ]
	[ "$(on_disk %a f)" = 600 ]
}

@test "the umask's user bits reach the next program" {
	run -0 fid -- sh -c 'umask 0277; sh -c "umask; touch f"; stat -c %a f'
	[ "$output" = $'0277\n400' ]
}

@test "a file that was closed outside opens inside, and its mode stays" {
	as_user sh -c 'echo hello >f; chmod 0 f'
	run -0 fid -- sh -c 'cat f; stat -c %a f'
	[ "$output" = $'hello\n0' ]
}

@test "a device is an empty regular file on disk that nobody can open" {
	fid -- mknod null c 1 3
	[ "$(on_disk '%F %a %s' null)" = 'regular empty file 0 0' ]
}

@test "a device shows as one, with its number" {
	fid -- sh -c 'mknod -m 640 big b 4095 1048575; mknod -m 666 small c 1 3'
	run -0 fid -- stat -c '%F %a %Hr %Lr' big small
	[ "$output" = $'block special file 640 4095 1048575\ncharacter special file 666 1 3' ]
}

@test "mknod over a file is EEXIST and leaves the file" {
	as_user sh -c 'echo hello >f'
	run -1 fid -- mknod f c 1 3
	[[ $output == *"File exists"* ]]
	[ "$(cat f)" = hello ]
}

@test "null, zero, full and urandom open the host's own" {
	fid -- sh -c 'mknod null c 1 3; mknod zero c 1 5; mknod full c 1 7; mknod urandom c 1 9'
	run -0 fid -- sh -c 'echo gone >null; cat null; head -c 4 zero | od -An -tx1; head -c 9 urandom | wc -c'
	[ "$output" = $' 00 00 00 00\n9' ]
	run fid -- sh -c 'head -c 1 zero >full'
	[ "$status" -ne 0 ]
	[[ $output == *"No space left on device"* ]]
	[ "$(on_disk %s null)" = 0 ]
}

@test "an open device answers for itself, not for the host's" {
	fid -- sh -c 'mknod -m 600 null c 1 3; chown 5:6 null'
	run -0 fid -- perl -e 'open F, "<", "null" or die; printf "%o %d:%d", (stat F)[2, 4, 5];
		chown 7, 8, *F or die; chmod 0640, *F or die; close F; open F, "<", "/dev/null";
		printf " %o", (stat F)[2]'
	[ "$output" = "20600 5:6 20666" ]
	run -0 fid -- stat -c '%a %u:%g' null
	[ "$output" = "640 7:8" ]
}

@test "any other device opens as one without a driver" {
	fid -- sh -c 'mknod b b 1 3; mknod c c 10 63'
	run -1 fid -- cat b
	[[ $output == *"No such device or address"* ]]
	run -1 fid -- cat c
	[[ $output == *"No such device or address"* ]]
}

@test "fopen reaches devices too" {
	fid -- sh -c 'mknod null c 1 3; touch empty'
	# grep reads its patterns with fopen.
	run -1 fid -- grep -f null empty
	[ "$output" = "" ]
}

@test "new files in a setgid directory get its group, directories the bit too" {
	fid -- sh -c 'mkdir d; chgrp 50 d; chmod 2775 d'
	fid -- sh -c 'touch d/f; mkdir d/d; ln -s x d/l; mkfifo d/p; mknod d/n c 1 3'
	run -0 fid -- stat -c '%n %g %A' d/f d/d d/l d/p d/n
	[ "$output" = "d/f 50 -rw-r--r--
d/d 50 drwxr-sr-x
d/l 50 lrwxrwxrwx
d/p 50 prw-r--r--
d/n 50 crw-r--r--" ]
}

@test "a symbolic link has an owner of its own" {
	fid -- sh -c 'touch f; ln -s f l; chown -h 7:8 l'
	run -0 fid -- stat -c '%n %u:%g' f l
	[ "$output" = $'f 0:0\nl 7:8' ]
}

@test "hard links are one file" {
	fid -- sh -c 'touch f; ln f g; chown 7:8 g; rm g'
	run -0 fid -- stat -c '%u:%g %h' f
	[ "$output" = '7:8 1' ]
}

@test "an open file keeps its owner when its name is gone" {
	fid -- sh -c 'touch f; chown 7:8 f'
	run -0 fid -- perl -e 'open F, "<", "f"; unlink "f"; print join ":", (stat F)[3, 4, 5]'
	[ "$output" = 0:7:8 ]
}

@test "a file renamed over another shows its own owner" {
	fid -- sh -c 'touch a b; chown 1:1 a; chown 2:2 b; mv a b'
	run -0 fid -- stat -c '%u:%g' b
	[ "$output" = 1:1 ]
}

@test "renaming a file onto itself keeps its owner" {
	fid -- sh -c 'touch a; chown 1:1 a'
	fid -- perl -e 'rename "a", "a" or die'
	run -0 fid -- stat -c '%u:%g' a
	[ "$output" = 1:1 ]
}

@test "chown takes setuid, as the kernel does" {
	fid -- sh -c 'touch f; chmod 6755 f; chown 5 f'
	run -0 fid -- stat -c %a f
	[ "$output" = 755 ]
}

@test "a file shows a newer ctime after chown" {
	as_user touch f
	before=$(on_disk %Z f)
	sleep 1.1
	fid -- chown 5:5 f
	after=$(fid -- stat -c %Z f)
	[ "$after" -gt "$before" ]
	[ "$(on_disk %Z f)" = "$before" ]
}

@test "with -u a file without a record shows its real owner" {
	as_user touch f
	run -0 fid -u -- stat -c %u f
	[ "$output" = "$TEST_UID" ]
	run -0 fid -- stat -c %u f
	[ "$output" = 0 ]
}

@test "access says yes to a root for the real user's files" {
	fid -- sh -c 'mknod null c 1 3'
	as_user sh -c 'touch closed; chmod 0 closed'
	run -0 fid -- sh -c 'test -r null && test -w null && test -r closed && ! test -x closed'
}

@test "without birth times the file handle tells a new file from the old one" {
	[ "$(id -u)" -eq 0 ] # to mount
	truncate -s 8M img
	mke2fs -q -F -I 128 img 2>/dev/null # inodes of this size have no birth time
	mkdir m
	mount -o loop img m
	chown "$TEST_UID" m
	[ "$(stat -c %w m)" = - ]
	fid -- sh -c 'touch m/f; chown 5 m/f'
	[ "$(fid -- stat -c %u m/f)" = 5 ]
	before=$(stat -c %i m/f)
	as_user sh -c 'rm m/f; touch m/f'
	[ "$(stat -c %i m/f)" = "$before" ]
	shown=$(fid -- stat -c %u m/f)
	umount m
	[ "$shown" = 0 ]
}

@test "calls in unusual forms are answered as real root's are" {
	local how

	fid -- sh -c 'touch file && chown 5:6 file && mknod -m 640 null c 1 3'
	for how in null access openat2 lent stream; do
		echo "$how"
		run -0 fid -- "$abs_top_builddir/tests/bats/progs/edges" "$how"
	done
}

@test "a stream without a descriptor leaves errno alone, outside of a session too" {
	run -0 as_user env LD_PRELOAD="$FAKEID_LIB" "$abs_top_builddir/tests/bats/progs/edges" stream
}

@test "capget and capset answer EFAULT for structures that are not there, and as a real root's kernel does" {
	run -0 "$abs_top_builddir/tests/bats/progs/edges" caps
	run -0 fid -- "$abs_top_builddir/tests/bats/progs/edges" caps
}

@test "the first change of a state directory may be by descriptor or by an empty path" {
	run -0 fid -- "$abs_top_builddir/tests/bats/progs/edges" cwd
	[ "$(fid -- stat -c %u:%g .)" = 7:8 ]
}

@test "a file made through a dangling symlink gets the group of the setgid directory it is in" {
	run -0 fid -- sh -c 'mkdir d && chown 0:7 d && chmod 2755 d && ln -s d/new s && echo >s && stat -c %g d/new'
	[ "$output" = 7 ]
}
