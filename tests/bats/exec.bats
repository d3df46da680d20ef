#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# exec.bats - whatever way a program starts another one, and whatever environment it gives it, the new
# program is inside the session, with the credentials that it would have under a kernel.

# shellcheck disable=SC2154,SC2016 # lib sets the first; other shells expand the second
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
	PROGS="$abs_top_builddir/tests/bats/progs"
	JEMALLOC=$(ls /usr/lib/*/libjemalloc.so.2)
}

teardown() {
	fakeid_teardown
}

@test "every exec spelling keeps the session" {
	local name names

	names=$("$PROGS/spellings" list)
	[ "$(wc -w <<<"$names")" -ge 22 ]
	for name in $names; do
		echo "by $name"
		run -0 fid -- "$PROGS/spellings" "$name"
		[ "$output" = 0 ]
	done
}

@test "execl takes more arguments than fit its stack" {
	run -0 fid -- "$PROGS/spellings" arguments
	[ "$output" = $'300\n0' ]
}

@test "env -i keeps the session, and adds nothing but what that needs" {
	run -0 fid -- /usr/bin/env -i /usr/bin/id -u
	[ "$output" = 0 ]
	run -0 fid -- /usr/bin/env -i A=1 /usr/bin/env
	[ "$(cut -d= -f1 <<<"$output" | sort | tr '\n' ' ')" = "A FAKEID_IDS FAKEID_SESSION FAKEROOTKEY LD_PRELOAD " ]
}

@test "LD_PRELOAD unset, emptied or replaced by the program comes back" {
	run -0 fid -- sh -c 'unset LD_PRELOAD; id -u'
	[ "$output" = 0 ]
	run -0 fid -- sh -c 'LD_PRELOAD= id -u'
	[ "$output" = 0 ]
	run -0 fid -- sh -c 'unset LD_PRELOAD FAKEID_SESSION FAKEID_CREDS FAKEROOTKEY; sh -c "id -u"'
	[ "$output" = 0 ]
	run -0 fid -- sh -c "LD_PRELOAD=$JEMALLOC id -u"
	[ "$output" = 0 ]
}

@test "a program cannot leave for another session by its environment" {
	run -0 fid -- sh -c 'echo "$FAKEID_SESSION"'
	local session=$output

	run -0 fid -- sh -c 'FAKEID_SESSION=1:77:77:0:/nowhere sh -c "echo \"\$FAKEID_SESSION\""'
	[ "$output" = "$session" ]
	run -0 fid -- sh -c 'FAKEID_CREDS=u=5,5,5,5 id -u'
	[ "$output" = 0 ]
}

@test "the program's own preload is loaded too, and ours stays once" {
	run -0 fid -- sh -c "LD_PRELOAD=$JEMALLOC sh -c 'sh -c \"cat /proc/self/maps; echo; echo preload \\\$LD_PRELOAD\"'"
	grep -q libjemalloc <<<"$output"
	grep -q libfakeid <<<"$output"
	[ "$(grep ^preload <<<"$output" | grep -o libfakeid | wc -l)" -eq 1 ]
	[ "$(grep ^preload <<<"$output")" = "preload $JEMALLOC:$FAKEID_LIB" ]
}

@test "stat and chown are right beside jemalloc, before and behind it" {
	as_user touch file

	run -0 fid -- env LD_PRELOAD="$JEMALLOC" sh -c 'chown 5:6 file && stat -c %u:%g file'
	[ "$output" = 5:6 ]
	run -0 fid -- env LD_PRELOAD="$FAKEID_LIB:$JEMALLOC" sh -c 'chown 7:8 file && stat -c %u:%g file'
	[ "$output" = 7:8 ]
	run -0 fid -- env LD_PRELOAD="$JEMALLOC $FAKEID_LIB" sh -c 'chown 9:10 file && stat -c %u:%g file'
	[ "$output" = 9:10 ]
}

# Large lists leave the stack for a mapping of their own, in two steps.
@test "a very large environment keeps the session" {
	local n

	for n in 1 1000 20000; do
		echo "$n variables"
		run -0 fid -- /usr/bin/python3 -c '
import os, sys
names = {"V%d" % i: "x" for i in range(int(sys.argv[1]))}
os.posix_spawn("/bin/sh", ["sh", "-c", "id -u; env | grep -c ^V"], names)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))' "$n"
		[ "$output" = "0"$'\n'"$n" ]
	done
}

@test "a command with quotes survives a shell started without our environment" {
	local command='printf "%s|" "a'\''b" '\''c "d" $0'\''; echo; echo $0 $#; nosuchcommand; exit 7'

	run -0 as_user "$PROGS/spellings" shell "$command"
	local expected=$output

	[ "$(grep -c 'a.b|c "d" $0|' <<<"$expected")" -eq 2 ]
	[ "$(tail -n 1 <<<"$expected")" = "7 7" ]
	run -0 fid -- "$PROGS/spellings" shell "$command"
	[ "$output" = "$expected" ]
}

@test "a dropped user id goes on in the programs that follow" {
	run -0 fid -- "$PROGS/forks" exec
	run -0 fid -- /usr/bin/python3 -c '
import os
os.setgroups([4, 24])
os.setgid(1001)
os.setuid(1000)
os.execve("/usr/bin/id", ["id"], {})'
	[ "$(tr -d 'a-z()' <<<"$output")" = "=1000 =1001 =1001,4,24" ]
}

# Thirty thousand bytes of text leave the stack too.
@test "posix_spawn resets the effective ids where it is told to" {
	run -0 fid -- /usr/bin/python3 -c '
import os
os.setegid(6)
os.seteuid(5)
for reset in False, True:
    os.posix_spawn("/usr/bin/id", ["id"], {}, resetids=reset)
    os.wait()
print(os.geteuid(), os.getegid())'
	[ "$(sed 's/([a-z]*)//g' <<<"$output")" = \
		$'uid=0 gid=0 euid=5 egid=6 groups=6,0\nuid=0 gid=0 groups=0\n5 6' ]
}

@test "very many groups go on in the programs that follow" {
	run -0 fid -- /usr/bin/python3 -c '
import os
os.setgroups(range(1000, 13000, 2))
os.execve("/usr/bin/id", ["id", "-G"], {})'
	[ "$(wc -w <<<"$output")" -ge 6000 ]
}

@test "the program's own environment is never edited" {
	run -0 fid -- /usr/bin/python3 -c '
import os
os.environ.clear()
os.posix_spawn("/bin/true", ["true"], os.environ); os.wait()
os.system("true")
os.popen("true").read()
print(sorted(os.environb), os.getenv("LD_PRELOAD"))'
	[ "$output" = "[] None" ]
	run -0 fid -- "$PROGS/spellings" wordexp
}

@test "failed execs report the kernel's error" {
	local program='
import os, sys, errno
def error(call, *args):
    try: call(*args)
    except OSError as e: return errno.errorcode[e.errno]
print(error(os.execve, "/nonexistent", ["x"], {}),
      error(os.execve, "/etc/passwd", ["x"], {}),
      error(os.execv, "/nonexistent", ["x"]),
      error(os.posix_spawn, "/nonexistent", ["x"], {}))'

	run -0 fid -- /usr/bin/python3 -c "$program"
	[ "$output" = "ENOENT EACCES ENOENT ENOENT" ]
}
