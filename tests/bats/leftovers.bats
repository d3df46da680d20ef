#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What many short processes leave behind: nothing. FAKEID_PROCESSES=100000 makes it as many; 3000 will do
# to see one descriptor, file, record or page each.

load lib

bats_require_minimum_version 1.5.0

setup() {
	fakeid_setup
}

teardown() {
	[ -z "${HOLDER-}" ] || kill "$HOLDER"
	fakeid_teardown
}

# Processes that change a file and remove it, and sessions that end at once.
short_ones() {
	fid -- sh -c 'i=0
		while [ $i -lt "$1" ]; do
			: >f && chown 5:6 f && chmod 4711 f && rm f || exit 1
			i=$((i + 3))
		done' sh "$1"
	for ((i = 0; i < $1; i += 100)); do fid -- true; done
}

# What there is of the daemon: names in its folders, its descriptors, and records.
left() {
	local place

	place=$(readlink "$FAKEID_DIR/run")
	find "$FAKEID_DIR" "$place" | sort
	echo "descriptors $(find "/proc/$(daemon_pid)/fd" -mindepth 1 | wc -l)"
	fid -- fakeidctl status | sed -n 's/^\(namespace.*\) index .*/\1/p'
}

# A commit that took long had to leave deletions in it; it does not grow by what has ended.
index_bytes() {
	fid -- fakeidctl status | sed -n 's/^namespace.* index \([0-9]*\) .*/\1/p'
}

private_pages() {
	awk '/^RssAnon/ { print $2 }' "/proc/$(daemon_pid)/status"
}

@test "thousands of short processes leave nothing behind" {
	as_user touch begun kept
	fid -- sleep 100000 &
	HOLDER=$!
	wait_until 10 daemon_pid
	fid -- chown 1:2 kept
	short_ones 300
	wait_until 10 eval '! fid -- fakeidctl status | grep -q "dirty [1-9]"'
	left >before
	pages=$(private_pages)
	short_ones "${FAKEID_PROCESSES:-3000}"
	wait_until 10 eval 'left >after; cmp -s before after' || diff before after
	[ "$(grep -c . after)" -gt 5 ]
	[ "$(index_bytes)" -lt 1000000 ]
	[ "$(private_pages)" -lt $((pages + 512)) ]
}
