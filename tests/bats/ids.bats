#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who a process is inside a session: the same calls as real root makes give the same answers, and what
# they change goes on to threads, children and new programs, however those are started.

load lib

bats_require_minimum_version 1.5.0

# One daemon serves all tests of this file: what they change is their own processes.
setup_file() {
	fakeid_setup
	export WORK
}

setup() {
	umask 022
	cd "$WORK" || return
	# shellcheck disable=SC2154 # automake's tests environment sets it
	PROBE=$abs_top_builddir/tests/bats/ids_probe
}

teardown_file() {
	fakeid_teardown
}

# same_lines COMMAND... - what it says as real root and inside a session, which must be the same.
same_lines() {
	local real

	[ "$(id -u)" -eq 0 ]
	real=$(setpriv --groups 0 --inh-caps=-all -- "$@" 2>&1)
	run -0 fid -- "$@"
	[ -n "$output" ]
	diff <(printf '%s\n' "$real") <(printf '%s\n' "$output")
}

# same WORD... - the same for the probe.
same() {
	same_lines "$PROBE" "$@"
}

# as_uid UID COMMAND... - inside a session, after a full drop.
as_uid() {
	fid -- setpriv --reuid "$1" --regid "$1" --clear-groups -- "${@:2}"
}

@test "the first program is root, in root's group alone, with every capability" {
	run -0 fid -- id
	[ "$output" = "uid=0(root) gid=0(root) groups=0(root)" ]
	same show caps auxv
}

@test "a full drop can't come back" {
	same setuid,1000 show caps setuid,0 seteuid,0 setreuid,0,0 setresuid,-1,0,-1 show caps
}

@test "seteuid can come back" {
	same seteuid,1000 show caps seteuid,0 show caps
}

@test "the saved id is a way back, and exec closes it" {
	same setresuid,1000,1000,0 caps exec show setuid,0
}

@test "-1 is no id, and leaves an id alone where several are set" {
	same setuid,-1 seteuid,-1 setresuid,-1,-1,-1 setreuid,-1,5 show setresgid,7,-1,-1 show
}

@test "setfsuid tells the id before, also when it changes nothing" {
	same setfsuid,5 setfsuid,-1 caps setuid,9 setfsuid,4 show setfsgid,4294967294
}

@test "uid and gid are two things" {
	same setgid,5 show setuid,6 show setgid,7 show
}

@test "keepcaps lets a dropped process go on setting its groups" {
	same prctl,8,1 setuid,1000 caps capset,c0,c0,0 setgroups,3 setgid,5 exec caps show setgid,0
}

@test "ambient capabilities survive exec, others of a user don't" {
	same capset,all,all,all prctl,47,2,7,0,0 prctl,28,4 setuid,1000 caps exec caps show
}

@test "a capability dropped from the bounding set does not come back with exec" {
	same prctl,24,12 caps prctl,24,41 exec caps prctl,23,12
}

@test "locked securebits stay locked" {
	same prctl,28,3 prctl,28,0 prctl,27 exec prctl,27 caps
}

@test "no_new_privs is off until the program asks for it, and then stays" {
	same prctl,39 prctl,38,0 prctl,38,1 prctl,39 exec prctl,39 setuid,1000 exec show
}

@test "capget and capset in every version, for this process, threads and others" {
	same capget,0x20080522,0 capget,0x20071026,0 capget,0x19980330,0 capget,0,0 \
		capget,0x20080522,-5 capget,0x20080522,tid thread:capget,0x20080522,pid \
		thread:capget,0x20080522,tid capset-pid,1 capset-pid,-4 capset-pid,pid \
		thread:capset-pid,pid
}

@test "capset gives nothing back" {
	same capset,1,3,3 caps capset,all,all,0 capset,2,2,0 caps exec caps
}

@test "groups are sorted, counted, and refused where there is no room" {
	same setgroups,30,4,4,1 show getgroups,3 getgroups,4 getgroups,0 getgroups,-1 \
		group_member,4 group_member,0 setgroups setgroups,5,-1 getgroups,0
}

@test "a fortified getgroups ends a program whose buffer is too small" {
	same setgroups,4,5,6,7 __getgroups_chk,4,16 fork:__getgroups_chk,4,15
}

@test "65536 groups can be set and go on through exec, one more can't" {
	same many-groups,65536 exec getgroups,0 many-groups,65537 getgroups,0
}

@test "initgroups sets the groups of an account" {
	same initgroups,root,9 show initgroups,daemon,77 show setuid,1 initgroups,root,0
}

@test "a change counts for all threads" {
	same thread:setresuid,5,6,7 show thread:setgroups,3 show
}

@test "threads and signal handlers never read half a change" {
	run -0 fid -- timeout 60 "$abs_top_builddir/tests/bats/ids_race"
	[ "$output" = torn=0 ]
}

@test "a child's change is the child's, after vfork too" {
	same fork:setuid,6 show vfork:setuid,6 show vfork:setgroups,5 show setuid,7 \
		vfork:setuid,0 show
}

@test "ids go on through exec, also without an environment" {
	same setresgid,7,8,9 setgroups,3,20 setresuid,5,6,7 exec-bare show auxv
}

@test "the auxiliary vector tells the ids of exec, not of now" {
	same setresuid,5,6,7 auxv exec auxv
}

@test "the raw system calls give the same answers" {
	same syscall,102 syscall,105,1000 syscall,102 syscall,122,-1 syscall,105,0 syscall,157,7 \
		syscall,157,8,1 syscall,157,7 syscall,115,0 syscall,104
}

@test "setpriv drops to a user for good" {
	run -0 as_uid 1000 "$PROBE" show caps setuid,0 setgid,0
	[ "${lines[0]}" = "show uid=1000,1000,1000,1000 gid=1000,1000,1000,1000 groups=" ]
	[[ ${lines[1]} == "caps effective=0 permitted=0 "* ]]
	[ "${lines[2]}" = "setuid,0 = EPERM" ]
	[ "${lines[3]}" = "setgid,0 = EPERM" ]
	run -127 as_uid 1000 setpriv --reuid 0 id
}

@test "setpriv with the groups of an account" {
	run -0 fid -- setpriv --reuid daemon --regid daemon --init-groups -- "$PROBE" show
	[ "$output" = "show uid=1,1,1,1 gid=1,1,1,1 groups=1" ]
}

@test "setpriv --dump and capsh show a whole root" {
	run -0 fid -- setpriv --dump
	[ "${lines[0]}" = "uid: 0" ]
	[ "${lines[1]}" = "euid: 0" ]
	[ "${lines[4]}" = "Supplementary groups: 0" ]
	[ "${lines[5]}" = "no_new_privs: 0" ]
	run -0 fid -- capsh --print
	[ "${lines[0]}" = "Current: =ep" ]
}

@test "runuser changes the user" {
	run -0 fid -- runuser -u daemon -- id
	[ "$output" = "uid=1(daemon) gid=1(daemon) groups=1(daemon)" ]
}

@test "env -i keeps a dropped user, and so does an environment without our variables" {
	run -0 as_uid 1000 env -i /usr/bin/id -u
	[ "$output" = 1000 ]
	run -0 as_uid 1000 env -u LD_PRELOAD -u FAKEID_SESSION -u FAKEID_CREDS sh -c 'id -u; exec id -g'
	[ "$output" = $'1000\n1000' ]
}

@test "perl sets and reads its ids" {
	# shellcheck disable=SC2016 # perl's variables
	same_lines perl -e '
		$( = 5; $) = "7 8 9"; print "$(|$)\n";
		$> = 1000; print "$< $>\n";
		$> = 0; print "$< $>\n";
		$< = $> = 1000; $> = 0; print "$< $>\n";'
}

@test "python sets and reads its ids" {
	same_lines /usr/bin/python3 -c '
import os
os.setgroups([7, 3]); os.setresgid(4, 5, 6); os.setresuid(1, 2, 3)
print(os.getresuid(), os.getresgid(), os.getgroups())
try: os.setuid(0)
except PermissionError: print("refused", flush=True)
os.execve("/usr/bin/python3", ["python3", "-c", "import os; print(os.getresuid())"], {})'
	[ "${lines[0]}" = "(1, 2, 3) (4, 5, 6) [3, 7]" ]
}

@test "a later command starts as root again" {
	as_uid 1000 true
	run -0 fid -- id -u
	[ "$output" = 0 ]
}

@test "an edited FAKEID_CREDS is a fresh root" {
	# The shell's own variable goes before exec puts the true one back, so it must come from outside.
	run -0 fid -- env FAKEID_CREDS='u=1,1,1,x' "$PROBE" show
	[ "$output" = "show uid=0,0,0,0 gid=0,0,0,0 groups=0" ]
}

@test "new files belong to the ids that made them" {
	fid -- chmod 777 .
	as_uid 1000 touch f
	run -0 fid -- stat -c %u:%g f
	[ "$output" = 1000:1000 ]
}
