#!/bin/bash
# SPDX-License-Identifier: MIT
# calls.sh - called by `make bench-calls` in the build folder: instructions in the process, and system
# calls, that one call costs, natively and in each kind of namespace. Needs valgrind and strace.
set -eu
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/lib.bash"

row() {
	local title=$1 op

	shift
	printf '| %-44s |' "$title"
	for op in lstat open lchown write; do
		if [ "$op:$#" = lchown:0 ]; then
			printf ' - |'
		else
			printf ' %s, %s |' "$(instructions_of_one "$op" "$@")" "$(calls_of_one "$op" "$@")"
		fi
	done
	echo
}

echo '| instructions, system calls of one              | lstat | open, close | lchown | write |'
echo '| --- | --- | --- | --- | --- |'
row native
row 'plain namespace, no records' "$fakeid" -n empty --
as_user "$fakeid" -n plain -- chown 3:7 file
row 'plain, the file has a record' "$fakeid" -n plain --
as_user "$fakeid" -n caps -- sh -c 'touch other && PATH=$PATH:/usr/sbin:/sbin setcap cap_net_raw+ep other'
row 'another file has capabilities' "$fakeid" -n caps --
as_user "$fakeid" -n map --map "0:$user:1" --map 1:100000:65536 -- chown 3:7 file
row 'with an id map' "$fakeid" -n map --
row 'with the files of another (--fs)' "$fakeid" -n fs --fs plain --
as_user "$fakeid" -n path --idmap "$work:0:0:65536" -- chown 3:7 file
row 'with a path idmap that holds the file' "$fakeid" -n path --
