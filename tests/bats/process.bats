#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# process.bats - inside programs that close every descriptor, fork in odd places, are interrupted at any
# instruction, forbid themselves system calls, or have nothing left.

# shellcheck disable=SC2154 # lib sets it
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
	PROGS="$abs_top_builddir/tests/bats/progs"
}

teardown() {
	fakeid_teardown
}

# owned_file NAME UID GID
owned_file() {
	as_user touch "$1"
	fid -- chown "$2:$3" "$1"
}

# -- descriptors --

@test "closefrom, close_range, close of all and dup2 over all leave owners right" {
	local how

	for how in closefrom close_range close dup2; do
		echo "$how"
		owned_file file 11 12
		run -0 fid -- "$PROGS/fds" "$how"
	done
}

# calls_to_start LIMIT - how many system calls fakeid, a new daemon and a command make under this
# RLIMIT_NOFILE.
calls_to_start() {
	local log="$WORK/calls-$1" pid

	(
		ulimit -n "$1" || exit
		as_user strace -D -f -o "$log" fakeid -- \
			sh -c 'ulimit -n; touch f; chown 3:4 f; stat -c %u:%g f' >"$log.out"
	) || return
	[ "$(cat "$log.out")" = "$1"$'\n3:4' ] || return
	pid=$(daemon_pid) || return
	end_daemon
	wait_until 10 grep -q "^$pid .*+++ " "$log" || return
	wc -l <"$log"
}

# The largest limit that this machine grants; with 1073741816, which container engines set, a loop over all
# numbers takes minutes.
@test "the start does not depend on how many descriptors are possible" {
	local large=1073741816 few many

	(ulimit -n "$large") 2>/dev/null || large=$(ulimit -Hn)
	[ "$large" -ge 16384 ]
	few=$(calls_to_start 256)
	many=$(calls_to_start "$large")
	echo "$few calls with 256, $many with $large"
	[ "$few" -gt 100 ]
	[ "$many" -lt $((few + 4000)) ]
}

# -- processes --

@test "a vfork child that drops its user id does not change its parent" {
	run -0 fid -- "$PROGS/forks" vfork
}

@test "children forked by a thread, in a signal handler and by clone have ids of their own" {
	local how

	as_user touch forks-file
	for how in thread _Fork clone; do
		echo "$how"
		run -0 fid -- "$PROGS/forks" "$how"
	done
}

@test "a dropped id stays dropped in later generations, however each was made" {
	local how

	for how in twice daemon forkpty; do
		echo "$how"
		run -0 fid -- timeout 20 "$PROGS/forks" "$how"
	done
}

@test "a vfork child's umask is not its parent's" {
	run -0 fid -- "$PROGS/forks" umask
}

@test "64 threads change and see owners, each its own and all the same" {
	as_user touch shared file-{0..63}
	fid -- chown 1:1 shared
	run -0 fid -- timeout 120 "$PROGS/threads"
}

@test "a signal every 100 microseconds disturbs nothing and is not disturbed" {
	as_user touch shared from-handler
	run -0 fid -- timeout 120 "$PROGS/storm"
}

# -- programs that forbid themselves --

@test "a strict seccomp filter installed before the first stat" {
	local how

	as_user touch plain
	for how in prctl syscall; do
		echo "$how"
		owned_file file 11 12
		run -0 fid -- "$PROGS/filter" "$how"
	done
}

@test "file(1) tells what files are" {
	as_user touch empty
	fid -- chown 5:6 empty
	fid -- mknod null c 1 3
	run -0 fid -- file empty null
	[ "$output" = $'empty: empty\nnull:  character special (1/3)' ]
}

# -- programs that have nothing left --

@test "without memory for the index owners are EIO, never the real ones" {
	owned_file file 11 12
	run -0 fid -- "$PROGS/starved" memory
}

@test "without a free descriptor owners are EIO, never the real ones" {
	owned_file file 11 12
	run -0 fid -- "$PROGS/starved" descriptors
}

# -- order of start --

@test "a C++ static object that looks at a file before our constructor" {
	local source="$abs_top_srcdir/tests/bats/progs/early.cc"

	as_user c++ -shared -fPIC -o libearly.so "$source"
	as_user c++ -DEARLY_MAIN -o early "$source" -L. -learly -Wl,-rpath,"$PWD"
	owned_file file 11 12
	run -0 fid -- ./early
	[ "$output" = "11:12 as 0" ]
}

# -- programs we cannot reach --

@test "a static program runs as it does outside" {
	run -0 as_user "$PROGS/static"
	[ "$output" = "$TEST_UID" ]
	run -0 fid -- "$PROGS/static"
	[ "$output" = "$TEST_UID" ]
	run -0 fid -- env -i sh -c "$PROGS/static; id -u"
	[ "$output" = "$TEST_UID"$'\n0' ]
}

@test "setuid programs stay inside" {
	cp "$(command -v cat)" setuid-cat
	chmod 4755 setuid-cat
	run -0 fid -- ./setuid-cat /proc/self/maps
	grep -q libfakeid <<<"$output"
}

# -- languages --

@test "perl and python start programs that stay inside" {
	run -0 fid -- perl -e '%ENV = (); $| = 1; system("/usr/bin/id -u"); print `/usr/bin/id -u`;
		open(my $p, "-|", "/usr/bin/id", "-u"); print <$p>; close($p); exec("/usr/bin/id", "-u")'
	[ "$output" = $'0\n0\n0\n0' ]
	run -0 fid -- /usr/bin/python3 -c '
import os, subprocess
for shell in False, True:
    for env in None, {}:
        print(subprocess.check_output("id -u" if shell else ["id", "-u"], shell=shell, env=env).decode().strip())
print(subprocess.check_output(["id", "-u"], preexec_fn=lambda: os.setuid(5), env={}).decode().strip())
print(subprocess.check_output(["id", "-u"], user=6, env={}).decode().strip())
print(os.getuid())'
	[ "$output" = $'0\n0\n0\n0\n5\n6\n0' ]
}
