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

@test "once there are xattrs, to ask for one makes a stat more" {
	fid -- setfattr -n trusted.x -v x few/1
	more=$(extra_calls find find @ -printf '%U:%G:%m:%y\n')
	[ "$more" -lt 50 ]
	more=$(extra_calls tar tar --numeric-owner -cf out.tar @)
	[ "$more" -lt 50 ]
	# Two for each file.
	more=$(extra_calls ls ls -lnR @)
	[ "$more" -lt 2050 ]
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
		here && $3 ~ /^[0-9]+$/ { n = 0; split(columns, c, " "); for (i in c) n += $c[i]; print $2, n }' \
		"$abs_top_srcdir/ARCHITECTURE.md" | sort
}

@test "a program that asks for no owner makes the calls more that ARCHITECTURE.md lists" {
	[ -n "$(listed 3)" ]
	diff <(listed 3) <(added true /bin/true)
	diff <(listed 3 4) <(added test /usr/bin/test -e few/1)
}
