# SPDX-License-Identifier: MIT
# walk.bats - programs that walk trees see what stat shows: whole outputs are compared with those of a
# real root on a real tree of the same make.
# shellcheck disable=SC2154,SC2016 # lib.bash sets the first; other shells expand the second
bats_require_minimum_version 1.5.0
load lib

PROGS="$abs_top_builddir/tests/bats/progs"

# Owners, a group, devices, setuid and setgid, links, a pipe. Every uid and gid is another number.
MAKE_TREE='
set -e
umask 022
mkdir owned owned/deep plain
for name in owned/a owned/b owned/deep/c plain/d; do echo "$name" >"$name"; done
mknod null c 1 3
mknod owned/loop b 7 5
mkfifo fifo
ln -s owned to-owned
ln -s null to-null
ln -s nowhere dangling
ln owned/a plain/hard
chown 1001:2002 owned/a
chown 4294967294:4294967293 owned/deep
chown 5:6 owned
chown -h 7:8 dangling
chown 9:10 null
chmod 4755 owned/b
chmod 2775 owned/deep
chmod 0 plain/d
'

setup() {
	fakeid_setup
	mkdir real
	as_user mkdir fake
	(cd real && sh -c "$MAKE_TREE")
	(cd fake && fid sh -c "$MAKE_TREE")
}

teardown() {
	fakeid_teardown
}

# same FILTER CMD... - CMD prints the same in both trees once it has gone through FILTER, and something.
same() {
	local filter=$1

	shift
	(cd real && "$@") | $filter >real.out
	[ "${PIPESTATUS[0]}" -eq 0 ]
	(cd fake && fid "$@") | $filter >fake.out
	[ "${PIPESTATUS[0]}" -eq 0 ]
	[ -s real.out ]
	diff real.out fake.out
}

@test "the tree is what the walkers are to find" {
	same sort "$PROGS/walk" stat
	[ "$(wc -l <fake.out)" -eq 15 ]
	grep -qx './owned/a mode=100644 uid=1001 gid=2002 rdev=0:0 nlink=2 ' fake.out
	grep -qx './owned/loop mode=60644 uid=0 gid=0 rdev=7:5 nlink=1 ' fake.out
	same sort "$PROGS/walk" stat-follow
}

# check_reader READER - no entry has a type that lstat denies.
check_reader() {
	same sort "$PROGS/entries" "$1"
	grep -qx './null type=right' fake.out
	grep -qx 'owned/loop type=right' fake.out
	run ! grep wrong fake.out
}


@test "readdir never calls a device a regular file" {
	check_reader readdir
}

@test "readdir64 never calls a device a regular file" {
	check_reader readdir64
}

@test "readdir_r never calls a device a regular file" {
	check_reader readdir_r
}

@test "readdir64_r never calls a device a regular file" {
	check_reader readdir64_r
}

@test "scandir, scandirat, their 64 spellings, and a scandir inside a filter, never call a device a regular file" {
	check_reader scandir
}

@test "getdents64 never calls a device a regular file" {
	check_reader getdents64
}

@test "syscall(SYS_getdents64) never calls a device a regular file" {
	check_reader raw-getdents64
}

@test "syscall(SYS_getdents) never calls a device a regular file" {
	check_reader raw-getdents
}

@test "nftw shows owners, modes and devices" {
	same sort "$PROGS/walk" nftw
}

@test "nftw64 shows owners, modes and devices" {
	same sort "$PROGS/walk" nftw64
}

@test "ftw shows them, following symlinks" {
	same sort "$PROGS/walk" ftw
}

@test "ftw64 shows them, following symlinks" {
	same sort "$PROGS/walk" ftw64
}

@test "nftw without FTW_PHYS shows what symlinks point to" {
	same sort "$PROGS/walk" nftw-follow
}

@test "nftw with FTW_DEPTH shows directories after their contents" {
	same sort "$PROGS/walk" nftw-depth
}

@test "nftw with FTW_CHDIR finds each object from where it stands" {
	same sort "$PROGS/walk" nftw-chdir
}

@test "nftw with FTW_CHDIR and FTW_DEPTH does so for directories it is still in" {
	same sort "$PROGS/walk" nftw-chdir-depth
}

@test "nftw with FTW_CHDIR follows symlinks" {
	same sort "$PROGS/walk" nftw-chdir-follow
}

@test "nftw inside an nftw callback works, and hands a negative result through" {
	same sort "$PROGS/walk" nftw-nested
	[ "$(grep -c '^inner=-77 ' fake.out)" -eq 15 ]
}

@test "fts shows owners, modes and devices, and sorts by them" {
	same cat "$PROGS/walk" fts
}

@test "fts with FTS_NOCHDIR does" {
	same cat "$PROGS/walk" fts-nochdir
}

@test "fts with FTS_LOGICAL shows what symlinks point to" {
	same cat "$PROGS/walk" fts-logical
}

@test "fts with FTS_COMFOLLOW follows the links it was given" {
	same cat "$PROGS/walk" fts-comfollow
}

@test "fts with FTS_NOSTAT knows a device from a file" {
	same cat "$PROGS/walk" fts-nostat
}

@test "fts64 shows owners, modes and devices, in the lists of fts64_children too" {
	same cat "$PROGS/walk" fts64
}

@test "fts64 with FTS_NOCHDIR does" {
	same cat "$PROGS/walk" fts64-nochdir
}

@test "find -type finds virtual devices, by owner, mode and link" {
	same sort find . -type c
	[ "$(cat fake.out)" = ./null ]
	same sort find . -type b
	[ "$(cat fake.out)" = ./owned/loop ]
	same sort find . -type f
	run ! grep -E 'null|loop' fake.out
	same sort find . -perm -4000
	[ "$(cat fake.out)" = ./owned/b ]
	same sort find . -uid 4294967294
	[ "$(cat fake.out)" = ./owned/deep ]
	same sort find -L . -type c
	[ "$(cat fake.out)" = $'./null\n./to-null' ]
	same sort find . -printf '%p %y %Y %m %U %G %n %l\n'
}

@test "ls -lR shows the tree" {
	same cat ls -lnR --time-style=+T
}

@test "du counts the tree as before" {
	same sort du -a --apparent-size
}

@test "chmod -R and chown -R reach every entry" {
	same cat sh -c 'chmod -R u=rwX,g=rX,o= . && chown -R 77:88 . && find . -printf "%p %y %m %U %G\n" | sort'
	run ! grep -v ' 77 88$' fake.out
	[ "$(wc -l <fake.out)" -eq 15 ]
}

@test "chown -R --from picks by virtual owner" {
	same cat sh -c 'chown -R --from=1001 3:4 . && chown -Rh --from=:8 5:6 . && find . -printf "%p %U %G\n" | sort'
	grep -qx './owned/a 3 4' fake.out
	grep -qx './dangling 5 6' fake.out
}

@test "rm -rf empties the tree, and new files at the same place show nothing of it" {
	same cat sh -c 'rm -rf owned plain null && mkdir owned && echo >owned/a && find . -printf "%p %y %m %U %G\n" | sort'
}

@test "rsync -a copies what it sees" {
	mkdir real/from real/to
	as_user mkdir fake/from fake/to
	(cd real/from && sh -c "$MAKE_TREE")
	(cd fake/from && fid sh -c "$MAKE_TREE")
	same cat sh -c 'rsync -aH from/ to/ && cd to && find . -mindepth 1 -printf "%p %y %m %U %G %n %l\n" | sort'
	[ "$(wc -l <fake.out)" -eq 14 ]
}

@test "glob sees the same names" {
	same cat bash -c 'shopt -s globstar; printf "%s\n" ** owned/*/ to-*'
}
