#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a process may do once it has given up root: whole programs, run by a real root and inside a session
# in two trees made alike. What they print, and what is left, must be the same.

# shellcheck disable=SC2016 # scripts for other shells
load lib
load both

bats_require_minimum_version 1.5.0

setup() {
	both_setup
	# shellcheck disable=SC2154 # automake's tests environment sets it
	LIMITS=$abs_top_builddir/tests/bats/progs/limits
	FILTER=$abs_top_builddir/tests/bats/progs/filter
	export LIMITS
}

teardown() {
	fakeid_teardown
}

@test "root's private files and directories are closed to a user" {
	both 'echo secret >file; chmod 600 file; mkdir -m 700 dir; echo x >dir/file
		user 1000 cat file; user 1000 ls dir; user 1000 cat dir/file; user 1000 stat dir/file
		user 1000 test -r file; echo $?; user 1000 test -e dir/file; echo $?
		user 1000 sh -c "echo x >>file"; user 1000 sh -c "cd dir"; user 1000 truncate -s 0 file
		user 1000 cp file /dev/null; user 1000 grep secret file; user 1000 head -c1 file'
	[[ "$output" == *"cat: file: Permission denied"* ]]
}

@test "a user changes neither owner nor mode nor times of root's files" {
	both 'echo x >file; chmod 644 file; chmod 4755 file
		user 1000 chown 1000 file; user 1000 chgrp 1000 file; user 1000 chmod 777 file
		user 1000 touch file; user 1000 touch -d 2001-01-01 file; user 1000 setfattr -n user.a -v 1 file
		user 1000 setfacl -m u:1000:rwx file; user 1000 setcap cap_chown+ep file 2>&1 | head -n 1
		stat -c %Y file | grep -c ^1000'
	[[ "$output" == *"chmod: changing permissions of 'file': Operation not permitted"* ]]
}

@test "his own files are a user's to change, within his groups" {
	both 'mkdir -m 1777 d; cd d; user 1000 sh -c "echo x >f; chmod 640 f; touch -d 2001-01-01 f"
		member 1000 1000,2000 chgrp 2000 f; member 1000 1000,2000 chgrp 2001 f; user 1000 chown 1001 f
		user 1000 chmod 6755 f; ls -n --time-style=+ f; user 1000 chmod g+s f; member 1000 2000 chmod 2755 f
		user 1001 cat f; user 1001 chmod 600 f; member 1001 2000 cat f; cd ..'
}

@test "sticky directories protect the files of others" {
	both 'mkdir -m 1777 t; echo r >t/root; chmod 666 t/root; user 1000 sh -c "echo >t/a; mkdir t/da; echo >t/da/x"
		user 1001 rm -f t/root t/a; user 1001 mv t/a t/b; user 1001 rm -rf t/da; user 1001 sh -c "echo >t/c"
		user 1001 mv t/c t/a; user 1001 mv -T t/c t/da; user 1001 ln t/root t/l; user 1000 rm -rf t/da t/a
		user 1001 rmdir t; chown 1001 t; user 1001 rm -f t/root'
	[[ "$output" == *"rm: cannot remove 't/root': Operation not permitted"* ]]
}

@test "find meets the directories that a user may not search or read" {
	both 'mkdir -p a/b/c d/e; touch a/b/c/f d/e/g; chmod 700 a/b; chmod 711 d; chmod 744 d/e
		user 1000 find . -name "*" | sort; user 1000 find a d -type f -exec cat {} +; user 1000 ls -R d
		user 1000 ls -l d/e 2>&1 | sort; user 1000 rm -rf a; user 1000 cp -r a copy; user 1000 du -a d/e'
}

@test "tar unpacks for a user what a user gets" {
	both 'mkdir src; echo a >src/a; chmod 4755 src/a; echo b >src/b; chown 5:6 src/b; mkdir -m 2775 src/d
		chown 7:8 src/d; ln -s a src/l; tar cf t.tar src; chmod 644 t.tar; mkdir -m 1777 out
		cd out; user 1000 tar xf ../t.tar; user 1000 tar xpf ../t.tar; member 1000 8 tar xf ../t.tar
		user 1001 tar xf ../t.tar; cd ..'
}

@test "groups and setgid directories decide as for a real user" {
	both 'mkdir -m 2770 team; chown 0:2000 team; user 1000 touch team/a; member 1000 2000 touch team/a
		member 1000 1000,2000 mkdir team/d; member 1001 1001,2000 sh -c "echo x >team/b; rm team/a"
		user 1001 ls team; member 1001 1001,2000 install -m 2755 /dev/null team/s; chmod g-w team
		member 1001 1001,2000 rm -f team/s; chmod 02777 team; user 1002 install -m 2755 /dev/null team/foreign'
}

@test "ACLs let in and keep out" {
	both 'echo x >f; chmod 600 f; setfacl -m u:1000:r,u:1001:rw,g:2000:r f; mkdir -m 700 d; echo y >d/f
		setfacl -m u:1000:x d; for u in 1000 1001 1002; do user $u cat f; user $u sh -c "echo $u >>f"
		user $u cat d/f; user $u ls d; done; member 1002 2000 cat f; chmod g-r f; user 1000 cat f
		setfacl -d -m u:1000:rwx d; touch d/new; user 1000 sh -c "echo z >>d/new"; getfacl -n d/new'
}

@test "programs run for whom their mode says so" {
	both 'printf "#!/bin/sh\necho ran as \$(id -u)\n" >p; for m in 700 710 701 755 744 611; do chmod $m p
		echo $m; user 1000 ./p; member 1000 0 ./p; user 1000 sh -c ./p; user 1000 env ./p; done
		chown 1000 p; chmod 077 p; user 1000 ./p; mkdir -m 700 hidden; cp p hidden; user 1001 hidden/p
		user 1001 find . -maxdepth 0 -exec hidden/p \;'
}

@test "effective ids decide, and come back with root" {
	both 'echo x >f; chmod 600 f; mkdir -m 700 d
		python3 - <<-END
			import os
			def show(what, call):
			    try: print(what, call())
			    except OSError as e: print(what, e.strerror)
			def all():
			    show("open", lambda: os.close(os.open("f", os.O_RDONLY)))
			    show("list", lambda: os.listdir("d"))
			    show("access", lambda: os.access("f", os.R_OK))
			    show("eaccess", lambda: os.access("f", os.R_OK, effective_ids=True))
			    show("chown", lambda: os.chown("f", 0, 0))
			all()
			os.seteuid(1000); all()
			os.seteuid(0); all()
			os.setresuid(1000, 0, 0); all()
			os.setresuid(0, 0, 0); os.setgroups([0]); os.setresgid(5, 5, 5); os.setresuid(7, 7, 7); all()
		END'
}

@test "a root without the capability is asked like anybody" {
	both 'mkdir -m 1777 d; user 1000 sh -c "echo x >d/f; chmod 600 d/f; mkdir -m 700 d/d"
		less() { setpriv --bounding-set="$1" --inh-caps=-all -- "${@:2}"; }
		less -dac_override,-dac_read_search cat d/f; less -dac_override cat d/f
		less -dac_override sh -c "echo >>d/f"; less -dac_override,-dac_read_search ls d/d; less -dac_override ls d/d
		less -fowner chmod 644 d/f; less -fowner rm -f d/f; less -chown chown 0 d/f; less -chown chgrp 0 d/f
		less -mknod mknod d/null c 1 3; less -mknod mkfifo d/fifo; less -fsetid chmod 2755 d/f'
}

@test "libc's own ways to open, make and enter are asked as well" {
	both '"$LIMITS" make; "$LIMITS" 1000; user 1001 rm -rf tmp'
	[[ "$output" == *'fopen("seen/secret", "r"): EACCES'* ]]
	[[ "$output" == *'try_spawn(posix_spawn, "bin2/by_closed"): EACCES'* ]]
}

@test "shared memory and semaphores are opened and unlinked by who may" {
	cat >shared.py <<-'END'
		import ctypes, errno, os
		libc = ctypes.CDLL(None, use_errno=True)
		libc.sem_open.restype = ctypes.c_void_p
		name = b"/fakeid-%d" % os.getpid()
		def say(call, suffix, *args):
		    r = getattr(libc, call)(name + suffix, *args)
		    print(call, suffix, errno.errorcode[ctypes.get_errno()] if r in (-1, None) else "ok")
		def show(suffix):
		    st = os.stat("/dev/shm" + (name + suffix).decode())
		    print(suffix, st.st_uid, st.st_gid, oct(st.st_mode))
		libc.umask(0)
		say("shm_open", b"", os.O_CREAT | os.O_RDWR, 0o600)
		say("shm_open", b".open", os.O_CREAT | os.O_RDWR, 0o666)
		say("sem_open", b"", os.O_CREAT, 0o600, 1)
		os.setresuid(1000, 1000, 0)
		for suffix in b"", b".open", b".none":
		    say("shm_open", suffix, os.O_RDWR, 0)
		    say("shm_unlink", suffix)
		for suffix in b"", b".none":
		    say("sem_open", suffix, 0)
		    say("sem_unlink", suffix)
		say("shm_open", b".own", os.O_CREAT | os.O_RDWR, 0o640)
		show(b".own")
		say("shm_unlink", b".own")
		say("sem_open", b".own", os.O_CREAT, 0o640, 1)
		say("sem_unlink", b".own")
		os.setresuid(0, 0, 0)
		for call, suffix in ("shm_unlink", b""), ("shm_unlink", b".open"), ("sem_unlink", b""):
		    say(call, suffix)
	END
	both '/usr/bin/python3 -S ../shared.py'
	[[ "$output" == *"shm_unlink b'.open' EACCES"*"sem_unlink b'' EACCES"*"shm_unlink b'.own' ok"* ]]
}

@test "who makes a pseudo-terminal opens, changes and touches it by its name" {
	both 'cat >terminal.py <<-"END"
			import errno, os
			def say(call, *args):
			    try:
			        print(call.__name__, args[1:], call(*args) is not False)
			    except OSError as error:
			        print(call.__name__, args[1:], errno.errorcode[error.errno])
			inside, slave = os.openpty()
			name = os.ttyname(slave)
			say(os.open, name, os.O_RDWR | os.O_NOCTTY)
			say(os.access, name, os.R_OK | os.W_OK)
			say(os.fchmod, slave, 0o600)
			say(os.chmod, name, 0o620)
			say(os.utime, name)
			say(os.chown, name, -1, 7777)
			say(os.chown, name, 7777, -1)
			say(os.chown, name, os.getuid(), os.getgid())
			print(os.stat(name).st_uid, os.fstat(slave).st_gid)
			say(os.open, name, os.O_RDWR | os.O_NOCTTY)
		END
		/usr/bin/python3 terminal.py; user 1000 /usr/bin/python3 terminal.py'
	[[ "$output" == *"open (258,) True"*"chown (-1, 7777) EPERM"*"1000 1000"* ]]
}

@test "ftw and nftw meet what a user may not search or read" {
	# The order is the directory's, so the same only once sorted.
	both '"$LIMITS" make; "$LIMITS" 1000 walks | sort'
	[[ "$output" == *'tree/none type 2 level 1 '* ]]
}

@test "euidaccess is worked out as libc does it, where real and effective ids differ" {
	both '"$LIMITS" make; "$LIMITS" effective 0; "$LIMITS" effective 1000; "$LIMITS" effective 0
		setpriv --groups 5,6 -- "$LIMITS" effective 7; chgrp 6 seen/secret; chmod 640 seen/secret
		setpriv --groups 5,6 -- "$LIMITS" effective 7; setpriv --ruid 1000 -- "$LIMITS" effective 0'
	[[ "$output" == *'closed/file 4 euidaccess(names[i], mode): EACCES'* ]]
}

@test "another user's process is closed: its environment, descriptors, links and memory" {
	both 'echo s >secret; chmod 600 secret
		there() { for try in {1..100}; do ! grep -qx sleep "/proc/$1/comm" || return 0; sleep 0.05; done; }
		sleep 30 3<secret & root=$!; setpriv --reuid 7 --regid 7 --clear-groups sleep 30 & seven=$!
		setpriv --reuid 7 --regid 7 --clear-groups --inh-caps +kill --ambient-caps +kill sleep 30 & able=$!
		there $root; there $seven; there $able
		look() {
			for pid in $root $seven $able; do
				for link in exe cwd root; do
					"$@" readlink /proc/$pid/$link >/dev/null; echo "$link $?"
					"$@" stat -Lc %F /proc/$pid/$link
				done
				"$@" ls /proc/$pid/fd >/dev/null; "$@" cat /proc/$pid/fd/3; "$@" readlink /proc/$pid/fd/3 >/dev/null
				for file in environ maps smaps auxv stat status cmdline comm mountinfo oom_score_adj; do
					"$@" head -c 1 /proc/$pid/$file >/dev/null; echo "$file $?"
				done
				"$@" ls /proc/$pid/cwd/ >/dev/null; "$@" ls /proc/$pid/root/etc/. >/dev/null
				"$@" cat /proc/$pid/cwd/secret; "$@" head -c 4 /proc/$pid/exe | wc -c
				"$@" test -r /proc/$pid/environ; echo $?; "$@" test -r /proc/$pid/maps; echo $?
				"$@" sh -c "echo 500 >/proc/$pid/oom_score_adj"; "$@" ls /proc/$pid/task/$pid/fd >/dev/null
			done 2>&1 | sed "s/$root/PID/g; s/$seven/PID/g; s/$able/PID/g"
		}
		look; echo == 7; look user 7; echo == 8; look user 8; echo == member; look member 7 0,7
		echo == able; look setpriv --reuid 7 --regid 7 --clear-groups --inh-caps +kill --ambient-caps +kill
		echo == tracer; look setpriv --reuid 8 --regid 8 --clear-groups --inh-caps +sys_ptrace --ambient-caps +sys_ptrace
		user 7 sh -c "readlink /proc/\$\$/exe /proc/self/root; ls /proc/self/fd /proc/\\$\\$/task/\\$\\$/fd >/dev/null"
		user 7 sh -c "tr \\\\0 n </proc/self/environ >/dev/null; cat /proc/self/maps >/dev/null; cat /proc/self/cwd/secret"
		kill $root $seven $able; wait'
	[[ "$output" == *"head: cannot open '/proc/PID/environ' for reading: Permission denied"* ]]
}

@test "su and runuser leave a user behind" {
	# The host's shadow is not the real user's to read, and PAM asks for it only where a password may be.
	both 'echo x >f; chmod 600 f; runuser -u nobody -- cat f; runuser -u nobody -- id -u
		setpriv --reuid=nobody --regid=nogroup --init-groups -- cat f
		su -s /bin/sh nobody -c "cat f; id -u"'
}

@test "without a descriptor left the object alone is asked" {
	both 'echo x >f; chmod 600 f; echo y >g
		python3 - <<-END
			import os, resource
			def show(what, call):
			    try: print(what, call())
			    except OSError as e: print(what, e.strerror)
			os.setgroups([]); os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000)
			resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
			show("open", lambda: [os.open("g", os.O_RDONLY) for i in range(30)])
			where = os.getcwd()
			show("stat", lambda: os.stat(where + "/f").st_uid)
			show("access", lambda: (os.access(where + "/f", os.R_OK), os.access(where + "/g", os.R_OK)))
			show("chmod", lambda: os.chmod(where + "/f", 0o777))
			show("truncate", lambda: os.truncate(where + "/f", 0))
			show("open", lambda: os.open(where + "/f", os.O_RDONLY))
		END'
}

@test "a limited process with a seccomp filter of its own makes no call that it forbids itself" {
	fid -- sh -c 'chmod 777 .; touch file plain; chown 11:12 file'
	run -0 fid -- setpriv --bounding-set=-fowner --inh-caps=-all -- "$FILTER" prctl
}

@test "root pays no system call for others' checks" {
	fid -- sh -c 'echo x >f; chown 5:6 f'
	run -0 fid -- strace -f -qq -o "$WORK/log" -- stat -c %u f
	[ "$output" = 5 ]
	run -1 grep -E 'symlinkat|getxattr|O_PATH' "$WORK/log"
}

@test "what a file system is like, and a key of ftok, is told to who may go there, and a watch set by who may read" {
	both 'mkdir -m 700 closed; echo x >closed/f; echo s >secret; chmod 600 secret; chmod 755 .
		cat >ask.py <<-"END"
			import ctypes, os, subprocess
			libc = ctypes.CDLL(None, use_errno=True)
			watch = libc.inotify_init()
			for path in ("closed", "closed/f", "closed/none", "secret", "none", "secret/x", ""):
			    name = path.encode()
			    for call in (lambda: os.statvfs(path) and 0, lambda: os.pathconf(path, "PC_NAME_MAX"),
			                 lambda: os.pathconf(path, "PC_LINK_MAX") and 0,
			                 lambda: os.pathconf(path, "PC_PIPE_BUF")):
			        try:
			            print(path, call())
			        except OSError as error:
			            print(path, error.errno)
			    for fd, mask in ((watch, 2), (watch, 0), (0, 2), (-1, 2)):
			        answer = libc.inotify_add_watch(fd, name, mask)
			        print(path, "watch", answer, ctypes.get_errno() if answer < 0 else 0)
			    key = libc.ftok(name, 200)
			    print(path, "ftok", ctypes.get_errno() if key == -1 else key & 0xffff == os.stat(path).st_ino & 0xffff)
			    room = ctypes.create_string_buffer(200)
			    print(path, libc.statfs(name, room), libc.syscall(137, name, room), ctypes.get_errno())
		END
		/usr/bin/python3 ask.py; user 1000 /usr/bin/python3 ask.py'
	[[ "$output" == *"closed/f 13"* && "$output" == *"closed/f ftok True"*"closed/f ftok 13"* ]]
}

@test "the whiteout that a rename leaves belongs to who made it" {
	both 'umask 022; mkdir -m 777 d; mkdir -m 2777 s; chown 0:2000 s
		cat >white.py <<-"END"
			import ctypes, os
			libc = ctypes.CDLL(None, use_errno=True)
			for where in ("d", "s"):
			    a, b = ("%s/%s%d" % (where, name, os.getuid()) for name in "ab")
			    open(a, "w").close()
			    os.link(a, b)
			    print(libc.renameat2(-100, a.encode(), -100, b.encode(), 4))
			    print(libc.renameat2(-100, a.encode(), -100, a.encode(), 4))
			    os.unlink(b)
			    print(libc.renameat2(-100, a.encode(), -100, b.encode(), 4), os.stat(a)[:6:4])
		END
		/usr/bin/python3 white.py; user 1000 /usr/bin/python3 white.py'
	[[ "$output" == *" c 0 1000:1000 "* && "$output" == *" c 0 1000:2000 "* ]]
}

@test "what posix_spawn opens and enters is asked for, and what it makes is recorded" {
	both 'umask 022; mkdir -m 700 closed; mkdir -m 777 d; mkdir -m 2777 s; chown 0:2000 s; mkdir -m 755 root
		echo x >closed/f; echo s >secret; chmod 600 secret; chmod 755 .; echo y >open; chmod 666 open
		mknod -m 666 null c 1 3; mknod -m 666 nothing c 60 1; echo z >suid; chmod 6777 suid; ln -s ../secret d/link
		cat >spawn.py <<-"END"
			import ctypes, errno, os
			libc = ctypes.CDLL(None)
			libc.posix_spawn_file_actions_addopen.argtypes = (
			    ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint)
			RD, WR, MAKE, NEW, CUT = 0, os.O_WRONLY, os.O_CREAT, os.O_EXCL, os.O_TRUNC

			def spawn(*steps, program=b"/bin/sh", script=b"cat <&5 || stat -L -c %u:%g:%a:%s /dev/fd/5"):
			    actions = ctypes.create_string_buffer(512)
			    libc.posix_spawn_file_actions_init(actions)
			    for path, *flags in steps:
			        if isinstance(path, int):
			            libc.posix_spawn_file_actions_addfchdir_np(actions, path)
			        elif not flags:
			            libc.posix_spawn_file_actions_addchdir_np(actions, path.encode())
			        else:
			            libc.posix_spawn_file_actions_addopen(actions, 5, path.encode(), *flags)
			    pid = ctypes.c_int()
			    argv = (ctypes.c_char_p * 4)(program, b"-c", script, None)
			    env = (ctypes.c_char_p * 2)(b"PATH=/bin:/usr/bin", None)
			    said, old = os.memfd_create("said"), (os.dup(1), os.dup(2))
			    os.dup2(said, 1), os.dup2(said, 2)
			    r = libc.posix_spawn(ctypes.byref(pid), program, actions, None, argv, env)
			    status = os.waitstatus_to_exitcode(os.waitpid(pid.value, 0)[1]) if r == 0 else ""
			    os.dup2(old[0], 1), os.dup2(old[1], 2)
			    said = os.pread(said, 4096, 0).decode()
			    print(steps, program.decode(), errno.errorcode.get(r, r), status, said, flush=True)
			    os.closerange(3, 20)
			    libc.posix_spawn_file_actions_destroy(actions)

			me = str(os.getuid())
			for path in ("secret", "closed/f", "open", "null", "nothing", "none", "d/link", "closed", "", "suid"):
			    spawn((path, RD, 0))
			    spawn((path, WR, 0))
			    if me != "0":
			        spawn((path, WR | CUT, 0))
			for where in ("root/", "d/", "s/", "closed/"):
			    name = where + me
			    spawn((name, os.O_RDWR | MAKE, 0o400), script=b"echo hello >&5")
			    spawn((name, WR | MAKE | NEW, 0o600))
			    spawn((name + "n", WR | MAKE | NEW | CUT, 0o6755), script=b"stat -L -c %u:%g:%a:%s /dev/fd/5")
			    spawn((name + "x", RD | MAKE, 0o000))
			    spawn((where,), (me + "c", WR | MAKE, 0o640), ("none/x", RD, 0))
			spawn(("null", WR | MAKE | CUT, 0o666), script=b"echo hello >&5")
			spawn(("closed",)); spawn(("d",), ("../open", RD, 0)); spawn(("d",), ("../closed",))
			spawn((os.open("d", os.O_RDONLY),), (me + "f", WR | MAKE, 0o600), script=b"pwd | grep -o /d$")
			spawn((os.open("d", os.O_RDONLY),), ("../secret", RD, 0))
			spawn(("/bin",), program=b"sh", script=b"pwd"); spawn(("d",), program=b"../closed/f")
			spawn(("none", RD, 0), ("secret", RD, 0)); spawn(("secret", RD, 0), ("none", RD, 0))
		END
		/usr/bin/python3 spawn.py; user 1000 /usr/bin/python3 spawn.py; user 1001 /usr/bin/python3 spawn.py; cat null'
	[[ "$output" == *"(('secret', 0, 0),) /bin/sh EACCES"* ]]
}

@test "fts meets what a user may not search, whether it goes there or not" {
	both 'mkdir -p closed/sub seen/sub open/sub/deep; touch closed/f seen/f open/f open/sub/f
		chmod 700 closed; chmod 744 seen; chmod 711 open/sub; chmod 755 . open
		cat >walk.py <<-"END"
			import ctypes, itertools
			libc = ctypes.CDLL(None)
			libc.fts_open.restype = libc.fts_read.restype = ctypes.c_void_p
			libc.fts_read.argtypes = libc.fts_close.argtypes = (ctypes.c_void_p,)
			LOGICAL, NOCHDIR, NOSTAT, PHYSICAL = 2, 4, 8, 16
			for name, how, nochdir, nostat in itertools.product(
			        ("closed", "closed/f", "closed/sub", "seen", "seen/f", "open", "none"), (LOGICAL, PHYSICAL),
			        (0, NOCHDIR), (0, NOSTAT)):
			    names = (ctypes.c_char_p * 2)(name.encode(), None)
			    fts = libc.fts_open(names, how | nochdir | nostat, None)
			    found = []
			    while entry := libc.fts_read(fts):
			        path = ctypes.c_char_p.from_address(entry + 48).value.decode()
			        error = ctypes.c_int.from_address(entry + 56).value
			        found.append((path, ctypes.c_ushort.from_address(entry + 98).value, error))
			    libc.fts_close(fts)
			    print(name, how | nochdir | nostat, sorted(found))
		END
		/usr/bin/python3 walk.py; user 1000 /usr/bin/python3 walk.py'
	[[ "$output" == *"seen 16 [('seen', 1, 0), ('seen', 6, 13)]"* ]]
}

@test "file actions of posix_spawn mean the child's descriptors, and its ids" {
	both 'umask 022; chmod 755 .; echo s >secret; chmod 600 secret; mkdir -m 700 closed; mkdir -m 777 d
		echo m >mine; chown 1000 mine; chmod 600 mine; echo z >suid; chmod 6777 suid; ln -s /dev/stdout link
		cat >spawn.py <<-"END"
			import ctypes, errno, os
			OPEN, CLOSE, DUP2 = os.POSIX_SPAWN_OPEN, os.POSIX_SPAWN_CLOSE, os.POSIX_SPAWN_DUP2
			RD, MAKE, CUT = os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC
			libc, ids = ctypes.CDLL(None), "%d.%d" % (os.getuid(), os.geteuid())

			def caps():
			    return [line for line in open("/proc/self/status") if line.startswith("Cap")]

			def spawn(script, *actions, **how):
			    try:
			        pid = os.posix_spawn("/bin/sh", ["sh", "-c", script], {"PATH": "/bin:/usr/bin"}, file_actions=actions, **how)
			        print(actions, os.waitpid(pid, 0)[1], flush=True)
			    except OSError as e:
			        print(actions, errno.errorcode[e.errno], flush=True)

			def enter_and_dup(fd, to):
			    actions = ctypes.create_string_buffer(512)
			    libc.posix_spawn_file_actions_init(actions)
			    libc.posix_spawn_file_actions_addchdir_np(actions, b"d")
			    libc.posix_spawn_file_actions_adddup2(actions, fd, to)
			    argv, env = (ctypes.c_char_p * 2)(b"true", None), (ctypes.c_char_p * 1)(None)
			    return libc.posix_spawn(ctypes.byref(ctypes.c_int()), b"/bin/true", actions, None, argv, env)

			before = caps()
			if os.getuid() == os.geteuid():
			    out = "d/" + ids
			    spawn("echo x >&2", (OPEN, 1, out, MAKE, 0o600), (OPEN, 2, "/dev/stdout", CUT, 0o600))
			    spawn("echo y >&2", (OPEN, 1, out, MAKE, 0o600), (OPEN, 2, "link", CUT, 0o600))
			    spawn("cat <&5", (OPEN, 7, "/", RD, 0), (OPEN, 5, "/proc/self/fd/7/bin/true", RD, 0), (CLOSE, 5))
			    spawn("echo x >&5", (OPEN, 5, "/dev/stdout", CUT, 0o600))
			    print([enter_and_dup(fd, to) for fd in range(3, 12) for to in (fd, 12)])
			    if ids == "0.0":
			        spawn("echo x >&5", (OPEN, 7, "d", RD, 0), (OPEN, 5, "/proc/self/fd/7/0", MAKE, 0o600))
			for reset in (False, True):
			    for name in "secret", "mine", "d/%s.%d" % (ids, reset):
			        spawn("cat <&5", (OPEN, 5, name, os.O_RDWR | (os.O_CREAT if name[0] == "d" else 0), 0o644), resetids=reset)
			    spawn("id", (OPEN, 5, "closed/none", RD, 0), resetids=reset)
			print(os.getresuid(), os.getresgid(), caps() == before)
		END
		/usr/bin/python3 spawn.py >>log; user 1000 /usr/bin/python3 spawn.py >log1; cat log log1
		setpriv --ruid 1000 --rgid 1000 --clear-groups /usr/bin/python3 spawn.py
		setpriv --euid 1000 --clear-groups /usr/bin/python3 spawn.py'
	[[ "$output" == *"(0, 1000, "* && "$output" == *"(1000, 0, "* ]]
}

@test "an address of a socket, or a message, that cannot be read is EFAULT" {
	both 'cat >bad.py <<-"END"
			import ctypes, errno, socket, struct
			libc = ctypes.CDLL(None, use_errno=True)
			s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach()
			bad, size = ctypes.c_void_p(8), 110
			byte = ctypes.create_string_buffer(b"x")
			iovec = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(byte), 1))
			head = struct.pack("PIPNPNi", 8, size, ctypes.addressof(iovec), 1, 0, 0, 0)
			messages = ctypes.create_string_buffer(head.ljust(64, b"\0"))
			control = struct.pack("PIPNPNi", 0, 0, ctypes.addressof(iovec), 1, 8, 64, 0)
			controls = ctypes.create_string_buffer(control.ljust(64, b"\0"))
			for name, *args in (("connect", bad, size), ("bind", bad, size), ("sendto", byte, 1, 0, bad, size),
			                    ("sendmsg", messages, 0), ("sendmmsg", messages, 1, 0),
			                    ("sendmsg", controls, 0), ("sendmmsg", controls, 1, 0),
			                    ("sendmsg", bad, 0), ("sendmmsg", bad, 1, 0)):
			    print(name, getattr(libc, name)(s, *args), errno.errorcode[ctypes.get_errno()], flush=True)
		END
		chmod 755 .; /usr/bin/python3 bad.py; user 1000 /usr/bin/python3 bad.py; rm bad.py'
	[ "$(grep -c "EFAULT$" <<<"$output")" = 18 ]
}

@test "openat2 in a root of its own opens devices, and makes no file that is there the caller's" {
	both 'mkdir -m 777 d d/etc; mkdir -m 2777 d/s; chown 0:2000 d/s; echo x >d/f; chown 1001:1001 d/f; chmod 666 d/f; chmod 755 .; mknod -m 666 d/null c 1 3
		cat >root.py <<-"END"
			import ctypes, os, struct
			libc, IN_ROOT = ctypes.CDLL(None), 0x10
			d = os.open("d", os.O_RDONLY)
			how = struct.pack("QQQ", os.O_RDWR | os.O_CREAT, 0o640, IN_ROOT)
			for name in b"/f", b"/new", b"/null", b"/etc/passwd", b"//s/new", b"/", b"/bad/":
			    print(name, libc.syscall(437, d, name, how, 24), flush=True)
		END
		/usr/bin/python3 root.py; rm d/new d/*/*; user 1000 /usr/bin/python3 root.py; rm root.py; stat -c %u:%g:%a d/f'
	[[ "$output" == *"1001:1001:666"* ]]
}

@test "a watch for directories only, and the attributes of a device, are refused in the kernel's words" {
	both 'touch f; chmod 600 f; mknod -m 666 null c 1 3; chmod 755 .
		cat >words.py <<-"END"
			import ctypes, errno
			libc = ctypes.CDLL(None, use_errno=True)
			def say(r):
			    print(errno.errorcode[ctypes.get_errno()] if r < 0 else "ok", flush=True)
			say(libc.inotify_add_watch(libc.inotify_init(), b"f", 0x01000002))
			for n in 468, 469:
			    say(libc.syscall(n, -100, b"null", ctypes.create_string_buffer(24), 24, 0))
		END
		/usr/bin/python3 words.py; user 1000 /usr/bin/python3 words.py; rm words.py'
	[[ "$output" == *ENOTDIR* && "$output" == *ENOTSUP* ]]
}
