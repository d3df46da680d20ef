#!/bin/bash
# SPDX-License-Identifier: MIT
# calls.sh - called by `make bench-calls` in the build folder: instructions in the process, and system
# calls, that one call costs, natively and in each kind of namespace. Needs valgrind and strace.
set -eu
build=$PWD
for tool in valgrind strace; do
	command -v "$tool" >/dev/null || { echo "calls.sh: no $tool: install it" >&2; exit 1; }
done
export FAKEID_FAKED=$build/faked/faked FAKEID_LIB=$build/.libs/libfakeid.so
N=2000
user=65534
[ "$(id -u)" -eq 0 ] || user=$(id -u)
work=$(mktemp -d /var/tmp/fakeid-calls-XXXXXX)
trap 'as_user "$build/fakeid/fakeidctl" stop >/dev/null; rm -rf -- "$work"' EXIT
export FAKEID_DIR=$work/state HOME=$work
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@"
	else
		"$@"
	fi
}
[ "$(id -u)" -ne 0 ] || chown "$user:$user" "$work"
cd "$work"
as_user touch file

instructions() {
	"$@" 2>&1 >/dev/null | sed -n 's/.*Collected : //p'
}
# measure WHAT PREFIX... - instructions and system calls of one call.
measure() {
	local what=$1 none some calls

	shift
	none=$(instructions as_user "$@" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$build/bench/calls" "$what" file 0)
	some=$(instructions as_user "$@" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$build/bench/calls" "$what" file "$N")
	none=$(((some - none) / N))
	calls=$(($(as_user "$@" strace -qq "$build/bench/calls" "$what" file 1000 2>&1 | wc -l) - $(as_user "$@" strace -qq "$build/bench/calls" "$what" file 500 2>&1 | wc -l)))
	printf ' %5d %4d.%02d |' "$none" $((calls / 500)) $((calls % 500 / 5))
}
row() {
	local title=$1 what

	shift
	printf '| %-44s |' "$title"
	for what in lstat open lchown; do
		[ "$what:$#" != lchown:0 ] || { printf ' %s |' '-'; continue; }
		measure "$what" "$@"
	done
	echo
}

fakeid=$build/fakeid/fakeid
echo '| instructions, system calls of one              | lstat | open, close | lchown |'
echo '| --- | --- | --- | --- |'
row native
row 'plain namespace, no records' "$fakeid" -n empty --
as_user "$fakeid" -n plain -- chown 3:7 file
row 'plain, the file has a record' "$fakeid" -n plain --
as_user "$fakeid" -n map --map "0:$user:1" --map 1:100000:65536 -- chown 3:7 file
row 'with an id map' "$fakeid" -n map --
row 'with the files of another (--fs)' "$fakeid" -n fs --fs plain --
as_user "$fakeid" -n path --idmap "$work:0:0:65536" -- chown 3:7 file
row 'with a path idmap that holds the file' "$fakeid" -n path --
