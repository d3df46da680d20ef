#!/bin/bash
# SPDX-License-Identifier: MIT
# scale.sh - called by `make bench-scale` in the build folder: stores of 10,000, 1 million and 10 million
# records. How soon the first look-up is answered, how soon all is loaded, what a look-up costs then, and how long the
# slowest call and the slowest message take while a store is loaded, while an index grows, and besides. Daemon and
# client are kept on processors of their own; a call that did not sleep was put aside by the machine, not by fakeid.
# SCALE_RECORDS asks for other sizes. Needs valgrind.
set -eu
build=$PWD
export FAKEID_FAKED=$build/faked/faked FAKEID_LIB=$build/.libs/libfakeid.so LC_ALL=C
PATH=$build/fakeid:$PATH
user=65534
[ "$(id -u)" -eq 0 ] || user=$(id -u)
work=$(mktemp -d /var/tmp/fakeid-scale-XXXXXX)
export FAKEID_DIR=$work/state HOME=$work
first=1000000000000 # an inode number
scale=$build/bench/scale
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@"
	else
		"$@"
	fi
}
stop() {
	local pid

	read -r pid _ 2>/dev/null <"$FAKEID_DIR/lock" || return 0
	as_user fakeidctl stop >/dev/null || return 0
	while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
}
trap 'stop; rm -rf -- "$work"' EXIT
[ "$(id -u)" -ne 0 ] || chown "$user:$user" "$work"
cd "$work"

# start - a daemon, the first look-up in it; sets ms.
start() {
	local begin

	begin=$(date +%s%N)
	[ "$(as_user taskset -c 0 fakeid -- stat -c %u:%g file)" = 7:8 ]
	ms=$((($(date +%s%N) - begin) / 1000000))
	run=$(readlink "$FAKEID_DIR/run")
}

loaded() {
	as_user "$scale" wait "$run/ns-1" 300
}

client() {
	as_user taskset -c 1 "$@"
}

instructions() {
	client valgrind --tool=callgrind --callgrind-out-file=/dev/null "$scale" find "$run/ns-1" 1 $first "$1" "$2" \
		2>&1 >/dev/null | sed -n 's/.*Collected : //p'
}

measure() {
	local n=$1 more=$(($1 / 3))

	stop
	rm -rf "$FAKEID_DIR"
	as_user touch file other
	as_user fakeid -- chown 7:8 file
	stop
	as_user "$build/tests/bats/fill" rows "$FAKEID_DIR" 1 1 $first "$n"
	sync
	echo "$n records"
	start
	echo "  first look-up, daemon started: $ms ms"
	echo "  all loaded after: $(loaded) ms more"
	echo "  index: $(($(stat -c %s "$run/ns-1") / n)) bytes a record"
	client "$scale" find "$run/ns-1" 1 $first "$n" 2000000 | sed 's/^/  /'
	echo "  instructions: $((($(instructions "$n" 40000) - $(instructions "$n" 20000)) / 40000))"
	stop
	start
	echo "  while it is loaded, calls: $(client fakeid -- "$scale" busy other 3)"
	loaded >/dev/null
	stop
	start
	echo "  while it is loaded, messages: $(client "$scale" talk "$run/socket" 3)"
	loaded >/dev/null
	as_user taskset -c 0 "$build/tests/bats/ask" "$FAKEID_DIR" write 1 1 $((2 * first)) $more >/dev/null &
	echo "  while it grows, calls: $(client fakeid -- "$scale" busy other $((2 + n / 1000000)))"
	wait $!
	as_user fakeidctl stop >/dev/null
	start
	loaded >/dev/null
	as_user taskset -c 0 "$build/tests/bats/ask" "$FAKEID_DIR" write 1 1 $((3 * first)) $more >/dev/null &
	echo "  while it grows, messages: $(client "$scale" talk "$run/socket" $((2 + n / 1000000)))"
	wait $!
}

for records in ${SCALE_RECORDS:-10000 1000000 10000000}; do measure "$records"; done
