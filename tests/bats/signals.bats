#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# signals.bats - what processes may do to each other: signals, priorities, limits. Run by a real root and inside a
# session, and the answers must be the same.

load lib

bats_require_minimum_version 1.5.0

setup() {
	need_root || return
	fakeid_setup
	# shellcheck disable=SC2154 # automake's tests environment sets it
	OTHERS=$abs_top_builddir/tests/bats/progs/others
	REAL=$BATS_TEST_TMPDIR
	# shellcheck disable=SC2016 # awk's
	CAPS=$(setpriv --inh-caps=-all awk '$1 == "CapEff:" { print $2 }' /proc/self/status)
}

teardown() {
	fakeid_teardown
}

# alone CMD... - in a pid namespace of its own: some of these signals are for everybody.
alone() {
	timeout -k 1 100 unshare --pid --fork --kill-child --mount-proc -- "$@" 3>&-
}

# both CMD... - as real root and inside a session, each alone; $output is what both said.
both() {
	alone setpriv --groups 0 --inh-caps=-all -- bash -c '"$@"; exit $?' - "$@" >"$REAL/expected" 2>&1 || true
	# shellcheck disable=SC2016 # for the inner shell
	alone bash -c '. "$1"; shift; cd "$WORK"; fid -- "$@"; exit $?' - \
		"$BATS_TEST_DIRNAME/lib.bash" "$@" >"$REAL/got" 2>&1 || true
	[ -s "$REAL/expected" ]
	diff -u "$REAL/expected" "$REAL/got"
	output=$(<"$REAL/expected")
}

@test "one process does to another what its ids and capabilities allow, by every call" {
	export WORK
	both "$OTHERS" "$CAPS" matrix
	[[ "$output" == *"a to b: kill-0=EPERM kill=EPERM kill-99=EINVAL"* ]]
	[[ "$output" == *"killer to b: kill-0=ok"* ]]
}

@test "groups, users and everybody are reached as far as each of them may be" {
	export WORK
	both "$OTHERS" "$CAPS" many
	[[ "$output" == *"a everybody-usr1: result=ok"* ]]
}

@test "kill, pkill, renice and start-stop-daemon do as they do on a real system" {
	export WORK
	# shellcheck disable=SC2016 # for the inner shell
	both bash -c '
		as() { setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps=-all -- "${@:2}"; }
		for u in 0 1000 1001; do setpriv --reuid "$u" --regid "$u" --clear-groups sleep 60 & declare p$u=$!; done
		for p in $p0 $p1000 $p1001; do
			for i in {1..100}; do [ "$(cat /proc/$p/comm)" = sleep ] && break; sleep 0.05; done
		done
		as 1000 bash -c "kill $p0; kill -0 $p1001; kill -0 $p1000; echo \$?" 2>&1 | sed "s/($p[0-9]*)\|$p0\|$p1001//"
		as 1001 pkill -u 1000 sleep >/dev/null 2>&1; echo "pkill of another: $?"
		as 1001 renice 3 -p "$p1000" >/dev/null 2>&1; echo "renice of another: $?"
		as 1001 renice 3 -u 1000 >/dev/null 2>&1; echo "renice of a user: $?"
		as 1000 renice 3 -p "$p1000" >/dev/null; renice 4 -u 1001 >/dev/null
		for u in 0 1000 1001; do p=p$u; echo "$u is at $(cut -d" " -f19 "/proc/${!p}/stat")"; done
		as 1000 prlimit --pid "$p1001" --core 2>&1 | sed "s/$p1001/PID/"
		start-stop-daemon --stop --quiet --user 1001 --exec "$(readlink -f "$(command -v sleep)")"
		wait "$p1001"; echo "1001 ended: $?"
		kill -0 "$p1000" && as 1000 pkill -u 1000 sleep; wait "$p1000"; echo "1000 ended: $?"
		kill "$p0"; wait "$p0"; echo "0 ended: $?"' 2>/dev/null
	[[ "$output" == *"renice of another: 1"* ]]
	[[ "$output" == *"1001 is at 4"* ]]
	[[ "$output" == *"1000 ended: 143"* ]]
}

# stay CMD... - a sleeper in the background; its number is $PID.
stay() {
	rm -f pid
	"$@" sh -c 'echo $$ >pid; exec sleep 60' 3>&- &
	wait_until 5 test -s pid
	PID=$(cat pid)
}

@test "a root reaches what is in his namespace and below, and above by common ids only" {
	chmod 777 .
	stay fid --
	run -1 fid -- fakeid -n child -- kill -0 "$PID"
	run -1 fid -- fakeid -n mapped --map 0:1000:10 -- kill -0 "$PID"
	run -0 fid -- fakeid -n same --map 0:0:10 -- kill -0 "$PID"
	fid -- kill "$PID"

	stay fid -- setpriv --reuid 1000 --regid 1000 --clear-groups --
	run -1 fid -- fakeid -n child -- kill -0 "$PID"
	run -1 fid -- fakeid -n child -- fakeid -n grandchild -- kill -0 "$PID"
	fid -- fakeid -n mapped --map 0:1000:10 -- kill "$PID"

	stay fid -- fakeid -n child -- fakeid -n grandchild --
	fid -- fakeid -n child -- kill -0 "$PID"
	fid -- kill "$PID"
	wait
}

@test "everybody is this namespace and what lies in it: not the user's other processes, nor fakeid" {
	export WORK
	# shellcheck disable=SC2016 # for the inner shell
	run -0 alone bash -c '. "$1"; cd "$WORK"; as_user sleep 60 & outside=$!; fid -n other -- sleep 60 & other=$!
		fid -n main -- bash -c "sleep 60 & fakeid -n child -- sleep 60 & sleep 0.5; kill -KILL -1; wait; echo left"
		kill -0 "$outside" && kill -0 "$other" && as_user fakeidctl status >/dev/null && echo there' - \
		"$BATS_TEST_DIRNAME/lib.bash"
	echo "$output"
	[[ "$output" == *left*there* ]]
}

@test "who may set limits of others sets them, and raises his own as far as the kernel lets him" {
	chmod 777 .
	stay fid -- setpriv --reuid 1000 --regid 1000 --clear-groups --
	fid -- prlimit --pid "$PID" --core=0:0
	run -1 fid -- setpriv --reuid 1001 --regid 1001 --clear-groups -- prlimit --pid "$PID" --core
	fid -- kill "$PID"
	run -1 fid -- bash -c 'ulimit -Hc 0; ulimit -Hc 1'
	[[ "$output" == *"Operation not permitted"* ]]
}

@test "root's signal is one system call" {
	fid -- strace -o trace -e trace='!mmap,mprotect' sh -c 'kill -0 $$; kill -CONT $$'
	sed -n '/^kill(/,/^kill(/p' trace >between
	cat between
	[ "$(grep -c '^kill(' between)" = 2 ]
	run -1 grep -E '/proc|^getpid|^statx|^newfstatat' between
}
