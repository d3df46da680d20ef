# SPDX-License-Identifier: MIT
# launcher.bats - what `fakeid` does around a command: options, environment, signals, the daemon's life.
# shellcheck disable=SC2154 # lib.bash asks for abs_top_builddir and abs_top_srcdir
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
}

teardown() {
	fakeid_teardown
}

# The number that python3 sees a command end with: negative for a signal, which no shell can tell from
# a status above 128.
real_end() {
	as_user python3 -c 'import subprocess, sys; print(subprocess.run(sys.argv[1:]).returncode)' "$@"
}

@test "the exit status of the command is passed on" {
	run -0 fid true
	run -1 fid false
	run -7 fid sh -c 'exit 7'
	run -255 fid sh -c 'exit 255'
}

@test "death by a signal is passed on as death by that signal" {
	run -0 real_end fakeid sh -c 'kill -TERM $$'
	[ "$output" = -15 ]
	run -0 real_end fakeid sh -c 'kill -KILL $$'
	[ "$output" = -9 ]
	run -0 real_end fakeid sh -c 'kill -INT $$'
	[ "$output" = -2 ]
}

@test "death by a signal that dumps core leaves one core at most: the command's" {
	[ "$(cut -c1 /proc/sys/kernel/core_pattern)" = '|' ] || cd "$WORK"
	run -0 real_end sh -c 'ulimit -c 0; exec fakeid sh -c "kill -SEGV \$\$"'
	[ "$output" = -11 ]
}

@test "output and input are the command's" {
	run -0 --separate-stderr fid sh -c 'cat; echo err >&2' <<<'text'
	[ "$output" = text ]
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = err ]
}

@test "options end at the first word that is none" {
	run -0 fid sh -c 'printf "%s\n" "$*"' x -n -h --version
	[ "$output" = "-n -h --version" ]
}

@test "options end at --" {
	run -0 fid -- printf '%s\n' -v
	[ "$output" = -v ]
	run -127 --separate-stderr fid -- -v
	[ "$stderr" = "fakeid: command '-v': not found: check its name and PATH" ]
}

@test "short options combine and long options take = or a word" {
	run -0 fid -un one true
	run -0 fid -ntwo true
	run -0 fid --namespace=three true
	run -0 fid --namespace four true
	run -0 as_user fakeidctl status
	for tag in one two three four; do
		grep -qw "$tag" <<<"$output"
	done
}

@test "fakeroot's options that mean nothing here are accepted, short and long" {
	run -0 fid -b 5 -l /no/lib -f /no/faked echo ok
	[ "$output" = ok ]
	run -0 fid --fd-base 5 --lib=/no/lib --faked /no/faked -- echo ok
	[ "$output" = ok ]
}

@test "without a command a shell runs: SHELL, else /bin/sh" {
	run -0 fid <<<'echo shell $0'
	printf '#!/bin/sh\necho mine\n' >mine
	chmod 755 mine
	SHELL=$WORK/mine run -0 fid
	[ "$output" = mine ]
	run -0 env -u SHELL "$BASH" -c '. "$1"; fid' x "$BATS_TEST_DIRNAME/lib.bash" <<<'readlink /proc/$$/exe'
	[ "$output" = "$(realpath /bin/sh)" ]
	SHELL='' run -0 fid -n x <<<'readlink /proc/$$/exe'
	[ "$output" = "$(realpath /bin/sh)" ]
}

@test "--help goes to stdout and runs nothing" {
	run -0 --separate-stderr fid --help touch ran
	[ "${lines[0]}" = "Usage: fakeid [options] [--] [command [arguments]]" ]
	[ "$stderr" = "" ]
	long=$output
	run -0 fid -h touch ran
	[ "$output" = "$long" ]
	[ ! -e ran ]
	[ ! -e .state ]
}

@test "--help names every option" {
	run -0 fid -h
	for option in -n --namespace --new -s --save -i --load -u --unknown-is-real --allow-new-privs -b \
		--fd-base -l --lib -f --faked -h --help -v -V --version --map --map-uid --map-gid --map-auto \
		--isolated --no-isolated --unmapped --split --fs --map-fsuid --map-fsgid --idmap; do
		grep -qw -- "$option" <<<"$output"
	done
}

@test "the version is one line, in every spelling" {
	for option in -v -V --version; do
		run -0 fid "$option" touch ran
		[[ $output =~ ^fakeid\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	done
	[ ! -e ran ]
}

@test "called fakeroot, it prints a version that scripts take for fakeroot's" {
	ln -s "$abs_top_builddir/fakeid/fakeid" fakeroot
	run -0 as_user ./fakeroot -v
	[[ $output =~ ^fakeroot\ version\ 1\.[0-9]+\ \(fakeid\ [0-9.]+\)$ ]]
	run -0 as_user ./fakeroot -- id -u
	[ "$output" = 0 ]
}

@test "a full stdout is an error for --version and --help" {
	run -125 sh -c 'fakeid --version >/dev/full'
	run -125 sh -c 'fakeid --help >/dev/full'
}

@test "the command finds its session in the environment" {
	run -0 fid -n here env
	session=$(grep '^FAKEID_SESSION=' <<<"$output")
	[[ $session =~ ^FAKEID_SESSION=1:[1-9][0-9]*:[1-9][0-9]*:0:$WORK/\.state$ ]]
	grep -qxE 'FAKEROOTKEY=[0-9]+' <<<"$output"
	grep -qxF "LD_PRELOAD=$FAKEID_LIB" <<<"$output"
	[[ $output != *FAKEID_CREDS* ]]
}

@test "other preloads stay, before ours, and ours is there once" {
	libc=$(ldd /bin/true | awk '/libc\.so/ { print $3 }')
	LD_PRELOAD="$libc" run -0 fid printenv LD_PRELOAD
	[ "$output" = "$libc:$FAKEID_LIB" ]
	LD_PRELOAD="$FAKEID_LIB $libc:" run -0 fid printenv LD_PRELOAD
	[ "$output" = "$libc:$FAKEID_LIB" ]
}

@test "credentials of another session do not come along" {
	FAKEID_CREDS='u=5,5,5,5' run -0 fid sh -c 'id -u; printenv FAKEID_CREDS || echo none'
	[ "$output" = "$(printf '0\nnone')" ]
}

@test "the user bits of the umask are the library's business, the rest is the kernel's" {
	run -0 sh -c 'umask 0277; exec "$@"' x "$BASH" -c '. "$1"; shift; fid "$@"' x \
		"$BATS_TEST_DIRNAME/lib.bash" sh -c 'grep Umask: /proc/self/status; umask; printenv FAKEID_CREDS'
	[ "${lines[0]}" = "$(printf 'Umask:\t0077')" ]
	[ "${lines[1]}" = 0277 ]
	[ "${lines[2]}" = umask=200 ]
}

@test "the command runs as a child of fakeid, in its process group" {
	run -0 fid sh -c 'ps -o comm= -p $PPID; ps -o pgid= -p $PPID; ps -o pgid= -p $$'
	[ "${lines[0]}" = fakeid ]
	[ "${lines[1]}" = "${lines[2]}" ]
}

@test "the command gets no descriptor of ours" {
	run -0 as_user sh -c 'ls /proc/self/fd | tr "\n" " "' </dev/null
	native=$output
	run -0 fid sh -c 'ls /proc/self/fd | tr "\n" " "' </dev/null
	[ "$output" = "$native" ]
}

# begin ARGS... - a session in the background, waiting for `go`; $launcher is its fakeid. A shell starts
# what it puts there with INT and QUIT ignored, which must not be what the tests see.
begin() {
	rm -f began
	as_user env --default-signal=INT,QUIT "$BASH" -c 'echo $$ >launcher; exec fakeid "$@"' x "$@" >out 2>err &
	job=$!
	wait_until 10 test -e began
	launcher=$(cat launcher)
}

# The same in a process group that has a parent in its session: where nobody could continue it, the kernel
# lets no terminal signal stop a process. timeout makes a group of its own.
begin_as_job() {
	rm -f began
	# shellcheck disable=SC2016 # for the inner shells
	as_user env --default-signal=INT,QUIT setsid --wait sh -c 'timeout 60 sh -c "echo \$\$ >launcher
		exec fakeid \"\$@\"" x "$@"; exit $?' x "$@" >out 2>err &
	job=$!
	wait_until 10 test -e began
	launcher=$(cat launcher)
}

# no_new_privs ARGS... - what the kernel has of a command that fakeid runs: inside, the answer is virtual.
no_new_privs() {
	rm -f go
	begin "$@" sh -c 'echo $$ >pid; touch began; while [ ! -e go ]; do sleep 0.05; done'
	grep NoNewPrivs "/proc/$(cat pid)/status"
	touch go
	wait "$job"
}

@test "setuid programs keep inside, unless new privileges are allowed" {
	[ "$(no_new_privs)" = "$(printf 'NoNewPrivs:\t1')" ]
	[ "$(no_new_privs --allow-new-privs)" = "$(printf 'NoNewPrivs:\t0')" ]
}

@test "TERM, HUP, USR1 and USR2 are passed on" {
	for number in TERM HUP USR1 USR2; do
		begin sh -c 'trap "echo got $0; exit 3" $0; touch began; while [ -e began ]; do sleep 0.1; done' \
			"$number"
		kill "-$number" "$launcher"
		status=0
		wait "$job" || status=$?
		[ "$status" -eq 3 ]
		[ "$(cat out)" = "got $number" ]
	done
}

@test "an alarm that was set before is the command's" {
	for fakeid in "" fakeid; do
		# shellcheck disable=SC2086 # empty for the native one
		run -5 as_user timeout 20 python3 -c 'import os, signal, sys
signal.alarm(1)
os.execvp(sys.argv[1], sys.argv[1:])' $fakeid sh -c 'trap "echo alarm; exit 5" ALRM; for i in 1 2 3 4 5 6 7 8 9; do sleep 1; done'
		[ "$output" = alarm ]
	done
}

@test "INT and QUIT to fakeid alone do not end it: the command decides" {
	begin sh -c 'touch began; while [ -e began ] && [ ! -e go ]; do sleep 0.05; done; echo whole'
	kill -INT "$launcher"
	kill -QUIT "$launcher"
	sleep 0.3
	kill -0 "$launcher"
	touch go
	wait "$job"
	[ "$(cat out)" = whole ]
}

process_state() {
	awk '{ print $3 }' "/proc/$1/stat"
}

has_state() {
	[[ "$(process_state "$1")" == [$2] ]]
}

@test "a stop takes both, and going on as well" {
	begin_as_job sh -c 'echo $$ >pid; touch began; while [ -e began ] && [ ! -e go ]; do sleep 0.05; done; echo whole'
	child=$(cat pid)
	kill -TSTP "$launcher"
	wait_until 5 has_state "$child" T
	wait_until 5 has_state "$launcher" T
	kill -CONT "$launcher"
	wait_until 5 has_state "$child" SRD
	wait_until 5 has_state "$launcher" SRD
	touch go
	wait "$job"
	[ "$(cat out)" = whole ]
}

@test "a stop that comes before the command has begun stops fakeid, and both go on" {
	cat >slow.c <<-'END'
		#include <fcntl.h>
		#include <linux/prctl.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int prctl(int option, long a, long b, long c, long d)
		{
			if (option == PR_SET_NO_NEW_PRIVS) {
				close(open("began", O_CREAT | O_WRONLY, 0600));
				for (int i = 0; i < 100; i++)
					usleep(20000);
			}
			return syscall(SYS_prctl, option, a, b, c, d);
		}
	END
	"${CC:-cc}" -shared -fPIC -o slow.so slow.c
	LD_PRELOAD=$WORK/slow.so begin_as_job sh -c 'while [ ! -e go ]; do sleep 0.05; done; echo whole'
	group=$(ps -o pgid= -p "$launcher" | tr -d ' ')
	kill -TSTP -- "-$group"
	wait_until 5 has_state "$launcher" T || { kill -KILL -- "-$group" && false; }
	kill -CONT -- "-$group"
	touch go
	wait "$job"
	[ "$(cat out)" = whole ]
}

@test "a command stopped by SIGSTOP alone does not take fakeid along" {
	begin sh -c 'echo $$ >pid; touch began; while [ -e began ] && [ ! -e go ]; do sleep 0.05; done; echo whole'
	child=$(cat pid)
	kill -STOP "$child"
	wait_until 5 has_state "$child" T
	sleep 0.2
	has_state "$launcher" S
	kill -CONT "$child"
	touch go
	wait "$job"
	[ "$(cat out)" = whole ]
}

@test "a parent that ignores SIGCHLD does not hide the command's end" {
	run -7 as_user python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp(sys.argv[1], sys.argv[1:])' fakeid sh -c 'exit 7'
}

@test "signals that were ignored or blocked before are so in the command" {
	run -0 as_user python3 -c 'import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
os.execvp(sys.argv[1], sys.argv[1:])' fakeid grep -E '^Sig(Blk|Ign)' /proc/self/status
	[[ ${lines[0]} =~ ^SigBlk:.*0000000200$ ]]
	[[ ${lines[1]} =~ ^SigIgn:.*[13579bdf]$ ]]
}

@test "the state directory is made with its parents, for us alone" {
	FAKEID_DIR=$WORK/a/b/c run -0 fid true
	[ "$(stat -c %a:%u a/b/c)" = "700:$TEST_UID" ]
	end_daemon "$WORK/a/b/c"
}

@test "XDG_STATE_HOME is second, the home directory third, passwd's the last" {
	unset FAKEID_DIR
	XDG_STATE_HOME=$WORK/xdg run -0 fid printenv FAKEID_SESSION
	[[ $output = *":$WORK/xdg/fakeid" ]]
	end_daemon "$WORK/xdg/fakeid"
	XDG_STATE_HOME=relative run -0 fid printenv FAKEID_SESSION
	[[ $output = *":$WORK/.local/state/fakeid" ]]
	end_daemon "$WORK/.local/state/fakeid"
	FAKEID_DIR='' XDG_STATE_HOME='' run -0 fid printenv FAKEID_SESSION
	[[ $output = *":$WORK/.local/state/fakeid" ]]
	end_daemon "$WORK/.local/state/fakeid"
}

@test "a relative state directory is taken from the current one, links are followed" {
	as_user mkdir -m 700 real
	as_user ln -s real link
	FAKEID_DIR=link/ run -0 fid printenv FAKEID_SESSION
	[[ $output = *":$WORK/real" ]]
	end_daemon "$WORK/real"
}

@test "a state directory path longer than a socket address works" {
	part=$(printf 'a%.0s' {1..100})
	FAKEID_DIR=$WORK/$part/$part/$part run -0 fid sh -c 'touch f; chown 5:6 f; stat -c %u:%g f'
	[ "$output" = 5:6 ]
	FAKEID_DIR=$WORK/$part/$part/$part run -0 fid stat -c %u:%g f
	[ "$output" = 5:6 ]
	end_daemon "$WORK/$part/$part/$part"
}

@test "what one command did the next one with the same tag sees, and no other" {
	run -0 fid -n one sh -c 'touch f; chown 11:12 f'
	run -0 fid -n one stat -c %u:%g f
	[ "$output" = 11:12 ]
	run -0 fid -n two stat -c %u:%g f
	[ "$output" = 0:0 ]
	run -0 fid stat -c %u:%g f
	[ "$output" = 0:0 ]
	[ "$(stat -c %u:%g f)" = "$TEST_UID:$TEST_UID" ]
}

@test "the default tag is called default" {
	run -0 fid sh -c 'touch f; chown 11:12 f'
	run -0 fid -n default stat -c %u:%g f
	[ "$output" = 11:12 ]
}

@test "-u shows the real owner of files without a record" {
	run -0 fid sh -c 'touch recorded plain; chown 7:8 recorded'
	run -0 fid -u stat -c %u:%g recorded plain
	[ "$output" = "$(printf '7:8\n%s:%s' "$TEST_UID" "$TEST_UID")" ]
	run -0 fid --unknown-is-real stat -c %u:%g plain
	[ "$output" = "$TEST_UID:$TEST_UID" ]
	run -0 fid stat -c %u:%g plain
	[ "$output" = 0:0 ]
}

@test "fakeid inside fakeid joins: the same process, environment and session" {
	run -0 fid -n one sh -c 'env | sort >outer; echo $$; exec fakeid sh -c "echo \$\$; env | sort >inner"'
	[ "${lines[0]}" = "${lines[1]}" ]
	grep -v '^_=' outer >outer2
	grep -v '^_=' inner >inner2
	run -0 diff outer2 inner2
}

@test "fakeid inside fakeid with the same tag joins" {
	run -0 fid -n one -- fakeid -n one sh -c 'touch f; chown 3:4 f'
	run -0 fid -n one stat -c %u:%g f
	[ "$output" = 3:4 ]
}

@test "joining keeps the credentials that the caller took" {
	run -0 fid setpriv --reuid 42 --regid 43 --clear-groups -- fakeid sh -c 'id -u; id -g; id -G'
	[ "$output" = "$(printf '42\n43\n43')" ]
}

@test "-u inside a session holds for what it runs" {
	run -0 fid sh -c 'touch f; fakeid -u sh -c "stat -c %u f; stat -c %u f"; stat -c %u f'
	[ "${lines[0]}:${lines[1]}:${lines[2]}" = "$TEST_UID:$TEST_UID:0" ]
}

@test "a FAKEID_SESSION that makes no sense is no session" {
	for value in 1 x 2:1:1:0:/tmp "1:1:1:0:relative" "1:1:1:0:/no/such" "1:99999999999:1:0:$WORK"; do
		FAKEID_SESSION=$value run -0 fid -n one printenv FAKEID_SESSION
		[[ $output =~ ^1:[1-9][0-9]*:[1-9][0-9]*:0:$WORK/\.state$ ]]
	done
}

@test "a FAKEID_SESSION of another user is no session" {
	[ "$(id -u)" -eq 0 ] # to be two users
	run -0 fid -n one true
	session=$(fid -n one printenv FAKEID_SESSION)
	mkdir -m 700 other
	chown 54321 other
	FAKEID_SESSION=$session FAKEID_DIR=$WORK/other run -0 setpriv --reuid 54321 --regid 54321 \
		--clear-groups -- fakeid sh -c 'printenv FAKEID_SESSION; id -u' 3>&-
	[[ ${lines[0]} =~ :$WORK/other$ ]]
	[ "${lines[1]}" = 0 ]
	end_daemon "$WORK/other"
}

@test "closed standard descriptors are closed for the command as well, and get nothing of ours" {
	as_user python3 -c 'import os
for fd in (0, 1, 2):
    os.close(fd)
os.execvp("fakeid", ["fakeid", "sh", "-c", "for n in 0 1 2; do test -e /proc/$$/fd/$n && mkdir open$n; done; mkdir ran"])'
	[ -d ran ]
	run -0 sh -c 'ls -d open* 2>/dev/null || echo none'
	[ "$output" = none ]
}

@test "a daemon that died is restarted while the command runs" {
	begin sh -c 'touch f; chown 21:22 f; touch began; while [ -e began ] && [ ! -e go ]; do sleep 0.05; done
		chown 23 f; touch g; chown 24 g'
	old=$(daemon_pid)
	kill -KILL "$old"
	new_daemon() {
		local now

		now=$(daemon_pid) && [ "$now" != "$old" ]
	}
	wait_until 10 new_daemon
	run -0 ps -o stat= -p "$old,$(daemon_pid)" # the old one is not left as a zombie
	[[ "${#lines[@]}" = 1 && "$output" != Z* ]]
	touch go
	wait "$job"
	[ "$(cat err)" = "" ]
	run -0 fid stat -c %u:%g f g
	[ "$output" = "$(printf '23:22\n24:0')" ]
}

@test "a daemon that died is restarted under a nameless session as well" {
	begin -s saved sh -c 'touch f; chown 21:22 f; touch began
		while [ -e began ] && [ ! -e go ]; do sleep 0.05; done; chown 23 f'
	old=$(daemon_pid)
	kill -KILL "$old"
	touch go
	wait "$job"
	[ "$(cat err)" = "" ]
	[[ $(cat saved) =~ ,uid=23,gid=22, ]]
}

@test "a daemon that was stopped is started again for the session that needs it" {
	begin sh -c 'touch f; chown 21 f; touch began; while [ -e began ] && [ ! -e go ]; do sleep 0.05; done; chown 22 f'
	run -0 as_user fakeidctl stop
	touch go
	wait "$job"
	[ "$(cat err)" = "" ]
	run -0 fid stat -c %u f
	[ "$output" = 22 ]
}

@test "signals are passed on while one daemon after another ends as soon as it is there" {
	cat >flaky <<-END
		#!/bin/sh
		[ ! -e "$WORK/flaps" ] || exec echo ok >&3
		exec "$FAKEID_FAKED" "\$@"
	END
	chmod 755 flaky
	FAKEID_FAKED=$WORK/flaky begin sh -c 'trap "echo got; exit 3" TERM; touch began; while [ -e began ]; do sleep 0.1; done'
	touch flaps
	kill -KILL "$(daemon_pid)"
	sleep 0.3
	kill -TERM "$launcher"
	status=0
	wait_until 2 test -s out || status=$?
	rm flaps
	wait "$job" || [ "$?" -eq 3 ]
	[ "$status" -eq 0 ]
}

@test "INT ends fakeid while it waits for a daemon that does not answer, once the command has ended" {
	begin sh -c 'echo $$ >pid; touch f began; chown 21 f; while [ ! -e go ]; do sleep 0.05; done'
	kill -STOP "$(daemon_pid)"
	touch go
	wait_until 10 eval '! kill -0 "$(cat pid)" 2>/dev/null' # waited for
	sleep 0.3
	kill -INT "$launcher"
	status=0
	wait_until 5 eval '! kill -0 "$launcher" 2>/dev/null' || status=$?
	kill -CONT "$(daemon_pid)"
	[ "$status" -eq 0 ]
	wait "$job" || status=$?
	[ "$status" -eq 130 ]
	run -0 fid stat -c %u f
	[ "$output" = 21 ]
}

@test "two sessions with different environments share one daemon" {
	mkdir run1 run2
	chown "$TEST_UID" run1 run2
	chmod 700 run1 run2
	XDG_RUNTIME_DIR=$WORK/run1 HOME=/nowhere begin sh -c 'touch f; chown 5 f; touch began; while [ -e began ] && [ ! -e go ]; do sleep 0.05; done; stat -c %u f'
	first=$(daemon_pid)
	run -0 env -i PATH="$PATH" FAKEID_DIR="$FAKEID_DIR" XDG_RUNTIME_DIR="$WORK/run2" abs_top_builddir="$abs_top_builddir" \
		abs_top_srcdir="$abs_top_srcdir" "$BASH" -c '. "$1"; fid sh -c "stat -c %u f; chown 6 f"' \
		x "$BATS_TEST_DIRNAME/lib.bash"
	[ "$output" = 5 ]
	[ "$(daemon_pid)" = "$first" ]
	touch go
	wait "$job"
	[ "$(cat out)" = 6 ]
	[ "$(ls -A run2)" = "" ]
}

daemons_here() {
	local pid n=0

	for pid in $(pgrep -x -u "$TEST_UID" faked); do
		if tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF "$FAKEID_DIR"; then
			n=$((n + 1))
		fi
	done
	echo "$n"
}

@test "eight that start at once end with one daemon, and all run" {
	for i in 1 2 3 4 5 6 7 8; do
		fid sh -c "touch f$i; chown $i f$i" 2>err &
		pids[i]=$!
	done
	for i in 1 2 3 4 5 6 7 8; do
		wait "${pids[i]}"
	done
	[ "$(daemons_here)" = 1 ]
	run -0 fid sh -c 'stat -c %u f[1-8]'
	[ "$output" = "$(printf '%s\n' 1 2 3 4 5 6 7 8)" ]
	[ "$(cat err)" = "" ]
}

@test "the daemon is in its own session, without our descriptors, preload, signals and limits" {
	mkfifo pipe
	exec 9<>pipe
	LD_PRELOAD=$(ldd /bin/true | awk '/libc\.so/ { print $3 }') run -0 as_user sh -c '
		ulimit -S -f 100000; trap "" USR1 34; exec fakeid true'
	exec 9>&-
	pid=$(daemon_pid)
	[ "$(awk '/^Max file size/ { print $4 == $5 }' "/proc/$pid/limits")" = 1 ]
	[ "$(awk '/^SigBlk/ { print $2 }' "/proc/$pid/status")" = 0000000000000000 ]
	ignored=$(awk '/^SigIgn/ { print $2 }' "/proc/$pid/status")
	[ $((0x$ignored >> 33)) = 0 ] # from SIGRTMIN on; glibc ignores its own two until they are used
	[ "$(ps -o sid= -p "$pid" | tr -d ' ')" != "$(ps -o sid= -p $$ | tr -d ' ')" ]
	[ "$(readlink "/proc/$pid/cwd")" = / ]
	run -1 sh -c 'readlink /proc/"$1"/fd/* | grep -xF "$2"' x "$pid" "$WORK/pipe"
	run -1 grep -qz '^LD_PRELOAD=' "/proc/$pid/environ"
}

@test "a session ends at once for what reads from it, though the daemon lives on" {
	run -0 timeout 30 sh -c '"$@" | cat' x "$BASH" -c '. "$1"; fid echo whole' x "$BATS_TEST_DIRNAME/lib.bash"
	[ "$output" = whole ]
	daemon_pid
}

@test "programs from the build tree find each other without any variable" {
	unset FAKEID_FAKED FAKEID_LIB
	run -0 fid printenv LD_PRELOAD
	[ "$output" = "$abs_top_builddir/.libs/libfakeid.so" ]
}

# killed_faked TIMES - a daemon that is killed while it opens the store, the first TIMES times.
killed_faked() {
	echo '#include <signal.h>
		int mdb_env_open(void); int mdb_env_open(void) { return raise(SIGKILL); }' >die.c
	"${CC:-cc}" -shared -fPIC -o die.so die.c
	cat >killed-faked <<-END
		#!/bin/sh
		echo >>"$WORK/starts"
		[ "\$(wc -l <"$WORK/starts")" -gt "$1" ] || export LD_PRELOAD="$WORK/die.so"
		exec "$FAKEID_FAKED" "\$@"
	END
	chmod 755 killed-faked
	: >starts
	chmod 666 starts
	export FAKEID_FAKED=$WORK/killed-faked
}

@test "a daemon that is killed at its start is started once more" {
	killed_faked 1
	run -0 fid -- id -u
	[ "$output" = 0 ]
	[ "$(wc -l <starts)" = 2 ]
}

@test "a daemon that is killed at its start again is told, with what may be wrong" {
	killed_faked 2
	run -125 fid -- true
	[[ "$output" == *"the daemon died at its start; the store may be damaged"* ]]
	[ "$(wc -l <starts)" = 2 ]
}
