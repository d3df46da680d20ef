# SPDX-License-Identifier: MIT
# fakechroot.bats - another library preloaded in front, which changes paths on their way: fakechroot's.
# What calls answer under its root is compared with real root's answers under it.
# shellcheck disable=SC2154 # lib.bash sets it
bats_require_minimum_version 1.5.0
load lib

WALK=$abs_top_builddir/tests/diff/walk_random

setup() {
	fakeid_setup
	mkdir -p real/tree/inside
	as_user mkdir -p fake/tree/inside
	# Programs and libraries come from the machine; the tree is elsewhere, so what is changed
	# twice is wrong.
	export FAKECHROOT_EXCLUDE_PATH=/usr:/bin:/sbin:/lib:/lib64:/etc:/dev:/proc:/sys
	FAKECHROOT_EXCLUDE_PATH+=:${abs_top_builddir:?}
}

teardown() {
	fakeid_teardown
}

# Absolute paths, by calls that libc or fakeid carries out with others: first as root in a directory
# that hands its group down, then as a user.
CALLS='umask 022
mkdir /inside/d 02775
chown /inside/d 11 12
chmod /inside/d 02775
fopen f0 /inside/d/f w
owner /inside/d/f
fopen f1 /inside/d/f r+
open f2 open . /inside/d/g O_CREAT|O_WRONLY 0640
open f3 creat . /inside/d/h O_WRONLY 0600
mknod /inside/d/n S_IFCHR|0600 1:3
__xmknod /inside/d/b S_IFBLK|0600 7:1
mkfifo /inside/d/p 0644
symlink /inside/d/f /inside/d/s
link /inside/d/f /inside/d/l
lchown /inside/d/s 13 14
chown /inside/d/s 15 16
chmod /inside/d/g 04711
setxattr /inside/d/g trusted.one value 0
getxattr /inside/d/g trusted.one 100
rename /inside/d/h /inside/d/i
truncate /inside/d/i 5
utimensat . /inside/d/i set 0
stat /inside/d/s
lstat64 /inside/d/s
fstatat . /inside/d/n 0
statx . /inside/d/b 0 ids
__lxstat /inside/d/p
fts /inside
nftw /inside
glob /inside/d/*
scandir /inside/d
fork
setgroups 12
setresgid 99 99 99
setresuid 99 99 99
fopen f0 /inside/d/f r
fopen f0 /inside/d/f r+
fopen f0 /inside/d/new w
owner /inside/d/new
fopen f0 /inside/d/i r
mkdir /inside/d/e 0755
owner /inside/d/e
mkstemp f1 /inside/d/tXXXXXX
chmod /inside/d/f 0777
chown /inside/d/new 99 12
access /inside/d/i R_OK
fts /inside
nftw /inside
scandir /inside/d/e
unlink /inside/d/g
rmdir /inside/d/e
join'

# answers_in TREE CMD... - what the calls answer under that root, and what they leave.
answers_in() {
	local tree=$WORK/$1

	shift
	"$@" chroot "$tree" "$WALK" run /inside /calls || return
	"$@" chroot "$tree" "$WALK" tree /inside
}

@test "libc's calls answer under a fake root as for real root, whichever is started first" {
	printf '%s\n' "$CALLS" | tee real/tree/calls >fake/tree/calls
	answers_in real/tree setpriv --reuid 0 --regid 0 --groups 0 fakechroot >real.out
	[ "$(grep -c "^[0-9]*: " real.out)" -eq 50 ]
	grep -qx './d/f reg 0644 15:16 links=2 size=0 rdev=0:0 same=./d/f' real.out
	answers_in fake/tree fid -- fakechroot >fake.out
	run -0 diff real.out fake.out
	rm -r fake/tree/inside
	as_user mkdir fake/tree/inside
	answers_in fake/tree as_user fakechroot fakeid -- >fake.out
	run -0 diff real.out fake.out
}
