#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The capabilities of a namespace: what its root lacks is refused as the kernel refuses it to a root whose
# bounding set lacks it, and every program that tells capabilities tells the same.

# shellcheck disable=SC2016 # scripts for other shells
load lib
load same

bats_require_minimum_version 1.5.0

setup_file() {
	same_setup_file
}

setup() {
	same_setup
	cd "fake.$BATS_TEST_NUMBER" || return
	# shellcheck disable=SC2154 # automake's tests environment sets it
	PROBE=$abs_top_builddir/tests/bats/ids_probe
}

teardown_file() {
	fakeid_teardown
}

# as_root_without LIST COMMAND... - as real root, in a directory of its own, after capsh --drop.
as_root_without() {
	local drop=${1//,/,-}

	[ "$(id -u)" -eq 0 ]
	(
		cd "$WORK/real.$BATS_TEST_NUMBER" &&
			setpriv --groups 0 --inh-caps=-all --bounding-set="-$drop" -- "${@:2}" 2>&1
	)
}

# same_without LIST SCRIPT - bash says the same as real root after capsh --drop and in a namespace that was
# made with --cap-drop.
same_without() {
	local real

	real=$(as_root_without "$1" bash -c "$2") || true
	run fid -n "$TAG-${1//,/-}" --cap-drop "$1" -- bash -c "$2"
	[ -n "$output" ]
	diff <(printf '%s\n' "$real") <(printf '%s\n' "$output")
}

# CAP_SYS_RESOURCE is among those left out because real root of a container may lack it.
@test "capsh, setpriv and /proc tell what is left" {
	same_without chown,sys_admin,sys_resource,mknod 'capsh --print | grep -v "^Guessed"; setpriv --dump'
	same_without chown,sys_admin,sys_resource,mknod 'grep ^Cap /proc/self/status; getpcaps 0 2>&1'
	same_without setuid,sys_resource "'$PROBE' caps exec caps prctl,23,7 prctl,23,6"
}

@test "getpcaps and /proc tell another process's" {
	# Only of a process of the same session, which is no further than its exec. One line of getpcaps begins
	# with its number.
	same_without chown,sys_resource '
		show() { getpcaps $1 2>&1 | sed "s/^[^=]*=/=/"; grep -E "^(Cap|NoNew)" /proc/$1/status; }
		start() {
			"$@" sleep 20 &
			for try in {1..200}; do
				! grep -qx sleep /proc/$!/comm || break
				sleep 0.02
			done
			show $!
			kill $!
		}
		start env
		start setpriv --reuid 7 --regid 7 --clear-groups
		start setpriv --inh-caps=+kill --ambient-caps=+kill --no-new-privs
		start setpriv --bounding-set=-kill
		show $$'
}

@test "without CAP_CHOWN a file is given to nobody, and a group only to one's own" {
	same_without chown '
		touch f
		chown 5 f
		chown 0 f
		chgrp 7 f
		chgrp 0 f
		stat -c %u:%g f
		setpriv --groups 0,7 -- chgrp 7 f
		stat -c %u:%g f
		setpriv --groups 0,9 -- chgrp 7 f
		setpriv --groups 0,9 -- chown 5:9 f
		stat -c %u:%g f'
}

@test "without CAP_CHOWN another's file is nobody's to give" {
	mkdir -p "$WORK/real.$BATS_TEST_NUMBER" && touch "$WORK/real.$BATS_TEST_NUMBER/f"
	chown 5:6 "$WORK/real.$BATS_TEST_NUMBER/f"
	fid -n other -- sh -c 'touch f; chown 5:6 f'
	real=$(as_root_without chown sh -c 'chown 0 f; chgrp 0 f; chown 5 f; chgrp 6 f; stat -c %u:%g f') || true
	run fid -n "$TAG" --fs other --cap-drop chown -- sh -c \
		'chown 0 f; chgrp 0 f; chown 5 f; chgrp 6 f; stat -c %u:%g f'
	diff <(printf '%s\n' "$real") <(printf '%s\n' "$output")
}

@test "without CAP_MKNOD there are no devices, and everything else" {
	same_without mknod '
		mknod c c 1 3
		mknod b b 1 3
		mknod p p
		mknod p c 1 3
		mknod none/c c 1 3
		mknod p/c c 1 3
		stat -c %F c b p
		ls'
}

@test "without CAP_SETUID and CAP_SETGID a process stays who it is" {
	same_without setuid "'$PROBE' setuid,5 setuid,0 seteuid,5 setresuid,0,5,0 setgid,5 setgroups,5 show"
	same_without setgid "'$PROBE' setgid,5 setgid,0 setresgid,0,5,0 setgroups,5 setuid,5 show"
}

@test "without CAP_SETFCAP and CAP_SYS_ADMIN there are no privileged attributes" {
	same_without setfcap '
		cp /bin/true t
		setcap cap_net_raw+ep t
		setfattr -n trusted.a -v 1 t
		getfattr -d -m - t'
	same_without sys_admin '
		cp /bin/true u
		setfattr -n trusted.a -v 1 u
		setfattr -n security.a -v 1 u
		setcap cap_net_raw+ep u; getcap u
		getfattr -d -m "^trusted" u'
}

@test "without CAP_FSETID chmod, chown and truncate take setgid and setuid" {
	same_without fsetid '
		touch f g h i
		chgrp 9 f
		chmod 2755 f; stat -c "%n %a" f
		chmod 2644 f; stat -c "%n %a" f
		chmod 6755 g; stat -c "%n %a" g
		chmod 2644 g; chown 5 g; stat -c "%n %a" g
		chmod 2644 h; chgrp 9 h; stat -c "%n %a" h
		chmod 6755 i; truncate -s 1 i; stat -c "%n %a" i
		chmod 6755 i; : >i; stat -c "%n %a" i
		mkdir d; chgrp 9 d; chmod 2777 d; stat -c "%n %a" d'
	same_without kill '
		touch j
		chgrp 9 j; chmod 2644 j; chown 5 j; stat -c "%n %a" j
		chmod 6755 j; truncate -s 1 j; stat -c "%n %a" j
		chmod 6755 j; : >j; stat -c "%n %a" j'
}

@test "a setuid file is changed with CAP_CHOWN only by who may change its mode" {
	same_without fowner '
		touch f
		chmod 4755 f
		chown 5 f; stat -c %u,%a f
		chown 6 f; stat -c %u,%a f'
}

@test "a new file in a setgid directory keeps setgid for members and CAP_FSETID" {
	same_without kill '
		mkdir d; chgrp 9 d; chmod 2777 d
		perl -e "use Fcntl; sysopen(F, q(d/a), O_CREAT|O_WRONLY, 02775)"; stat -c "%n %a %g" d/a'
}

@test "options apply in their order, by any spelling of the names" {
	run -0 fid -n "$TAG" --caps CAP_CHOWN,mknod --cap-add cap_Setuid --cap-drop chown -- true
	run -0 as_user fakeidctl ns show "$TAG"
	grep -qx 'caps setuid,mknod' <<<"$output"
	run -0 fid -n "$TAG-2" --cap-drop chown --cap-add chown -- true
	run -0 as_user fakeidctl ns show "$TAG-2"
	grep -qx 'caps all' <<<"$output"
	run -0 fid -n "$TAG-3" --caps none -- setpriv --dump
	grep -qx 'Capability bounding set: \[none\]' <<<"$output"
	run -0 as_user fakeidctl ns show "$TAG" --json
	grep -q '"caps":\["setuid","mknod"\],' <<<"$output"
}

@test "other values are refused later, and the same are not" {
	run -0 fid -n "$TAG" --cap-drop chown -- true
	run -0 fid -n "$TAG" --cap-drop CAP_CHOWN -- true
	run -0 fid -n "$TAG" -- true
	run -125 fid -n "$TAG" --cap-drop mknod -- true
	[ "$output" = "fakeid: tag '$TAG': it exists with other values: see fakeidctl ns show $TAG" ]
	run -125 fid -n "$TAG" --caps all -- true
	run -125 fid -n "$TAG" --cap-drop oops -- true
	[ "$output" = "fakeid: option '--cap-drop': 'oops': no such capability: use names as in capabilities(7), all or none" ]
}

@test "ns set changes the set that is there" {
	run -0 as_user fakeidctl ns create "$TAG" --cap-drop chown,mknod
	run -0 as_user fakeidctl ns set "$TAG" --cap-add chown --cap-drop kill
	run -0 fid -n "$TAG" -- sh -c "touch f; chown 5 f; stat -c %u f; '$PROBE' prctl,23,27 prctl,23,5"
	[ "$output" = $'5\nprctl,23,27 = 0\nprctl,23,5 = 0' ]
}

@test "a child has what its parent has, and no more" {
	run -0 fid -n "$TAG" --cap-drop chown -- fakeid --new --map 0:0:10 -- \
		sh -c "touch f; chown 5 f || '$PROBE' prctl,23,0 prctl,23,27"
	[ "${lines[1]}" = "prctl,23,0 = 0" ]
	[ "${lines[2]}" = "prctl,23,27 = 1" ]
	run -125 fid -n "$TAG" -- fakeid --new --cap-add chown -- true
	[ "$output" = "fakeid: capabilities: the namespace around it lacks chown: give others" ]
	run -0 fid -n "$TAG" -- fakeid -n "$TAG-c" --cap-drop mknod -- "$PROBE" prctl,23,0 prctl,23,27
	[ "$output" = $'prctl,23,0 = 0\nprctl,23,27 = 0' ]
	run -0 fid -n "$TAG" -- fakeid -n "$TAG-c" --cap-drop mknod -- true
	run -0 fid -n "$TAG" -- fakeid --cap-drop chown -- true
	run -125 fid -n "$TAG" -- fakeid --cap-drop mknod -- true
}

@test "a namespace with all of them costs its processes no variable" {
	run -0 fid -n "$TAG" -- env
	run ! grep -q FAKEID_CREDS <<<"$output"
	run -0 fid -n "$TAG-2" --cap-drop chown -- env
	grep -q '^FAKEID_CREDS=cap=' <<<"$output"
}
