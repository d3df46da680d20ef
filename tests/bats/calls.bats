#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# calls.bats - what looking and changing cost: no message and no system call per file that the program
# did not ask for. strace runs inside the session, so that only the program's own calls are counted.

bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
	as_user mkdir few many
	as_user sh -c 'cd few && seq 200 | xargs touch; cd ../many && seq 1200 | xargs touch'
	# Root's own runs work on a copy: they change real owners.
	cp -a . "$BATS_TEST_TMPDIR/native"
	# Some files have records, so that look-ups have something to find.
	fid -- sh -c 'chown 7:8 few/1* many/1*'
}

teardown() { fakeid_teardown; }

# calls LOG - how many system calls a log of strace holds.
calls() { grep -cE '^[0-9]+ +[a-z0-9_]+\(' "$1"; }

# messages LOG - those that can carry a message to the daemon.
messages() { grep -cE '^[0-9]+ +(connect|send(to|msg|mmsg)|recv(from|msg|mmsg)|socket)\(' "$1" || true; }

# traced_inside LOG CMD... and traced_native LOG CMD...
traced_inside() {
	local log=$1

	shift
	fid -- strace -f -qq -o "$log" -- "$@" >/dev/null
}
traced_native() {
	local log=$1

	shift
	(cd "$BATS_TEST_TMPDIR/native" && strace -f -qq -o "$log" -- "$@" >/dev/null)
}

# extra_calls NAME CMD... - with @ for the folder: calls beyond native's at 1200 files less those at 200.
# What happens once a process cancels out; what happens once a file is there a thousand times.
extra_calls() {
	local name=$1 few many

	shift
	traced_native "$WORK/$name.native.few" "${@//@/few}"
	traced_native "$WORK/$name.native.many" "${@//@/many}"
	traced_inside "$WORK/$name.few" "${@//@/few}"
	traced_inside "$WORK/$name.many" "${@//@/many}"
	few=$(($(calls "$WORK/$name.few") - $(calls "$WORK/$name.native.few")))
	many=$(($(calls "$WORK/$name.many") - $(calls "$WORK/$name.native.many")))
	echo "$name: $few more calls than native at 200 files, $many at 1200" >&2
	echo $((many - few))
}

@test "find makes no call for a file that it would not make natively" {
	more=$(extra_calls find find @ -printf '%U:%G:%m\n')
	[ "$more" -lt 50 ]
}

@test "ls makes no call for a file that it would not make natively" {
	more=$(extra_calls ls ls -lnR @)
	[ "$more" -lt 50 ]
}

@test "tar makes no call for a file that it would not make natively" {
	more=$(extra_calls tar tar --numeric-owner -cf out.tar @)
	[ "$more" -lt 50 ]
}

@test "nor do they where there are devices, setuid and setgid files and directories" {
	fid -- sh -c 'mkdir d; mknod d/null c 1 3; touch d/x; chmod 4755 d/x; chmod 2755 d'
	[ "$(fid -- stat -c %t:%T d/null)" = 1:3 ]
	more=$(extra_calls find find @ -printf '%U:%G:%m:%y\n')
	[ "$more" -lt 50 ]
	more=$(extra_calls ls ls -lnR @)
	[ "$more" -lt 50 ]
	more=$(extra_calls tar tar --numeric-owner -cf out.tar @)
	[ "$more" -lt 50 ]
}

# one_has KIND - one file has an attribute of this kind.
one_has() {
	case $1 in
	capability) fid -- setcap cap_chown+ep few/1 ;;
	acl) fid -- setfacl -m u:5:r few/1 ;;
	*) fid -- setfattr -n "$1.x" -v x few/1 ;;
	esac
	# Root's own copy differs in nothing that a program shows it has seen.
	[ "$1" != user ] || setfattr -n user.x -v x "$BATS_TEST_TMPDIR/native/few/1"
}

@test "an attribute that one file has makes no call for the others to who asks for another kind" {
	for kind in user trusted capability; do
		one_has $kind
		more=$(extra_calls find find @ -printf '%U:%G:%m:%y\n')
		[ "$more" -lt 50 ]
		more=$(extra_calls tar tar --numeric-owner -cf out.tar @)
		[ "$more" -lt 50 ]
		more=$(extra_calls ls ls -lnR @)
		[ "$more" -lt 50 ]
	done
}

@test "to ask for the kind that some file has makes a stat more, and so does a list once any has one" {
	one_has acl
	more=$(extra_calls ls ls -lnR @)
	[ "$more" -gt 950 ]
	[ "$more" -lt 1050 ]
	more=$(extra_calls tar tar --numeric-owner --xattrs --selinux -cf out.tar @)
	[ "$more" -lt 1050 ]
	one_has security
	more=$(extra_calls ls ls -lnR @)
	[ "$more" -gt 1950 ]
	[ "$more" -lt 2050 ]
}

@test "what the daemon knows of kinds from the store alone is no less" {
	one_has capability
	end_daemon
	more=$(extra_calls ls ls -lnR @)
	[ "$more" -lt 50 ]
	[ "$(fid -- getcap few/1)" = 'few/1 cap_chown=ep' ]
}

@test "labels that are on the disk show without a call more" {
	for tree in . "$BATS_TEST_TMPDIR/native"; do
		setfattr -n security.selinux -v label $tree/few/* $tree/many/*
	done
	[ "$(fid -- getfattr -n security.selinux --only-values many/777)" = label ]
	more=$(extra_calls ls ls -lnR @)
	[ "$more" -lt 50 ]
}

@test "cp -a, which sets an ACL with each file, makes five calls for it more" {
	more=$(extra_calls cp cp -a @ copy.@)
	[ "$more" -lt 5050 ]
	[ "$(fid -- stat -c %u:%g:%a copy.many/1111)" = 7:8:644 ]
}

@test "chown -R makes no more calls for a file than natively" {
	more=$(extra_calls chown chown -R 11:12 @)
	[ "$more" -lt 50 ]
	[ "$(fid -- stat -c %u:%g many/777)" = 11:12 ]
}

# calls_of_unpacking NAME - how many more than natively tar makes for 1000 files with owners of their own.
calls_of_unpacking() {
	fid -- tar -cf few.tar few
	fid -- tar -cf many.tar many
	as_user mkdir "$1"
	cp few.tar many.tar "$BATS_TEST_TMPDIR/native"
	mkdir "$BATS_TEST_TMPDIR/native/$1"
	extra_calls "$1" tar -xf @.tar -C "$1"
}

@test "tar unpacks with a stat for each chmod more than natively" {
	more=$(calls_of_unpacking setuid)
	[ "$more" -lt 1050 ]
	[ "$(fid -- stat -c %u:%g:%a setuid/many/1111)" = 7:8:644 ]

	# Setgid files and their like hand nothing down.
	fid -- sh -c 'touch x; chmod 2755 x; chmod 4755 x; setfattr -n trusted.x -v x x'
	more=$(calls_of_unpacking setgid)
	[ "$more" -lt 1050 ]
}

@test "tar unpacks with a stat for each directory of a new file more, once one may hand down its group" {
	fid -- sh -c 'mkdir d; chmod 2755 d'
	more=$(calls_of_unpacking setgid)
	[ "$more" -lt 2050 ]
}

@test "no message goes out for a stat or a chown" {
	traced_inside "$WORK/find" find many -printf '%U\n'
	[ "$(messages "$WORK/find")" -lt 10 ]

	traced_inside "$WORK/chown" chown -R 21:22 many
	echo "$(messages "$WORK/chown") calls that can be messages"
	[ "$(messages "$WORK/chown")" -lt 40 ]
	[ "$(fid -- stat -c %u:%g many/777)" = 21:22 ]
}

@test "nor for the chown of files with attributes, where none has capabilities to lose" {
	fid -- sh -c 'setfacl -m u:5:r few/*; setfattr -n security.x -v x few/*'
	traced_inside "$WORK/chown" chown -R 21:22 few
	[ "$(messages "$WORK/chown")" -lt 40 ]
	[ "$(fid -- stat -c %u:%g few/77)" = 21:22 ]
	fid -- getfacl -n few/77 | grep -q user:5:r
}

# kinds LOG - the name of each call; what asks for a stat goes by different ones.
kinds() {
	sed -E 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/; t; d' "$1" | sed -E 's/^(newfstatat|fstat|statx)$/stat/'
}

# added NAME CMD... - the kinds of calls that CMD makes inside and not natively, and how many, a line each.
added() {
	local name=$1

	shift
	traced_native "$WORK/$name.native" "$@"
	traced_inside "$WORK/$name" "$@"
	awk 'NR == FNR { n[$1]--; next } { n[$1]++ } END { for (kind in n) if (n[kind]) print kind, n[kind] }' \
		<(kinds "$WORK/$name.native") <(kinds "$WORK/$name") | sort
}

# listed COLUMN... - the same, as ARCHITECTURE.md has it: the sum of these columns of its table.
listed() {
	# shellcheck disable=SC2154 # automake's tests environment sets it
	awk -F ' *[|] *' -v "columns=$*" '/^## /{ here = /System calls that fakeid adds/ }
		here && $2 ~ /^[a-z]+$/ && $3 ~ /^[0-9]+$/ { n = 0; split(columns, c, " "); for (i in c) n += $c[i]; print $2, n }' \
		"$abs_top_srcdir/ARCHITECTURE.md" | sort
}

@test "a program that asks for no owner makes the calls more that ARCHITECTURE.md lists" {
	[ -n "$(listed 3)" ]
	diff <(listed 3) <(added true /bin/true)
	diff <(listed 3 4) <(added test /usr/bin/test -e few/1)
}

@test "a session makes no more calls than ARCHITECTURE.md lists" {
	unset FAKEID_LIB FAKEID_FAKED
	wanted=$(awk -F ' *[|] *' '/^\| of the launcher /{ here = 1 } !/^\|/{ here = 0 } here { n += $3 } END { print n }' \
		"$abs_top_srcdir/ARCHITECTURE.md")
	as_user strace -f -qq -o "$WORK/session" -- fakeid -- /bin/true
	as_user strace -f -qq -o "$WORK/program" -- /bin/true
	of_session=$(calls "$WORK/session") of_program=$(calls "$WORK/program")
	# A program started, the command, and what the library adds to that one.
	more=$((of_session - 2 * of_program - $(listed 3 | awk '{ n += $2 } END { print n }')))
	echo "$more calls of the launcher, $wanted in the list"
	# The child may have ended before anybody waits, and the library is found sooner in a build tree.
	[ "$more" -le "$wanted" ]
	[ "$more" -ge $((wanted - 8)) ]
}
