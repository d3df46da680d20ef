#!/bin/bash
# SPDX-License-Identifier: MIT
# ops.sh - called by make in the build folder: what single operations cost.
#
#   ops.sh table            time, instructions in the process and system calls, natively and under fakeid
#   ops.sh baseline         the instructions under fakeid, a line each, as bench/baseline keeps them
#   ops.sh check BASELINE   the same, compared: fails where one has grown by more than 5 percent
#
# Instructions are the same on a busy machine, but not with another compiler or libc. Needs valgrind and strace.
set -eu
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/lib.bash"
ops=(getuid lstat fstat statx access open write getxattr lchown fchown chmod create mkdir rename)
changes=(lchown fchown) # which a native user may not do

row() {
	local op=$1 native='- | - | -'

	case " ${changes[*]} " in
	*" $op "*) ;;
	*) native="$(ns_of_one "$op") | $(instructions_of_one "$op") | $(calls_of_one "$op")" ;;
	esac
	printf '| %s | %s | %s | %s | %s |\n' "$op" "$native" "$(ns_of_one "$op" "$fakeid" -n some --)" \
		"$(instructions_of_one "$op" "$fakeid" -n some --)" "$(calls_of_one "$op" "$fakeid" -n some --)"
}

table() {
	echo '| | native: ns | instructions | system calls | fakeid: ns | instructions | system calls |'
	echo '| --- | --- | --- | --- | --- | --- | --- |'
	for op in "${ops[@]}"; do row "$op"; done
}

# `start`: a process that does nothing; `none`: in a namespace without records.
baseline() {
	printf 'start %s\n' "$(instructions getuid 0 "$fakeid" -n some --)"
	for op in "${ops[@]}"; do printf '%s %s\n' "$op" "$(instructions_of_one "$op" "$fakeid" -n some --)"; done
	for op in lstat open create; do printf '%s-none %s\n' "$op" "$(instructions_of_one "$op" "$fakeid" -n none --)"; done
}

check() {
	local op before now grown=0

	while read -r op now <&3; do
		before=$(sed -n "s/^$op //p" "$1")
		[ -n "$before" ] || { echo "ops.sh: $1 does not have $op: run make bench-baseline" >&2; exit 1; }
		printf '%-12s %8d instructions, was %8d\n' "$op" "$now" "$before"
		[ $((now * 100)) -le $((before * 105)) ] || { echo "$op has grown by more than 5 percent" >&2; grown=1; }
	done 3< <(baseline)
	return $grown
}

as_user "$fakeid" -n some -- chown 3:7 file
case ${1-} in
table) table ;;
baseline) baseline ;;
check) check "$2" ;;
*) echo "usage: ops.sh table | baseline | check BASELINE" >&2; exit 2 ;;
esac
