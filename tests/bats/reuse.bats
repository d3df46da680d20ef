#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A file system gives inode numbers away again. No new file may ever show the owner of the one that had
# the number before it, however that one went: inside fakeid, outside, by a rename, on overlayfs.

load lib
: "${abs_top_builddir:?run by make check}" "${abs_top_srcdir:?run by make check}"

bats_require_minimum_version 1.5.0

setup_file() {
	[ "$(id -u)" -eq 0 ] || {
		echo "must be started by root: it mounts, and compares with what root gets" >&2
		return 1
	}
}

setup() {
	fakeid_setup
	rm -rf "${WORK:?}" # on a disk file system instead
	WORK=$(new_dir /var/tmp)
	export HOME=$WORK FAKEID_DIR=$WORK/.state
	cd "$WORK" || return
	export WALK=$abs_top_builddir/tests/diff/walk_random COMPARE_UID=$TEST_UID
	COMPARE_AS="setpriv --reuid $TEST_UID --regid $TEST_UID --clear-groups --inh-caps=-all"
	COMPARE_AS+=" --bounding-set=-all -- fakeid --"
	export COMPARE_AS
}

teardown() {
	local mnt
	cd "$WORK" || return
	for mnt in tree merged; do
		if mountpoint -q $mnt; then umount $mnt; fi
	done
	fakeid_teardown
}

# Carry out the sequence that awk prints for rounds 1 to 1000, on all three file systems; the answers are
# root's.
thousand_times() {
	local fs
	awk "BEGIN { for (i = 1; i <= 1000; i++) { $1 } }" >loop.seq
	[ "$(wc -l <loop.seq)" -ge 4000 ]
	for fs in disk tmpfs overlay; do
		"$abs_top_srcdir/tests/diff/compare" file $fs loop.seq 3>&- || return
	done
}

@test "1000 files removed and made inside: none has an owner, mode or device of an earlier one" {
	thousand_times '
		print "open f0 open . x O_CREAT|O_EXCL|O_RDWR 0644"
		print "chown x " i " " i + 1
		print "chmod x 0" (i % 2 ? "4711" : "2600")
		print "unlink x"
		print "open f1 open . y O_CREAT|O_EXCL|O_RDWR 0644"
		print "lstat y"
		print "fstat f0"
		print "fstat f1"
		print (i % 3 ? "mknod" : "SYS_mknod") " z S_IFCHR|0600 60:" i
		print "lchown z 7 " i
		print "close f1"
		print "close f0"
		print "remove z"
		print "unlink y"
		print "mkdir d 0755"
		print "lstat d"
		print "lchown d 0 " i
		print "chmod d 02755"
		print "rmdir d"'
}

@test "1000 files removed outside and made inside or outside: none has an owner of an earlier one" {
	thousand_times '
		print "open f0 open . x O_CREAT|O_EXCL|O_WRONLY 0644"
		print "fchown f0 " i " 9"
		print "close f0"
		print "setxattr x trusted.t v 0"
		print "raw_unlink x"
		print (i % 2 ? "raw_create" : "mkfifo") " x" (i % 2 ? "" : " 0644")
		print "lstat x"
		print "listxattr x 4096"
		print "lchown x 3 " i
		print "raw_unlink x"
		print "raw_mkdir x"
		print "lstat x"
		print "raw_rmdir x"'
}

@test "1000 files renamed over, inside and outside: the name shows the new file" {
	thousand_times '
		print "open f0 open . x O_CREAT|O_WRONLY 0644"
		print "close f0"
		print "chown x " i " " i
		print (i % 2 ? "raw_create y" : "mkfifo y 0644")
		print (i % 3 ? "rename" : "raw_rename") " y x"
		print "lstat x"
		print "mknod z S_IFREG|0644 0:0"
		print "lstat z"
		print "unlink x"
		print "unlink z"'
}

@test "a hard link keeps the owner until the last name is gone, inside and outside" {
	thousand_times '
		print "open f0 open . x O_CREAT|O_EXCL|O_WRONLY 0644"
		print "close f0"
		print "chown x " i " 5"
		print (i % 2 ? "link" : "raw_link") " x y"
		print (i % 3 ? "unlink" : "raw_unlink") " x"
		print "lstat y"
		print (i % 5 ? "unlink" : "raw_unlink") " y"
		print "mkfifo y 0644"
		print "lstat y"
		print "unlink y"'
}

# make_owned DIR: 1000 files inside fakeid, each with another owner; remake DIR: all of them removed and
# made again outside, from here.
make_owned() {
	awk 'BEGIN { for (i = 1; i <= 1000; i++) {
		print "open f0 open . f" i " O_CREAT|O_WRONLY 0644"
		print "fchown f0 " i " " i + 1
		print "close f0" } }' >make.seq
	fid -- "$WALK" run "$1" "$WORK/make.seq" >make.out
	[ "$(grep -c 'fchown.* = 0$' make.out)" -eq 1000 ]
	[ "$(fid -- find "$1" -name 'f*' -printf '%U:%G\n' | sort -u | wc -l)" -eq 1000 ]
}

remake() {
	find "$1" -type f -printf '%i\n' | sort >inodes.before
	find "$1" -type f -delete
	as_user sh -c 'cd "$1" && i=0 && while [ $i -lt 1000 ]; do i=$((i + 1)); : >"g$i"; done' sh "$1"
	find "$1" -type f -printf '%i\n' | sort >inodes.after
	[ "$(find "$1" -type f -uid "$TEST_UID" | wc -l)" -eq 1000 ]
}

@test "1000 files that another command left and the user removed by hand are forgotten" {
	# A file system of its own: on a shared one somebody else may get the numbers.
	truncate -s 64M img
	mke2fs -q -F -t ext4 -I 256 img
	mkdir tree
	mount -o loop img tree
	chown "$TEST_UID:$TEST_UID" tree
	make_owned tree
	remake tree
	# Else this proves nothing.
	[ "$(comm -12 inodes.before inodes.after | wc -l)" -gt 100 ]
	[ "$(fid -- find tree -type f -printf '%U:%G\n' | sort -u)" = 0:0 ]
	# Nor do they come back with the next owners, or with a new daemon.
	make_owned tree
	end_daemon
	[ "$(fid -- find tree -name 'g*' -printf '%U:%G\n' | sort -u)" = 0:0 ]
	[ "$(fid -- find tree -name 'f*' -printf '%U\n' | sort -u | wc -l)" -eq 1000 ]
}

@test "a tmpfs that is mounted anew has no owner of the one before" {
	mkdir tree
	for round in 1 2 3; do
		mount -t tmpfs -o "mode=755,uid=$TEST_UID,gid=$TEST_UID" none tree
		[ "$(fid -- find tree -printf '%U:%G\n' | sort -u)" = 0:0 ]
		make_owned tree
		remake tree
		[ "$(fid -- find tree -type f -printf '%U:%G\n' | sort -u)" = 0:0 ]
		[ "$round" -eq 3 ] || make_owned tree
		umount tree
	done
}

@test "files copied up on overlayfs keep their owner, and only they have one" {
	mkdir lower upper inner merged
	for ((i = 0; i < 300; i++)); do echo $i >lower/$i; done
	ln lower/0 lower/linked
	chown -R "$TEST_UID:$TEST_UID" lower upper
	mount -t overlay -o "lowerdir=$PWD/lower,upperdir=$PWD/upper,workdir=$PWD/inner" none merged
	# Owned while still below; owned after the copy-up; copied up outside with an owner; without one.
	fid -- sh -c 'cd merged && chown 5:6 ?? && echo more >7 && chown 7:8 7'
	as_user sh -c 'cd merged && for i in 10 11 12; do echo more >>$i; done; for i in 20[0-9]; do echo more >>$i; done'
	[ "$(fid -- find merged -name '??' -printf '%U:%G\n' | sort -u)" = 5:6 ]
	[ "$(fid -- stat -c %u:%g merged/7 merged/10 merged/205 merged/299 | xargs)" = "7:8 5:6 0:0 0:0" ]
	# A link copied up is a file of its own, as for real root.
	fid -- chown 9:9 merged/linked
	[ "$(fid -- stat -c %u:%g merged/linked merged/0 | xargs)" = "9:9 0:0" ]
	# Removed and made anew outside, over a whiteout.
	as_user sh -c 'cd merged && rm ?? && for i in 10 11 12 13 14; do : >$i; done'
	[ "$(fid -- find merged -name '??' -printf '%U:%G\n' | sort -u)" = 0:0 ]
	umount merged
	mount -t overlay -o "lowerdir=$PWD/lower,upperdir=$PWD/upper,workdir=$PWD/inner" none merged
	run -0 fid -- stat -c %u:%g merged/7 merged/10 merged/205
	[ "${lines[*]}" = "7:8 0:0 0:0" ]
}
