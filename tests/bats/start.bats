#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Beginning as anyone: --user, --groups, --clear-groups, --init-caps and --root give what a real root gets who
# becomes that user; and programs that drop to another user themselves do it inside as outside.

# shellcheck disable=SC2016 # scripts for other shells
load lib

bats_require_minimum_version 1.5.0

# One daemon serves all tests of this file: what they change is their own processes.
setup_file() {
	fakeid_setup
	export WORK
}

setup() {
	umask 022
	cd "$WORK" || return
	TAG=t$BATS_TEST_NUMBER
	# shellcheck disable=SC2154 # automake's tests environment sets it
	PROBE=$abs_top_builddir/tests/bats/ids_probe
}

teardown_file() {
	[ ! -d "$WORK/by-root" ] || end_daemon "$WORK/by-root"
	fakeid_teardown
}

# begins ARGS... EXPECTED - what the probe shows as whom `fakeid ARGS` begins.
begins() {
	run -0 fid -n "$TAG" "${@:1:$#-1}" -- "$PROBE" show
	[ "$output" = "show ${*: -1}" ] || {
		echo "$output"
		false
	}
}

# same COMMAND... - as real root and inside a session.
same() {
	local real

	[ "$(id -u)" -eq 0 ]
	real=$(setpriv --groups 0 --inh-caps=-all -- "$@" 2>&1)
	run -0 fid -n "$TAG" -- "$@"
	[ -n "$output" ]
	diff <(printf '%s\n' "$real") <(printf '%s\n' "$output")
}

# A tree with accounts of its own.
make_tree() {
	as_user mkdir -p tree/etc
	as_user tee tree/etc/passwd >/dev/null <<-'END'
		# comment:x:1:1
		root:x:0:0:root:/root:/bin/sh
		short:x:5
		odd:x:many:5::/:
		app:x:1000:50:An app:/srv:/bin/sh
		app:x:1001:51:Again:/srv:/bin/sh
		4000:x:44:45::/:
		+nis:x:9:9::/:
	END
	as_user tee tree/etc/group >/dev/null <<-'END'
		root:x:0:
		app:x:50:
		media:x:60:other,app
		twice:x:61:app,app
		again:x:61:app
		appendix:x:62:apple,ap
		last:x:63:app
	END
}

@test "a user by number or name, with his group and his groups" {
	begins --user 12345 "uid=12345,12345,12345,12345 gid=12345,12345,12345,12345 groups=12345"
	begins --user 12345:7 "uid=12345,12345,12345,12345 gid=7,7,7,7 groups=7"
	begins --user daemon "uid=1,1,1,1 gid=1,1,1,1 groups=1"
	begins --user daemon:audio "uid=1,1,1,1 gid=29,29,29,29 groups=29"
	begins --user daemon: "uid=1,1,1,1 gid=1,1,1,1 groups=1"
	begins --user 1: "uid=1,1,1,1 gid=1,1,1,1 groups=1"
	begins --user 12345: "uid=12345,12345,12345,12345 gid=12345,12345,12345,12345 groups=12345"
	[ "$(fid -n "$TAG" --user 1: -- id)" = "$(chroot --userspec=1: / id)" ]
	begins --user _apt "uid=42,42,42,42 gid=65534,65534,65534,65534 groups=65534"
	begins --user root "uid=0,0,0,0 gid=0,0,0,0 groups=0"
	begins --user 0:5 "uid=0,0,0,0 gid=5,5,5,5 groups=5"
	begins --user 4294967294 "uid=4294967294,4294967294,4294967294,4294967294 gid=4294967294,4294967294,4294967294,4294967294 groups=4294967294"
}

@test "groups are those given, or none" {
	begins --user 1234 --groups audio,5,7 "uid=1234,1234,1234,1234 gid=1234,1234,1234,1234 groups=5,7,29"
	begins --user daemon --clear-groups "uid=1,1,1,1 gid=1,1,1,1 groups="
	begins --groups 9 "uid=0,0,0,0 gid=0,0,0,0 groups=9"
	begins --clear-groups "uid=0,0,0,0 gid=0,0,0,0 groups="
}

@test "names are those of a tree, as libc would read them there" {
	make_tree
	begins --root tree --user app "uid=1000,1000,1000,1000 gid=50,50,50,50 groups=50,60,61,63"
	begins --root tree --user 1000 "uid=1000,1000,1000,1000 gid=50,50,50,50 groups=50,60,61,63"
	begins --root tree --user 1001 "uid=1001,1001,1001,1001 gid=51,51,51,51 groups=51,60,61,63"
	begins --root tree --user app:media "uid=1000,1000,1000,1000 gid=60,60,60,60 groups=60,61,63"
	begins --root tree --user app --groups last,0 "uid=1000,1000,1000,1000 gid=50,50,50,50 groups=0,63"
	begins --root tree --user 4000 "uid=44,44,44,44 gid=45,45,45,45 groups=45"
	begins --root tree --user 77 "uid=77,77,77,77 gid=77,77,77,77 groups=77"
	for name in daemon odd short nis '# comment' comment; do
		run -125 fid -n "$TAG" --root tree --user "$name" -- true
		[ "$output" = "fakeid: user '$name': there is none: give a name of tree/etc/passwd, or a number" ]
	done
	run -125 fid -n "$TAG" --root tree --user app:audio -- true
	[ "$output" = "fakeid: group 'audio': there is none: give a name of tree/etc/group, or a number" ]
}

@test "a link in the tree does not lead out of it" {
	as_user mkdir -p linked/etc linked/usr
	as_user ln -s /usr/passwd linked/etc/passwd
	as_user ln -s ../../../../../../../../usr/group linked/etc/group
	run -125 fid -n "$TAG" --root linked --user daemon -- true
	echo 'inner:x:3:4::/:' | as_user tee linked/usr/passwd
	echo 'more:x:8:inner' | as_user tee linked/usr/group
	begins --root linked --user inner "uid=3,3,3,3 gid=4,4,4,4 groups=4,8"
	run -125 fid -n "$TAG" --root linked --user inner:audio -- true
}

@test "what makes no sense is told in one line" {
	refused() {
		run -125 fid -n "$TAG" "${@:2}" -- true
		[ "$output" = "fakeid: $1" ] || {
			echo "$output"
			false
		}
	}
	refused "user 'nobody-here': there is none: give a name of /etc/passwd, or a number" --user nobody-here
	refused "user '4294967295': there is none: give a name of /etc/passwd, or a number" --user 4294967295
	refused "group 'none-here': there is none: give a name of /etc/group, or a number" --groups 5,none-here
	refused "option '--user': ':5': use USER or USER:GROUP" --user :5
	refused "option '--user': '': use USER or USER:GROUP" --user ''
	refused "option '--user': '1:2:3': use USER or USER:GROUP" --user 1:2:3
	refused "option '--groups': '5,': use names or numbers with commas between them" --groups 5,
	refused "option '--groups': not together with --clear-groups: leave out one of the two" --groups 5 --clear-groups
	refused "option '--root': there are no names to look up: give --user or --groups, or leave it out" --root /
	refused "root /nowhere: there is no such directory: name a tree with etc/passwd and etc/group" --root /nowhere --user 5
	refused "option '--init-caps': 'x': no such capability: use names as in capabilities(7), all or none" --init-caps x
}

@test "an id that the namespace does not have is told" {
	run -125 fid -n "$TAG" --map 0:0:10 --no-isolated --user 10 -- true
	[ "$output" = "fakeid: user 10: the id space has none: see --map-uid" ]
	run -125 fid -n "$TAG" --user 5:10 -- true
	[ "$output" = "fakeid: group 10: the id space has none: see --map-gid" ]
	run -125 fid -n "$TAG" --user 5:5 --groups 3,11 -- true
	[ "$output" = "fakeid: group 11: the id space has none: see --map-gid" ]
	begins --user 5:5 "uid=5,5,5,5 gid=5,5,5,5 groups=5"
}

@test "a user has no capabilities and cannot get back; files he makes are his" {
	run -0 fid -n "$TAG" --user 1234:5 -- "$PROBE" -all 1ffffffffff caps setuid,0 setgroups,1 auxv secure
	[ "${lines[0]}" = "caps effective=0 permitted=0 inheritable=0 ambient=0 bounding=all keepcaps=0 securebits=0" ]
	[ "${lines[1]}" = "setuid,0 = EPERM" ]
	[ "${lines[2]}" = "setgroups,1 = EPERM" ]
	[ "${lines[4]}" = "secure AT_SECURE=0 trusted" ] || [ "${lines[4]}" = "secure AT_SECURE=0 not trusted" ]
	as_user mkdir open
	run -0 fid -n "$TAG" -- chmod 1777 open
	run -0 fid -n "$TAG" --user 1234:5 -- sh -c 'touch open/mine; stat -c %u:%g open/mine'
	[ "$output" = 1234:5 ]
	run -0 fid -n "$TAG" -- stat -c %u:%g open/mine
	[ "$output" = 1234:5 ]
}

@test "capabilities to begin with are kept over exec, as after setpriv with ambient ones" {
	real=$(setpriv --reuid 7 --regid 7 --groups 7 --inh-caps=-all,+chown,+kill --ambient-caps=+chown,+kill \
		"$PROBE" caps exec caps setgroups,1)
	run -0 fid -n "$TAG" --user 7:7 --init-caps chown,CAP_KILL -- "$PROBE" caps exec caps setgroups,1
	diff <(cut -d ' ' -f 1-5,7- <<<"$real") <(cut -d ' ' -f 1-5,7- <<<"$output")
	run -0 fid -n "$TAG" --init-caps chown,kill -- "$PROBE" -all 1ffffffffff caps exec caps setuid,5
	[ "${lines[0]}" = "caps effective=21 permitted=21 inheritable=0 ambient=0 bounding=21 keepcaps=0 securebits=0" ]
	[ "${lines[0]}" = "${lines[1]}" ]
	[ "${lines[2]}" = "setuid,5 = EPERM" ]
	run -0 fid -n "$TAG-2" --cap-drop chown --user 7 --init-caps all -- "$PROBE" -all 1fffffffffe caps
	[ "$output" = "caps effective=all permitted=all inheritable=all ambient=all bounding=all keepcaps=0 securebits=0" ]
	run -125 fid -n "$TAG-2" --init-caps chown,kill -- true
	[ "$output" = "fakeid: option '--init-caps': the id space lacks chown: give others" ]
}

@test "a nameless namespace and one inside another begin as anyone as well" {
	run -0 fid --new --user 7:8 -- "$PROBE" show
	[ "$output" = "show uid=7,7,7,7 gid=8,8,8,8 groups=8" ]
	run -0 fid -n "$TAG" --user 9 -- fakeid --new --user 7:8 -- "$PROBE" show
	[ "$output" = "show uid=7,7,7,7 gid=8,8,8,8 groups=8" ]
	run -0 fid -s records --user 7:8 -- "$PROBE" show
	[ "$output" = "show uid=7,7,7,7 gid=8,8,8,8 groups=8" ]
}

@test "inside a session it is for those who may" {
	run -0 fid -n "$TAG" -- fakeid --user 7:8 -- "$PROBE" show exec show setuid,0
	[ "$output" = $'show uid=7,7,7,7 gid=8,8,8,8 groups=8\nshow uid=7,7,7,7 gid=8,8,8,8 groups=8\nsetuid,0 = EPERM' ]
	run -0 fid -n "$TAG" --user 7 --init-caps setuid,setgid -- fakeid --user 5:6 -- "$PROBE" show
	[ "$output" = "show uid=5,5,5,5 gid=6,6,6,6 groups=6" ]
	run -125 fid -n "$TAG" --user 7 -- fakeid --user 8 -- true
	[ "$output" = "fakeid: supplementary groups: not permitted: the caller has no CAP_SETGID" ]
	run -125 fid -n "$TAG" --user 7 --init-caps setgid -- fakeid --user 8 -- true
	[ "$output" = "fakeid: option '--user': not permitted: the caller has no CAP_SETUID" ]
	run -125 fid -n "$TAG" --user 7 --init-caps kill -- fakeid --init-caps kill,chown -- true
	[ "$output" = "fakeid: option '--init-caps': the caller lacks chown: give others" ]
	run -0 fid -n "$TAG" --user 7 -- fakeid -- "$PROBE" show
	[ "$output" = "show uid=7,7,7,7 gid=7,7,7,7 groups=7" ]
}

@test "runuser, setpriv and start-stop-daemon drop to a user as they do outside" {
	same runuser -u daemon -- id
	same runuser -u daemon -g audio -G video -- sh -c 'id; id -G'
	same runuser -s /bin/sh daemon -c 'id; grep -E "^(Uid|Gid|Groups)" /proc/self/status'
	same setpriv --reuid daemon --regid daemon --init-groups -- sh -c 'id; id -G'
	# It starts nothing that runs already, and somebody may be running id.
	cp /usr/bin/id "$WORK/id"
	same start-stop-daemon --start --chuid daemon --exec "$WORK/id" --
	same start-stop-daemon --start --chuid daemon:audio --exec "$WORK/id" -- -G
}

@test "su drops to a user where it can read the shadow file" {
	[ "$(id -u)" -eq 0 ]
	mkdir -m 700 "$WORK/by-root"
	real=$(setpriv --groups 0 -- su -s /bin/sh daemon -c 'id; id -G' 2>&1)
	output=$(FAKEID_DIR=$WORK/by-root fakeid -- su -s /bin/sh daemon -c 'id; id -G' 2>&1 3>&-)
	diff <(printf '%s\n' "$real") <(printf '%s\n' "$output")
}

# What apt does before it fetches: apt-pkg/contrib/fileutl.cc, DropPrivileges().
@test "what apt does to become _apt works, and its checks that there is no way back" {
	same "$PROBE" prctl,38,1,0,0,0 setgroups,65534 setresgid,65534,65534,65534 setresuid,42,42,42 show \
		setuid,0 setgid,0 seteuid,0 setegid,0 setgroups,0 caps show
}

@test "Python's os calls change users as they do outside" {
	same /usr/bin/python3 -c 'if True:
		import os
		os.system("id")
		print(os.popen("id -u").read())
		os.initgroups("daemon", 29)
		os.setegid(5); print(os.getresgid()); os.setegid(0)
		os.seteuid(7); print(os.getresuid(), os.geteuid()); os.seteuid(0)
		os.setgroups([3, 4]); print(os.getgroups())
		os.setresgid(29, 29, 29)
		os.setresuid(1, 1, 1)
		print(os.getresuid(), os.getresgid(), os.getgroups(), flush=True)
		for call in os.setuid, os.setgid, os.seteuid, os.setegid:
		    try: call(0)
		    except PermissionError as e: print(e)
		os.system("id"); print(os.popen("id -u").read(), flush=True)
		import subprocess
		print(subprocess.run(["id"], capture_output=True, text=True).stdout, flush=True)
		os.execvp("id", ["id"])'
	same /usr/bin/python3 -c 'import subprocess
print(subprocess.run(["id"], user="daemon", group="audio", extra_groups=[5, 6], capture_output=True, text=True).stdout)'
}

@test "Perl's variables and POSIX calls change users as they do outside" {
	same perl -e '
		use POSIX;
		$| = 1;
		system "id";
		print `id -u`;
		$) = "5 6 7"; $( = 5; print "$( $)\n";
		$> = 7; print "$< $>\n"; $> = 0; print "$< $>\n";
		POSIX::setgid(1); POSIX::setuid(1);
		print "$< $> $( $)\n";
		$> = 0; print "$!: $< $>\n";
		print POSIX::setuid(0) // "refused $!", "\n";
		system "id; true";
		print `id -u; true`;
		exec "id; true"'
}

@test "a shell that a program starts is who the program is now" {
	# shellcheck disable=SC2034 # a program of the test's
	run -0 fid -n "$TAG" -- /usr/bin/python3 -c 'if True:
		import ctypes, os
		libc = ctypes.CDLL(None)
		os.setresgid(6, 6, 6)
		os.setresuid(5, 5, 5)
		libc.system(b"id -u; id -g")
		libc.popen.restype = ctypes.c_void_p
		libc.pclose.argtypes = [ctypes.c_void_p]
		libc.pclose(libc.popen(b"id -u", b"w"))
		for i in range(20): libc.system(b"exit 3")
		print(os.environ.get("FAKEID_CREDS"), libc.getenv(b"FAKEID_CREDS"))'
	[ "$output" = $'5\n6\n5\nNone 0' ]
}
