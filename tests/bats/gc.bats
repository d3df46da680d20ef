# SPDX-License-Identifier: MIT
# gc.bats - fakeidctl gc: records of files that were removed outside go, all others stay.
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
	as_user mkdir -p tree/a tree/b other
}

teardown() {
	fakeid_teardown
}

ctl() {
	as_user fakeidctl "$@"
}

# make PATH... - files that have a record, which are then asked for by nobody.
make() {
	fid -- sh -c 'touch "$@" && chown 7:8 "$@"' sh "$@"
}

records() {
	ctl status | sed -n 's/.* tag default records \([0-9]*\) .*/\1/p'
}

@test "gc drops the records of files that were removed outside, and no other" {
	make tree/a/f tree/a/g tree/b/h
	as_user ln tree/a/g tree/b/link
	as_user rm tree/a/f tree/a/g
	run -0 ctl gc tree
	[ "${lines[1]}" = "records 3" ]
	[ "${lines[2]}" = "dropped 1" ]
	[ "$(records)" = 2 ]
	run -0 fid -- stat -c '%u:%g %n' tree/b/h tree/b/link
	[ "$output" = $'7:8 tree/b/h\n7:8 tree/b/link' ]
	# For good: the next daemon knows no more of it.
	ctl stop
	run -0 ctl gc tree
	[ "${lines[1]}" = "records 2" ]
	[ "${lines[2]}" = "dropped 0" ]
}

@test "gc takes all places of the files" {
	make tree/f other/f
	as_user rm tree/f
	run -0 ctl gc tree other
	[ "${lines[2]}" = "dropped 1" ]
	run -0 fid -- stat -c %u other/f
	[ "$output" = 7 ]
}

@test "a dry run drops nothing" {
	make tree/f tree/g
	as_user rm tree/f
	run -0 ctl gc --dry-run tree
	[ "${lines[2]}" = "would_drop 1" ]
	[ "$(records)" = 2 ]
	run -0 ctl gc --dry-run --json tree
	[ "$output" = '{"files":4,"records":2,"would_drop":1}' ]
}

@test "a younger file on the same inode number has no claim to the record" {
	make tree/f tree/g
	as_user rm tree/f
	as_user touch tree/new
	run -0 ctl gc tree
	[ "${lines[2]}" = "dropped 1" ]
	run -0 fid -- stat -c %u tree/new
	[ "$output" = 0 ]
}

@test "other id spaces keep what they have" {
	make tree/f tree/g
	fid -n web -- chown 9:9 tree/f tree/g
	as_user rm tree/f
	run -0 ctl gc tree
	[ "${lines[2]}" = "dropped 1" ]
	run -0 ctl status -n web
	[[ $output == *"tag web records 2 "* ]]
	run -0 ctl -n web gc tree
	[ "${lines[2]}" = "dropped 1" ]
}

@test "where nothing at all is found gc asks again before it drops" {
	make tree/f
	run --separate-stderr -1 ctl gc other
	[ "$output" = "" ]
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "fakeidctl: gc: no file there has a record in tag 'default': name all places of its files, or give --force if they are gone" ]
	[ "$(records)" = 1 ]
	as_user rm tree/f
	run -0 ctl gc --force tree
	[ "${lines[2]}" = "dropped 1" ]
	[ "$(records)" = 0 ]
}

@test "a walk with a gap drops nothing" {
	make tree/a/f tree/b/g
	as_user rm tree/a/f
	chmod 0 tree/b
	run --separate-stderr -1 ctl gc tree
	[ "$stderr" = "fakeidctl: gc: cannot look at tree/b: Permission denied: nothing was dropped" ]
	chmod 755 tree/b
	run --separate-stderr -1 ctl gc tree nowhere
	[ "$stderr" = "fakeidctl: gc: nowhere: No such file or directory: nothing was dropped" ]
	[ "$(records)" = 2 ]
}

@test "gc waits for nobody: while a command runs it refuses" {
	make tree/f tree/g
	as_user rm tree/f
	as_user mkfifo go
	fid -- sh -c 'echo >go; read -r _ <go' 3>&- &
	read -r _ <go
	run --separate-stderr -1 ctl gc tree
	[ "$stderr" = "fakeidctl: gc: processes live in tag 'default': end them, or give --force if they move no files" ]
	run -0 ctl gc --force tree
	[ "${lines[2]}" = "dropped 1" ]
	echo >go
	wait
}

@test "gc says what it needs" {
	run --separate-stderr -1 ctl gc
	[ "$stderr" = "fakeidctl: gc: it needs the places of the files: see fakeidctl --help" ]
	run --separate-stderr -1 ctl -n nope gc tree
	[ "$stderr" = "fakeidctl: tag 'nope': there is none: $WORK/.state: see fakeidctl ns list" ]
	run --separate-stderr -1 ctl stat --dry-run tree
	[ "$stderr" = "fakeidctl: stat: it has no --dry-run: see fakeidctl --help" ]
}
