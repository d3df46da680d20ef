# SPDX-License-Identifier: MIT
# ns.bats - namespaces on the command line: what fakeid makes of its options, fakeidctl ns, and what each
# says when something is wrong. Namespaces inside namespaces: nest.bats.
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
}

teardown() {
	fakeid_teardown
}

ns() {
	as_user fakeidctl ns "$@"
}

# refuses PROGRAM LINE ARGS... - PROGRAM (fakeid or fakeidctl) fails with just that line on stderr.
refuses() {
	local program=$1 line=$2 wanted=1

	shift 2
	[ "$program" = fakeidctl ] || wanted=125
	run --separate-stderr "-$wanted" as_user "$program" "$@"
	[ "$output" = "" ]
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "$program: $line" ] || { printf 'got:    %s\nwanted: %s\n' "$stderr" "$line"; return 1; }
}

# facts TAG [NAME...] - those lines of `ns show` whose names are given.
facts() {
	local tag=$1

	shift
	ns show "$tag" | grep -E "^($(IFS='|' && echo "$*")) "
}

@test "a namespace is made with what was asked for, and shown so" {
	as_user mkdir tree
	run -0 ns create img
	run -0 ns create web --map-uid 0:100000:1000 --map-uid 1000:65534:1 --map-gid 0:200000:5 --no-isolated \
		--unmapped overflow --fs img --map-fsuid 0:10:10 --map-fsgid 5:50:5 --idmap tree:0:7:3 \
		--idmap tree/:10:17:1 --idmap /:0:1:1 --caps mknod,cap_setuid
	[ "$output" = "" ]
	run -0 ns show web
	[ "$(grep -v '^created 2[0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z$' <<<"$output")" = "$(
		cat <<-END
			number 2
			tag web
			parent 0 -
			level 1
			files 1 img
			isolated no
			unmapped overflow
			caps setuid,mknod
			records 0
			sessions 0
			processes 0
			children 0
			map-uid 0:100000:1000
			map-uid 1000:65534:1
			map-gid 0:200000:5
			map-fsuid 0:10:10
			map-fsgid 5:50:5
			idmap $WORK/tree:0:7:3
			idmap $WORK/tree:10:17:1
			idmap /:0:1:1
		END
	)" ] || { echo "$output"; false; }
}

@test "without options: isolated, no maps, files of its own" {
	run -0 ns create web
	run -0 facts web parent files isolated unmapped map-uid map-gid map-fsuid idmap
	[ "$output" = "$(printf 'parent 0 -\nfiles 1 web\nisolated yes\nunmapped root')" ]
}

@test "fakeid -n makes it at its first use, and --map is for users and groups" {
	run -0 fid -n web --map 0:5:10 --no-isolated --isolated -- true
	run -0 facts web isolated map-uid map-gid
	[ "$output" = "$(printf 'isolated yes\nmap-uid 0:5:10\nmap-gid 0:5:10')" ]
}

@test "options go without -n to the default namespace" {
	run -0 fid --map 0:5:10 true
	run -0 facts default map-uid
	[ "$output" = "map-uid 0:5:10" ]
}

@test "a mapped id is the id of the machine: two roots with one map are one user" {
	run -0 fid -n one --map "0:$TEST_UID:1" -- sh -c 'touch f g; chown 7 g; stat -c %u f'
	[ "$output" = 0 ]
	run -0 fid -n two --map "0:$TEST_UID:1" --fs one -- stat -c %u f g
	[ "$output" = "$(printf '0\n7')" ]
}

@test "ids that the maps do not hold are EINVAL where the namespace is not isolated" {
	run -0 fid -n web --no-isolated --map 0:100000:10 -- sh -c 'touch f; chown 9:9 f; stat -c %u:%g f
		chown 10 f; chgrp 10 f; stat -c %u:%g f'
	[ "$output" = "$(
		cat <<-END
			9:9
			chown: changing ownership of 'f': Invalid argument
			chgrp: changing group of 'f': Invalid argument
			9:9
		END
	)" ] || { echo "$output"; false; }
}

@test "where there is no id 0, the first process is nobody, without capabilities" {
	run -0 fid -n web --no-isolated --map-uid 5:100000:10 --map-gid 0:100000:1 -- sh -c 'id -u; id -g; id -G
		printenv FAKEID_CREDS'
	[ "$output" = "$(printf '65534\n0\n0\nu=65534,65534,65534,65534;cap=0,0,0,1ffffffffff,0')" ]
	run -1 fid -n none --no-isolated -- sh -c 'id -u; id -g; id -G; touch f'
	[ "$output" = "$(printf '%s\n' 65534 65534 65534 \
		"touch: cannot touch 'f': Value too large for defined data type")" ]
	[ ! -e f ]
}

@test "a namespace that exists is entered with its own values or none, never with others" {
	run -0 ns create web --map 0:5:10
	run -0 fid -n web true
	run -0 fid -n web --map 0:5:10 true
	for option in --map=0:5:9 --map-uid=0:5:9 --map-gid=1:5:9 --no-isolated --unmapped=real --map-fsuid=0:5:1 \
		"--idmap=$WORK:0:1:1" --fs=web; do
		refuses fakeid "tag 'web': it exists with other values: see fakeidctl ns show web" \
			-n web "$option" touch ran
	done
	[ ! -e ran ]
	run -0 fid -n web --isolated --unmapped root true
}

@test "--map-auto: root is the user, then come the ranges of subuid and subgid in their order" {
	[ "$(id -u)" -eq 0 ] # to mount
	mkdir etc
	echo 'me:x:65534:65533::/:/bin/sh' >etc/passwd
	printf '%s\n' 'you:1:1' '# no line' 'me:100000:65536' '65534:300000:10' 'broken' 'me:200000:5' >etc/subuid
	printf '%s\n' 'me:500000:65536' >etc/subgid
	auto() {
		unshare -m sh -c 'mount --bind etc /etc && exec setpriv --reuid 65534 --regid 65533 --clear-groups -- "$@"' \
			x fakeid "$@" 3>&-
	}
	run -0 auto -n web --map-auto true
	run -0 facts web map-uid map-gid
	[ "$output" = "$(
		cat <<-END
			map-uid 0:65534:1
			map-uid 1:100000:65536
			map-uid 65537:300000:10
			map-uid 65547:200000:5
			map-gid 0:65533:1
			map-gid 1:500000:65536
		END
	)" ]
	run -125 auto -n web2 --map-auto --map-uid 7:7:7 true
	[ "$output" = "fakeid: uid map: inside id 7: two extents hold one inside id: give other ranges" ]
	run -0 auto -n web2 --map-auto --map-uid 100000:7:7 true
	echo 'you:1:1' >etc/subgid
	run -125 auto -n web3 --map-auto true
	[ "$output" = "fakeid: map-auto: /etc/subgid: no range for user me: have one put there, or give --map" ]
	rm etc/subuid
	run -125 auto -n web3 --map-auto true
	[ "$output" = "fakeid: map-auto: /etc/subuid: No such file or directory: have ranges put there, or give --map" ]
	rm etc/passwd
	echo '65534:5:5' | tee etc/subuid >etc/subgid
	run -0 auto -n web4 --map-auto true
	run -0 facts web4 map-uid map-gid
	[ "$output" = "$(printf 'map-uid 0:65534:1\nmap-uid 1:5:5\nmap-gid 0:65533:1\nmap-gid 1:5:5')" ]
}

@test "what is wrong with an option is told in one line, and nothing runs" {
	local form="use inside:outside:count"

	refuses fakeid "option '--map': '0:1': not of the form inside, outside, count: $form" --map 0:1 touch ran
	refuses fakeid "option '--map-uid': '': not of the form inside, outside, count: $form" --map-uid '' touch ran
	refuses fakeid "option '--map-gid': 'a:1:1': not of the form inside, outside, count: $form" --map-gid a:1:1 touch ran
	refuses fakeid "option '--map': '-1:1:1': not of the form inside, outside, count: $form" --map -1:1:1 touch ran
	refuses fakeid "option '--map': '0:1:0': the count is 0: $form" --map 0:1:0 touch ran
	refuses fakeid "option '--map': '0:4294967296:1': a number is too large: $form" --map 0:4294967296:1 touch ran
	refuses fakeid "option '--map': '4294967295:1:1': 4294967295 is not an id: $form" --map 4294967295:1:1 touch ran
	refuses fakeid "option '--map': '4294967294:1:2': the range goes beyond 4294967294: $form" \
		--map 4294967294:1:2 touch ran
	refuses fakeid "option '--map-fsuid': '1': not of the form inside, outside, count: $form" --map-fsuid 1 touch ran
	refuses fakeid "uid map: inside id 5: two extents hold one inside id: give other ranges" \
		--map 0:0:10 --map-uid 5:100:1 touch ran
	refuses fakeid "gid map: inside id 20: two extents hold one outside id: give other ranges" \
		--map-gid 0:0:10 --map-gid 20:9:1 touch ran
	refuses fakeid "option '--unmapped': 'x': unknown: use root, overflow or real" --unmapped x touch ran
	refuses fakeid "option '--idmap': '0:1:1': not of the form path, inside, outside, count: use\
 PATH:inside:outside:count" --idmap 0:1:1 touch ran
	refuses fakeid "option '--idmap': '/:0:1:0': the count is 0: use PATH:inside:outside:count" --idmap /:0:1:0 touch ran
	refuses fakeid "idmap no/such: No such file or directory: name a path that is there" --idmap no/such:0:1:1 touch ran
	refuses fakeid "idmap /tmp: inside id 1: two extents hold one inside id: give other ranges" \
		--idmap /tmp:0:1:5 --idmap /tmp/.:1:100:1 touch ran
	refuses fakeid "fs 'nope': there is no such tag: $WORK/.state: make it first, see fakeidctl ns create" \
		--fs nope touch ran
	refuses fakeid "option '--new': not together with -n: leave out one of the two" --new -n web touch ran
	refuses fakeid "option '--map': it needs a value: see fakeid --help" --map
	refuses fakeid "option '--split=1': it takes no value: see fakeid --help" --split=1
	[ ! -e ran ]
	run -0 ns list
	[ "${#lines[@]}" -eq 1 ]
}

@test "340 extents are a map, and 341 are too many" {
	for ((i = 0; i < 340; i++)); do
		extents+=(--map "$((2 * i)):$((3 * i)):1")
	done
	run -0 fid -n web "${extents[@]}" true
	[ "$(facts web map-gid | wc -l)" -eq 340 ]
	refuses fakeid "uid map: more than 340 extents: give fewer" -n web2 "${extents[@]}" --map-uid 5000:5000:1 true
}

@test "16 paths can have maps of their own, and 17 are too many" {
	for i in {1..17}; do
		as_user mkdir "d$i"
		paths+=(--idmap "$WORK/d$i:0:1:1")
	done
	run -0 fid -n web "${paths[@]:0:32}" true
	refuses fakeid "idmap $WORK/d17: more than 16 paths: give fewer" -n web2 "${paths[@]}" true
}

@test "a namespace that does not fit a message is refused" {
	for j in {1..16}; do
		as_user mkdir "d$j"
		for ((i = 0; i < 330; i++)); do
			paths+=("--idmap=d$j:$((2 * i)):$((2 * i)):1")
		done
	done
	refuses fakeid "tag 'web': its maps and paths do not fit into a message: give fewer" -n web "${paths[@]}" true
}

@test "fakeidctl ns says what is wrong with its words" {
	refuses fakeidctl "ns: it needs one of create, list, show, set, rename, remove: see fakeidctl --help" ns
	refuses fakeidctl "ns: it needs one of create, list, show, set, rename, remove: see fakeidctl --help" ns nope
	refuses fakeidctl "ns create: it needs a tag: see fakeidctl --help" ns create
	refuses fakeidctl "ns create: it takes no 'b': see fakeidctl --help" ns create a b
	refuses fakeidctl "ns list: it takes no 'a': see fakeidctl --help" ns list a
	refuses fakeidctl "ns show: it needs a tag: see fakeidctl --help" ns show
	refuses fakeidctl "ns set: it needs options that say what to change: see fakeidctl --help" ns set a
	refuses fakeidctl "ns rename: it needs two tags: see fakeidctl --help" ns rename a
	refuses fakeidctl "ns remove: it needs a tag: see fakeidctl --help" ns remove --force
	refuses fakeidctl "ns create: it has no --json: see fakeidctl --help" ns create a --json
	refuses fakeidctl "ns show: it has no --force: see fakeidctl --help" ns show a --force
	refuses fakeidctl "ns remove: it has no options for maps and files: see fakeidctl --help" ns remove a --split
	refuses fakeidctl "ns: it has no -n: see fakeidctl --help" -n a ns show
	refuses fakeidctl "tag 'a b': bad characters: use letters, digits and . _ : / @ + -, and no '-' first" ns create 'a b'
	refuses fakeidctl "option '--map': it needs a value: see fakeidctl --help" ns create a --map
}

@test "fakeidctl ns says which tag there is not, and which there is" {
	run -0 ns create web
	for command in "show no" "set no --isolated" "rename no other" "remove no"; do
		# shellcheck disable=SC2086 # words
		refuses fakeidctl "tag 'no': there is none: $WORK/.state: see fakeidctl ns list" ns $command
	done
	run -0 ns create mail
	refuses fakeidctl "tag 'web': it exists: choose another, or use fakeidctl ns set" ns create web
	refuses fakeidctl "tag 'mail': it exists: choose another" ns rename web mail
}

@test "a tag has up to 128 characters, those of image names among them" {
	long=$(printf 'a%.0s' {1..128})
	for tag in "$long" docker.io/library/debian:12 a@b+c_d; do
		run -0 ns create "$tag"
		run -0 fid -n "$tag" true
		run -0 facts "$tag" tag
		[ "$output" = "tag $tag" ]
	done
	refuses fakeidctl "tag '${long}a': it is too long: use 1 to 128 characters" ns create "${long}a"
	refuses fakeidctl "tag '${long}a': it is too long: use 1 to 128 characters" ns rename "$long" "${long}a"
	refuses fakeid "tag '${long}a': it is too long: use 1 to 128 characters" --fs "${long}a" true
}

@test "the list has a line for each, in columns" {
	run -0 ns list
	[ "$output" = "NUMBER TAG PARENT FILES ISOLATED MAPS RECORDS SESSIONS PROCESSES" ]
	run -0 fid -n image sh -c 'touch a b; chown 5 a b'
	run -0 ns create web --fs image --no-isolated --map-uid 0:1000:1 --map-uid 1:5:5
	run -0 ns create both --map 0:1000:10 --map 20:20:1 --map 30:30:1
	run -0 fid -n image -- fakeidctl ns create child
	run -0 ns list
	[ "$output" = "$(
		cat <<-END
			NUMBER TAG   PARENT FILES ISOLATED MAPS             RECORDS SESSIONS PROCESSES
			     1 image -      image yes      -                      2        0         0
			     2 web   -      image no       u:0:1000:1+1,g:-       0        0         0
			     3 both  -      both  yes      0:1000:10+2            0        0         0
			     4 child image  image yes      -                      0        0         0
		END
	)" ] || { echo "$output"; false; }
}

@test "--json is JSON whatever the paths hold" {
	name=$'a\nb"c\\d\x7fe\xff\xc3\xa4\xed\xa0\x80f'
	as_user mkdir "$name"
	run -0 ns create img
	run -0 ns create web --map-uid 0:100000:1000 --map-gid 1:2:4294967292 --unmapped real --fs img \
		--map-fsuid 0:10:10 --idmap "$WORK/$name:0:7:3" --caps kill,chown
	ns show web --json >one
	ns list --json >all
	python3 - "$WORK/$name" <<-'END'
		import json, os, sys, time
		one, got = json.load(open("one")), json.load(open("all"))
		image, again = got["namespaces"]
		assert one == again
		assert abs(one.pop("created") - time.time()) < 600
		assert os.fsencode(one["idmaps"][0].pop("path")) == os.fsencode(sys.argv[1])
		assert one == {
		    "number": 2, "tag": "web", "parent": None, "files": {"number": 1, "tag": "img"}, "level": 1,
		    "isolated": True, "unmapped": "real", "records": 0, "sessions": 0, "processes": 0, "children": 0,
		    "caps": ["chown", "kill"],
		    "map_uid": [{"inside": 0, "outside": 100000, "count": 1000}],
		    "map_gid": [{"inside": 1, "outside": 2, "count": 4294967292}],
		    "map_fsuid": [{"inside": 0, "outside": 10, "count": 10}], "map_fsgid": [],
		    "idmaps": [{"map": [{"inside": 0, "outside": 7, "count": 3}]}],
		}, one
		assert len(image["caps"]) == 41 and image["caps"][40] == "checkpoint_restore"
		assert image["idmaps"] == [] and image["map_uid"] == []
	END
	run -0 ns show web
	grep -qxF "idmap $WORK/a\\012b\"c\\134d\\177e"$'\xff\xc3\xa4\xed\xa0\x80f:0:7:3' <<<"$output"
}

@test "an empty list is JSON as well" {
	run -0 ns list --json
	[ "$output" = '{"namespaces":[]}' ]
}

# begin ARGS... - fakeid in the background until the file `go` is there.
begin() {
	rm -f began
	as_user fakeid "$@" sh -c 'touch began; while [ ! -e go ] && [ -e began ]; do sleep 0.05; done' &
	job=$!
	wait_until 10 test -e began
}

end() {
	as_user touch go
	wait "$job"
}

@test "sessions and processes are counted" {
	begin -n web
	run -0 facts web sessions processes
	[ "${lines[0]}" = "sessions 1" ]
	[[ ${lines[1]} =~ ^processes\ [1-9] ]]
	end
	run -0 facts web sessions processes
	[ "$output" = "$(printf 'sessions 0\nprocesses 0')" ]
}

@test "set changes what is given and leaves the rest" {
	run -0 ns create web --map-uid 0:5:10 --unmapped real
	run -0 ns set web --map-gid 0:7:3 --no-isolated
	[ "$output" = "" ]
	run -0 facts web isolated unmapped map-uid map-gid
	[ "$output" = "$(printf 'isolated no\nunmapped real\nmap-uid 0:5:10\nmap-gid 0:7:3')" ]
	run -1 fid -n web -- sh -c 'touch f; chown 0:2 f; chown 0:3 f'
	[ "$output" = "chown: changing ownership of 'f': Invalid argument" ]
}

@test "what is set after a first use is what the next session gets" {
	run -0 fid -n web --no-isolated --map 0:5:10 true
	run -0 ns set web --map 0:5:20
	run -0 fid -n web -- sh -c 'touch f; chown 19 f; stat -c %u f'
	[ "$output" = 19 ]
}

@test "set is refused once there are processes, records, children or users of its files" {
	local other="create another instead"

	run -0 ns create web
	begin -n web
	refuses fakeidctl "tag 'web': processes live in it: end them first" ns set web --no-isolated
	end
	run -0 ns set web --unmapped real
	run -0 fid -n web -- fakeidctl ns create child
	refuses fakeidctl "tag 'web': it has records, children or keys, or others use its files: $other" ns set web --isolated
	run -0 ns remove child
	run -0 ns create user --fs web
	refuses fakeidctl "tag 'web': it has records, children or keys, or others use its files: $other" ns set web --isolated
	run -0 ns remove user
	run -0 fid -n web sh -c 'touch f; chown 5 f'
	refuses fakeidctl "tag 'web': it has records, children or keys, or others use its files: $other" ns set web --isolated
}

@test "rename takes everything along, a running session too" {
	begin -n web
	run -0 ns rename web mail
	refuses fakeidctl "tag 'web': there is none: $WORK/.state: see fakeidctl ns list" ns show web
	kill -KILL "$(daemon_pid)"
	end
	run -0 fid -n mail sh -c 'touch f; chown 5 f'
	run -0 ns list
	[ "${#lines[@]}" -eq 2 ]
	run -0 facts mail number records
	[ "$output" = "$(printf 'number 1\nrecords 1')" ]
	run -0 ns create web
}

@test "remove is refused while processes live there, unless forced" {
	begin -n web
	refuses fakeidctl "tag 'web': processes live in it: end them, or give --force" ns remove web
	run -0 ns show web
	run -0 ns remove --force web
	refuses fakeidctl "tag 'web': there is none: $WORK/.state: see fakeidctl ns list" ns show web
	as_user touch go
	wait "$job" || true
}

@test "remove is refused while others need it" {
	local first="it has children, or others use its files: remove those first"

	run -0 ns create img
	run -0 ns create web --fs img
	refuses fakeidctl "tag 'img': $first" ns remove img --force
	run -0 ns remove web
	run -0 fid -n img -- fakeidctl ns create child
	refuses fakeidctl "tag 'img': $first" ns remove img
	run -0 ns remove child
	run -0 ns remove img
	run -0 ns list
	[ "${#lines[@]}" -eq 1 ]
}

@test "remove takes the records along, and a number is never given twice" {
	run -0 fid -n web sh -c 'touch f; chown 5 f'
	run -0 ns remove web
	run -0 fid -n web stat -c %u f
	[ "$output" = 0 ]
	run -0 facts web number
	[ "$output" = "number 2" ]
	run -0 ns remove web
	run -0 as_user fakeidctl stop
	run -0 ns create web
	run -0 facts web number
	[ "$output" = "number 3" ]
}

@test "namespaces and their maps survive a stop and a kill of the daemon" {
	as_user mkdir tree
	run -0 ns create img --map 0:100000:65536
	run -0 ns create web --fs img --map-uid 0:5:10 --map-gid 0:7:10 --no-isolated --map-fsuid 0:0:5 --idmap tree:0:7:3
	run -0 ns list --json
	before=$output
	kill -KILL "$(daemon_pid)"
	run -0 ns list --json
	[ "$output" = "$before" ]
	run -0 as_user fakeidctl stop
	run -0 ns list --json
	[ "$output" = "$before" ]
	run -0 fid -n web --map-uid 0:5:10 --no-isolated true
	refuses fakeid "tag 'web': it exists with other values: see fakeidctl ns show web" -n web --map 0:5:11 true
}

@test "a session goes on after its daemon was killed, maps and all" {
	as_user sh -c 'fakeid -n web --no-isolated --map 0:100000:10 -- sh -c "touch f began
		while [ ! -e go ]; do sleep 0.05; done; chown 9 f; chown 10 f; stat -c %u f" >out 2>&1' &
	job=$!
	wait_until 10 test -e began
	kill -KILL "$(daemon_pid)"
	as_user touch go
	wait "$job"
	[ "$(cat out)" = "$(printf "chown: changing ownership of 'f': Invalid argument\n9")" ]
}

@test "--new makes a namespace without a name, gone with its last process" {
	as_user touch f
	run -0 fid --new -- sh -c 'chown 5 f; stat -c %u f; fakeidctl ns show; fakeidctl ns list --json >new'
	[ "${lines[0]}" = 5 ]
	[ "${lines[2]}" = "tag -" ]
	[ "$(python3 -c 'import json; print(json.load(open("new"))["namespaces"][0]["tag"])')" = None ]
	run -0 fid --new -- stat -c %u f
	[ "$output" = 0 ]
	run -0 ns list
	[ "${#lines[@]}" -eq 1 ]
}

@test "stat of fakeidctl shows what the namespace shows, by its maps" {
	as_user touch plain
	run -0 fid -n web --map "0:100000:10" --map "50:$TEST_UID:1" --unmapped real -- sh -c 'touch f; chown 5:12 f
		stat -c "%u %g" plain f'
	[ "$output" = "$(printf '50 50\n5 12')" ]
	run -0 as_user fakeidctl -n web stat plain f
	[ "$output" = "$(
		cat <<-END
			shown uid=50 gid=50 mode=100644; stored nothing: plain
			shown uid=5 gid=12 mode=100644; stored uid=5 gid=12: f
		END
	)" ] || { echo "$output"; false; }
	run -0 fid -n web fakeidctl stat plain f
	[ "${lines[0]}" = "shown uid=50 gid=50 mode=100644; stored nothing: plain" ]
	run -0 ns create other --fs web --map-fsuid 0:0:3
	run -0 as_user fakeidctl -n other stat f
	[ "$output" = "shown uid=65534 gid=12 mode=100644; stored uid=0:100005 gid=12: f" ]
}

@test "stat of fakeidctl follows path idmaps" {
	as_user mkdir tree
	as_user touch tree/f g
	run -0 ns create web --idmap "tree:7:$TEST_UID:1"
	run -0 as_user fakeidctl -n web stat tree/f g
	[ "$output" = "$(
		cat <<-END
			shown uid=7 gid=7 mode=100644; stored nothing: tree/f
			shown uid=0 gid=0 mode=100644; stored nothing: g
		END
	)" ]
	run -0 fid -n web stat -c %u:%g tree/f g
	[ "$output" = "$(printf '7:7\n0:0')" ]
}

@test "save files hold the ids that the namespace shows" {
	run -0 fid -n web --map 0:100000:10 --no-isolated -s saved -- sh -c 'touch f; chown 5:6 f'
	[[ $(cat saved) =~ ,uid=5,gid=6, ]]
	run -0 fid -n other --map 0:300000:10 --no-isolated -i saved -- stat -c %u:%g f
	[ "$output" = 5:6 ]
	run -0 as_user fakeidctl -n other stat f
	[ "$output" = "shown uid=5 gid=6 mode=100644; stored uid=5 gid=6 mode=644: f" ]
	refuses fakeid "load saved: line 1: this id space has no user 5 or no group 6: give it other maps" \
		-n third --map 0:300000:6 --no-isolated -i saved touch ran
	[ ! -e ran ]
}

@test "many namespaces side by side are listed and found" {
	as_user sh -c 'i=0; while [ $i -lt 300 ]; do fakeidctl ns create "tag$i" || exit; i=$((i + 1)); done'
	run -0 ns list
	[ "${#lines[@]}" -eq 301 ]
	[[ ${lines[300]} =~ ^\ +300\ tag299\  ]]
	run -0 ns list --json
	[ "$(python3 -c 'import json, sys; print(len(json.load(sys.stdin)["namespaces"]))' <<<"$output")" = 300 ]
	run -0 as_user fakeidctl -n tag299 status
	grep -q ' tag tag299 ' <<<"$output"
}

@test "the examples of the manual do what it says" {
	page=$abs_top_srcdir/fakeid/fakeid.7
	# The displays of that section, without the lines of mdoc.
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$page" | sed -n '/^\.Bd/,/^\.Ed/{/^\./!p}' >wanted
	[ "$(grep -c '^\$ ' wanted)" -gt 15 ]
	while IFS= read -r line; do
		[[ $line == '$ '* ]] || continue
		printf '%s\n' "$line"
		as_user sh -c "${line#?}" 2>&1 </dev/null || true
	done <wanted >got
	diff wanted got
}
