# SPDX-License-Identifier: MIT
# xattr.bats - privileged extended attributes and ACLs: every answer is compared with that of a real root
# who makes the same calls, on a disk filesystem and on tmpfs.
# shellcheck disable=SC2154,SC2016 # lib.bash sets the first; other shells expand the second
bats_require_minimum_version 1.5.0
load lib

PROGS="$abs_top_builddir/tests/bats/progs"

setup() {
	fakeid_setup
	SHM=$(new_dir /dev/shm)
}

teardown() {
	fakeid_teardown
	rm -rf -- "$SHM"
}

# same DIR CMD... - run in two new directories in DIR, CMD prints the same as root and under fakeid.
same() {
	local dir=$1

	shift
	rm -rf "$dir/real" "$dir/fake"
	mkdir "$dir/real"
	as_user mkdir "$dir/fake"
	(cd "$dir/real" && "$@" >"$WORK/real.out" 2>&1)
	(cd "$dir/fake" && fid "$@" >"$WORK/fake.out" 2>&1)
	[ -s "$WORK/real.out" ]
	diff "$WORK/real.out" "$WORK/fake.out"
}

# both PROBE WHAT - on both filesystems.
both() {
	same "$WORK" "$PROGS/$1" "$2"
	same "$SHM" "$PROGS/$1" "$2"
}

# in_tree TEXT - a shell command whose output has to be root's.
in_tree() {
	same "$WORK" sh -c "umask 022; $1"
}

@test "names: namespaces, flags, values, size probes and lists on every type of file" {
	both xattr names
	[ "$(wc -l <fake.out)" -gt 1000 ]
	grep -q '^set file trusted.a = 0$' fake.out
	grep -q '^set device user.a = EPERM$' fake.out
}

@test "file capabilities: versions, sizes, and chown drops them" {
	both xattr capabilities
	grep -q '^get file security.capability = 20 0100000200' fake.out
}

@test "access ACLs: validity, the mode they set, and the mode that shines through" {
	both xattr access
	grep -q '^mode file 104670$' fake.out
}

@test "default ACLs: only on directories" {
	both xattr default
	grep -q '^set file system.posix_acl_default = EACCES$' fake.out
}

@test "new files inherit a default ACL, whatever the umask" {
	both xattr inherit
	grep -q '^mode dir/file 100660$' fake.out
	grep -q '^get dir/sub system.posix_acl_default = 52 ' fake.out
}

@test "every entry point: paths, links, descriptors, syscall() and the *at calls" {
	both xattr_doors doors
	grep -q '^fd fgetxattr = 3$' fake.out
}

@test "bad arguments get the kernel's errors in the kernel's order" {
	both xattr_doors bad
	grep -q '^hole set = EFAULT$' fake.out
}

@test "an empty security.capability is anybody's to set, and then nobody's to read" {
	in_tree 'umask 022; echo >f; mkdir -m 1777 d; user="setpriv --reuid 1000 --regid 1000 --clear-groups --"
		for what in f d; do
			$user setfattr -n security.capability $what; $user getfattr -m - $what; getcap $what
			$user setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 $what
			$user setfattr -x security.capability $what; setfattr -x security.capability $what
		done'
	grep -q '^security.capability$' fake.out
}

@test "setfattr and getfattr" {
	in_tree 'echo >f; ln -s f l; mkdir d
		setfattr -n trusted.one -v 1 f; setfattr -n security.two -v "a b" d
		setfattr -n user.three -v 3 f; setfattr -h -n trusted.link -v x l
		getfattr -d -m - f d; getfattr -h -d -m - l; setfattr -x trusted.one f; getfattr -d -m - f'
	grep -q '^trusted.link="x"' fake.out
}

@test "setcap and getcap" {
	in_tree 'cp /bin/true f; setcap cap_net_raw,cap_net_admin+ep f; getcap f; getcap -n f
		setcap -n 1000 cap_chown=p f; getcap -n f; setcap -r f; getcap f; getfattr -d -m - f; echo end'
	grep -q '^f cap_net_admin,cap_net_raw=ep$' fake.out
}

@test "setfacl and getfacl: names, masks, chmod and removal" {
	in_tree 'echo >f; mkdir d; chown 33:44 f
		setfacl -m u:1001:rw,g:2002:r f; getfacl -n f; stat -c %a f; chmod 711 f; getfacl -n f
		setfacl -x u:1001 f; getfacl -n f; setfacl -b f; getfacl -n f; stat -c %a f
		setfacl -m d:u:5:rwx,d:m::rx d; getfacl -n d; setfacl -k d; getfacl -n d; ls -ld d | cut -c1-11'
	grep -q '^user:1001:rw-' fake.out
}

@test "ls marks files with ACLs" {
	in_tree 'echo >f; echo >g; setfacl -m u:9:r f; ls -l f g | cut -c1-11'
	[ "$(cat fake.out)" = $'-rw-r--r--+\n-rw-r--r-- ' ]
}

@test "another command sees them, another tag does not" {
	fid sh -c 'echo >f; setfattr -n trusted.a -v b f; setfacl -m u:5:rwx f'
	run -0 fid getfattr -n trusted.a --only-values f
	[ "$output" = b ]
	run -0 fid -n other getfattr -d -m - f
	[ "$output" = "" ]
	run -0 as_user getfattr -d -m - f
	[ "$output" = "" ]
}

@test "they follow renames and links and go with the file" {
	in_tree 'echo >f; setfattr -n trusted.a -v b f; ln f g; mv f h; getfattr -d -m - g h
		rm g h; echo >h; getfattr -d -m - h; for i in 1 2 3 4 5 6 7 8; do
		echo >x; setfattr -n trusted.a -v $i x; getfattr -d -m - x; rm x; done; echo >x; getfattr -d -m - x'
	[ "$(grep -c trusted.a fake.out)" -eq 10 ]
}

@test "cp -a, tar --xattrs --acls and rsync -AX carry them" {
	in_tree 'mkdir from; cd from; cp /bin/true f; mkdir d; ln -s f l
		setcap cap_chown+ep f; setfacl -m u:5:rx f; setfacl -m d:g:6:rwx d
		setfattr -n trusted.x -v y d; setfattr -h -n trusted.l -v z l; cd ..
		cp -a from cp; tar -C from --xattrs --xattrs-include="*" --acls -cf a.tar .
		mkdir tar; tar -C tar --xattrs --xattrs-include="*" --acls -xpf a.tar; rsync -aAX from/ rsync
		for t in from cp tar rsync; do getfattr -h -R -d -m - -e hex $t; getfacl -nR $t; getcap -r $t; done'
	[ "$(grep -c '^trusted.l=0x7a' fake.out)" -eq 4 ]
}

@test "what is real stays: user.* is on the disk, a real ACL shows host ids as root" {
	fid sh -c 'echo >f; setfattr -n user.a -v b f'
	run -0 as_user getfattr -d -m - f
	[[ $output == *'user.a="b"'* ]]
	as_user sh -c 'echo >g; setfacl -m u:1234:r g'
	run -0 fid getfacl -cn g
	[ "$output" = $'user::rw-\nuser:0:r--\ngroup::r--\nmask::r--\nother::r--' ]
	run -0 fid sh -c 'setfacl -b g; getfacl -cn g'
	[ "$output" = $'user::rw-\ngroup::r--\nother::r--' ]
}

@test "a process without the capability may neither change nor see trusted.*" {
	in_tree 'echo >f; chmod 666 f; setfattr -n trusted.a -v b f; setfattr -n security.c -v d f
		setpriv --reuid 1000 --clear-groups getfattr -d -m - f
		setpriv --reuid 1000 --clear-groups setfattr -n trusted.e -v f f
		setpriv --reuid 1000 --clear-groups setfattr -n security.e -v f f
		setpriv --reuid 1000 --clear-groups setfacl -m u:5:r f; getfattr -d -m - f'
	grep -q 'Operation not permitted' fake.out
}

@test "under a program's own seccomp filter what needs a message is EIO, and nobody is killed" {
	run -0 fid "$PROGS/xattr_doors" filtered
	[ "$output" = "before set = 0
before set user = 0
after get = EIO
after list = EIO
after set = EIO
after remove = EIO
after get user = 3
after set user = 0
after remove user = 0
after get of another = ENODATA" ]
}

@test "no message is sent for a file that has none" {
	fid sh -c 'echo >f; echo >g; setfattr -n trusted.a -v b f'
	run -0 fid strace -f -e trace=socket,connect -o trace getfattr -d -m - g
	run ! grep -q fakeid trace
	run -0 fid strace -f -e trace=socket,connect -o trace getfattr -d -m - f
	grep -q AF_UNIX trace
}

@test "an open file without a name keeps its attributes, also once the daemon has committed" {
	cat >open.py <<-'END'
		import os, subprocess
		fd = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600)
		os.setxattr(fd, "security.a", b"1")
		open("f", "w").close()
		os.setxattr("f", "security.b", b"2")
		gone = os.open("f", os.O_RDWR)
		os.unlink("f")
		subprocess.run(["fakeidctl", "status"], stdout=subprocess.DEVNULL, check=True)
		for _ in range(200):
		    if b" dirty 0 " in subprocess.check_output(["fakeidctl", "status"]):
		        break
		print(os.getxattr(fd, "security.a"), os.getxattr(gone, "security.b"))
		os.link(f"/proc/self/fd/{fd}", "named", src_dir_fd=fd, follow_symlinks=True)
		print(os.getxattr("named", "security.a"))
	END
	run -0 fid -- python3 open.py
	[ "$output" = $'b\'1\' b\'2\'\nb\'1\'' ]
	run -0 fid -- getfattr --absolute-names -n security.a --only-values named
	[ "$output" = 1 ]
}

# kinds_program - one attribute of each kind after the other, the first one given by its number. What has found
# none so far looks for all after each.
kinds_program() {
	cat >"$WORK/kinds.py" <<-'END'
		import errno, os, subprocess, sys

		steps = [
		    ("setfattr", "-n", "trusted.x", "-v", "1", "f"),
		    ("setfattr", "-n", "security.x", "-v", "2", "f"),
		    ("setcap", "cap_chown=ep", "f"),
		    ("setfacl", "-m", "u:7:r", "f"),
		    ("setfacl", "-d", "-m", "u:8:w", "d"),
		    ("setfattr", "-n", "user.x", "-v", "3", "f"),
		]
		names = ["trusted.x", "security.x", "security.selinux", "security.capability",
		         "system.posix_acl_access", "system.posix_acl_default", "user.x", "system.x", "trusted."]

		def show():
		    for path in "f", "d", "l", "missing", "f/x":
		        for name in names:
		            try:
		                print(path, name, os.getxattr(path, name, follow_symlinks=False))
		            except OSError as error:
		                print(path, name, errno.errorcode[error.errno])
		        try:
		            print(path, sorted(os.listxattr(path, follow_symlinks=False)))
		        except OSError as error:
		            print(path, errno.errorcode[error.errno])

		if sys.argv[1] != "show":
		    at = int(sys.argv[1])
		    os.mkdir("d")
		    os.symlink("f", "l")
		    open("f", "w").close()
		    show()
		    for step in (steps[at:] + steps[:at])[:int(sys.argv[2])]:
		        print(step[2])
		        subprocess.run(step, check=True)
		        show()
		else:
		    show()
	END
	chmod 644 "$WORK/kinds.py"
}

@test "the first attribute of each kind shows at once to a program that has found none" {
	kinds_program
	for at in 0 1 2 3 4 5; do
		FAKEID_DIR="$WORK/.state$at" same "$WORK" python3 "$WORK/kinds.py" $at 6
		end_daemon "$WORK/.state$at"
	done
}

@test "each kind shows when the index is larger, after a kill, and from the store alone" {
	kinds_program
	for at in 0 1 2 3 4; do
		export FAKEID_DIR="$WORK/.state$at"
		same "$WORK" python3 "$WORK/kinds.py" $at 1
		cd real
		python3 "$WORK/kinds.py" show >../expected
		cd ../fake
		fid -- sh -c 'mkdir m; cd m; seq 4000 | xargs touch; chown -R 5:6 .'
		fid -- python3 "$WORK/kinds.py" show | diff ../expected -
		kill -9 "$(daemon_pid)"
		fid -- python3 "$WORK/kinds.py" show | diff ../expected -
		end_daemon
		fid -- python3 "$WORK/kinds.py" show | diff ../expected -
		end_daemon
		cd ..
	done
}

@test "values of every size come back as they were given" {
	cat >"$WORK/sizes.py" <<-'END'
		import errno, os, struct
		open("f", "w").close()
		for size in 0, 1, 255, 256, 257, 511, 4096, 65536, 65537:
		    value = bytes(i % 251 for i in range(size))
		    try:
		        os.setxattr("f", "trusted.x", value)
		        print(size, os.getxattr("f", "trusted.x") == value)
		    except OSError as error:
		        print(size, errno.errorcode[error.errno])
		for named in 28, 29, 60:
		    users = b"".join(struct.pack("<HHI", 2, 4, 1000 + i) for i in range(named))
		    acl = struct.pack("<IHHI", 2, 1, 6, 2**32 - 1) + users
		    acl += b"".join(struct.pack("<HHI", tag, 4, 2**32 - 1) for tag in (4, 16, 32))
		    os.setxattr("f", "system.posix_acl_access", acl)
		    print(len(acl), os.getxattr("f", "system.posix_acl_access") == acl)
	END
	chmod 644 "$WORK/sizes.py"
	same "$SHM" python3 "$WORK/sizes.py"
	grep -q '^65536 True' "$WORK/fake.out"
	grep -q '^516 True' "$WORK/fake.out"
}
