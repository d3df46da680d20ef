#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a write takes away from a file: setuid and setgid bits, security.capability. The same scripts run as real root
# and as root inside a session, and say the same.

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
	export WRITES=$abs_top_builddir/tests/bats/progs/writes
}

teardown_file() {
	fakeid_teardown
}

# What the scripts begin with: a file with everything to lose, and what it has; `as` runs a command as a user.
PRELUDE='
	chmod 1777 .
	as() { setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps=-all "${@:2}"; }
	make() { rm -f f; echo content >f; chmod "${1:-6777}" f; setcap cap_chown+ep f; }
	show() { stat -c "%a %u:%g" "${1:-f}"; getcap "${1:-f}"; }
'

@test "every call that writes takes capabilities, and a user's the setuid and setgid bits" {
	same '
		for who in 0 1000; do for way in write __write pwrite pwrite64 __pwrite64 writev pwritev pwritev64 pwritev2 \
			pwritev64v2 sendfile sendfile64 copy_file_range splice dprintf __dprintf_chk vdprintf \
			__vdprintf_chk fallocate fallocate64 posix_fallocate posix_fallocate64 punch truncate ftruncate; do
			make; as $who $WRITES $way f; show; done; done'
	[[ "$output" == *$'write: ok\n6777 0:0\n__write'* ]]
}

@test "the raw system calls take the same" {
	same '
		for who in 0 1000; do for way in SYS_write SYS_pwrite64 SYS_writev SYS_pwritev SYS_pwritev2 SYS_sendfile \
			SYS_copy_file_range SYS_splice SYS_fallocate; do
			make; as $who $WRITES $way f; show; done; done'
}

@test "a stream takes them when it is flushed, closed or reopened, or the program ends" {
	same '
		for who in 0 1000; do for way in fopen_a fopen_r+ fopen_w fopen_blocks fopen_nothing freopen stdout fflush; do
			make; as $who $WRITES $way f; show; done; done'
}

@test "a stream that is opened to write takes them, too, where it cuts off what was there" {
	same '
		for who in 0 1000; do
			make; as $who sed -n "w f" /dev/null; show
			make; as $who python3 -c "import ctypes; ctypes.CDLL(None).fopen(b\"f\", b\"w\")"; show
			make; as $who python3 -c "import ctypes; ctypes.CDLL(None).fopen64(b\"f\", b\"w+e\")"; show
			make; as $who python3 -c "import ctypes; ctypes.CDLL(None).fopen(b\"f\", b\"a+\")"; show
			make; as $who python3 -c "import ctypes; ctypes.CDLL(None).fopen(b\"f\", b\"r+\")"; show
		done
		make; setpriv --bounding-set=-fsetid --inh-caps=-all sed -n "w f" /dev/null; show'
}

@test "what writes nothing takes nothing, and bytes that nobody can read are too late" {
	same '
		for who in 0 1000; do for way in nothing nowhere too_far read_only; do
			make; as $who $WRITES $way f; show; done; done'
}

@test "a descriptor that was looked at is looked at again once it is another file's" {
	same '
		for who in 0 1000; do make; as $who $WRITES in_its_place f; show; done
		make; exec 5>>f; echo a >&5; show; chmod 6755 f; setcap cap_chown+ep f; echo b >&5; show
		exec 6>other; echo c >&6; make; exec 6>>f; echo d >&6; show; as 1000 sh -c "echo e >&6"; show'
}

@test "setgid without the group's execute bit goes by whether the writer is in the group" {
	same '
		for mode in 2666 2676 4666 6666; do
			make $mode; as 1000 $WRITES write f; show
			make $mode; chgrp 1000 f; chmod $mode f; as 1000 $WRITES write f; show
		done'
}

@test "without CAP_FSETID root loses the bits as well" {
	same '
		make; setpriv --bounding-set=-fsetid --inh-caps=-all $WRITES write f; show
		make; setpriv --bounding-set=-chown --inh-caps=-all $WRITES write f; show'
}

@test "programs that write lose what they write to" {
	same '
		for who in 0 1000; do
			make; as $who sh -c "echo x >>f"; show
			make; as $who bash -c "echo x >>f"; show
			make; as $who sh -c "/bin/echo x >>f"; show
			make; as $who sh -c "cat /etc/hostname >>f"; show
			make; as $who dd if=/dev/zero of=f bs=1 count=1 conv=notrunc status=none; show
			make; as $who cp /etc/hostname f; show
			make; as $who tee -a f </dev/null; show
			make; echo y | as $who tee -a f; show
			make; as $who perl -e "open F, q(+<), q(f); print F q(x)"; show
			make; as $who python3 -c "open(\"f\", \"r+b\").write(b\"x\")"; show
			make; as $who sed -n "w f" /etc/hostname; show
			make; as $who awk "BEGIN { print 1 >>\"f\" }"; show
		done'
}

@test "attributes that a write leaves are left" {
	same '
		make 4755; setfattr -n trusted.a -v 1 f; setfacl -m u:5:rwx f; as 5 $WRITES write f; show
		getfattr -d -m trusted f; getfacl -nc f'
}

@test "writes make no system call more, but where something is there to lose" {
	same 'make; show'
	cd "$WORK/fake.$BATS_TEST_NUMBER"
	run -0 fid -n empty -- strace -qq -e trace=all -o log -- dd if=/dev/zero of=plain bs=1 count=100 status=none
	[ "$(sed -n '/openat(AT_FDCWD, "plain"/,$p' log | grep -cE 'stat|getpid|ioctl')" -eq 0 ]
	# Here is a file with capabilities, and a new one that has none is looked at once at most.
	run -0 fid -n "$TAG" -- strace -qq -o log -- dd if=/dev/zero of=plain2 bs=1 count=100 status=none
	[ "$(grep -c '^write(1' log)" -eq 100 ]
	[ "$(sed -n '/^write(1/,$p' log | grep -c stat)" -le 1 ]
}
