#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Sixteen at once: unpacking into one tag, into sixteen tags, and working on the same files.

load lib
: "${abs_top_builddir:?run by make check}" "${abs_top_srcdir:?run by make check}"

bats_require_minimum_version 1.5.0

# The parts of the image that say something, about 500 entries; as root lists them.
setup_file() {
	need_root || return
	export SHARED TOOLS=$abs_top_srcdir/tests/image
	SHARED=$(mktemp -d /var/tmp/fakeid-parallel-XXXXXX)
	chmod 755 "$SHARED"
	"$TOOLS/make-image" "$SHARED/image.tar" "${FAKEID_TEST_CACHE:-/var/cache/fakeid-tests}"
	mkdir "$SHARED/root"
	tar -C "$SHARED/root" "${TAR_UNPACK[@]}" -xf "$SHARED/image.tar" ./extra ./etc
	tar -C "$SHARED/root" "${TAR_UNPACK[@]}" --format=posix -cf "$SHARED/small.tar" extra etc
	touch -d @0 "$SHARED/root"
	rm "$SHARED/image.tar"
	setpriv --reuid 0 --regid 0 --groups 0 "$TOOLS/list-tree" "$SHARED/root" "${PARTS[@]}" >"$SHARED/list"
	[ "$(find "$SHARED/root" | wc -l)" -gt 480 ]
}

teardown_file() {
	rm -rf "${SHARED:?}"
}

TAR_UNPACK=(--numeric-owner --xattrs "--xattrs-include=*" --acls -p)
PARTS=(find devices links xattrs caps)

setup() {
	fakeid_setup
}

teardown() {
	fakeid_teardown
}

# all_right DIR OPTIONS...: the tree lists as root's does.
all_right() {
	local dir=$1
	shift
	touch -d @0 "$dir"
	fid "$@" -- "$TOOLS/list-tree" "$dir" "${PARTS[@]}" >list
	diff -U0 --label "real root" --label "$dir" "$SHARED/list" list >list.diff || {
		head -n 20 list.diff
		return 1
	}
}

# wait_for PID...: fail if one of them failed.
wait_for() {
	local pid failed=0
	for pid; do wait "$pid" || failed=1; done
	return $failed
}

@test "16 processes of one session unpack side by side: every tree is right" {
	fid -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
			mkdir $i
			(cd $i && exec tar "$@") & pids="$pids $!"
		done
		for pid in $pids; do wait $pid || exit 1; done' sh \
		"${TAR_UNPACK[@]}" -xf "$SHARED/small.tar"
	for i in {1..16}; do all_right $i; done
}

@test "16 sessions that start at once unpack into one tag: every tree is right" {
	local pids=()
	for i in {1..16}; do
		as_user mkdir $i
		fid -- tar -C $i "${TAR_UNPACK[@]}" -xf "$SHARED/small.tar" &
		pids+=($!)
	done
	wait_for "${pids[@]}"
	for i in {1..16}; do all_right $i; done
	# All of it is in the store, too.
	end_daemon
	for i in 1 7 16; do all_right $i; done
}

@test "16 tags at once: every tree is right in its own, and only there" {
	local pids=()
	for i in {1..16}; do
		as_user mkdir $i
		fid -n "tag$i" -- tar -C $i "${TAR_UNPACK[@]}" -xf "$SHARED/small.tar" &
		pids+=($!)
	done
	wait_for "${pids[@]}"
	for i in {1..16}; do all_right $i -n "tag$i"; done
	[ "$(fid -n tag2 -- find 1 -printf '%U:%G\n' | sort -u)" = 0:0 ]
	[ -z "$(fid -n tag2 -- find 1 -type b)" ]
}

@test "16 processes change the same 100 files: each file has one process's owner, whole" {
	cat >change.sh <<-'END'
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
			(for round in 1 2 3 4 5; do chown $i:$((1000 + i)) files/* || exit 1; done) & pids="$pids $!"
		done
		for pid in $pids; do wait $pid || exit 1; done
	END
	as_user mkdir files
	as_user sh -c 'cd files && for i in $(seq 100); do : >$i; done'
	fid -- sh change.sh
	fid -- find files -type f -printf '%U %G\n' >owners
	[ "$(wc -l <owners)" -eq 100 ]
	awk '$1 < 1 || $1 > 16 || $2 != 1000 + $1 { bad = 1 } END { exit bad }' owners
	fid -- find files -type f -printf '%p %U %G\n' | sort >before
	end_daemon
	fid -- find files -type f -printf '%p %U %G\n' | sort >after
	cmp before after
}
