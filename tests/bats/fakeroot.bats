# SPDX-License-Identifier: MIT
# fakeroot.bats - what users of fakeroot rely on: files of -s and -i that both programs read, and building
# a package.
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
}

teardown() {
	[ -z "${small_disk-}" ] || umount "$small_disk"
	fakeid_teardown
}

# A tree with one file of each kind that a save file can tell apart; its owners all differ, so that a swap
# shows.
make_tree='
	mkdir tree && cd tree
	touch file && chown 11:12 file
	touch suid && chown 13:14 suid && chmod 4755 suid
	touch sgid && chown 15:16 sgid && chmod 2711 sgid
	mkdir dir && chown 17:18 dir
	mkdir sticky && chown 19:20 sticky && chmod 1777 sticky
	ln -s file link && chown -h 21:22 link
	mknod char c 5 300 && chown 23:24 char
	mknod block b 259 70000 && chmod 600 block
	touch one && ln one two && chown 4294967294:25 one
	touch group && chgrp 26 group
	touch mode && chmod 6711 mode
	touch plain'

# What a tree looks like, without times and sizes of directories.
list_tree='cd tree && stat -c "%A %u:%g %t:%T %h %n" *'

expected='-rw-r--r-- 11:12 0:0 1 file'

save_file_of() {
	"$@" sh -c "$make_tree"
}

@test "the real fakeroot reads what fakeid -s wrote" {
	run -0 save_file_of fid -s saved
	run -0 fid -i saved sh -c "$list_tree"
	ours=$output
	grep -qxF -- "$expected" <<<"$ours"
	run -0 as_user fakeroot -i saved sh -c "$list_tree"
	[ "$output" = "$ours" ]
}

@test "fakeid -i reads what the real fakeroot wrote" {
	run -0 save_file_of as_user fakeroot -s saved
	run -0 as_user fakeroot -i saved sh -c "$list_tree"
	theirs=$output
	grep -qxF -- "$expected" <<<"$theirs"
	run -0 fid -i saved sh -c "$list_tree"
	[ "$output" = "$theirs" ]
}

@test "both list a tree that each made alike" {
	run -0 as_user fakeroot sh -c "$make_tree; cd ..; $list_tree"
	theirs=$output
	rm -r tree
	run -0 fid sh -c "$make_tree; cd ..; $list_tree"
	[ "$output" = "$theirs" ]
}

@test "a file goes to fakeroot and back and to fakeid and back without a change" {
	run -0 save_file_of fid -s first
	run -0 as_user fakeroot -i first -s second true
	run -0 fid -i second -s third true
	sort first >a
	# Each counts the names of a hard link and of a directory in its own way.
	sed 's/nlink=[0-9]*/nlink=1/' second | sort >b
	sort third >c
	run -0 diff a b
	run -0 diff a c
}

@test "a saved line is fakeroot's, field for field" {
	run -0 fid -s saved sh -c 'touch f; chown 5:6 f; chmod 4750 f'
	[ "$(cat saved)" = "$(stat -c 'dev=%D,ino=%i,mode=104750,uid=5,gid=6,nlink=1,rdev=0' f)" ]
}

@test "options in fakeroot's usual shape work: -i FILE -s FILE of the same name, from nothing" {
	run -0 --separate-stderr fid -i state -s state -- sh -c 'touch f; chown 5 f'
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "fakeid: load state: it does not exist: starting without it" ]
	run -0 --separate-stderr fid -i state -s state -- sh -c 'touch g; chown 6 g; stat -c %u f g'
	[ "$output" = "$(printf '5\n6')" ]
	[ "$stderr" = "" ]
	[ "$(wc -l <state)" -eq 2 ]
}

@test "a nameless session holds the file and nothing else" {
	run -0 fid sh -c 'touch f g; chown 5 f'
	run -0 fid -s saved sh -c 'stat -c %u f; chown 7 g'
	[ "$output" = 0 ]
	[ "$(wc -l <saved)" -eq 1 ]
	run -0 fid stat -c %u f g
	[ "$output" = "$(printf '5\n0')" ]
	run -0 fid -i saved stat -c %u f g
	[ "$output" = "$(printf '0\n7')" ]
}

@test "two nameless sessions at once do not see each other" {
	run -0 fid -s a sh -c 'touch f; chown 5 f; fakeid stat -c %u f; exec env -i '"$(printf '%q ' \
		env PATH="$PATH" FAKEID_DIR="$FAKEID_DIR" FAKEID_LIB="$FAKEID_LIB" FAKEID_FAKED="$FAKEID_FAKED")"' stat -c %u f'
	[ "$output" = "$(printf '5\n5')" ]
	fid -s b sh -c 'touch g; chown 6 g; touch began; while [ ! -e go ]; do sleep 0.05; done; stat -c %u f' >out &
	wait_until 10 test -e began
	run -0 fid -s c sh -c 'stat -c %u g; chown 8 f'
	[ "$output" = 0 ]
	touch go
	wait $!
	[ "$(cat out)" = 0 ]
}

@test "with -n, -s writes the records of that tag and -i adds to them" {
	run -0 fid -n one sh -c 'touch f; chown 5 f'
	run -0 fid -n one -s saved sh -c 'touch g; chown 6 g'
	[ "$(wc -l <saved)" -eq 2 ]
	run -0 fid -n two sh -c 'touch h; chown 7 h'
	run -0 fid -n two -i saved true
	run -0 fid -n two stat -c %u f g h
	[ "$output" = "$(printf '5\n6\n7')" ]
}

@test "inside a session, -s writes its records and -i adds to them" {
	run -0 fid -n one sh -c 'touch f g; chown 5 f; fakeid -s saved chown 6 g; rm f'
	[ "$(wc -l <saved)" -eq 2 ]
	run -0 fid -n two sh -c 'fakeid -i saved stat -c %u g; stat -c %u g'
	[ "$output" = "$(printf '6\n6')" ]
}

@test "the command's end passes through with -s, and the file is written" {
	run -7 fid -s saved sh -c 'touch f; chown 5 f; exit 7'
	[ "$(wc -l <saved)" -eq 1 ]
	run -143 fid -s saved2 sh -c 'touch g; chown 5 g; kill -TERM $$'
	[ "$(wc -l <saved2)" -eq 1 ]
}

@test "nothing recorded makes an empty file, as fakeroot does" {
	run -0 fid -s saved true
	[ -f saved ]
	[ ! -s saved ]
}

@test "a record that went is not in the file" {
	run -0 fid -s saved sh -c 'touch f g; chown 5 f g; rm f; chown 0 g'
	[ ! -s saved ]
}

@test "a line that is not fakeroot's stops before the command, with its number" {
	good=$(stat -c 'dev=%D,ino=%i,mode=100644,uid=5,gid=6,nlink=1,rdev=0' .)
	for bad in x '' "${good}x" "${good/uid=5/uid=4294967295}" "${good/uid=5/uid=4294967296}" \
		"${good/mode=100644/mode=100648}" "${good/uid=5/uid=}" "${good/uid=5/uid=-1}" " $good" \
		"${good/,rdev=0/}" "${good/ino=*,mode/ino=99999999999999999999,mode}"; do
		printf '%s\n%s\n' "$good" "$bad" >lines
		run -125 --separate-stderr fid -i lines touch ran
		[ "$stderr" = "fakeid: load lines: line 2 is not one of fakeroot's: correct or remove it" ]
		[ "$output" = "" ]
		[ ! -e ran ]
	done
}

@test "a file that cannot be read stops before the command" {
	touch secret
	chmod 000 secret
	run -125 --separate-stderr fid -i secret touch ran
	[ "$stderr" = "fakeid: load secret: Permission denied: check the file" ]
	run -125 --separate-stderr fid -i . touch ran
	[ "$stderr" = "fakeid: load .: Is a directory: check the file" ]
	[ ! -e ran ]
}

@test "a place that cannot be saved to stops before the command" {
	as_user mkdir -m 500 closed
	run -125 --separate-stderr fid -s closed/f touch ran
	[ "$stderr" = "fakeid: save closed/f: cannot write there: Permission denied: choose another file" ]
	run -125 --separate-stderr fid -s no/f touch ran
	[ "$stderr" = "fakeid: save no/f: cannot write there: No such file or directory: choose another file" ]
	run -125 --separate-stderr fid -s closed touch ran
	[ "$stderr" = "fakeid: save closed: it is a directory: choose another file" ]
	[ ! -e ran ]
}

@test "a full disk keeps the old file whole" {
	[ "$(id -u)" -eq 0 ] # to mount
	small_disk=$WORK/disk
	mkdir disk
	mount -t tmpfs -o size=64k,mode=777 none disk
	run -0 fid -s disk/saved sh -c 'touch f; chown 5 f'
	before=$(cat disk/saved)
	as_user sh -c 'cat /dev/zero >disk/fill' 2>/dev/null || true
	run -125 --separate-stderr fid -i disk/saved -s disk/saved sh -c 'chown 6 f'
	[ "$stderr" = "fakeid: save disk/saved: No space left on device: the old file, if any, is as it was:\
 make room and try again" ]
	[ "$(cat disk/saved)" = "$before" ]
	[ "$(ls disk)" = "$(printf 'fill\nsaved')" ]
}

@test "a link to the file stays a link and the file keeps its mode" {
	as_user sh -c 'touch target; chmod 640 target; ln -s target link'
	run -0 fid -s link sh -c 'touch f; chown 5 f'
	[ -L link ]
	[ "$(wc -l <target)" -eq 1 ]
	[ "$(stat -c %a target)" = 640 ]
}

@test "a fifo takes the lines as they come" {
	as_user mkfifo pipe
	cat pipe >got &
	run -0 fid -s pipe sh -c 'touch f; chown 5 f'
	wait $!
	[ -p pipe ]
	[ "$(wc -l <got)" -eq 1 ]
}

@test "records of a filesystem that is not mounted are kept" {
	line=dev=fffff,ino=77,mode=100755,uid=5,gid=6,nlink=1,rdev=0
	echo "$line" >lines
	run -0 fid -i lines -s saved sh -c 'touch f; chown 5 f'
	[ "$(wc -l <saved)" -eq 2 ]
	grep -qxF "$line" saved
}

@test "fakeid runs inside the real fakeroot, and leaves it its key" {
	# Its client waits for ever for an answer to another key than its own daemon's.
	run -0 as_user timeout 20 fakeroot fakeid -- sh -c 'touch both; chown 51:52 both; stat -c %u:%g both'
	[ "$output" = 51:52 ]
	run -0 as_user env FAKEROOTKEY=4711 fakeid -- printenv FAKEROOTKEY
	[ "$output" = 4711 ]
}

@test "more records than one message holds go through" {
	run -0 fid -s saved sh -c 'mkdir d; cd d; seq 1 3000 | xargs touch; chown 5 [0-9]*'
	[ "$(wc -l <saved)" -eq 3000 ]
	run -0 fid -i saved -s again sh -c 'find d -type f -uid 5 | wc -l'
	[ "$output" = 3000 ]
	run -0 diff <(sort saved) <(sort again)
}

make_package() {
	as_user mkdir -p pkg/debian/source
	as_user tee pkg/debian/control >/dev/null <<-'END'
		Source: owned
		Section: misc
		Priority: optional
		Maintainer: Nobody <nobody@example.invalid>
		Standards-Version: 4.6.2
		Rules-Requires-Root: binary-targets

		Package: owned
		Architecture: all
		Description: files with owners
		 Nothing else.
	END
	as_user tee pkg/debian/changelog >/dev/null <<-'END'
		owned (1.0) unstable; urgency=low

		  * First.

		 -- Nobody <nobody@example.invalid>  Sun, 22 Nov 2026 00:00:00 +0000
	END
	# "> " stands for the tab that this kind of here-document would eat.
	sed 's/^> /\t/' <<-'END' | as_user tee pkg/debian/rules >/dev/null
		#!/usr/bin/make -f
		%:
		> dh $@
		override_dh_auto_install:
		> install -D -m 755 debian/rules debian/owned/usr/bin/owned
		> install -D -m 644 debian/control debian/owned/usr/share/owned/data
		> mkdir -p debian/owned/var/lib/owned
		override_dh_fixperms:
		> dh_fixperms
		> chown 51101:51102 debian/owned/usr/share/owned/data
		> chown 51103:51104 debian/owned/var/lib/owned
		> chmod 2750 debian/owned/var/lib/owned
		> chmod 4755 debian/owned/usr/bin/owned
		override_dh_builddeb:
		> dh_builddeb -- -Zxz
	END
	as_user chmod 755 pkg/debian/rules
	echo 13 | as_user tee pkg/debian/compat >/dev/null
	echo '3.0 (native)' | as_user tee pkg/debian/source/format >/dev/null
}

build_package() {
	cd pkg || return
	as_user dpkg-buildpackage -d -us -uc -b "-r$1" >../log 2>&1 || { cat ../log; return 1; }
	cd ..
}

@test "dpkg-buildpackage -rfakeid builds the package that -rfakeroot builds" {
	make_package
	build_package fakeroot
	theirs=$(dpkg-deb -c owned_1.0_all.deb)
	grep -qE '^drwxr-s--- 51103/51104 .* ./var/lib/owned/$' <<<"$theirs"
	grep -qE '^-rwsr-xr-x root/root .* ./usr/bin/owned$' <<<"$theirs"
	rm owned_1.0_all.deb
	build_package fakeid
	run -0 diff <(echo "$theirs") <(dpkg-deb -c owned_1.0_all.deb)
}
