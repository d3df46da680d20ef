# SPDX-License-Identifier: MIT
# keys.bats - what one namespace grants another: capabilities over files that the other has no place for, and ids that
# count as its own. Different numbers for users and groups, so that a swap fails.
# shellcheck disable=SC2154 # lib.bash asks for abs_top_builddir and abs_top_srcdir
bats_require_minimum_version 1.5.0
load lib

# `img` has the files; `c` sees them and has no place for users 33 and groups 34.
setup() {
	fakeid_setup
	chmod 777 .
	fid -n img -- true
	fid -n c --fs img --map-fsuid 0:0:10 --map-fsgid 0:0:10 -- true
}

teardown() {
	fakeid_teardown
}

ctl() {
	as_user fakeidctl "$@"
}

# refuses LINE ARGS... - fakeidctl fails with 1 and just that line on stderr.
refuses() {
	local line=$1

	shift
	run --separate-stderr -1 as_user fakeidctl "$@"
	[ "$output" = "" ]
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "fakeidctl: $line" ] || { printf 'got:    %s\nwanted: %s\n' "$stderr" "$line"; return 1; }
}

# Files that all belong to 33:34, for both sides.
make_files() {
	mkdir "$1" && cd "$1" || return
	mkdir closed open sticky setgid
	touch f link gone mode closed/in open/in sticky/in
	chmod 640 f link
	chmod 2750 mode
	chmod 700 closed
	chmod 755 open
	chmod 1777 sticky
	chmod 2775 setgid
	chown -R 33:34 .
	chmod 2750 mode
	chmod 2775 setgid
	chmod 777 .
	cd ..
}

write_questions() {
	cat >questions <<'END'
try() {
	if answer=$("$@" 2>&1); then echo "$*: ok"; else echo "$*: $answer"; fi
}
cd "$1" || exit
for mode in -r -w; do try test $mode f; try test $mode closed; done
try cat f
try truncate -s 3 f
try touch -d 2001-02-03 f
try setfattr -n user.fakeid -v 1 f
try setfattr -n trusted.fakeid -v 1 f
try getfattr --only-values -n trusted.fakeid f
try setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 f
try setfacl -m u:5:r f
try ln link hard
try ls closed
try cat closed/in
try touch closed/new
try touch open/new
try mkdir setgid/new
try mv open/in open/moved
try rm -f sticky/in
try rm -f sticky/in
try chmod 2755 mode
try chmod 4751 f
try chmod 600 link
try chgrp 1 f
try chown 2 f
try chown 3:4 gone
try rmdir sticky
stat -c '%n %a' f link gone mode
END
}

@test "a key for capabilities gives what a real root with just these can do to another's files" {
	write_questions
	for caps in none chown dac_override dac_read_search fowner fsetid setfcap sys_admin \
		chown,fowner fowner,fsetid chown,dac_override,fowner,fsetid,setfcap,sys_admin; do
		rm -rf real fake
		make_files real
		set=-all
		[ "$caps" = none ] || set="-all,+${caps//,/,+}"
		setpriv --inh-caps=-all --bounding-set="$set" --clear-groups sh questions real >real.out 2>&1
		fid -n img -- bash -c "$(declare -f make_files); make_files fake"
		[ "$caps" = none ] || ctl grant img --to c --caps "$caps"
		fid -n c -- sh questions fake >fake.out 2>&1
		sed -i 's/^sh: [0-9]*: //' real.out fake.out
		[ "$(wc -l <real.out)" -gt 30 ]
		diff real.out fake.out || { echo "with $caps"; return 1; }
		cp real.out "real.$caps"
	done
	# They do differ.
	[ "$(sha256sum real.*,* real.none real.chown real.dac* | cut -d ' ' -f 1 | sort -u | wc -l)" -eq 7 ]
}

@test "a key for an id makes who has it the owner, and gives root nothing" {
	fid -n img -- sh -c 'echo text >f && chown 33:34 f && chmod 600 f'
	ctl grant img --to c --uid 33:1000
	run -0 fid -n c -- stat -c '%u:%g %a' f
	[ "$output" = "1000:65534 600" ]
	as_1000="setpriv --reuid 1000 --regid 7 --clear-groups"
	run -0 fid -n c -- $as_1000 sh -c 'cat f && echo more >>f && chmod 640 f && touch -d 2001-02-03 f &&
		setfacl -m u:5:r f && setfacl -b f && chmod 640 f && chown 1000 f && stat -c "%u:%g %a" f'
	[ "$output" = $'text\n1000:65534 640' ]
	run -1 fid -n c -- $as_1000 chown 5 f
	[[ $output = *"Operation not permitted"* ]]
	run -1 fid -n c -- setpriv --reuid 33 --regid 34 --clear-groups cat f
	[[ $output = *"Permission denied"* ]]
	for command in "cat f" "chmod 600 f" "chown 0 f" "chown 1000:0 f" "truncate -s 0 f"; do
		# shellcheck disable=SC2086 # words
		run -1 fid -n c -- $command
	done
	run -0 fid -n img -- stat -c '%u:%g %a' f
	[ "$output" = "33:34 640" ]
}

@test "a key for a group gives its members the group's rights and no more" {
	fid -n img -- sh -c 'echo text >f && chown 33:34 f && chmod 640 f && mkdir d && chown 33:34 d && chmod 2770 d'
	ctl grant img --to c --gid 34:8
	run -0 fid -n c -- stat -c '%u:%g' f
	[ "$output" = 65534:8 ]
	run -0 fid -n c -- setpriv --reuid 5 --regid 6 --groups 8 sh -c 'cat f; touch d/new; stat -c %u:%g d/new'
	[ "$output" = $'text\n5:8' ]
	for command in "chmod 660 f" "truncate -s 0 f" "chgrp 6 f"; do
		# shellcheck disable=SC2086 # words
		run -1 fid -n c -- setpriv --reuid 5 --regid 6 --groups 8 $command
	done
	run -1 fid -n c -- setpriv --reuid 5 --regid 6 --clear-groups cat f
	[[ $output = *"Permission denied"* ]]
	run -0 fid -n img -- stat -c '%u:%g' f d/new
	[ "$output" = $'33:34\n5:34' ]
}

@test "an id that shows by a key is none to give, and a file that has it keeps its own" {
	fid -n img -- sh -c 'touch f own && chown 0:42 f'
	ctl grant img --to c --gid 42:42 --caps chown
	run -1 fid -n c -- chgrp 42 own
	[[ $output = *"Invalid argument"* ]]
	run -0 fid -n c -- sh -c 'chown 5:42 f && stat -c %u:%g f'
	[ "$output" = 5:42 ]
	run -0 fid -n img -- stat -c %u:%g f
	[ "$output" = 5:42 ]
}

@test "a setuid program of an equal id runs as nobody else" {
	fid -n img -- sh -c 'cp /usr/bin/id prog && chown 33:34 prog && chmod 6755 prog'
	ctl grant img --to c --uid 33:7 --gid 34:8 --caps all
	run -0 fid -n c -- setpriv --reuid 5 --regid 6 --clear-groups ./prog -u
	[ "$output" = 5 ]
}

@test "a key counts for the capabilities that its holder's root has" {
	fid -n img -- sh -c 'touch f && chown 33:34 f'
	fid -n less --fs img --map-fsuid 0:0:10 --map-fsgid 0:0:10 --cap-drop chown -- true
	ctl grant img --to less --caps chown,fowner
	run -1 fid -n less -- chown 0 f
	run -0 fid -n less -- chmod 600 f
	run -1 fid -n less -- setpriv --reuid 5 --clear-groups chmod 644 f
	# And for nobody else: neither for another holder nor for children.
	run -1 fid -n c -- chmod 644 f
	run -1 fid -n less -- fakeid -n child --map 0:0:10 -- chmod 644 f
	run -0 fid -n less -- chmod 644 f
}

# begin - a process in c that does one thing for each line that it is sent, and says what came of it.
begin() {
	mkfifo ask answer
	chmod 666 ask answer
	as_user fakeid -n c -- python3 -c '
import os
for line in open("ask"):
    try:
        os.chmod("f", int(line, 8))
        text = "ok"
    except OSError as error:
        text = error.strerror
    with open("answer", "w") as answer:
        answer.write("%s %d\n" % (text, os.stat("f").st_uid))
' 3>&- &
	job=$!
	exec 4>ask
}

asks() {
	echo "$1" >&4
	cat answer
}

@test "a running process has a key from its next call on, and no longer once it is revoked" {
	fid -n img -- sh -c 'touch f && chown 33:34 f'
	begin
	[ "$(asks 600)" = "Operation not permitted 65534" ]
	ctl grant img --to c --caps fowner --uid 33:9
	[ "$(asks 640)" = "ok 9" ]
	ctl grant img --to c --caps fowner
	[ "$(asks 600)" = "ok 65534" ]
	ctl revoke img --to c
	[ "$(asks 644)" = "Operation not permitted 65534" ]
	ctl grant img --to c --caps fowner
	[ "$(asks 640)" = "ok 65534" ]
	ctl stop
	[ "$(asks 600)" = "ok 65534" ]
	ctl revoke img --to c
	[ "$(asks 640)" = "Operation not permitted 65534" ]
	exec 4>&-
	wait "$job"
	run -0 fid -n img -- stat -c %a f
	[ "$output" = 600 ]
}

@test "a key in place holds while another is granted and revoked" {
	fid -n img -- sh -c 'touch f && chown 33:34 f'
	fid -n a --fs img -- true
	ctl grant img --to c --caps chown --uid 33:9
	cat >loop.py <<-'END'
		import os
		print("began", flush=True)
		n = 0
		while not os.path.exists("enough"):
		    assert os.stat("f").st_uid == 9
		    os.chown("f", -1, n % 8)
		    n += 1
		print("fine")
	END
	fid -n c -- python3 -S loop.py >answer 2>&1 3>&- &
	job=$!
	wait_until 10 test -s answer
	for _ in {1..40}; do
		ctl grant a --to c --caps fowner --uid 34:5
		ctl revoke a --to c
	done
	touch enough
	wait "$job"
	[ "$(cat answer)" = $'began\nfine' ]
}

@test "keys are kept when the daemon is stopped, or killed" {
	fid -n img -- sh -c 'touch f && chown 33:34 f'
	ctl grant img --to c --caps fowner,chown --uid 33:9 --uid 34:3 --gid 34:4294967294
	wanted="img to c caps chown,fowner uid 33:9,34:3 gid 34:4294967294"
	run -0 ctl keys
	[ "$output" = "$wanted" ]
	ctl stop
	run -0 ctl keys
	[ "$output" = "$wanted" ]
	kill -KILL "$(daemon_pid)"
	wait_until 10 no_daemon
	run -0 ctl keys
	[ "$output" = "$wanted" ]
	run -0 fid -n c -- sh -c 'chmod 600 f && stat -c "%u:%g %a" f'
	[ "$output" = "9:4294967294 600" ]
}

@test "what a daemon that was killed left half done is put right by the next" {
	fid -n img -- sh -c 'touch f && chown 33:34 f'
	ctl grant img --to c --caps fowner
	kill -KILL "$(daemon_pid)"
	wait_until 10 no_daemon
	# As if it had died before it wrote the key where processes look.
	python3 - "$FAKEID_DIR/run/view-2" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as file:
		    view = file.read()
		    at = view.index((1 << 3).to_bytes(8, "little"), 40000) # the range of fowner
		    file.seek(at)
		    file.write(bytes(8))
	END
	run -0 fid -n c -- chmod 600 f
}

@test "granting again replaces the key, and the list shows those of one namespace" {
	fid -n a --fs img -- true
	ctl grant img --to c --caps chown --uid 33:5
	ctl grant img --to c --gid 34:6
	ctl grant a --to c --caps all
	run -0 ctl keys
	[ "$output" = $'img to c caps none uid - gid 34:6\na to c caps all uid - gid -' ]
	run -0 ctl keys a
	[ "$output" = "a to c caps all uid - gid -" ]
	run -0 ctl keys c
	[ "${#lines[@]}" -eq 2 ]
	run -0 ctl ns show a
	[ "${lines[-1]}" = "key a to c caps all uid - gid -" ]
	ctl revoke img --to c
	run -0 ctl keys
	[ "$output" = "a to c caps all uid - gid -" ]
	run -0 ctl keys img
	[ "$output" = "" ]
}

@test "keys --json is one object that parses" {
	run -0 ctl keys --json
	[ "$output" = '{"keys":[]}' ]
	fid -n a --fs img -- true
	ctl grant img --to c --caps chown,fowner --uid 33:5 --uid 34:6 --gid 42:7
	ctl grant a --to c --gid 43:8
	run -0 ctl keys --json
	python3 - "$output" <<-'END'
		import json, sys
		img, a = json.loads(sys.argv[1])["keys"]
		assert img["from"]["tag"] == "img" and img["to"]["tag"] == "c", img
		assert img["from"]["number"] == 1 and img["to"]["number"] == 2, img
		assert img["caps"] == ["chown", "fowner"], img
		assert img["uid"] == [{"from": 33, "to": 5}, {"from": 34, "to": 6}], img
		assert img["gid"] == [{"from": 42, "to": 7}], img
		assert a == {"from": {"number": 3, "tag": "a"}, "to": img["to"], "caps": [], "uid": [],
		             "gid": [{"from": 43, "to": 8}]}, a
	END
	run -0 ctl keys a --json
	[ "$output" = '{"keys":[{"from":{"number":3,"tag":"a"},"to":{"number":2,"tag":"c"},"caps":[],"uid":[],"gid":[{"from":43,"to":8}]}]}' ]
}

@test "keys go with the namespace that granted them, and with the one that holds them" {
	fid -n img -- sh -c 'touch f && chown 33:34 f'
	fid -n a --fs img -- true
	ctl grant a --to c --caps fowner
	ctl grant img --to a --caps chown
	begin
	[ "$(asks 600)" = "ok 65534" ]
	ctl ns remove a
	[ "$(asks 640)" = "Operation not permitted 65534" ]
	exec 4>&-
	wait "$job"
	run -0 ctl keys
	[ "$output" = "" ]
	ctl grant img --to c --caps chown
	ctl ns remove c
	run -0 ctl keys
	[ "$output" = "" ]
}

@test "capabilities reach the ids that the granting namespace has a place for, not more" {
	fid -n img -- sh -c 'touch f g && chown 33:34 f && chown 53:54 g'
	fid -n a --fs img --map-fsuid 0:30:10 --map-fsgid 0:30:10 -- true
	ctl grant a --to c --caps fowner --uid 3:9 --gid 4:9
	run -0 fid -n c -- chmod 600 f
	run -1 fid -n c -- chmod 600 g
	run -0 fid -n c -- stat -c %u:%g f g
	[ "$output" = $'9:9\n65534:65534' ]
}

@test "a file without a record belongs to its default owner, for keys too" {
	touch f
	chown "$TEST_UID:$TEST_UID" f
	chmod 600 f
	fid -n high --fs img --map-fsuid 0:10:10 --map-fsgid 0:10:10 -- true
	run -0 fid -n high -- stat -c %u:%g f
	[ "$output" = 65534:65534 ]
	run -1 fid -n high -- cat f
	ctl grant img --to high --uid 0:7 --caps dac_override
	run -0 fid -n high -- sh -c 'cat f; stat -c %u:%g f'
	[ "$output" = 7:65534 ]
}

@test "inside a session keys are for what is inside it" {
	fid -n img -- sh -c 'fakeid -n in1 --map 0:0:100 -- true; fakeid -n in2 --map 0:0:10 -- true'
	run -0 fid -n img -- sh -c 'fakeidctl grant in1 --to in2 --caps chown && fakeidctl keys'
	[ "$output" = "in1 to in2 caps chown uid - gid -" ]
	run -1 fid -n in1 -- fakeidctl grant in1 --to in2 --caps all
	[ "$output" = "fakeidctl: key of 'in1' to 'in2': one of them is not inside the namespace of this session: leave \
the session" ]
	run -0 fid -n in1 -- fakeidctl keys
	[ "$output" = "" ]
	run -0 ctl keys
	[ "$output" = "in1 to in2 caps chown uid - gid -" ]
}

@test "what cannot be granted is refused in one line" {
	refuses "tag 'none': there is none: $FAKEID_DIR: see fakeidctl ns list" grant none --to c --caps chown
	refuses "tag 'none': there is none: $FAKEID_DIR: see fakeidctl ns list" grant img --to none --caps chown
	refuses "tag 'none': there is none: $FAKEID_DIR: see fakeidctl ns list" keys none
	refuses "tag 'host': the machine itself can hold no key: programs outside of fakeid see none of its ids" \
		grant img --to host --caps chown
	refuses "key of 'c' to 'c': they are the same: name another with --to" grant c --to c --caps chown
	refuses "grant: nothing is granted: give --caps, --uid or --gid" grant img --to c
	refuses "grant: nothing is granted: give --caps, --uid or --gid" grant img --to c --caps none
	refuses "option '--caps': 'flying': no such capability: use names as in capabilities(7), all or none" \
		grant img --to c --caps flying
	for pair in 5 5:6:7 :5 5: a:5 4294967295:5 5:4294967295 5:99999999999 -1:5; do
		refuses "option '--uid': '$pair': not two ids: use A:B, A an id of the tag, B one of the holder" \
			grant img --to c --uid="$pair"
	done
	refuses "option '--gid': '34:5': 34 has been given before" grant img --to c --gid 34:4 --gid 34:5
	refuses "key of 'img' to 'c': the holder has a name for one of the ids already: see fakeidctl ns show" \
		grant img --to c --uid 5:9
	refuses "key of 'c' to 'img': the holder sees only files of its own, for which it needs no key" \
		grant c --to img --caps chown
	fid -n apart --map 0:5:5 -- true
	refuses "key of 'apart' to 'c': they see no files in common: one has to be made with --fs, or inside the other" \
		grant apart --to c --caps chown
	refuses "key of 'img' to 'c': there is no such key: see fakeidctl keys" revoke img --to c
	for words in grant "grant img" "grant --to c" "grant --caps chown" "grant img --caps chown" "grant --to c --uid 5:5"; do
		# shellcheck disable=SC2086 # words
		refuses "grant: it needs a tag, and --to TAG: see fakeidctl --help" $words
	done
	for words in revoke "revoke img" "revoke --to c"; do
		# shellcheck disable=SC2086 # words
		refuses "revoke: it needs a tag, and --to TAG: see fakeidctl --help" $words
	done
	refuses "grant: it has no options for maps and files: see fakeidctl --help" grant img --to c --cap-drop chown
	refuses "status: it has no --to: see fakeidctl --help" status --to c
	refuses "revoke: it has no --uid and --gid: see fakeidctl --help" revoke img --to c --uid 5:5
	run -0 ctl keys
	[ "$output" = "" ]
}

@test "a namespace with keys stays as it is" {
	ctl ns create fresh --fs img --map-fsuid 0:0:5
	ctl grant img --to fresh --caps chown
	refuses "tag 'fresh': it has records, children or keys, or others use its files: create another instead" \
		ns set fresh --isolated
}
