# SPDX-License-Identifier: MIT
# nest.bats - fakeid inside fakeid: joining, children, what they see of each other, how deep it goes.
bats_require_minimum_version 1.5.0
load lib

# A child whose map leaves its parent's root out has no say in that one's directories, so this one is for all.
setup() {
	fakeid_setup
	chmod 777 .
}

teardown() {
	fakeid_teardown
}

# refuses LINE CMD... - CMD fails with 125 and just that line on stderr.
refuses() {
	local line=$1

	shift
	run --separate-stderr -125 "$@"
	[ "$output" = "" ]
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "fakeid: $line" ] || { printf 'got:    %s\nwanted: %s\n' "$stderr" "$line"; return 1; }
}

facts() {
	local tag=$1

	shift
	as_user fakeidctl ns show "$tag" | grep -E "^($(IFS='|' && echo "$*")) "
}

@test "fakeid inside fakeid joins, with the caller's tag as well as without one" {
	run -0 fid -n web -- sh -c 'echo $FAKEID_SESSION; fakeid printenv FAKEID_SESSION
		fakeid -n web printenv FAKEID_SESSION; fakeid -n web -- fakeid printenv FAKEID_SESSION'
	[ "$(sort -u <<<"$output" | wc -l)" -eq 1 ]
}

@test "a nameless namespace is joined by those inside" {
	run -0 fid --new -- sh -c 'echo $FAKEID_SESSION; fakeid printenv FAKEID_SESSION'
	[ "${lines[0]}" = "${lines[1]}" ]
}

@test "joining with options that the namespace does not have is refused" {
	run -0 fid -n web --map 0:5:10 -- fakeid --map 0:5:10 --isolated true
	run -0 fid -n web -- fakeid -n web --map 0:5:10 true
	refuses "tag 'web': it exists with other values: see fakeidctl ns show web" \
		fid -n web -- fakeid --no-isolated touch ran
	refuses "tag 'web': it exists with other values: see fakeidctl ns show web" \
		fid -n web -- fakeid -n web --map 0:5:9 touch ran
	[ ! -e ran ]
}

@test "another tag is a child of the caller's namespace, made once and entered again" {
	run -0 fid -n web -- fakeid -n web-child -- id -u
	[ "$output" = 0 ]
	run -0 facts web-child number parent level files
	[ "$output" = "$(printf 'number 2\nparent 1 web\nlevel 2\nfiles 1 web')" ]
	run -0 fid -n web -- fakeid -n web-child -- fakeidctl ns show
	[ "${lines[0]}" = "number 2" ]
	run -0 fid -n web-child -- fakeidctl ns show
	[ "${lines[0]}" = "number 2" ]
}

@test "a tag that does not descend from the caller's namespace is refused" {
	local line="it is not inside the namespace of this session: choose another, or leave the session"

	run -0 fid -n one -- fakeid -n one-child true
	refuses "tag 'one': $line" fid -n two -- fakeid -n one touch ran
	refuses "tag 'one-child': $line" fid -n two -- fakeid -n one-child touch ran
	refuses "tag 'one': $line" fid -n one -- fakeid -n one-child -- fakeid -n one touch ran
	[ ! -e ran ]
	run -0 as_user fakeidctl ns list
	[ "${#lines[@]}" -eq 4 ]
}

@test "a grandchild can be entered from above" {
	run -0 fid -n a -- fakeid -n b -- fakeid -n c true
	run -0 fid -n a -- fakeid -n c fakeidctl ns show
	grep -qx "parent 2 b" <<<"$output"
}

@test "a child is isolated: its ids are its own, and its parent's show as 65534" {
	run -0 fid -n web -- sh -c 'touch p; chown 1:2 p; fakeid -n child -- sh -c "stat -c %u:%g p; touch c; chown 1:2 c
		stat -c %u:%g c"; stat -c %u:%g p c'
	[ "$output" = "$(printf '65534:65534\n1:2\n1:2\n65534:65534')" ]
}

@test "a child sees its parent's files through its map, and the parent sees what it did" {
	run -0 fid -n web -- sh -c 'touch p q; chown 100:205 p; fakeid -n child --map-uid 0:100:10 --map-gid 0:200:10 -- \
		sh -c "stat -c %u:%g p q; chown 3:3 p; chown 3:3 q; touch r; chown 9:8 r"; stat -c %u:%g p q r'
	[ "$output" = "$(
		cat <<-END
			0:5
			65534:65534
			chown: changing ownership of 'q': Operation not permitted
			103:203
			0:0
			109:208
		END
	)" ] || { echo "$output"; false; }
}

@test "outside ids are the caller's inside ones, through all levels to the machine" {
	run -0 fid -n a --map 0:100000:1000 -- fakeid -n b --map 0:100:100 -- fakeid -n c --map 0:10:10 -- \
		sh -c 'touch f; chown 5:6 f; stat -c %u:%g f'
	[ "$output" = 5:6 ]
	run -0 fid -n b -- stat -c %u:%g f
	[ "$output" = 15:16 ]
	run -0 fid -n a -- stat -c %u:%g f
	[ "$output" = 115:116 ]
	run -0 fid -n whole --fs a --map 0:0:4294967295 -- stat -c %u:%g f
	[ "$output" = 115:116 ]
}

@test "a child that is not isolated refuses the ids that it does not map" {
	run -0 fid -n web -- fakeid -n child --no-isolated --map 0:1000:10 -- sh -c 'touch f; chown 9:9 f; chown 10 f
		chgrp 4294967294 f; stat -c %u:%g f'
	[ "$output" = "$(
		cat <<-END
			chown: changing ownership of 'f': Invalid argument
			chgrp: changing group of 'f': Invalid argument
			9:9
		END
	)" ] || { echo "$output"; false; }
	run -0 fid -n web stat -c %u:%g f
	[ "$output" = 1009:1009 ]
}

@test "a child's map reaches the ids that an isolated parent has of its own" {
	run -0 fid -n web --map 0:5:10 -- fakeid -n child --map 0:4294967290:5 -- sh -c 'touch f; chown 4 f; stat -c %u f'
	[ "$output" = 4 ]
	run -0 fid -n web -- stat -c %u f
	[ "$output" = 4294967294 ]
	refuses "uid map: inside id 7: an outside id is not mapped in the parent: give other ranges" \
		fid -n strict --map 0:5:10 --no-isolated -- fakeid -n no --map-uid 7:10:1 touch ran
	[ ! -e ran ]
}

@test "an extent that the parent holds in pieces is refused, and cut with --split" {
	run -0 as_user fakeidctl ns create web --map-uid 0:100:10 --map-uid 10:300:10
	refuses "uid map: inside id 5: it spans several extents of the parent: give --split" \
		fid -n web -- fakeid -n child --map-uid 5:5:20 touch ran
	run -0 --separate-stderr fid -n web -- fakeid -n child --split --map-uid 0:0:1 --map-uid 5:5:20 \
		sh -c 'touch f; chown 24 f; stat -c %u f'
	[ "$output" = 24 ]
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "$(
		cat <<-END
			fakeid: uid map: extent 2: cut at inside 10, outside 10
			fakeid: uid map: extent 2: cut at inside 20, outside 20
		END
	)" ]
	run -0 facts child map-uid
	[ "$output" = "$(printf 'map-uid %s\n' 0:0:1 5:5:5 10:10:10 20:20:5)" ]
	# The same again is the same namespace, also from outside.
	run -0 fid -n web -- fakeid -n child --split --map-uid 0:0:1 --map-uid 5:5:20 true
	run -0 fid -n child --split --map-uid 5:5:20 --map-uid 0:0:1 true
	[ ! -e ran ]
}

@test "fakeidctl splits as well, and says so" {
	run -0 as_user fakeidctl ns create web --map 0:100:10
	run -1 --separate-stderr fid -n web -- fakeidctl ns create child --map-gid 9:9:2
	[ "$stderr" = "fakeidctl: gid map: inside id 9: it spans several extents of the parent: give --split" ]
	run -0 --separate-stderr fid -n web -- fakeidctl ns create child --map-gid 9:9:2 --split
	[ "$stderr" = "fakeidctl: gid map: extent 1: cut at inside 10, outside 10" ]
	run -0 facts child map-uid map-gid
	[ "$output" = "$(printf 'map-gid 9:9:1\nmap-gid 10:10:1')" ]
}

@test "maps that are no more than 340 extents, and more when cut, are refused" {
	for ((i = 0; i < 200; i++)); do
		parent+=(--map-uid "$((2 * i)):$((3 * i)):1")
	done
	refuses "uid map: more than 340 extents after cutting: give fewer" \
		fid -n web "${parent[@]}" -- fakeid -n child --split --map-uid 0:0:1000 true
}

@test "the first process of a child is a fresh root, whatever the caller has become" {
	run -0 fid -n web -- setpriv --reuid 42 --regid 43 --clear-groups -- fakeid -n child -- sh -c 'id -u; id -g; id -G
		printenv FAKEID_CREDS || echo none'
	[ "$output" = "$(printf '%s\n' 0 0 0 none)" ]
}

@test "who has given up root maps himself into a child and nobody else" {
	as_42() { fid -n web -- setpriv --reuid 42 --regid 43 --clear-groups -- "$@"; }
	fid -n web -- sh -c 'touch f && chown 42:43 f && touch g'
	refuses "uid map: without the capability to change ids only one's own may be mapped: give INSIDE:42:1" \
		as_42 fakeid --new --map 0:0:100 -- true
	refuses "gid map: without the capability to change ids only one's own may be mapped: give INSIDE:43:1" \
		as_42 fakeid --new --map-gid 0:42:1 -- true
	refuses "fsuid map: it needs the capability to change ids: leave out --fs and --map-fsuid, --map-fsgid" \
		as_42 fakeid --new --fs web -- true
	run -0 as_42 fakeid --new --map-uid 0:42:1 --map-gid 0:43:1 -- stat -c %u:%g f g
	[ "$output" = $'0:0\n65534:65534' ]
	run -1 as_42 fakeid --new --map-uid 0:42:1 --map-gid 0:43:1 -- chown 0 g
	[[ $output = *"Operation not permitted"* ]]
}

@test "a child where there is no id 0 begins as nobody" {
	run -0 fid -n web -- fakeid -n child --no-isolated --map-uid 1:1:5 -- sh -c 'id -u; id -g'
	[ "$output" = "$(printf '65534\n65534')" ]
}

@test "the umask goes along" {
	run -0 fid -n web -- sh -c 'umask 0277; fakeid -n child sh -c "umask; touch f; stat -c %a f"'
	[ "$output" = "$(printf '0277\n400')" ]
}

@test "exit status, signals and standard streams pass through all levels" {
	run -7 fid -n a -- fakeid -n b -- fakeid -n c -- sh -c 'exit 7'
	run -0 fid -n a -- sh -c 'echo text | fakeid -n b -- sh -c "cat; kill -TERM \$\$"; echo $?'
	[ "${lines[0]}:${lines[-1]}" = text:143 ]
}

@test "--new makes a child without a name, gone with its last process" {
	run -0 fid -n web -- fakeid --new --map-uid 0:7:3 -- sh -c 'fakeidctl ns show; touch f; chown 2 f'
	grep -qx "tag -" <<<"$output"
	grep -qx "parent 1 web" <<<"$output"
	run -0 fid -n web stat -c %u f
	[ "$output" = 9 ]
	run -0 as_user fakeidctl ns list
	[ "${#lines[@]}" -eq 2 ]
}

@test "--new with a save file holds the file and nothing else" {
	run -0 fid -n web -- sh -c 'touch f g; chown 5:6 f; fakeid --new -s saved sh -c "stat -c %u f; chown 7 g"
		stat -c %u:%g f g; fakeid --new -i saved stat -c %u f g'
	[ "$output" = "$(printf '0\n5:6\n0:0\n0\n7')" ]
	[ "$(wc -l <saved)" -eq 1 ]
}

@test "a save file inside a session without --new is the session's" {
	run -0 fid -n web -- sh -c 'touch f; chown 5 f; fakeid -s saved chgrp 6 f'
	[[ $(cat saved) =~ ,uid=5,gid=6, ]]
}

@test "files of its own for a child: --fs with its own tag" {
	run -0 fid -n web -- sh -c 'touch f; chown 5 f; fakeid -n child --fs child -- sh -c "stat -c %u f; chown 3 f; stat -c %u f"
		stat -c %u f'
	[ "$output" = "$(printf '0\n3\n5')" ]
	run -0 facts child files
	[ "$output" = "files 2 child" ]
}

# nested N - print the level that N fakeids inside each other reach.
nested() {
	local command="fakeidctl ns show | grep ^level"

	for ((i = $1; i > 0; i--)); do
		printf 'exec fakeid -n level%d -- sh %s/level%d\n' "$i" "$WORK" "$((i + 1))" >"level$i"
	done
	echo "$command" >"level$(($1 + 1))"
	as_user sh level1
}

@test "32 levels are possible, and one more is refused" {
	start=$(date +%s)
	run -0 nested 32
	[ "$output" = "level 32" ]
	[ "$(($(date +%s) - start))" -lt 15 ]
	refuses "tag 'level33': nested too deep: at most 32" nested 33
	refuses "namespace: nested too deep: at most 32" fid -n level32 -- fakeid --new true
}

@test "ids pass through 32 levels of maps" {
	for ((i = 1; i <= 31; i++)); do
		as_user fakeid -n "level$((i - 1))" -- fakeidctl ns create "level$i" --map "0:1:$((1000 - i))" || return
	done
	run -0 fid -n level31 -- sh -c 'touch f; chown 5 f; stat -c %u f'
	[ "$output" = 5 ]
	run -0 fid -n level0 -- stat -c %u f
	[ "$output" = 36 ]
}

@test "fakeidctl inside a session sees and changes what descends from it" {
	local line="it is not inside the namespace of this session: choose another, or leave the session"

	run -0 as_user fakeidctl ns create other
	run -0 fid -n web -- sh -c 'fakeidctl ns create a && fakeidctl ns create b --no-isolated --map 0:5:5 &&
		fakeidctl ns rename b c && fakeidctl ns set c --map 0:6:6 && fakeidctl ns remove a && fakeidctl ns list'
	[ "$(awk '{ print $2, $3 }' <<<"$output")" = "$(printf 'TAG PARENT\nweb -\nc web')" ]
	run -0 facts c parent map-uid
	[ "$output" = "$(printf 'parent 2 web\nmap-uid 0:6:6')" ]
	for command in "set other --isolated" "rename other mine" "remove other"; do
		# shellcheck disable=SC2086 # words
		run -1 fid -n web fakeidctl ns $command
		[ "$output" = "fakeidctl: tag 'other': $line" ]
	done
	run -0 fid -n web fakeidctl ns show other
	[ "${lines[0]}" = "number 1" ]
}

@test "remove takes children first" {
	run -0 fid -n a -- fakeid -n b true
	run -1 as_user fakeidctl ns remove a
	[ "$output" = "fakeidctl: tag 'a': it has children, or others use its files: remove those first" ]
	run -0 as_user fakeidctl ns remove b
	run -0 as_user fakeidctl ns remove a
}

# begin ARGS... - CMD in the background until the file `go` is there; then it changes f.
begin() {
	as_user "$@" sh -c 'touch f began; while [ ! -e go ]; do sleep 0.05; done; chown 5:6 f; stat -c %u:%g f' >out 2>err &
	job=$!
	wait_until 10 test -e began
}

@test "sessions inside sessions go on after their daemon was killed" {
	begin fakeid -n a -- fakeid -n b --map 0:10:10 --no-isolated -- fakeid --new --map 0:0:10 --
	kill -KILL "$(daemon_pid)"
	as_user touch go
	wait "$job"
	[ "$(cat out err)" = 5:6 ]
	run -0 fid -n a stat -c %u:%g f
	[ "$output" = 15:16 ]
	run -0 as_user fakeidctl ns list
	[ "${#lines[@]}" -eq 3 ]
}

@test "a nameless namespace inside a nameless one goes on after their daemon was killed" {
	begin fakeid --new -- fakeid --new --map 0:10:10 --
	kill -KILL "$(daemon_pid)"
	as_user touch go
	wait "$job"
	[ "$(cat out err)" = 5:6 ]
}

@test "fakeroot style: what runs inside a -s session joins it" {
	run -0 fid -s saved -- sh -c 'touch f; fakeid chown 5 f; fakeid -u true; stat -c %u f'
	[ "$output" = 5 ]
	[[ $(cat saved) =~ ,uid=5, ]]
}

@test "a nameless namespace stays while a process that hides its environment, or only execs, lives in it" {
	cat >exec.sh <<-'END'
		n=$1
		[ "$n" -gt 0 ] || exit 0
		exec sh exec.sh $((n - 1))
	END
	chmod 644 exec.sh
	fid --new -- sh -c 'chown 5 exec.sh; perl -e "\$0 = q(x) x 2000; sleep 6; exit((stat q(exec.sh))[4] != 5)" &
		echo $! >title; sh exec.sh 3000 & echo $! >loop'
	sleep 3
	kill -0 "$(cat title)"
	run -0 fid --new -- true # each end of one looks for others that have ended
	[ "$(as_user fakeidctl ns list | grep -c ' - ')" -ge 1 ]
	run -1 as_user sh -c 'while kill -0 "$(cat title)" 2>/dev/null; do sleep 0.1; done; exit 1'
	wait_until 30 sh -c '! kill -0 "$(cat loop)" 2>/dev/null'
	gone() { [ "$(as_user fakeidctl ns list | wc -l)" -le 1 ]; }
	wait_until 10 gone
}

@test "inside a session --fs takes only what is inside it" {
	fid -n other -- true
	run -125 fid -n around -- fakeid -n kid --fs other -- true
	[[ $output = *"it is not inside the namespace of this session"* ]]
	fid -n around -- fakeid -n kid --fs around -- true
}

@test "a namespace of the files of the one around it can be nested to the end" {
	script='n=$1; [ "$n" -lt 32 ] || exit 7; exec fakeid -n "n$((n + 1))" --fs "n$n" -- sh -c "$SCRIPT" x $((n + 1))'
	export SCRIPT=$script
	run -7 fid -n n1 -- sh -c "$script" x 1
}
