#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# exec of setuid and setgid files, and of files with capabilities, by everybody and in every way: the same
# scripts run as real root and as root inside a session, and say the same.

# shellcheck disable=SC2016,SC2034 # scripts for other shells; same uses what is set here
load lib
load same

bats_require_minimum_version 1.5.0

setup_file() {
	same_setup_file
}

setup() {
	same_setup
	# shellcheck disable=SC2154 # automake's tests environment sets it
	PROGS=$abs_top_builddir/tests/bats
	export PROBE=$PROGS/ids_probe
}

teardown_file() {
	fakeid_teardown
}

# What the scripts begin with: to the probe, "all" is what root has here, for a container may keep some from
# real root; `make NAME OWNER MODE` is a copy of the probe, `as USER COMMAND...` runs it
# as a user after a full drop.
PRELUDE='
	ALL=$(awk "/^CapBnd/ { print \$2 }" /proc/self/status)
	make() { cp "$PROBE" "$1"; chown "$2" "$1"; chmod "$3" "$1"; }
	as() { setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }
'

@test "a setuid file gives its owner's id, with AT_SECURE, and exec keeps it" {
	same '
		make u 5:6 4755
		make r 0:0 4755
		for who in 7 5 0; do as $who ./u show auxv secure exec show secure; done
		for who in 7 0; do as $who ./r show secure exec show secure setuid,9 show; done
		./u show secure; ./r show secure'
}

@test "a setuid program gets none of the variables that the loader takes from it" {
	# The library is preloaded, so that one variable is there, and those of the session.
	same '
		cp /usr/bin/env u; chown 5:6 u; chmod 4755 u; cp /usr/bin/env n
		for program in ./u ./n; do
			as 7 env -i PATH="$PATH" LD_PRELOAD="$LD_PRELOAD" TMPDIR=/x LD_LIBRARY_PATH=/nowhere LOCPATH=/y \
				TZDIR=/z TMPDIR2=a TMP=b GCONV_PATH= RES_OPTIONS=c HOSTALIASES=d LD_SHOW=e $program |
				grep -vE "^(FAKE|LD_PRELOAD)" | sort
		done'
	[[ "$output" == *TMPDIR2=a* ]]
	cd "$WORK"
	run -0 fid -n "$TAG" -- setpriv --reuid 7 --regid 7 --clear-groups bash -c \
		"LD_PRELOAD=/none.so exec 'fake.$BATS_TEST_NUMBER/u'"
	[[ "$output" == *"LD_PRELOAD=$FAKEID_LIB"* ]]
	[[ "$output" != *none.so* ]]
}

@test "root's setuid file gives capabilities, and the way back to the caller's id" {
	same '
		make r 0:0 4755
		as 7 ./r -all $ALL caps seteuid,7 caps exec caps
		as 7 ./r -all $ALL setuid,7 caps setuid,0'
}

@test "a setgid file gives its group only where the group may execute it" {
	same '
		make g 5:6 2755
		make n 5:6 2745
		make b 5:6 6755
		make x 5:6 2711
		for file in g n b x; do
			as 7 ./$file show auxv secure
			./$file show secure
			setpriv --reuid 7 --regid 7 --groups 6,8 ./$file show secure
			setpriv --reuid 7 --regid 6 --clear-groups ./$file show secure
		done'
}

@test "file capabilities are given within the bounding set, by version 2 and 3" {
	same '
		make c 0:0 755; setcap cap_net_raw,cap_chown=ep c
		make p 0:0 755; setcap cap_net_raw,cap_chown=p p
		make i 0:0 755; setcap cap_net_raw=i c; setcap cap_chown=eip i
		make v 0:0 755; setfattr -n security.capability -v 0x010000030020000000000000000000000000000000000000 v
		make w 0:0 755; setfattr -n security.capability -v 0x010000030020000000000000000000000000000039050000 w
		for file in c p i v w; do
			as 7 ./$file -all $ALL show caps secure
			./$file -all $ALL show caps secure
			setpriv --reuid 7 --regid 7 --clear-groups --inh-caps=+net_raw,+kill --ambient-caps=+net_raw,+kill \
				./$file -all $ALL caps secure
		done'
}

@test "a file that needs what the bounding set lacks cannot be run, by root neither" {
	same '
		make c 0:0 755; setcap cap_chown,cap_kill=ep c
		make p 0:0 755; setcap cap_chown,cap_kill=p p
		setpriv --bounding-set=-chown ./c show
		setpriv --bounding-set=-chown ./p -all $ALL caps
		as 7 --bounding-set=-chown ./c show
		as 7 --bounding-set=-chown ./p -all $ALL caps
		as 7 --bounding-set=-chown "$PROBE" show'
}

@test "of a setuid file with capabilities these alone count" {
	same '
		make b 0:0 4755; setcap cap_chown=ep b
		make u 5:5 4755; setcap cap_chown=ep u
		as 7 ./b -all $ALL show caps secure
		as 7 ./u -all $ALL show caps secure
		./b -all $ALL show caps'
}

@test "no_new_privs of the program's own making takes all of it away" {
	same '
		make u 0:0 4755
		make g 5:6 2755
		make c 0:0 755; setcap cap_chown=ep c
		for file in u g c; do
			as 7 --no-new-privs ./$file -all $ALL show caps secure
			setpriv --no-new-privs ./$file -all $ALL show caps secure
		done
		setpriv --reuid 7 --regid 7 --clear-groups --inh-caps=+kill --ambient-caps=+kill --no-new-privs \
			./c -all $ALL caps secure'
}

@test "securebits keep root's file from being root's" {
	same '
		make u 0:0 4755
		make c 0:0 755; setcap cap_chown=ep c
		for file in u c; do
			setpriv --securebits=+noroot ./$file -all $ALL show caps
			as 7 --securebits=+noroot ./$file -all $ALL show caps
		done'
}

@test "of a script its interpreter counts" {
	same '
		make sh 5:6 6755
		printf "#! ./sh show\n" >script; chmod 6755 script; chown 8:8 script
		printf "#!./script\n" >twice; chmod 6755 twice; chown 9:9 twice
		printf "#!/bin/sh\nid -u; id -g\n" >plain; chmod 6755 plain; chown 9:9 plain
		for file in script twice plain; do as 7 ./$file; ./$file; done'
}

@test "a file that nobody but its owner may read works the same" {
	same '
		make u 5:6 4711
		as 7 ./u show secure'
}

@test "every exec spelling looks at the file" {
	local name

	cat >spell.pl <<-'END'
		my ($how, $file) = @ARGV;
		if ($how eq "exec") { exec {$file} $file, "show" }
		if ($how eq "search") { $ENV{PATH} = "/nowhere:."; $file =~ s,^\./,,; exec {$file} $file, "show" }
		if ($how eq "system") { system "$file show" }
		if ($how eq "shell") { system "$file show; true" }
		if ($how eq "popen") { print `$file show` }
		if ($how eq "execveat") {
			open my $f, "<", $file; fcntl $f, 2, 0;
			syscall 322, fileno($f), my $e = "", pack("ppp", $file, "show", undef), pack("p", undef), 0x1000
		}
		if ($how eq "dirfd") {
			open my $f, "<", "."; fcntl $f, 2, 0;
			syscall 322, fileno($f), $file, pack("ppp", $file, "show", undef), pack("p", undef), 0
		}
		if ($how eq "execve") { syscall 59, $file, pack("ppp", $file, "show", undef), pack("p", undef) }
	END
	for name in exec search system shell popen execveat dirfd execve; do
		same "
			make u 5:6 6755
			as 7 perl '$WORK/spell.pl' $name ./u"
		cd "$WORK"
	done
	cat >spell.py <<-'END'
		import os, sys
		how, file = sys.argv[1:]
		sys.stdout.flush()
		if how == "spawn":
		    os.waitpid(os.posix_spawn(file, [file, "show"], {}), 0)
		elif how == "spawnp":
		    os.environ["PATH"] = "."
		    os.waitpid(os.posix_spawnp(file[2:], [file, "show"], {}), 0)
		elif how == "fexecve":
		    fd = os.open(file, os.O_RDONLY)
		    os.set_inheritable(fd, True)
		    os.execve(fd, [file, "show"], {})
		elif how == "reset":
		    os.seteuid(7)
		    os.waitpid(os.posix_spawn(file, [file, "show"], {}, resetids=True), 0)
	END
	for name in spawn spawnp fexecve; do
		same "
			make u 5:6 6755
			as 7 /usr/bin/python3 '$WORK/spell.py' $name ./u"
		cd "$WORK"
	done
	same "
		make g 5:6 2755
		/usr/bin/python3 '$WORK/spell.py' reset ./g"
}

@test "a file system that is mounted nosuid has no such files" {
	same "
		make u 5:6 6755
		make c 0:0 755; setcap cap_chown=ep c
		as 7 ./u show secure"
	cd "$WORK"
	# /dev/shm is mounted nosuid nearly everywhere; where not, it says so.
	dir=$(new_dir /dev/shm)
	case $(findmnt -no OPTIONS -T "$dir") in
	*nosuid*) expected=7 ;;
	*) expected=5 ;;
	esac
	run -0 fid -n "$TAG" -- bash -c "cd $dir && $PRELUDE make u 5:6 4755; as 7 ./u show"
	[ "$output" = "show uid=7,$expected,$expected,$expected gid=7,7,7,7 groups=" ]
	rm -rf "$dir"
}

@test "the first program of a session may be such a file" {
	run -0 fid -n "$TAG" -- sh -c "cd fake.$BATS_TEST_NUMBER; cp '$PROBE' u; chown 5:6 u; chmod 6755 u"
	run -0 fid -n "$TAG" -- "fake.$BATS_TEST_NUMBER/u" show secure
	[ "$output" = $'show uid=0,5,5,5 gid=0,6,6,6 groups=0\nsecure AT_SECURE=1 not trusted' ]
	run -0 fid -n "$TAG" -u -- sh -c "fakeid 'fake.$BATS_TEST_NUMBER/u' show"
	[ "$output" = "show uid=0,5,5,5 gid=0,6,6,6 groups=0" ]
}

@test "an owner who has no place in the namespace gives nothing" {
	run -0 fid -n other -- sh -c "cd fake.$BATS_TEST_NUMBER; cp '$PROBE' u; chown 50:6 u; chmod 6755 u"
	run -0 fid -n "$TAG" --fs other --map-fsuid 0:0:10 -- "fake.$BATS_TEST_NUMBER/u" show
	[ "$output" = "show uid=0,0,0,0 gid=0,0,0,0 groups=0" ]
}

@test "the machine's own setuid files are setuid inside" {
	cp "$PROBE" "real.$BATS_TEST_NUMBER/u"
	chmod 4755 "real.$BATS_TEST_NUMBER/u"
	run -0 fid -n "$TAG" -- setpriv --reuid 7 --regid 7 --clear-groups "real.$BATS_TEST_NUMBER/u" show secure
	[ "$output" = $'show uid=7,0,0,0 gid=7,7,7,7 groups=\nsecure AT_SECURE=1 not trusted' ]
}
