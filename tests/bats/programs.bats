#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs whose business is to become another user, or to tell who one is: they print and leave what they do for a
# real root.

# shellcheck disable=SC2016 # scripts for other shells
load lib
load both

bats_require_minimum_version 1.5.0

setup() {
	both_setup
}

teardown() {
	fakeid_teardown
}

# A shadow file that the real user may read, for the programs that cannot do without: root's password is "pass".
readable_shadow() {
	sed "s|^root:[^:]*|root:$(perl -e 'print crypt("pass", q($6$salt$))')|" /etc/shadow >shadow
	chmod 644 shadow
	# shellcheck disable=SC2034 # both uses it
	AROUND=(unshare -m sh -c 'mount --bind "$0" /etc/shadow && exec "$@"' "$WORK/shadow")
}

@test "runuser becomes a user, with his groups or others, and no user may run it" {
	both 'mkdir -m 1777 d; cd d
		runuser -u nobody -- sh -c "id; touch a; stat -c %u:%g:%a a; umask"
		runuser -g audio -u daemon -- sh -c "id; touch b"; runuser -g audio -G video -G games -u daemon -- id
		runuser -s /bin/sh -g audio daemon -c "id; grep -E ^Groups /proc/self/status"
		runuser -l -s /bin/sh nobody -c "id; pwd; echo \$HOME \$USER \$PATH"
		runuser -s /bin/sh - daemon -c "id; touch /proc/self/oops; mkdir \$OLDPWD/c"
		runuser -P -u nobody -- sh -c "id -u; stat -Lc %u /dev/stdin" | tr -d "\r"
		runuser nobody-here -c id; runuser -u daemon -- runuser -u nobody id; user 7 runuser -u nobody id
		runuser -u nobody -- sh -c "exit 3"; echo $?; runuser -u nobody -- sh -c "kill -TERM \$\$"; echo $?; cd ..'
	[[ $output == *"uid=1(daemon) gid=29(audio) groups=29(audio)"* ]]
}

@test "su becomes a user where the real user may read the shadow file, and asks others for the password" {
	readable_shadow
	both --caps "$(caps_here)" 'mkdir -m 1777 d; cd d
		su -s /bin/sh -c "id; touch a; stat -c %u:%g:%a a; grep -E \"^(Uid|Gid|Groups|CapEff)\" /proc/self/status" nobody
		su -s /bin/sh -c id daemon; su -s /bin/sh -g audio -G video daemon -c "id; touch b"
		su -s /bin/sh - nobody -c "id; pwd; env | grep -E ^\(HOME\|USER\|SHELL\|PATH\|LOGNAME\)= | sort"
		su -m -s /bin/sh nobody -c "echo \$HOME; id -u"; su -P -s /bin/sh nobody -c "id -u" | tr -d "\r"
		su nobody-here -c id; su daemon -c id; echo $?
		echo pass | user 1000 su -c "id; touch c; grep ^CapEff /proc/self/status"
		echo wrong | user 1000 su -c id; echo pass | user 1000 su -s /bin/sh daemon -c id
		echo pass | runuser -u daemon -- su -s /bin/sh root -c "runuser -u nobody id"; cd ..'
	[[ $output == *"./d/c f 644 0:0 1"* ]]
}

@test "sg and newgrp change the group and keep the others" {
	both 'sg audio -c "id; touch a"; sg audio "mkdir b"; echo "id; touch c" | newgrp audio
		sg none-here -c id; echo id | newgrp none-here
		runuser -u daemon -- sg daemon -c "id; sg audio -c id"'
	[[ $output == *"./a f 644 0:29 1"* ]]
}

@test "setpriv sets each set, and its dump tells them" {
	both --caps "$(caps_here)" 'setpriv --dump
		setpriv --reuid 7 --regid 8 --groups 3,4 setpriv --dump; setpriv --reuid 7 --regid 8 --keep-groups setpriv --dump
		setpriv --ruid 7 --egid 8 --clear-groups setpriv --dump
		setpriv --reuid daemon --regid audio --init-groups setpriv --dump
		setpriv --reuid 7 --regid 8 --clear-groups --inh-caps=+chown,+kill --ambient-caps=+kill setpriv --dump
		setpriv --inh-caps=+chown setpriv --dump; setpriv --bounding-set=-chown,-kill setpriv --dump
		setpriv --bounding-set=-all setpriv --dump; setpriv --no-new-privs setpriv --dump
		setpriv --securebits=+noroot,+noroot_locked,+no_setuid_fixup setpriv --dump
		setpriv --securebits=+keep_caps_locked --reuid 9 --clear-groups setpriv --dump
		setpriv --reset-env --reuid daemon --regid daemon --init-groups sh -c "echo \$HOME \$SHELL \$USER"
		for what in "--reuid 8" "--regid 8" "--groups 5" --clear-groups "--bounding-set=-chown" "--inh-caps=+chown" \
			"--ambient-caps=+chown" "--securebits=+noroot" --no-new-privs; do
			echo "$what"; user 7 setpriv $what id
		done'
	[[ $output == *"Securebits: noroot,noroot_locked,no_setuid_fixup"* ]]
}

@test "capsh sets each set, and its print, getpcaps and /proc tell them" {
	both --caps "$(caps_here)" '
		tell="capsh --print; getpcaps 0 2>&1; grep -E ^Cap /proc/self/status; setpriv --dump"
		show() { echo "$@"; capsh "$@" -- -c "$tell"; }
		show; show --user=daemon; show --uid=5; show --gid=5 --groups=6,7 --uid=5; show --drop=cap_chown,cap_kill
		show --keep=1 --user=daemon --inh=cap_net_raw --addamb=cap_net_raw; show --secbits=0x2f; show --no-new-privs
		show --mode=NOPRIV; show --mode=PURE1E; show --mode=PURE1E_INIT; show --iab="^cap_chown,!cap_kill"
		show --caps=cap_setpcap,cap_setuid+ep --uid=4; show --caps=cap_chown=p; show --noamb --delamb=cap_chown
		capsh --has-p=cap_chown --has-b=cap_kill --is-uid=0 --is-gid=0; echo $?; capsh --has-i=cap_chown
		capsh --has-no-new-privs; capsh --strict --caps=cap_chown=ep --secbits=1
		for what in --drop=cap_chown --uid=6 --user=daemon --inh=cap_chown --groups=5 --secbits=1 --addamb=cap_chown; do
			user 7 capsh "$what" -- -c id
		done
		capsh --drop=cap_chown,cap_dac_override,cap_dac_read_search -- -c "touch f; chown 5 f; chmod 0 f; cat f"'
	[[ $output == *"Current: cap_net_raw=eip"* ]]
}

@test "start-stop-daemon starts a daemon as a user, finds it by him and stops it" {
	both 'mkdir -m 1777 d; cd d; umask 022; cp /bin/sleep here; top=$PWD
		ssd() { start-stop-daemon --pidfile "$top/pid" "$@"; echo "$?"; }
		there() { for try in {1..100}; do ! grep -qx "$1" "/proc/$(cat "$2")/comm" || return 0; sleep 0.05; done; }
		ssd --start --chuid nobody:nogroup --umask 077 --chdir "$top" --exec /bin/sh -- -c \
			"id; umask; touch f; grep -E \"^(Uid|Gid|Groups)\" /proc/self/status"
		ssd --start --chuid nobody:nogroup --background --make-pidfile --exec "$top/here" -- 60
		there here pid; stat -c %u:%g:%a pid; stat -c %u:%g "/proc/$(cat pid)"; ps -o uid=,gid= -p "$(cat pid)"
		ssd --status; ssd --status --exec "$top/here"; ssd --status --user nobody; ssd --status --user daemon
		ssd --start --exec "$top/here" -- 60; ssd --stop --user daemon --exec "$top/here"
		ssd --stop --user nobody --exec "$top/here" --remove-pidfile --retry 5; ssd --status; ls
		user 7 start-stop-daemon --start --background --make-pidfile --pidfile "$top/pid" --exec "$top/here" -- 60
		there here pid; stat -c %u:%g pid; ssd --stop --exec "$top/here" --retry 5; rm -f pid
		ssd --start --chuid daemon --group audio --exec /usr/bin/id; ssd --start --chuid none-here --exec /usr/bin/id
		user 7 start-stop-daemon --start --chuid nobody --exec /usr/bin/id; cd ..'
	[[ $output == *"65534:65534"* ]]
}

@test "logrotate becomes the user that it is told" {
	both 'umask 022; mkdir -m 700 logs; echo x >logs/a; chmod 640 logs/a; chown -R 7:8 logs; top=$PWD
		rotate() {
			printf "%s/logs/a {\n%s\nrotate 3\ncompress\n}\n" "$top" "$1" >conf
			logrotate -s "$top/state" -f "$top/conf" 2>&1 | sed "s/^error: //"
			ls -ln --time-style=+ logs
		}
		rotate "su 7 8
			create 600 7 8"
		rotate "su 7 8
			create 644 daemon audio"
		rotate "su daemon audio
			create 644 daemon audio"
		rotate "create 604 daemon audio"; chmod 775 logs; rotate ""; rotate "su root root
			create 604 daemon audio"'
	[[ $output == *"./logs/a.1.gz f "*" 7:8 1"* ]]
}

@test "a server that separates privileges as sshd does cannot be got round" {
	# shellcheck disable=SC2154 # automake's tests environment sets it
	cp "$abs_top_srcdir/tests/bats/progs/separate.py" .
	both '/usr/bin/python3 ../separate.py'
	[[ $output == *"open EACCES"*"read b'secret"* ]]
}
