#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs that make files as root for others, or as a user who was root before: what they print, and the owners,
# groups and modes of what they leave, are those of a real root's run.

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

# A repository of one package, and a root for apt with nothing of the machine's.
APT='
	umask 022; top=$PWD
	mkdir -p pkg/DEBIAN repo apt/state/lists/partial apt/cache/archives/partial apt/etc/apt.conf.d \
		apt/etc/preferences.d apt/etc/trusted.gpg.d apt/log
	printf "%s\n" "Package: tiny" "Version: 1" "Architecture: all" "Maintainer: A <a@b.c>" "Description: tiny" \
		>pkg/DEBIAN/control
	SOURCE_DATE_EPOCH=1000000000 dpkg-deb -Zgzip --root-owner-group -b pkg repo/tiny_1_all.deb >/dev/null
	(cd repo && dpkg-scanpackages . >Packages 2>/dev/null)
	sums=$(sha256sum repo/Packages); set -- $sums
	printf "Suite: here\nSHA256:\n %s %s Packages\n" "$1" "$(stat -c %s repo/Packages)" >repo/Release
	touch apt/status
	cat >apt/conf <<-END
		Dir "$top/apt/"; Dir::State "$top/apt/state"; Dir::State::status "$top/apt/status";
		Dir::Cache "$top/apt/cache"; Dir::Etc "$top/apt/etc"; Dir::Log "$top/apt/log";
		Dir::Bin::methods "/usr/lib/apt/methods/"; Acquire::Languages "none"; APT::Sandbox::User "_apt";
	END
	export APT_CONFIG=$top/apt/conf
	from() { echo "deb [trusted=yes] $1:$top/repo ./" >apt/etc/sources.list; }
	get() { apt-get -qq "$@" 2>&1; echo "$* $?"; }
	show() { find "$top/apt" -printf "%P %y %m %u:%g\n" | sort; }
'

@test "apt-get fetches as _apt, and leaves the owners that it leaves as root" {
	for how in copy file; do
		both "$APT"'from '$how'
			get update; apt-cache policy tiny; show; get -d -y install tiny; show; get clean
			mkdir his ours; chown _apt his; (cd his; get download tiny; ls -ln --time-style=+)
			(cd ours; get download tiny; ls -ln --time-style=+)'
		[[ $output == *"cache/archives/partial d 700 _apt:root"* ]]
		[[ $output == *"Download is performed unsandboxed as root"* ]]
		rm -rf in
	done
}

@test "apt-get cannot fetch what _apt cannot read, and says so" {
	both "$APT"'from copy; chmod 700 repo; get update; show; chmod 755 repo; chmod 600 repo/*; get update; show
		chown _apt repo/*; get update; chmod 750 .; get update'
	[[ $output == *"Permission denied"* ]]
}

@test "useradd, usermod and the like write the accounts of a tree, with homes and mail" {
	both 'umask 022; export SOURCE_DATE_EPOCH=1000000000
		mkdir -p t/etc/skel/d t/etc/default t/home t/var/mail t/var/log; chgrp mail t/var/mail
		chmod 2775 t/var/mail; echo hi >t/etc/skel/.profile; ln -s .profile t/etc/skel/l; chmod 700 t/etc/skel/d
		echo root:x:0:0:root:/root:/bin/bash >t/etc/passwd
		printf "root:x:0:\nmail:x:8:\nusers:x:100:\nshadow:x:42:\n" >t/etc/group
		echo "root:*:19000:0:99999:7:::" >t/etc/shadow; printf "root:*::\nmail:*::\nusers:*::\n" >t/etc/gshadow
		chgrp shadow t/etc/*shadow; chmod 640 t/etc/*shadow; cp /etc/login.defs t/etc; touch t/etc/sub{u,g}id
		run() { local name=$1; shift; "$name" --prefix "$PWD/t" "$@"; echo "$name $? $*"; }
		show() { find t -printf "%p %y %m %U:%G %l\n" | sort; (cd t/etc; head -n 99 *passwd* *group* *shadow* sub*); }
		run groupadd -g 2000 team; run groupadd -r sysg; run groupadd -g 2000 twice; run groupadd team
		run useradd -m -u 1500 -g team -G users,mail -s /bin/sh -c "A b" -p x alice
		run useradd -m -k "$PWD/t/etc/skel" -U bob; run useradd -r -M -d /nonexistent sysu; run useradd -u 1500 dup
		run useradd -o -u 1500 -g 2000 dup; run useradd -g none-here eve; show
		run usermod -l carol -d /home/carol -m -aG mail bob; run usermod -L alice; run usermod -s /bin/false alice
		run usermod -g users carol; run groupmod -n crew -g 2100 team; run usermod -e 2030-01-01 none-here; show
		run userdel -r carol; run groupdel sysg; run groupdel crew; run userdel -f dup; show
		user 7 useradd --prefix "$PWD/t" eve; chown 7 t/etc; user 7 useradd --prefix "$PWD/t" eve; echo $?
		chown 7 t/etc/*; user 7 useradd --prefix "$PWD/t" eve; echo $?; show'
	[[ $output == *"alice:x:1500:2000:A b:/home/alice:/bin/sh"* ]]
}

@test "dpkg installs, upgrades and removes in a tree, with owners of dpkg-statoverride" {
	both 'umask 022; export SOURCE_DATE_EPOCH=1000000000; mkdir -p r/var/lib/dpkg/info r/var/lib/dpkg/updates
		touch r/var/lib/dpkg/status r/var/lib/dpkg/available; mkdir -p p/DEBIAN p/usr/bin p/etc p/var/lib/x
		printf "%s\n" "Package: tiny" "Version: 1" "Architecture: all" "Maintainer: A <a@b.c>" "Description: tiny" \
			>p/DEBIAN/control
		echo x >p/usr/bin/x; chmod 4755 p/usr/bin/x; chown 0:29 p/var/lib/x; chmod 2775 p/var/lib/x; echo c >p/etc/c
		chown 7:8 p/etc/c; echo /etc/c >p/DEBIAN/conffiles
		printf "#!/bin/sh\nid; >\$DPKG_ROOT/made; chown 5:6 \$DPKG_ROOT/made\n" >p/DEBIAN/postinst
		chmod 755 p/DEBIAN/postinst; pack() { dpkg-deb -Zgzip -b p "$1" >/dev/null; }
		into() { dpkg --root="$PWD/r" --force-script-chrootless --log=/dev/null "$@"; }
		pack 1.deb; into -i 1.deb; dpkg-statoverride --root="$PWD/r" --admindir="$PWD/r/var/lib/dpkg" --update \
			--add daemon audio 2750 /usr/bin/x
		listing; sed -i s/1/2/ p/DEBIAN/control; echo y >p/usr/bin/x; pack 2.deb; into -i 2.deb; listing
		user 7 dpkg --root="$PWD/r" --log=/dev/null -r tiny; into -P tiny'
	[[ $output == *"./r/usr/bin/x f 2750 1:29 1"* ]]
}

# What there is to pack, and how each kind of user unpacks it.
PACK='
	umask 022; mkdir -p src/d/e; echo a >src/a; chmod 4755 src/a; echo b >src/b; chown 5:6 src/b; chmod 2640 src/b
	ln -s a src/l; ln src/b src/d/h; mkfifo src/d/p; chmod 604 src/d/p; mknod src/n c 1 3; mkdir -m 1777 src/sticky
	mkdir -m 500 src/ro; echo x >src/ro/f; echo p >src/priv; chmod 400 src/priv; chmod 2775 src/d; chown 7:8 src/d
	setfattr -n user.x -v 1 src/a; setfacl -m u:9:rw src/b; setcap cap_chown+ep src/a
	find src -depth -exec touch -hd 2001-01-01 {} +
	mkdir -m 1777 out
	attributes() { getfacl -Rnp . 2>&1 | grep -v "^$"; getfattr -Rhm - -d . 2>&1; }
	run() {
		name=$1; shift
		for who in root 1000 "1000 1000,2000,8" 7; do
			echo "== $name $who"
			mkdir -m 777 "out/$name"; cd "out/$name"
			case $who in
			root) "$@" ;;
			*" "*) member $who "$@" ;;
			*) user "$who" "$@" ;;
			esac 2>&1 | sort
			listing; attributes; cd ../..; rm -rf "out/$name"
		done
	}
'

@test "GNU tar and bsdtar unpack and pack as a user what they do for a real user" {
	both "$PACK"'tar --xattrs --acls -cf t.tar src; bsdtar -cf b.tar src
		run plain tar xf ../../t.tar; run same tar xpf ../../t.tar; run owner tar --same-owner -xf ../../t.tar
		run not tar --no-same-owner --no-same-permissions -xf ../../t.tar
		run all tar --xattrs --xattrs-include="*" --acls -xpf ../../t.tar
		run bsd bsdtar xf ../../b.tar; run bsdsame bsdtar xpf ../../b.tar; run bsdnot bsdtar xof ../../b.tar
		run pack sh -c "tar cf - -C ../.. src >t.tar; tar tvf t.tar --numeric-owner; rm t.tar"
		run bsdpack sh -c "bsdtar cf - -C ../.. src >t.tar; bsdtar tvf t.tar --numeric-owner; rm t.tar"
		umask 077; run mask tar xf ../../t.tar; run bsdmask bsdtar xf ../../b.tar'
	[[ $output == *"./src/priv f 400 1000:1000 1"* ]]
}

@test "tar over what is there goes as far as it does for a real user" {
	both "$PACK"'tar cf t.tar src; mkdir -m 777 x; cd x; tar xf ../t.tar; user 1000 tar xf ../t.tar
		user 1000 tar --unlink-first -xf ../t.tar; user 1000 rm -rf src; user 7 tar xf ../t.tar; listing
		rm -rf src; user 1000 tar xf ../t.tar; user 1001 tar xf ../t.tar; user 1001 rm -rf src
		user 1000 tar xf ../t.tar; user 1000 tar --overwrite -xf ../t.tar; listing; user 1000 rm -rf src; listing; cd ..'
}

@test "cpio, rsync and cp copy as a user what they do for a real user" {
	both "$PACK"'(find src | sort | cpio -o -H newc >t.cpio) 2>/dev/null
		run cpio cpio -idm --quiet -F ../../t.cpio; run cpioplain cpio -id --quiet -F ../../t.cpio
		run rsync rsync -rlptgoD ../../src/ .; run rsyncall rsync -aHAX ../../src .
		run rsyncown rsync -a --chown=3:4 --chmod=Dg+s ../../src .
		run cp cp -a ../../src .; run cpp cp -rp ../../src .; run cpplain cp -r ../../src .
		run cpmode cp -r --preserve=mode,timestamps --no-preserve=ownership ../../src .
		run du sh -c "du -a ../../src | cut -f 2"'
	[[ $output == *"./src/l l 777 1000:1000 1 a"* ]]
}

# What a user meets: root's files, one of his group's, and a directory for everybody.
MEET='
	umask 022; mkdir -m 1777 t; mkdir p; mkdir -m 700 p/closed; mkdir -m 777 w; echo s >p/secret; chmod 600 p/secret
	echo r >p/read; echo x >p/closed/f; echo g >w/g; chown 0:2000 w/g; chmod 664 w/g
	find . -depth -exec touch -hd 2001-01-01 {} +
	all() {
		for who in "1000 1000" "1000 1000,2000" "2000 2000"; do
			echo "== $who"
			d=t/${who//[ ,]/-} member $who bash -c "mkdir \$d; echo a >\$d/a; chmod 640 \$d/a; echo b >\$d/b; $1"
		done
	}
'

@test "coreutils make, copy, move and change files as a user" {
	both "$MEET"'all "
		mkdir \$d/x \$d/y; cp -p p/read \$d/r; cp -p p/secret \$d/s; cp -a w/g \$d/g; cp -l p/read \$d/cl
		cp --preserve=all w/g \$d/g2; cp w/g \$d/g3; cp -s ../../p/read \$d/cs; cp --remove-destination p/read w/g
		mv \$d/a \$d/x; mv p/read \$d; mv w/g \$d/wg; mv -n \$d/b p; mv \$d/wg w/g; cp -f p/read p/closed
		ln p/read \$d/hard; ln -s ../../p/read \$d/soft; cat \$d/soft; ln -sf x \$d/soft; ln \$d/b \$d/soft2
		chmod 600 p/read; chmod u+s,g+s \$d/b; chmod 2755 \$d/x; chgrp 2000 \$d/b; chgrp 1000 \$d/b; chgrp 0 \$d/b
		chown 0 \$d/b; chown 1000 \$d/b; chown :1000 \$d/b; chown -R 1000 t 2>&1 | sort; chmod -R go-w t 2>&1 | sort
		install -m 4750 /bin/true \$d/i1; install -o root -m 755 /bin/true \$d/i2; install -d -m 2770 \$d/i3
		install -g 2000 -m 2755 /bin/true \$d/i4; install -o 1000 -g 1000 /bin/true \$d/i5; \$d/i1; \$d/i2
		made=\$(mktemp -p \$d XXXXXX) && stat -c %a,%u:%g \$made; rm \$made; mktemp -p p made.XXXXXX | tr -c a-z .
		mkfifo p/ff; mkfifo -m 666 \$d/ff; mknod \$d/n c 1 3; mknod p/n p; truncate -s 0 p/read; truncate -s 9 \$d/b
		touch p/read; touch p/new; touch -c p/secret; touch -r p/read \$d/b; touch -d 2002-02-02 w/g; touch w/g
		split -b 1 p/read \$d/sp; dd if=p/secret of=/dev/null status=none; dd if=/dev/null of=w/g status=none
		tee p/read </dev/null; sort p/secret; shred -u p/secret; sync p/secret; gzip -k p/read; gzip -f \$d/b
		sed -i s/g/h/ w/g; stat -c %u:%g,%a w/g; find . -newermt 2001-01-02 -user 0 2>&1 | sort"'
	[[ $output == *"./t/2000-2000/i1 f 4750 2000:2000 1"* ]]
}

@test "coreutils remove and enter only what a user may" {
	both "$MEET"'all "
		rm -rf p/closed p/secret p; rm -f p/read; rmdir p/closed; rm -rf t w 2>&1 | sort; ls; cd p/closed; ls p/closed
		ls -ld p/closed
		cat p/closed/f; stat p/closed/f; readlink -f p/closed/f; realpath -e p/closed/f; readlink p/closed/f; du -a p
		mkdir -p \$d/q/w/e p/q/w; rmdir -p \$d/q/w/e; chroot p/closed true; chroot / true; chroot none true
		mkdir \$d/x; echo >\$d/x/f; chmod 000 \$d/x; ls \$d/x; rm -rf \$d/x; chmod 500 \$d/x; rm -rf \$d/x
		chmod 700 \$d/x; rm -rf \$d/x; ls -A \$d; env -C p/closed true; env -C p pwd -P | sed s,.*/,,
		diff p/read p/secret; cmp p/secret p/read; md5sum p/read p/secret; grep -r . p; tar cf /dev/null p; nice -n -5 true"'
	[[ $output == *"rm: cannot remove 'p/secret': Permission denied"* ]]
}

@test "test, find and the shells say what a user may do" {
	both "$MEET"'all "
		for f in p p/secret p/read p/closed p/closed/f w w/g \$d \$d/b none; do
			for o in r w x e f d O G u g k s; do test -\$o \$f && echo -n \$o; done
			[[ -r \$f ]] && echo -n R; /usr/bin/test -w \$f && echo -n W; dash -c \"[ -x \$f ]\" && echo -n X
			echo \" \$f\"
		done
		find . -writable -printf \"w %p\\n\" 2>&1 | sort; find . -readable -printf \"r %p\\n\" 2>&1 | sort
		find . -executable -printf \"x %p\\n\" 2>&1 | sort; find . -user 0 -perm -004 2>&1 | sort
		find \$d -user 1000 -o -group 2000 | sort; id; id -Gn; groups; whoami; id daemon; env -i sh -c \"id -u\"
		timeout 5 id -g; nohup id -u 2>/dev/null; echo id -u | sh; echo \$UID \$EUID \${GROUPS[@]}
		setfacl -m u:2000:r \$d/b; setfacl -m u:2000:r p/read; getfacl -n \$d/b p/read p/closed/f
		setfattr -n user.a -v 1 \$d/b; setfattr -n user.a -v 1 p/read; setfattr -n trusted.a -v 1 \$d/b
		setfattr -n security.a -v 1 \$d/b; getfattr -d -m - \$d/b p/read p/secret"'
	[[ $output == *"rwefRW w/g"* || $output == *"rwefsRW w/g"* ]]
}
