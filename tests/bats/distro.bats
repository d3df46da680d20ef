#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whole root file systems and packages, made by an ordinary user under fakeid and by real root.
# debootstrap and mmdebstrap run programs inside, so fakechroot is there too. All comes from this
# machine's own mirror.
# shellcheck disable=SC2154 # lib.bash sets it

load lib
: "${abs_top_builddir:?run by make check}" "${abs_top_srcdir:?run by make check}"

bats_require_minimum_version 1.5.0

setup_file() {
	need_root || return
	fakeid_setup
	rm -rf "${WORK:?}" # on the disk file system that follows, not in /tmp
	WORK=$(new_dir /var/tmp)
	export WORK HOME=$WORK FAKEID_DIR=$WORK/.state TMPDIR=$WORK SUITE MIRROR
	export SOURCE_DATE_EPOCH=1700000000
	cd "$WORK" || return
	mkdir root user memory
	chown "$TEST_UID:$TEST_UID" user
	read -r SUITE MIRROR < <(
		# shellcheck source=scripts/lib.bash
		. "$abs_top_srcdir/scripts/lib.bash"
		suite=$(apt_release)
		echo "$suite" "$(apt_mirror "$suite")"
	)
	[ -n "$MIRROR" ] || {
		echo "apt has no package list of this release: apt-get update first" >&2
		return 1
	}
}

setup() {
	cd "$WORK" || return
}

teardown() {
	cd "$WORK" || return
	if mountpoint -q memory; then umount memory; fi
}

teardown_file() {
	fakeid_teardown
}

# Root as the first process of a namespace has it: no group but 0.
as_root() {
	setpriv --reuid 0 --regid 0 --groups 0 -- "$@" 3>&-
}

# both FUNCTION: `FUNCTION as_root` in root/ and `FUNCTION as_user` in user/ at the same time; what a
# failed one printed is shown.
both() {
	local who failed=

	for who in root user; do
		(cd "$who" && "$1" "as_$who") >"$who.log" 2>&1 &
		eval "$who=$!"
	done
	for who in root user; do
		wait "${!who}" || failed+=" $who"
	done
	for who in $failed; do
		echo "as $who:"
		tail -n 30 "$who.log"
	done
	[ -z "$failed" ]
}

# What takes time and says nothing about owners.
LEAVE_OUT="apt-utils,cpio,debconf-i18n,dhcpcd-base,dmidecode,dmsetup,fdisk,ifupdown,init,iproute2"
LEAVE_OUT+=",isc-dhcp-client,isc-dhcp-common,kmod,less,logrotate,nano,nftables,procps"
LEAVE_OUT+=",readline-common,sensible-utils,systemd,systemd-sysv,systemd-timesyncd,tasksel"
LEAVE_OUT+=",tasksel-data,udev,vim-common,vim-tiny,whiptail"

# debootstrap_as WHO DIR OPTION...: real root under fakechroot alone. Whatever that lets through would
# change this machine's own files, so he may write nowhere else.
debootstrap_as() {
	local who=$1 dir=$2
	local command=(fakechroot debootstrap --variant=fakechroot --exclude="$LEAVE_OUT"
		--cache-dir="$WORK/debs" "${@:3}" "$SUITE" "$dir" "$MIRROR")

	if [ "$who" = as_user ]; then
		as_user fakeid -- "${command[@]}"
		return
	fi
	# shellcheck disable=SC2016 # the shell inside expands it
	as_root unshare -m bash -euc 'mount --make-rprivate /
		mount --rbind "$1" "$1"
		mount -o remount,bind,ro /
		cd "$1"
		exec "${@:2}"' bash "$WORK" "${command[@]}"
}

make_tree() {
	debootstrap_as "$1" "$WORK/memory/${PWD##*/}/tree"
}

# A time since the comparison began is `now`; the logs say when and where, so only that they are there
# counts. fakechroot writes the tree's own place into absolute links.
tree_of() {
	local who=$1 began=$2 parts=(find devices links xattrs caps acls sums)

	"${@:3}" "$abs_top_srcdir/tests/image/list-tree" "memory/$who/tree" "${parts[@]}" |
		awk -v began="$began" -v place="$WORK/memory/$who/" '
			/^== / { part = $2 }
			part == "sums" && $2 ~ /^\.\/var\/log\// { next }
			part == "find" && $1 ~ /^\.\/var\/log\// { $7 = "" }
			part == "find" && $NF + 0 >= began { $NF = "now" }
			{ at = index($0, place) }
			at { $0 = substr($0, 1, at - 1) "PLACE/" substr($0, at + length(place)) }
			{ print }'
}

# in_tree SCRIPT: run it as each root, in the tree of each.
in_tree() {
	as_root fakechroot chroot memory/root/tree sh -c "$1" >root.out
	fid -- fakechroot chroot memory/user/tree sh -c "$1" >user.out
	diff root.out user.out
}

@test "debootstrap --variant=fakechroot makes real root's tree" {
	local began

	mount -t tmpfs -o mode=755 none memory
	mkdir memory/root memory/user
	as_user mkdir debs
	chown "$TEST_UID:$TEST_UID" memory/user
	debootstrap_as as_user "$WORK/user/debs" --download-only >user.log 2>&1 || {
		tail -n 30 user.log
		return 1
	}
	began=$(date +%s)
	both make_tree
	tree_of root "$began" as_root >root.list
	tree_of user "$began" fid -- >user.list
	[ "$(wc -l <root.list)" -gt 20000 ]
	grep -q '^\./usr/bin/crontab 0 [1-9][0-9]* 2755 f ' root.list
	grep -q '^\./usr/bin/ping cap_net_raw=ep' root.list
	diff -U0 root.list user.list
	in_tree 'id; stat -c "%A %u:%g" /usr/bin/passwd /etc/shadow; getcap /usr/bin/ping
		su -s /bin/sh www-data -c "id; cat /etc/shadow 2>&1; cd /root 2>&1; :"'
	grep -qx 'uid=33(www-data) gid=33(www-data) groups=33(www-data)' user.out
	grep -qx 'cat: /etc/shadow: Permission denied' user.out
}

make_archive() {
	local options=(--variant=minbase "--include=cron,dbus,iputils-ping"
		--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr "$SUITE" image.tar "$MIRROR")

	if [ "$1" = as_root ]; then
		as_root mmdebstrap --mode=root "${options[@]}"
	else
		PATH=$WORK:$PATH as_user mmdebstrap --mode=fakechroot "${options[@]}"
	fi
}

@test "mmdebstrap --mode=fakechroot with fakeid in fakeroot's place packs real root's archive, to the byte" {
	ln -s "$abs_top_builddir/fakeid/fakeid" fakeroot
	both make_archive
	tar --numeric-owner -tvf root/image.tar >root.list
	tar --numeric-owner -tvf user/image.tar >user.list
	[ "$(wc -l <root.list)" -gt 2000 ]
	grep -q '^-rwsr-xr-- 0/[1-9][0-9]* .*/dbus-daemon-launch-helper$' root.list
	grep -q '^crw-rw-rw- 0/0 *1,3 .*dev/null$' root.list
	diff -U0 root.list user.list
	cmp root/image.tar user/image.tar
	rm root/image.tar user/image.tar
}

# apt of the user's own, for sources.
fetch_source() {
	local keyring options

	# shellcheck source=/dev/null
	keyring=$(. /etc/os-release && echo "/usr/share/keyrings/$ID-archive-keyring.gpg")
	as_user mkdir -p apt/lists/partial apt/cache/archives/partial source
	echo "deb-src [signed-by=$keyring] $MIRROR $SUITE main" >apt/sources.list
	options=(-q -o "Dir::Etc::sourcelist=$WORK/apt/sources.list"
		-o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$WORK/apt/lists"
		-o "Dir::Cache=$WORK/apt/cache" -o APT::Sandbox::User= -o Acquire::Languages=none)
	as_user apt-get "${options[@]}" update
	cd source || return
	as_user apt-get "${options[@]}" source --download-only "$1"
}

make_deb() {
	local gain=()

	[ "$1" = as_root ] || gain=(-rfakeid)
	"$1" dpkg-source -x ../source/*.dsc package
	cd package || return
	"$1" dpkg-buildpackage -b -d -uc -us "${gain[@]}"
}

# Once for the tests that want them.
make_debs() {
	[ ! -e user/package ] || return 0
	(fetch_source base-files) >fetch.log 2>&1 || {
		tail -n 30 fetch.log
		return 1
	}
	both make_deb
}

@test "the .deb of base-files, built from its source, is real root's, to the byte" {
	make_debs
	cmp root/base-files_*.deb user/base-files_*.deb
	dpkg-deb -c root/base-files_*.deb | grep -q '^drwxrwsr-x root/staff .* \./var/local/$'
}

# What base-files installs, with owners as they are in the build's tree, and what rpm itself can say of
# files.
SPEC='Name: real-files
Version: 1
Release: 1
Summary: files of a real system
License: MIT
BuildArch: noarch
%define __os_install_post %{nil}
%description
Files of a real system, and what is rare.
%prep
%build
%install
dpkg-deb -x %{deb} %{buildroot}
cd %{buildroot}
mkdir -p srv/spool dev
echo run >srv/suid
ln srv/suid srv/suid-again
chown daemon:adm srv/suid
chmod 6750 srv/suid
chown mail:games srv/spool
chmod 3771 srv/spool
mknod -m 640 dev/disk b 8 1
chown root:disk dev/disk
mknod -m 622 dev/terminal c 5 300
mkfifo -m 600 srv/spool/fifo
ln -s /nowhere srv/link
chown -h lp:tty srv/link
find . -mindepth 1 -type d -printf "%%%%dir /%%P\n" -o -mindepth 1 -printf "/%%P\n" | sort >%{list}
touch srv/listed srv/capable srv/ghost
%files -f %{list}
%defattr(-,-,-,-)
%attr(4711,games,mail) /srv/listed
%caps(cap_net_raw=ep) /srv/capable
%ghost %attr(600,mail,mail) /srv/ghost
%dev(c,1,3) %attr(666,root,root) /dev/null'

make_rpm() {
	local run=("$1")

	[ "$1" = as_root ] || run+=(fakeid --)
	HOME=$PWD "${run[@]}" rpmbuild -bb --nodeps -D "_topdir $PWD/rpm" -D "list $PWD/rpm.list" \
		-D "deb $(echo "$PWD"/base-files_*.deb)" -D '_buildhost builder' \
		-D 'use_source_date_epoch_as_buildtime 1' \
		-D 'clamp_mtime_to_source_date_epoch 1' ../files.spec
}

@test "an .rpm of the same files is real root's, to the byte" {
	make_debs
	printf '%s\n' "$SPEC" >files.spec
	both make_rpm
	rpm -qp --dump root/rpm/RPMS/noarch/*.rpm >root.list
	rpm -qp --dump user/rpm/RPMS/noarch/*.rpm >user.list
	grep -q '^/srv/suid .* 0106750 daemon adm ' root.list
	grep -q '^/var/local .* 042775 root staff ' root.list
	diff -U0 root.list user.list
	cmp root/rpm/RPMS/noarch/*.rpm user/rpm/RPMS/noarch/*.rpm
}
