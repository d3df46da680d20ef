#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Threads that have credentials of their own: the same words give the same lines as real root and inside a
# session, and what such a thread makes, opens and starts is that thread's.

load lib

bats_require_minimum_version 1.5.0

# One daemon serves all tests of this file.
setup_file() {
	fakeid_setup
	export WORK
}

setup() {
	umask 022
	# shellcheck disable=SC2154 # automake's tests environment sets it
	PROBE=$abs_top_builddir/tests/bats/threads_probe
	REAL=$WORK/$BATS_TEST_NUMBER-real
	VIRTUAL=$WORK/$BATS_TEST_NUMBER-virtual
	mkdir -m 1777 "$REAL"
	cd "$WORK" || return
	fid -- mkdir -m 1777 "$VIRTUAL"
}

teardown_file() {
	fakeid_teardown
}

# same WORD... - what the probe says as real root and inside a session, which must be the same.
same() {
	local real

	[ "$(id -u)" -eq 0 ]
	real=$(cd "$REAL" && setpriv --groups 0 --inh-caps=-all -- "$PROBE" "$@" 2>&1)
	cd "$VIRTUAL"
	run -0 fid -- "$PROBE" "$@"
	[ -n "$output" ]
	diff <(printf '%s\n' "$real") <(printf '%s\n' "$output")
}

@test "a system call changes the ids of one thread, and new files are that thread's" {
	same 1:SYS_setgroups,7 1:SYS_setresgid,6,6,6 1:SYS_setresuid,5,5,0 1:show 1:make,of-1 \
		0:show 0:make,of-0 2:show 2:make,of-2 0:stat,of-1 1:stat,of-0
	[[ $output == *"1:make,of-1 = 0 uid=5 gid=6"* && $output == *"0:make,of-0 = 0 uid=0 gid=0"* ]]
}

@test "each thread opens, changes and removes what its own ids allow" {
	same 0:make,secret 0:make,given 0:chown,given,5,6 1:SYS_setresuid,5,5,5 1:open,secret 0:open,secret \
		2:open,secret 1:open,given 1:access,secret 0:access,secret 1:chown,secret,5,5 1:unlink,secret \
		1:chown,given,7,7 0:chown,given,7,8 1:open,given 2:unlink,given 0:stat,given
	[[ $output == *"1:open,secret = EACCES"* && $output == *"2:open,secret = 0"* ]]
}

@test "the other way round: the first thread gives up root, the others have it" {
	same 0:make,secret 1:show 0:SYS_setresgid,6,6,6 0:SYS_setresuid,5,5,5 0:show 0:open,secret 1:open,secret \
		1:show 2:show 0:make,own 1:stat,own 1:make,roots 0:SYS_setresuid,0,0,0
}

@test "setfsuid and setfsgid are one thread's, through libc too" {
	same 0:make,secret 1:setfsgid,6 1:setfsuid,5 1:setfsuid,-1 1:caps 1:open,secret 1:make,own 0:show 0:caps \
		0:open,secret 0:make,roots 1:setfsuid,0 1:caps 1:open,secret
}

@test "capabilities, keepcaps, securebits, bounding set and no_new_privs are one thread's" {
	same 1:cap-drop,0 1:caps 0:caps 0:caps-of,1 1:caps-of,0 1:caps-of,1 0:make,f 1:chown,f,1,1 0:chown,f,2,2 \
		1:prctl,8,1 1:caps 0:caps 2:prctl,28,4 2:caps 0:caps 1:caps 0:prctl,24,0 0:caps 1:caps 2:caps \
		3:prctl,38,1,0 3:caps 0:caps
}

@test "libc's set*id is every thread's, whatever else a thread has changed" {
	same 1:setfsuid,5 1:SYS_setgroups,7,8 0:setresgid,3,4,5 0:show 1:show 2:show 0:setgroups,9 1:show 2:show \
		2:SYS_setfsgid,77 1:setresuid,0,1000,0 0:show 1:show 2:show 1:seteuid,0 2:show 0:show 2:setuid,6 \
		0:show 1:show 2:caps
}

@test "whether the process is dumpable is the same for all threads, whichever changed ids" {
	same 0:prctl,3 1:setfsuid,0 0:prctl,3 1:SYS_setresuid,5,5,0 1:prctl,3 0:prctl,3 2:prctl,3 2:prctl,4,1 0:prctl,3 \
		1:prctl,3 2:SYS_setfsgid,9 0:prctl,3 1:prctl,3 0:prctl,4,1 1:prctl,3 0:setegid,7 1:prctl,3 2:prctl,3
	[[ $output == *$'1:prctl,3 = 0\n0:prctl,3 = 0\n2:prctl,3 = 0'* ]]
}

@test "threads signal each other whoever they are, and renice and limit by the ids of each" {
	same 1:start,2 1:SYS_setresuid,5,5,5 1:renice,1 1:renice,0 1:renice,2 1:limit,1 1:limit,0 1:tgkill,0 1:tgkill,2 \
		2:SYS_setresuid,5,5,5 2:cap-drop,0 1:SYS_setresgid,3,3,3 1:renice,2 2:renice,1 2:limit,1 2:limit,2 2:tgkill,0
	[[ $output == *$'1:renice,1 = 0\n1:renice,0 = EPERM'* ]]
}

@test "a refused change is nobody's" {
	same 1:SYS_setresuid,0,5,5 1:SYS_setresuid,7,-1,-1 1:show 0:show 1:SYS_setgroups,3 1:show \
		1:SYS_setreuid,-1,-1 1:SYS_setfsuid,9 1:show
}

@test "a thread begins with the credentials of the one that starts it" {
	same 1:SYS_setgroups,7 1:SYS_setresuid,5,5,0 1:start,2 2:show 2:make,own 2:SYS_setresuid,-1,0,-1 2:show \
		1:show 0:start,3 3:show 1:c11 0:c11
}

@test "a thread that has ended leaves nothing to the next ones" {
	same 1:SYS_setresuid,5,5,5 1:SYS_setgroups,7 1:end 2:show 2:SYS_setfsuid,9 2:show 2:end 3:show \
		1:show 1:SYS_setfsgid,4 1:show 0:show
}

@test "a child of fork has its thread's credentials, and what it changes is its own" {
	same 1:SYS_setgroups,7 1:SYS_setresuid,5,5,0 1:fork:show 1:fork:make,forked 0:fork:show \
		1:fork:SYS_setresuid,0,0,0 1:fork:setresuid,0,0,0 1:show 0:show 1:vfork:setuid,5 \
		1:vfork:show 1:show 0:vfork:show 0:vfork:setuid,9 0:show 1:show
}

@test "exec makes the thread's credentials the process's" {
	same 1:SYS_setgroups,7 1:SYS_setresgid,6,6,6 1:SYS_setresuid,5,5,0 1:exec 0:show 1:show 0:caps \
		0:make,own 0:setuid,0
}

@test "exec by a thread that has kept root after another has not" {
	same 1:SYS_setresuid,5,5,5 0:exec 0:show 0:caps
}

@test "procfs shows the first thread's ids for the process, and each thread's below task" {
	same 1:SYS_setgroups,7 1:SYS_setresuid,5,5,0 1:status,self 0:status,self 1:status,thread-self \
		0:SYS_setgroups,3,4 0:SYS_setresuid,8,8,0 1:status,self 0:status,self 0:status,thread-self \
		1:status,thread-self 2:status,thread-self 2:SYS_setuid,9 2:status,thread-self 2:status,self
}

@test "what a program changes before it starts threads is the process's" {
	same 0:SYS_setgroups,3 0:SYS_setresuid,8,8,0 0:status,self 1:show 1:SYS_setresuid,0,0,0 0:show 1:show 2:show
}

@test "a change for all threads reaches each of them, and takes from none what is its own" {
	run -0 fid -- timeout 100 "$abs_top_builddir/tests/bats/threads_race"
	[ "$output" = wrong=0 ]
}
