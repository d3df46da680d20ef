#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A store with many records is loaded behind those who use it already: what they read, change, make and remove
# meanwhile is what it is without a load, and what a real root gets. strace makes the daemon slow.

bats_require_minimum_version 1.5.0
load lib
: "${abs_top_builddir:?run by make check}"

N=270000 # enough for some seconds of the slow daemon
ABOVE=1000000000000 # inode numbers that no file here has

setup() {
	need_root || return
	fakeid_setup
	FILL="$abs_top_builddir/tests/bats/fill"
	ASK="$abs_top_builddir/tests/bats/ask"
}

teardown() {
	jobs -p | xargs -r kill 2>/dev/null || true
	fakeid_teardown
}

ask() {
	as_user "$ASK" "$FAKEID_DIR" "$@"
}

# slow_daemon [IDLE] - every round of its loop takes 40 ms more, and loads what 0.5 ms are good for.
slow_daemon() {
	as_user strace -qq -o /dev/null -e trace=poll -e inject=poll:delay_enter=40000 -- \
		"$FAKEID_FAKED" --dir "$FAKEID_DIR" --foreground --idle "${1:-60}" >"$WORK/log" 2>&1 &
	wait_until 10 daemon_pid >/dev/null
	wait_until 10 ask status >/dev/null
}

is_loading() {
	as_user "$FILL" loading "$(readlink "$FAKEID_DIR/run")/ns-1"
}

is_loaded() {
	! is_loading
}

n_records() {
	as_user fakeidctl status | sed -n 's/.* records \([0-9]*\).*/\1/p'
}

list() {
	find "$1" -printf '%P %U:%G %m %y\n' | sort
	getfattr -Rhd -m '^(trusted|security|system)' "$1" | sort
}

# make_tree - what a real root and fakeid both make.
make_tree() {
	mkdir tree
	for d in 1 2 3 4 5; do
		mkdir tree/$d
		for f in $(seq 100); do
			: >"tree/$d/$f"
			[ $((f % 3)) -eq 0 ] || chown $((1000 + f)):$((2000 + d)) "tree/$d/$f"
		done
		mknod tree/$d/dev c 1 3
		chmod 4755 tree/$d/7
		setfattr -n trusted.x -v $d tree/$d/8
		setfacl -m u:5:rw tree/$d/9
		chmod 2775 tree/$d
	done
}

# change_tree - read, change, remove and make, in a way that depends on what was there.
change_tree() {
	for d in 1 2 3; do
		chmod u+x tree/$d/1[0-9]
		chown :77 tree/$d/2[0-9]
		rm tree/$d/3[0-9]
		for f in 30 31 32; do : >tree/$d/$f; done
		chown 5 tree/$d/31
		mkdir tree/$d/new
		mv tree/$d/41 tree/$d/new/41
		ln tree/$d/42 tree/$d/new/42
		rm tree/$d/dev
		mknod tree/$d/dev b 8 1
		cp -a tree/4/5[0-9] tree/$d/new
		chmod 600 tree/$d/60
		setcap cap_chown+ep tree/$d/61
		setfattr -x trusted.x tree/$d/8
	done
	rm -r tree/5
}

# root_tree SCRIPT... - real root's list of a tree that these made.
root_tree() {
	mkdir "$WORK/root"
	(cd "$WORK/root" && for step; do $step; done && list tree)
}

export_steps() {
	declare -f make_tree change_tree list >"$WORK/steps"
	chmod 644 "$WORK/steps"
}

fake() {
	fid -- bash -c '. ./steps; '"$1"
}

# big_store - the tree's records and N more, and no daemon.
big_store() {
	export_steps
	fake make_tree
	end_daemon
	as_user "$FILL" rows "$FAKEID_DIR" 1 1 $ABOVE $N
	N_BEFORE=$(($(as_user sh -c 'fakeid -- true; fakeidctl status' | sed -n 's/.* records \([0-9]*\).*/\1/p')))
	[ "$N_BEFORE" -gt $N ]
	end_daemon
}

@test "while a store is loaded every file shows what a real root's shows" {
	root_tree make_tree >expected
	big_store
	slow_daemon
	fid -- true
	is_loading
	fake 'list tree' >seen
	is_loading
	diff expected seen
	# Again, from what the first look brought, and once all is there.
	fake 'list tree' >seen
	diff expected seen
	[ "$(n_records)" -eq "$N_BEFORE" ]
	wait_until 60 is_loaded
	fake 'list tree' >seen
	diff expected seen
	[ "$(n_records)" -eq "$N_BEFORE" ]
}

@test "what is changed, removed and made while a store is loaded stays so" {
	root_tree make_tree change_tree >expected
	big_store
	slow_daemon
	fid -- true
	is_loading
	fake 'change_tree; list tree' >seen
	is_loading
	diff expected seen
	wait_until 60 is_loaded
	fake 'list tree' >seen
	diff expected seen
	# And so does the next daemon see it, from the store alone.
	end_daemon
	fake 'list tree' >seen
	diff expected seen
	fake 'rm -r tree'
	[ "$(n_records)" -eq $N ]
}

@test "a daemon killed while it loads: the next one goes on, and nothing is lost or brought back" {
	root_tree make_tree change_tree >expected
	big_store
	slow_daemon
	fid -- true
	is_loading
	fake 'change_tree' &
	sleep 0.7
	kill -9 "$(daemon_pid)"
	wait $!
	fake 'list tree' >seen
	diff expected seen
	kill -9 "$(daemon_pid)"
	slow_daemon
	fake 'list tree' >seen
	diff expected seen
	kill -9 "$(daemon_pid)"
	fake 'list tree' >seen
	diff expected seen
	wait_until 60 is_loaded
	fake 'list tree; rm -r tree' >seen
	diff expected seen
	[ "$(n_records)" -eq $N ]
}

@test "daemons killed at random moments of a load" {
	RANDOM=${FAKEID_SEED:-4711}
	root_tree make_tree change_tree >expected
	big_store
	fake 'change_tree' &
	for _ in {1..25}; do
		sleep "$(printf '0.%03d' $((RANDOM % 150)))"
		kill -9 "$(daemon_pid)" 2>/dev/null || true
		as_user "$FAKEID_FAKED" --dir "$FAKEID_DIR" --idle 60
	done
	wait $!
	fake 'list tree' >seen
	diff expected seen
	wait_until 60 is_loaded
	fake 'list tree; rm -r tree' >seen
	diff expected seen
	[ "$(n_records)" -eq $N ]
}

# left_in_store - records and volumes there. No daemon runs.
left_in_store() {
	as_user "$FILL" left "$FAKEID_DIR"
}

run_and_kill() {
	as_user "$FAKEID_FAKED" --dir "$FAKEID_DIR" --idle 60
	fake 'list tree' >seen
	diff expected seen
	sleep "$1"
	kill -9 "$(daemon_pid)"
}

@test "records of an earlier boot's volume go behind the clients, whenever the daemon is killed" {
	RANDOM=${FAKEID_SEED:-4711}
	root_tree make_tree >expected
	export_steps
	fake make_tree
	end_daemon
	read -r n_records n_volumes <<<"$(left_in_store)"
	as_user "$FILL" past "$FAKEID_DIR" 1 $ABOVE $N
	slow_daemon
	fid -- true
	[ "$(n_records)" -eq "$n_records" ]
	kill -9 "$(daemon_pid)"
	read -r n_before volumes <<<"$(left_in_store)"
	[ "$n_before" -gt $((n_records + N / 2)) ]
	[ "$volumes" -eq $((n_volumes + 1)) ]
	for ((i = 0; i < 100 && volumes > n_volumes; i++)); do
		run_and_kill "$(printf '0.%03d' $((RANDOM % 300)))"
		read -r n volumes <<<"$(left_in_store)"
		[ "$n" -le "$n_before" ]
		n_before=$n
	done
	[ "$(left_in_store)" = "$n_records $n_volumes" ]
	fake 'list tree' >seen
	diff expected seen
}

@test "an index lost while it is loaded is built again" {
	root_tree make_tree change_tree >expected
	big_store
	slow_daemon
	fid -- true
	is_loading
	fake "change_tree; rm -rf '$(readlink "$FAKEID_DIR/run")'; list tree" >seen
	diff expected seen
	fake 'list tree; rm -r tree' >seen
	diff expected seen
	[ "$(n_records)" -eq $N ]
}

@test "records are counted whole, and new ones find room, while a store is loaded" {
	big_store
	slow_daemon
	fid -- true
	is_loading
	ask write 1 1 5000000000000 500 >acked
	is_loading
	[ "$(n_records)" -eq $((N_BEFORE + 500)) ]
	is_loading
	run -0 ask check 1 1 acked
	[ "$output" = "checked 500 bad 0" ]
	wait_until 60 is_loaded
	run -0 ask check 1 1 acked
	[ "$output" = "checked 500 bad 0" ]
	[ "$(n_records)" -eq $((N_BEFORE + 500)) ]
}

@test "a program that forbids itself to ask waits until all is loaded" {
	as_user touch plain file
	fid -- chown 11:12 file
	big_store
	slow_daemon
	fid -- true
	is_loading
	fid -- "$abs_top_builddir/tests/bats/progs/filter" prctl
	is_loaded
}

@test "a daemon does not end before it has loaded what a process left in the background may ask for" {
	as_user touch file
	big_store
	slow_daemon 2 # a second is what it may take to see that it is idle
	fid -- sh -c '{ test -s file; sleep 20; :; } >/dev/null 2>&1 &'
	is_loading
	sleep 3.5
	is_loading
	wait_until 60 is_loaded
	[ -e "$(readlink "$FAKEID_DIR/run")/ns-1" ]
}

@test "a store of few records is loaded before it is used" {
	export_steps
	fake make_tree
	end_daemon
	as_user "$FILL" rows "$FAKEID_DIR" 1 1 $ABOVE 400
	slow_daemon
	fid -- true
	is_loaded
}
