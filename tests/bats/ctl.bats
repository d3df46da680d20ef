# SPDX-License-Identifier: MIT
# ctl.bats - fakeidctl: status, stat, stop, and what it says when something is wrong.
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
}

teardown() {
	fakeid_teardown
}

ctl() {
	as_user fakeidctl "$@"
}

refuses() {
	local line=$1

	shift
	run --separate-stderr -1 ctl "$@"
	[ "$output" = "" ]
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "fakeidctl: $line" ] || { printf 'got:    %s\nwanted: %s\n' "$stderr" "$line"; return 1; }
}

@test "unknown options, commands and words are named" {
	refuses "option '-x': unknown: see fakeidctl --help" -x
	refuses "option '--nope': unknown: see fakeidctl --help" status --nope
	refuses "option '-n': it needs a value: see fakeidctl --help" status -n
	refuses "command: none given: see fakeidctl --help"
	refuses "command 'nope': unknown: see fakeidctl --help" nope
	refuses "stop: it takes no 'x': see fakeidctl --help" stop x
	refuses "stop: it has no -n: see fakeidctl --help" -n web stop
	refuses "map: it has no -n: see fakeidctl --help" -n web map show 0:0:1
	refuses "stop: it has no --json: see fakeidctl --help" stop --json
	refuses "status: it has no --force: see fakeidctl --help" status --force
	refuses "stat: it has no options for maps and files: see fakeidctl --help" stat --map 0:1:1 f
	refuses "stat: it needs a path: see fakeidctl --help" stat
	refuses "tag 'a b': bad characters: use letters, digits and . _ : / @ + -, and no '-' first" -n 'a b' status
	[ ! -e .state ]
}

@test "help and version go to stdout" {
	run -0 --separate-stderr ctl --help
	[ "${lines[0]}" = "Usage: fakeidctl [options] command" ]
	for word in status stat gc stop ns map -n --namespace --json --force --dry-run -h --help -v -V --version --map --map-uid \
		--map-gid --map-auto --isolated --no-isolated --unmapped --split --fs --map-fsuid --map-fsgid --idmap; do
		grep -qw -- "$word" <<<"$output"
	done
	[ "$stderr" = "" ]
	for option in -v -V --version; do
		run -0 ctl "$option"
		[[ $output =~ ^fakeidctl\ [0-9.]+$ ]]
	done
	run -1 sh -c 'fakeidctl --help >/dev/full'
}

@test "status and stop say that no daemon runs, and start none" {
	run -1 ctl status
	[ "$output" = "no daemon is running: $WORK/.state" ]
	run -1 ctl status --json
	[ "$output" = '{"running":false}' ]
	run -0 ctl stop
	[ "$output" = "no daemon is running: $WORK/.state" ]
	[ ! -e .state ]
}

@test "a daemon that was killed does not run" {
	run -0 fid true
	kill -KILL "$(daemon_pid)"
	wait_until 5 no_daemon
	run -1 ctl status
	[ "$output" = "no daemon is running: $WORK/.state" ]
	run -0 ctl stop
	no_daemon
}

@test "status names the daemon and each tag with its records" {
	run -0 fid -n one sh -c 'touch a b; chown 5 a b'
	run -0 fid -n two true
	run -0 ctl status
	grep -qx "pid $(daemon_pid)" <<<"$output"
	grep -qx "store $WORK/.state/store" <<<"$output"
	grep -qE '^namespace [0-9]+ tag one records 2 ' <<<"$output"
	grep -qE '^namespace [0-9]+ tag two ' <<<"$output"
	run -0 ctl status -n one
	[ "$(grep -c '^namespace' <<<"$output")" -eq 1 ]
	grep -qE ' tag one ' <<<"$output"
	refuses "tag 'three': there is none: $WORK/.state: see fakeidctl ns list" -n three status
}

@test "status --json is one object that parses" {
	run -0 fid -n one sh -c 'touch a; chown 5 a'
	run -0 ctl status --json
	python3 - "$(daemon_pid)" <<-END
		import json, sys
		got = json.loads(r'''$output''')
		assert got["running"] is True
		assert got["pid"] == int(sys.argv[1])
		assert got["full"] is False
		assert got["store"] == "$WORK/.state/store"
		(one,) = got["namespaces"]
		assert one["tag"] == "one" and one["records"] == 1 and one["in_use"] is True, one
		assert one["dirty"] == 0 and one["index"] > 0, one
	END
}

@test "status counts the records that say something, not what is on its way out" {
	run -0 fid -n one sh -c 'touch a b c; chown 5 a b c; chown 0 b; rm c; fakeidctl -n one status'
	grep -qE '^namespace [0-9]+ tag one records 1 ' <<<"$output"
}

@test "status has each of its lines whatever the path of the state directory" {
	part=$(printf '%0150d' 0)
	export FAKEID_DIR="$WORK/two
		lines\\/$part/$part/$part/$part/$part/$part/$part/$part"
	run -0 fid true
	run -0 ctl status
	[ "$(cut -d ' ' -f 1 <<<"$output" | tr '\n' ' ')" = "pid uptime sessions store runtime full namespace " ]
	grep -qE "^store $WORK/two\\\\012\\\\011\\\\011lines\\\\134/$part/.*/$part/store\$" <<<"$output"
	run -0 ctl status --json
	python3 -c 'import json, sys; got = json.load(sys.stdin); sys.exit(len(got["store"]) < 1000 or got["full"])' \
		<<<"$output"
	end_daemon "$FAKEID_DIR"
}

@test "stop commits, ends the daemon, and the next command finds everything" {
	run -0 fid sh -c 'touch f; chown 5:6 f'
	pid=$(daemon_pid)
	run -0 ctl stop
	[ "$output" = "" ]
	[ ! -e "/proc/$pid" ] || wait_until 5 test ! -e "/proc/$pid"
	run -0 fid stat -c %u:%g f
	[ "$output" = 5:6 ]
}

@test "stat tells what is shown and what is stored" {
	run -0 fid sh -c 'touch plain owned suid; mkdir dir; ln -s x link; chown 5:6 owned; chmod 4755 suid
		chgrp 7 dir; chown -h 8 link; mknod dev c 1 300; mknod disk b 259 70000; chmod 600 disk'
	run -0 ctl stat plain owned suid dir link dev disk
	[ "$output" = "$(
		cat <<-END
			shown uid=0 gid=0 mode=100644; stored nothing: plain
			shown uid=5 gid=6 mode=100644; stored uid=5 gid=6: owned
			shown uid=0 gid=0 mode=104755; stored mode=4755: suid
			shown uid=0 gid=7 mode=40755; stored gid=7: dir
			shown uid=8 gid=0 mode=120777; stored uid=8: link
			shown uid=0 gid=0 mode=20644 rdev=1:300; stored mode=644 type=char rdev=1:300: dev
			shown uid=0 gid=0 mode=60600 rdev=259:70000; stored mode=600 type=block rdev=259:70000: disk
		END
	)" ] || { echo "$output"; false; }
}

@test "stat agrees with stat inside, for the whole of a tree" {
	run -0 fid sh -c 'mkdir t; cd t; for i in 1 2 3 4 5 6 7 8; do touch f$i; chown $i:$((i + 10)) f$i; done'
	inside=$(fid sh -c 'cd t; stat -c "shown uid=%u gid=%g" f*')
	run -0 as_user sh -c 'cd t && fakeidctl stat f* | sed "s/ mode=.*//"'
	[ "$output" = "$inside" ]
}

@test "stat asks about the tag that is given, and starts a daemon" {
	run -0 fid -n one sh -c 'touch f; chown 5 f'
	run -0 fid -n two chown 6 f
	run -0 ctl stop
	run -0 ctl stat -n one f
	[ "$output" = "shown uid=5 gid=0 mode=100644; stored uid=5: f" ]
	run -0 ctl -n two stat f
	[ "$output" = "shown uid=6 gid=0 mode=100644; stored uid=6: f" ]
	run -0 ctl stat f
	[ "$output" = "shown uid=0 gid=0 mode=100644; stored nothing: f" ]
	refuses "tag 'three': there is none: $WORK/.state: see fakeidctl ns list" -n three stat f
	run -0 ctl status
	[[ $output != *three* ]]
}

@test "inside a session, stat asks about the session's tag" {
	run -0 fid -n one sh -c 'touch f; chown 5 f; fakeidctl stat f'
	[ "$output" = "shown uid=5 gid=0 mode=100644; stored uid=5: f" ]
}

@test "inside a session, stat shows the tag that is given as well, and what the disk says" {
	run -0 fid -n two sh -c 'touch f; chown 6 f'
	run -0 fid -n one sh -c 'chmod 4755 f; fakeidctl stat -n two f; fakeidctl stat f'
	[ "${lines[0]}" = "shown uid=6 gid=0 mode=100755; stored uid=6: f" ]
	[ "${lines[1]}" = "shown uid=0 gid=0 mode=104755; stored mode=4755: f" ]
}

@test "a path that does not exist is named, the others are told" {
	as_user touch f
	run -1 --separate-stderr ctl stat no f no2
	[ "$output" = "shown uid=0 gid=0 mode=100644; stored nothing: f" ]
	[ "$stderr" = "$(printf 'fakeidctl: stat %s: No such file or directory: check the path\n' no no2)" ]
}

@test "a name with a line break stays on one line" {
	name=$'a\nb\\c'
	as_user touch "$name"
	run -0 ctl stat "$name"
	[ "$output" = 'shown uid=0 gid=0 mode=100644; stored nothing: a\012b\134c' ]
}

@test "the record of a removed file is not shown for the next one on its inode" {
	run -0 fid sh -c 'touch f; chown 5 f'
	as_user rm f
	as_user sh -c 'for i in 1 2 3 4 5 6 7 8; do : >g$i; done'
	run -0 ctl stat g1 g2 g3 g4 g5 g6 g7 g8
	[ "$(grep -c '; stored nothing: ' <<<"$output")" -eq 8 ]
}

@test "a state directory of another user is refused" {
	[ "$(id -u)" -eq 0 ] # without root there is no other user to make one
	mkdir -m 700 theirs
	chown 12345 theirs
	FAKEID_DIR=$WORK/theirs refuses "state directory $WORK/theirs: it belongs to another user (12345): set\
 FAKEID_DIR to a directory of your own" status
}
