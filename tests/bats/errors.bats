# SPDX-License-Identifier: MIT
# errors.bats - what fakeid says when something is wrong: one line on stderr, nothing on stdout, its own
# exit status, the command not run and nothing lost.
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
}

teardown() {
	if [ -n "${mounted-}" ]; then
		end_daemon
		umount "$mounted"
	fi
	fakeid_teardown
}

# refuses STATUS LINE CMD... - CMD fails with just that line on stderr, and runs nothing.
refuses() {
	local status_wanted=$1 line=$2

	shift 2
	run --separate-stderr -"$status_wanted" "$@"
	[ "$output" = "" ]
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "$line" ] || { printf 'got:    %s\nwanted: %s\n' "$stderr" "$line"; return 1; }
}

@test "an unknown short option is named" {
	refuses 125 "fakeid: option '-x': unknown: see fakeid --help" fid -x touch ran
	refuses 125 "fakeid: option '-x': unknown: see fakeid --help" fid -ux touch ran
	[ ! -e ran ]
}

@test "an unknown long option is named" {
	refuses 125 "fakeid: option '--nope': unknown: see fakeid --help" fid --nope touch ran
	refuses 125 "fakeid: option '--nope=1': unknown: see fakeid --help" fid --nope=1 touch ran
	[ ! -e ran ]
}

@test "an option without its value is named" {
	refuses 125 "fakeid: option '-n': it needs a value: see fakeid --help" fid -n
	refuses 125 "fakeid: option '-s': it needs a value: see fakeid --help" fid -us
	refuses 125 "fakeid: option '--load': it needs a value: see fakeid --help" fid --load
}

@test "an option with a value that it does not take is named" {
	refuses 125 "fakeid: option '--help=x': it takes no value: see fakeid --help" fid --help=x
}

@test "an empty file name is refused" {
	refuses 125 "fakeid: option '-s': its value is empty: see fakeid --help" fid -s '' touch ran
	refuses 125 "fakeid: option '-i': its value is empty: see fakeid --help" fid --load= touch ran
	[ ! -e ran ]
}

@test "a tag with bad characters is refused" {
	local rule="use letters, digits and . _ : / @ + -, and no '-' first"

	refuses 125 "fakeid: tag 'a b': bad characters: $rule" fid -n 'a b' touch ran
	refuses 125 "fakeid: tag '-a': bad characters: $rule" fid -n -a touch ran
	refuses 125 "fakeid: tag 'a?b': bad characters: $rule" fid -n $'a\nb' touch ran
	refuses 125 "fakeid: tag 'ä': bad characters: $rule" fid -n 'ä' touch ran
	[ ! -e ran ]
}

@test "an empty tag and one that is too long are refused" {
	local long

	long=$(printf 'a%.0s' {1..129})
	refuses 125 "fakeid: tag '': it is empty: use 1 to 128 characters" fid -n '' touch ran
	refuses 125 "fakeid: tag '$long': it is too long: use 1 to 128 characters" fid -n "$long" touch ran
	[ ! -e ran ]
	run -0 fid -n "${long:1}" true
}

@test "a command that does not exist gives 127" {
	refuses 127 "fakeid: command 'no-such-command': not found: check its name and PATH" \
		fid no-such-command
	refuses 127 "fakeid: command './no-such-file': not found: check its name and PATH" \
		fid -- ./no-such-file
}

@test "a command that cannot be run gives 126" {
	as_user touch plain
	refuses 126 "fakeid: command './plain': cannot run it: Permission denied: check the file" fid ./plain
	refuses 126 "fakeid: command '$WORK': cannot run it: Permission denied: check the file" fid "$WORK"
}

@test "no shell to run without a command gives 127" {
	SHELL=/no/shell refuses 127 "fakeid: command '/no/shell': not found: check its name and PATH" fid
}

@test "a state directory of another user is refused" {
	[ "$(id -u)" -eq 0 ] # without root there is no other user to make one
	mkdir -m 700 "$WORK/theirs"
	chown 12345 "$WORK/theirs"
	FAKEID_DIR=$WORK/theirs refuses 125 "fakeid: state directory $WORK/theirs: it belongs to another\
 user (12345): set FAKEID_DIR to a directory of your own" fid touch ran
	[ ! -e ran ]
	rmdir "$WORK/theirs"
}

@test "a state directory that others may enter is refused" {
	as_user mkdir -m 710 open
	FAKEID_DIR=$WORK/open refuses 125 \
		"fakeid: state directory $WORK/open: other users may enter it: run chmod 700 on it" \
		fid touch ran
	[ ! -e ran ]
	[ "$(ls -A open)" = "" ]
}

@test "a state directory that cannot be made is refused" {
	as_user mkdir -m 500 closed
	FAKEID_DIR=$WORK/closed/a/b refuses 125 "fakeid: state directory $WORK/closed/a/b: cannot make\
 $WORK/closed/a: Permission denied: set FAKEID_DIR to a place that you can write to" fid touch ran
	[ ! -e ran ]
}

@test "a state directory that is not writable is refused" {
	as_user mkdir -m 500 readonly
	FAKEID_DIR=$WORK/readonly refuses 125 "fakeid: state directory $WORK/readonly: not writable:\
 Permission denied: set FAKEID_DIR to a place that you can write to" fid touch ran
	[ ! -e ran ]
}

@test "a state directory that is a file is refused" {
	as_user touch file
	FAKEID_DIR=$WORK/file refuses 125 \
		"fakeid: state directory $WORK/file: Not a directory: set FAKEID_DIR" fid touch ran
	[ ! -e ran ]
}

@test "a state directory on a network filesystem is refused" {
	cat >nfs.c <<-'END'
		#include <sys/vfs.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int fstatfs(int fd, struct statfs *fs)
		{
			long r = syscall(SYS_fstatfs, fd, fs);
			fs->f_type = 0x6969;
			return (int)r;
		}
	END
	"${CC:-cc}" -shared -fPIC -o nfs.so nfs.c
	LD_PRELOAD=$WORK/nfs.so refuses 125 "fakeid: state directory $WORK/.state: it is on a network\
 filesystem: set FAKEID_DIR to a directory on a local disk" fid touch ran
	[ ! -e ran ]
}

@test "a state directory path that is too long is refused" {
	local long

	long=/$(printf 'a%.0s' {1..4100})
	FAKEID_DIR=$long refuses 125 "fakeid: state directory: its path is too long: set FAKEID_DIR to a\
 shorter one" fid touch ran
	[ ! -e ran ]
}

@test "a user without a home is told to name a state directory" {
	[ "$(id -u)" -eq 0 ] # to become a user that passwd does not know
	run --separate-stderr -125 setpriv --reuid 54321 --regid 54321 --clear-groups -- \
		env -u HOME -u FAKEID_DIR fakeid true
	[ "$stderr" = "fakeid: state directory: this user has no home: set FAKEID_DIR" ]
}

@test "a daemon that is not there is named" {
	FAKEID_FAKED=/no/faked refuses 125 \
		"fakeid: daemon /no/faked: No such file or directory: correct or unset FAKEID_FAKED" \
		fid touch ran
	[ ! -e ran ]
}

@test "a daemon that ends without a word is named" {
	FAKEID_FAKED=/bin/true refuses 125 \
		"fakeid: daemon $(realpath /bin/true): it ended before it served: try again" fid touch ran
	[ ! -e ran ]
}

@test "what the daemon says of its failure is passed on" {
	printf '#!/bin/sh\necho "error: store: it is full: make room" >&3\n' >said
	chmod 755 said
	FAKEID_FAKED=$WORK/said refuses 125 "fakeid: store: it is full: make room" fid touch ran
	[ ! -e ran ]
}

@test "a library that is not there is named" {
	FAKEID_LIB=/no/lib.so refuses 125 \
		"fakeid: library /no/lib.so: No such file or directory: correct or unset FAKEID_LIB" \
		fid touch ran
	[ ! -e ran ]
}

@test "a library that the loader would pass over is named" {
	local advice="correct or unset FAKEID_LIB"

	echo "no library, this, but a text of some length" >text
	FAKEID_LIB=$WORK/text refuses 125 \
		"fakeid: library $WORK/text: not a library of this machine: $advice" fid touch ran
	: >text
	FAKEID_LIB=$WORK/text refuses 125 \
		"fakeid: library $WORK/text: not a library of this machine: $advice" fid touch ran
	FAKEID_LIB=$WORK refuses 125 "fakeid: library $WORK: Is a directory: $advice" fid touch ran
	# As it is, but for the machine that its head names.
	cp "$FAKEID_LIB" other.so
	printf '\377' | dd of=other.so bs=1 seek=18 conv=notrunc status=none
	FAKEID_LIB=$WORK/other.so refuses 125 \
		"fakeid: library $WORK/other.so: not a library of this machine: $advice" fid touch ran
	[ ! -e ran ]
}

@test "a library whose path LD_PRELOAD cannot hold is named" {
	as_user mkdir 'a b'
	as_user cp "$FAKEID_LIB" 'a b/libfakeid.so'
	FAKEID_LIB="$WORK/a b/libfakeid.so" refuses 125 "fakeid: library $WORK/a b/libfakeid.so: its path\
 holds a blank or a colon, which LD_PRELOAD cannot: move it, or set FAKEID_LIB" fid touch ran
	[ ! -e ran ]
}

@test "a runtime place that is not ours alone is refused" {
	run -0 fid true
	end_daemon
	as_user mkdir -m 755 place
	as_user ln -sfn "$WORK/place" .state/run
	refuses 125 "fakeid: daemon: its runtime directory is not ours alone: $WORK/.state/run: remove that\
 link and try again" fid touch ran
	[ ! -e ran ]
}

@test "a daemon that speaks another protocol is named" {
	run -0 fid true
	end_daemon
	as_user mkdir -m 700 place
	as_user ln -sfn "$WORK/place" .state/run
	as_user python3 - "$WORK/place/socket" <<-'END' &
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.bind(sys.argv[1])
		s.listen()
		c, _ = s.accept()
		c.recv(100)
		c.send(b'\x63\x00' * 6)
	END
	wait_until 10 test -S place/socket
	refuses 125 "fakeid: daemon: it speaks another version of the protocol: $WORK/.state: run fakeidctl\
 stop and try again" fid touch ran
	wait $!
	[ ! -e ran ]
}

# small_disk SIZE - mount one, for the test user alone; the state directory is on it.
small_disk() {
	[ "$(id -u)" -eq 0 ] # to mount
	mkdir disk
	mount -t tmpfs -o "size=$1,mode=700,uid=$TEST_UID,gid=$TEST_UID" none disk
	mounted=$WORK/disk
	export FAKEID_DIR=$mounted/state
}

@test "a full disk at the start is one line, and nothing ran" {
	small_disk 1m
	as_user sh -c 'cat /dev/zero >disk/fill' 2>/dev/null || true
	run --separate-stderr -125 fid touch ran
	[[ $stderr =~ ^fakeid:\ .*:\ No\ space\ left\ on\ device ]]
	# shellcheck disable=SC2154 # set by run
	[ "${#stderr_lines[@]}" -eq 1 ]
	[ ! -e ran ]
}

@test "a corrupt store is one line, nothing ran, and the store is as it was" {
	run -0 fid true
	run -0 as_user fakeidctl stop
	wait_until 5 no_daemon
	as_user sh -c 'printf "no database, this" >.state/store/data.mdb'
	run --separate-stderr -125 fid touch ran
	[[ $stderr = "fakeid: $WORK/.state: store is damaged; "* ]]
	# shellcheck disable=SC2154 # set by run
	[ "${#stderr_lines[@]}" -eq 1 ]
	[ ! -e ran ]
	[ "$(cat .state/store/data.mdb)" = "no database, this" ]
}

@test "the reason is told however long the path of the state directory is" {
	part=$(printf '%0200d' 0)
	export FAKEID_DIR=$WORK/$part/$part/$part/$part/$part/$part/$part
	run -0 fid true
	run -0 as_user fakeidctl stop
	wait_until 5 no_daemon
	as_user sh -c 'echo "no database, this" >"$FAKEID_DIR/store/data.mdb"'
	run --separate-stderr -125 fid true
	[[ $stderr = "fakeid: $FAKEID_DIR: store is damaged; nothing was changed: move the directory "* ]]
}

@test "a lock that cannot be opened is not taken for another daemon" {
	run -0 fid true
	run -0 as_user fakeidctl stop
	wait_until 5 no_daemon
	chmod 000 .state/lock
	refuses 125 "fakeid: $WORK/.state: cannot take the lock; see to the file lock there: Permission denied" \
		fid true
	chmod 600 .state/lock
}

@test "a daemon that no process is left for is no wrong installation" {
	refuses 125 "fakeid: daemon $FAKEID_FAKED: Resource temporarily unavailable: try again" \
		as_user prlimit --nproc=0 fakeid true
}

@test "changes that cannot be committed at the end give 125, whatever the command gave" {
	as_user cp "$FAKEID_FAKED" faked
	FAKEID_FAKED=$WORK/faked refuses 125 "fakeid: save: the last changes are not on disk yet:\
 $WORK/.state: the daemon died and cannot be restarted: run any fakeid command to see why" \
		fid -- sh -c 'rm faked; read -r pid rest <.state/lock; kill -9 $pid; exit 7'
}

@test "what cannot be printed is told" {
	fid -n web true
	for args in --help --version; do
		run --separate-stderr -125 as_user sh -c "fakeid $args >/dev/full"
		[ "$stderr" = "fakeid: output: No space left on device" ]
	done
	for args in --help --version status "stat ." "ns list" "ns show web --json" "map show 0:0:1"; do
		run --separate-stderr -1 as_user sh -c "fakeidctl $args >/dev/full"
		[ "$stderr" = "fakeidctl: output: No space left on device" ]
	done
	# More than fits into the stream's memory, so that the error comes before the last write.
	run --separate-stderr -1 as_user sh -c 'fakeidctl stat $(yes . | head -n 400) >/dev/full'
	[ "$stderr" = "fakeidctl: output: No space left on device" ]
	run --separate-stderr -1 as_user sh -c "fakeidctl status >&-"
	[ "$stderr" = "fakeidctl: output: Bad file descriptor" ]
}
