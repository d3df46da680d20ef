#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# crossing.bats - what crosses the boundary between id spaces: who a peer is, over sockets and in /proc, in
# one namespace, from another, and from the host.

load lib

bats_require_minimum_version 1.5.0

# One daemon serves all tests of this file: what they change is their own processes.
setup_file() {
	fakeid_setup
	chmod 777 "$WORK" # virtual users make files here, too
	export WORK
	fid -- true
}

setup() {
	umask 022
	cd "$WORK" || return
	# shellcheck disable=SC2154 # automake's tests environment sets it
	CROSS=$abs_top_builddir/tests/bats/progs/cross
	HOST=$TEST_UID
	MAP='         0          0 4294967295'
	: >served
}

teardown() {
	# Whoever still serves had fewer callers than it waited for: the test failed.
	for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done
	wait
	rm -f socket served pid
}

teardown_file() {
	fakeid_teardown
}

# serve N CMD... - CMD starts a server of N callers, whose lines go to `served`.
serve() {
	local n=$1

	shift
	"$@" "$CROSS" serve socket "$n" >served 3>&- &
	wait_until 5 test -S socket
}

served() {
	wait
	cat served
}

# stay CMD... - run a sleeper by CMD; its number is $PID.
stay() {
	rm -f pid
	"$@" sh -c 'echo $$ >pid; exec sleep 60' 3>&- &
	wait_until 5 test -s pid
	PID=$(cat pid)
}

as_1000() {
	fid -- setpriv --reuid 1000 --regid 1001 --clear-groups -- "$@"
}

@test "a process is to itself who it says it is, on sockets too" {
	fid -- "$CROSS" self
	fid -- "$CROSS" nobody
}

@test "in one namespace a peer shows its virtual ids" {
	serve 2 fid --
	run -0 fid -- "$CROSS" call socket
	[ "$output" = server=0:0 ]
	run -0 as_1000 "$CROSS" call socket
	[ "$output" = server=0:0 ]
	[ "$(served)" = "peer=0:0 message=0:0 groups=0
peer=1000:1001 message=1000:1001 groups=1001" ]
}

@test "a child that changed its ids shows them, with and without exec" {
	for how in '' bare many bare,many; do
		CROSS_HOW=$how fid -- "$CROSS" children
	done
	fid -- "$CROSS" clone
}

@test "a vfork child shows its parent's ids until it starts a program" {
	serve 1 fid --
	fid -- "$CROSS" call-from-vfork socket
	[ "$(served)" = "peer=0:0 message=0:0 groups=0" ]
}

@test "who is gone shows the overflow id" {
	for how in '' bare many; do
		CROSS_HOW=$how fid -- "$CROSS" gone
	done
}

@test "an explicit credential is checked by the virtual rules, and large control data passes" {
	# `children` above has the refusals.
	for how in '' bare many; do
		CROSS_HOW=$how fid -- "$CROSS" large
	done
}

@test "two namespaces are the overflow id to each other" {
	serve 1 fid --
	run -0 fid -n other -- "$CROSS" call socket
	[ "$output" = server=65534:65534 ]
	[ "$(served)" = "peer=65534:65534 message=65534:65534 groups=65534" ]
}

@test "the host shows in a namespace where it is mapped, and only there" {
	serve 2 fid -n mapped --map-uid "7:$HOST:1" --map-gid "8:$HOST:1" --
	as_user "$CROSS" call socket
	run -0 fid -- "$CROSS" call socket
	[ "$output" = server=65534:65534 ]
	[ "$(served)" = "peer=7:8 message=7:8 groups=8
peer=65534:65534 message=65534:65534 groups=65534" ]
}

@test "to the host every process of a session is the real user" {
	serve 2 as_user
	fid -- "$CROSS" call socket
	as_1000 "$CROSS" call socket
	[ "$(served)" = "peer=$HOST:$HOST message=$HOST:$HOST groups=
peer=$HOST:$HOST message=$HOST:$HOST groups=" ]
}

@test "the roots of two namespaces that map one host id are one user" {
	serve 1 fid -n root1 --map "0:$HOST:1" --
	run -0 fid -n root2 --map "0:$HOST:1" -- "$CROSS" call socket
	[ "$output" = server=0:0 ]
	[ "$(served)" = "peer=0:0 message=0:0 groups=0" ]
}

@test "a child shows in its parent by its map, and the parent in the child where it is mapped" {
	serve 2 fid --
	run -0 fid -- fakeid -n kid --map 0:100000:65536 -- "$CROSS" call socket
	[ "$output" = server=65534:65534 ]
	run -0 fid -- fakeid -n kid2 --map 5:0:1 -- "$CROSS" call socket
	[ "$output" = server=5:5 ]
	[ "$(served)" = "peer=100000:100000 message=100000:100000 groups=100000
peer=65534:65534 message=65534:65534 groups=65534" ]
}

@test "another state directory is another world" {
	serve 1 fid --
	run -0 env FAKEID_DIR="$WORK/.other" bash -c ". '$BATS_TEST_DIRNAME/lib.bash'
		cd '$WORK'; fid -- '$CROSS' call socket; end_daemon '$WORK/.other'"
	[ "$output" = server=65534:65534 ]
	[ "$(served)" = "peer=65534:65534 message=65534:65534 groups=65534" ]
}

@test "a reader of ids never sees half of a change" {
	fid -- "$CROSS" torn
}

@test "files of /proc/self read virtually by every spelling of open" {
	fid -- "$CROSS" doors
	run -0 fid -- sh -c 'cat /proc/self/uid_map; cd /proc/self; cat gid_map; cat /proc/self/loginuid'
	[ "$output" = "$MAP
$MAP
4294967295" ]
	run -0 fid -- cat /proc/self/setgroups
	[ "$output" = allow ]
	run -0 fid -- cp /proc/self/uid_map copy
	[ "$(cat copy)" = "$MAP" ]
	[ "$(fid -- stat -c %a copy)" = "$(stat -c %a /proc/self/uid_map)" ]
}

# status_of - the lines of status on stdin that tell ids.
status_of() { grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs):'; }

@test "status shows the ids, groups and capabilities that the calls show" {
	run -0 fid -- setpriv --reuid 1000 --regid 1001 --groups 7,8 -- cat /proc/self/status
	[ "$(status_of <<<"$output")" = $'Uid:\t1000\t1000\t1000\t1000
Gid:\t1001\t1001\t1001\t1001
Groups:\t7 8 \nCapInh:\t0000000000000000
CapPrm:\t0000000000000000
CapEff:\t0000000000000000
CapBnd:\t000001ffffffffff
CapAmb:\t0000000000000000
NoNewPrivs:\t0' ]
	run -0 fid -- cat /proc/self/status
	[ "$(status_of <<<"$output")" = $'Uid:\t0\t0\t0\t0
Gid:\t0\t0\t0\t0
Groups:\t0 \nCapInh:\t0000000000000000
CapPrm:\t000001ffffffffff
CapEff:\t000001ffffffffff
CapBnd:\t000001ffffffffff
CapAmb:\t0000000000000000
NoNewPrivs:\t0' ]
	# All else is the kernel's.
	run -0 fid -- sh -c 'head -n 1 /proc/$$/status; grep -c . /proc/$$/status'
	[ "${lines[0]}" = $'Name:\tsh' ]
	[ "${lines[1]}" = "$(grep -c . /proc/$$/status)" ]
}

@test "maps read as user_namespaces(7) says, by who asks" {
	run -0 fid -n mapped2 --map-uid 0:100000:10 --map-uid 20:200000:10 --map-gid "0:$HOST:1" -- \
		sh -c 'cat /proc/self/uid_map /proc/self/gid_map; cat /proc/1/uid_map'
	[ "$output" = "         0     100000         10
        20     200000         10
$(printf '%10u %10u %10u' 0 "$HOST" 1)
         0 4294967295 4294967295" ]

	# A child's, read by itself and by its parent, and the other way round.
	run -0 fid -- fakeid -n kid3 --map 0:1000:100 -- \
		sh -c "cat /proc/self/uid_map /proc/$$/uid_map"
	[ "$output" = "         0       1000        100
         0 4294967295 4294967295" ]
	stay fid -- fakeid -n kid3 --
	run -0 fid -- cat "/proc/$PID/uid_map"
	kill "$PID"
	[ "$output" = "         0       1000        100" ]

	# Two isolated ones have no id in common.
	stay fid -n other --
	run -0 fid -- cat "/proc/$PID/uid_map"
	kill "$PID"
	[ "$output" = '         0 4294967295 4294967295' ]
}

@test "/proc/PID and what lies in it belong to the process's user" {
	fid -- sh -c "'$CROSS' owner; exit \$?"
	fid -- "$CROSS" walk
	run -0 fid -- sh -c 'stat -c %u:%g "/proc/$$"; find "/proc/$$/stat" -printf "%U:%G\n"; ls -dn /proc/self/'
	[ "${lines[0]}" = 0:0 ]
	[ "${lines[1]}" = 0:0 ]
	[[ ${lines[2]} = dr-xr-xr-x*" 0 0 "* ]]
	run -0 as_1000 stat -c %u:%g /proc/self/stat
	[ "$output" = 1000:1001 ]
	# A process of the host's, the same real user.
	stay as_user
	run -0 fid -- stat -c %u:%g "/proc/$PID"
	[ "$output" = 65534:65534 ]
	run -0 fid -n mapped --map-uid "7:$HOST:1" --map-gid "8:$HOST:1" -- stat -c %u:%g "/proc/$PID"
	kill "$PID"
	[ "$output" = 7:8 ]
}

@test "ps shows who processes are" {
	stay as_1000
	run -0 fid -- ps -o euid=,ruid=,egid=,rgid= -p "$PID"
	kill "$PID"
	[ "$(echo $output)" = "1000 1000 1001 1001" ]
	run -0 fid -- ps -eo uid,pid,comm
	[[ $output =~ " 0 "[\ 0-9]*" ps" ]]
}

@test "programs that write over their environment show the overflow id" {
	fid -- "$CROSS" title
}

@test "a program that filters its system calls makes none that it did not ask for" {
	fid -- "$CROSS" filtered
}

# bus - start a dbus-daemon inside; its first connection is :1.0.
bus() {
	cat >bus.conf <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		  <type>session</type>
		  <listen>unix:path=$WORK/socket</listen>
		  <auth>EXTERNAL</auth>
		  <policy context="default">
		    <allow user="*"/> <allow eavesdrop="true"/>
		    <allow send_destination="*" eavesdrop="true"/> <allow own="*"/>
		  </policy>
		</busconfig>
	END
	fid -- sh -c 'echo $$ >pid; exec dbus-daemon --config-file=bus.conf --nofork' 2>/dev/null 3>&- &
	wait_until 5 test -S socket
}

# bus_user NUMBER - as a command line: ask the bus who connection NUMBER is, the one that asks.
bus_user() {
	BUS_USER=(dbus-send --bus="unix:path=$WORK/socket" --print-reply=literal --dest=org.freedesktop.DBus /
		org.freedesktop.DBus.GetConnectionUnixUser "string::1.$1")
}

@test "D-Bus inside a namespace knows who its clients are, and lets no other root in" {
	bus
	bus_user 0
	run -0 fid -- "${BUS_USER[@]}"
	[ "${output##* }" = 0 ]
	bus_user 1
	run -0 as_1000 "${BUS_USER[@]}"
	[ "${output##* }" = 1000 ]

	# It says it is 0, and is 65534 here.
	bus_user 2
	run -1 fid -n other -- "${BUS_USER[@]}"
	[[ $output = *"Failed to "* ]]
	# Who says 65534 is let in as that.
	run -0 fid -n other -- setpriv --reuid 65534 --regid 65534 --clear-groups "${BUS_USER[@]}"
	[ "${output##* }" = 65534 ]
	kill "$(cat pid)"
}

# calls CMD... - the system calls that a program makes inside.
calls() {
	fid -- strace -f -qq -o log -- "$@"
	cat log
}

@test "a message without credentials costs no call, and an open of another name neither" {
	calls "$CROSS" cost
	# Between the two marks, which are getppid calls, stand the program's own calls and no others.
	run -0 awk '/getppid/ { on = !on; next } on { sub(/\(.*/, "", $2); print $2 }' log
	[ "$(sed 's/newfstatat\|statx/stat/' <<<"$output" | tr '\n' ' ')" = \
		"sendmsg recvmsg openat stat getsockopt " ]
}
