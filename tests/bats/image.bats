#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A real Debian root file system, unpacked and packed again by an ordinary user under fakeid: every entry
# as real root has it, in separate commands. What root does runs as root; nothing else does.

load lib
: "${abs_top_builddir:?run by make check}" "${abs_top_srcdir:?run by make check}"

bats_require_minimum_version 1.5.0

setup_file() {
	need_root || return
	fakeid_setup
	rm -rf "${WORK:?}" # on the disk file system that follows, not in /tmp
	WORK=$(new_dir /var/tmp)
	export WORK HOME=$WORK FAKEID_DIR=$WORK/.state
	export IMAGE=$WORK/image.tar TOOLS=$abs_top_srcdir/tests/image
	mkdir "$WORK/user" "$WORK/root"
	chown "$TEST_UID:$TEST_UID" "$WORK/user"
	"$TOOLS/make-image" "$IMAGE" "${FAKEID_TEST_CACHE:-/var/cache/fakeid-tests}"
	cd "$WORK" || return
	mkdir root/tar
	as_root tar -C root/tar "${TAR_UNPACK[@]}" -xf "$IMAGE"
	as_user mkdir user/tar
	fid -- tar -C user/tar "${TAR_UNPACK[@]}" -xf "$IMAGE"
}

setup() {
	cd "$WORK" || return
}

teardown() {
	cd "$WORK" || return
	for mnt in tmpfs overlay/root/merged overlay/user/merged mnt-root mnt-user; do
		if mountpoint -q "$mnt"; then umount "$mnt"; fi
	done
}

teardown_file() {
	fakeid_teardown
}

TAR_UNPACK=(--numeric-owner --xattrs "--xattrs-include=*" --acls -p)
TAR_PACK=(--format=posix "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime" --sort=name
	--numeric-owner)
TAR_XATTRS=(--xattrs "--xattrs-include=*" --acls)

# Root as the first process of a namespace has it: no group but 0.
as_root() {
	setpriv --reuid 0 --regid 0 --groups 0 -- "$@" 3>&-
}

# same_listing ROOTS-FILE FAKEIDS-FILE
same_listing() {
	diff -U0 --label "real root" --label "under fakeid" "$1" "$2" >listing.diff || {
		wc -l listing.diff
		head -n 60 listing.diff
		return 1
	}
}

# same_trees ROOTS-TREE FAKEIDS-TREE [PART...]: each is listed by its own kind of root, in a command of
# its own.
same_trees() {
	local roots=$1 fakeids=$2
	shift 2
	as_root "$TOOLS/list-tree" "$roots" "$@" >root.list
	fid -- "$TOOLS/list-tree" "$fakeids" "$@" >fakeid.list
	[ "$(wc -l <root.list)" -gt 5000 ]
	same_listing root.list fakeid.list
}

# Copying a hundred megabytes many times is what takes time here, so tests in which the file system does
# not matter take place in memory.
on_tmpfs() {
	mkdir -p tmpfs
	mount -t tmpfs -o mode=755 none tmpfs
	mkdir tmpfs/root tmpfs/user
	chown "$TEST_UID:$TEST_UID" tmpfs/user
	at=tmpfs/
}

# both DIR-NAME CMD...: carry the command out inside root/NAME and user/NAME. %root% in a word becomes
# root's or the user's directory, where tar/ is the unpacked image.
both() {
	local name=$1
	shift
	as_root mkdir -p "${at-}root/$name"
	as_user mkdir -p "${at-}user/$name"
	(cd "${at-}root/$name" && as_root "${@//%root%/$WORK/root}")
	(cd "${at-}user/$name" && fid -- "${@//%root%/$WORK/user}")
}

drop() {
	rm -rf "root/$1" "user/$1"
}

@test "the image holds what is hard: 18 owners, 5 big devices, capabilities, ACLs, odd names" {
	[ "$(find root/tar/extra/owners -name 'file-*' -printf '%U\n' | sort -u | wc -l)" -eq 18 ]
	[ "$(stat -c '%u:%g %a' root/tar/extra/owners/setuid-other)" = "4294967294:4294967293 6755" ]
	[ "$(stat -c %t:%T root/tar/extra/nodes/biggest)" = fff:fffff ]
	[ "$(getcap root/tar/extra/xattrs/ping)" = "root/tar/extra/xattrs/ping cap_net_raw=ep" ]
	[ "$(find root/tar/extra/modes -perm 7000 | wc -l)" -eq 2 ]
	getfacl -n root/tar/extra/acls/default | grep -qx 'default:user:1000:rwx'
	[ -e root/tar/extra/names/$'not\xff\xfe\x80utf8' ]
}

@test "nothing of it is on the disk: no foreign owner, setuid bit or device" {
	[ -z "$(find user/tar \( ! -uid "$TEST_UID" -o ! -gid "$TEST_UID" -o -type b -o -type c \) -print -quit)" ]
	[ -z "$(find user/tar -perm /6000 -print -quit)" ]
}

@test "tar unpacks like real root" {
	same_trees root/tar user/tar
}

@test "bsdtar unpacks like real root" {
	as_root bsdtar -C root/tar --numeric-owner --acls --xattrs --options pax:hdrcharset=BINARY -cf bsd.tar .
	on_tmpfs
	both bsdtar bsdtar --numeric-owner --acls --xattrs -xpf "$WORK/bsd.tar"
	touch -d @0 tmpfs/*/bsdtar # bsdtar leaves the time of "." alone
	same_trees tmpfs/root/bsdtar tmpfs/user/bsdtar
	rm bsd.tar
}

@test "cpio unpacks like real root" {
	(cd root/tar && find . -print0 | LC_ALL=C sort -z | as_root cpio --quiet -0 -o -H newc >"$WORK/image.cpio")
	on_tmpfs
	both cpio cpio --quiet -idm --no-absolute-filenames -F "$WORK/image.cpio"
	same_trees tmpfs/root/cpio tmpfs/user/cpio entries devices links xattrs # cpio sets no times of links
	rm image.cpio
}

@test "rsync -aHAX copies like real root" {
	on_tmpfs
	both rsync rsync -aHAX --numeric-ids %root%/tar/ .
	same_trees tmpfs/root/rsync tmpfs/user/rsync
}

@test "cp -a copies like real root, sockets too" {
	both socket "$abs_top_builddir/tests/diff/walk_random" run . "$TOOLS/sockets.seq"
	both copy cp -a %root%/tar/. %root%/socket .
	touch -d @0 root/copy user/copy
	same_trees root/copy user/copy
	[ "$(find root/copy -type s | wc -l)" -eq 3 ]
	drop copy
	drop socket
}

@test "mv to another file system keeps everything" {
	both mv cp -a %root%/tar/extra .
	on_tmpfs
	as_root mv root/mv/extra tmpfs/root/
	fid -- mv user/mv/extra tmpfs/user/
	touch -d @0 tmpfs/root tmpfs/user
	as_root "$TOOLS/list-tree" tmpfs/root >root.list
	fid -- "$TOOLS/list-tree" tmpfs/user >fakeid.list
	[ "$(wc -l <root.list)" -gt 500 ]
	same_listing root.list fakeid.list
	drop mv
}

@test "tar unpacks like real root on tmpfs" {
	on_tmpfs
	as_root tar -C tmpfs/root "${TAR_UNPACK[@]}" -xf "$IMAGE"
	fid -- tar -C tmpfs/user "${TAR_UNPACK[@]}" -xf "$IMAGE"
	same_trees tmpfs/root tmpfs/user
}

@test "tar unpacks like real root on overlayfs, over files of the lower layer" {
	local who
	for who in root user; do
		mkdir -p overlay/$who/{lower/extra,upper,inner,merged}
		cp -r --no-preserve=all root/tar/etc overlay/$who/lower/
		cp -r --no-preserve=all root/tar/extra/links overlay/$who/lower/extra/
		[ $who = root ] || chown -hR "$TEST_UID:$TEST_UID" overlay/$who
		mount -t overlay none overlay/$who/merged \
			-o "lowerdir=overlay/$who/lower,upperdir=overlay/$who/upper,workdir=overlay/$who/inner"
	done
	# The smaller half of the image: this is about copy-up, not about contents.
	as_root tar -C overlay/root/merged "${TAR_UNPACK[@]}" --exclude './usr/[ls]*' -xf "$IMAGE"
	fid -- tar -C overlay/user/merged "${TAR_UNPACK[@]}" --exclude './usr/[ls]*' -xf "$IMAGE"
	same_trees overlay/root/merged overlay/user/merged
	umount overlay/root/merged overlay/user/merged
	rm -rf overlay
}

@test "tar packs like real root: the same bytes, but for the order of xattrs" {
	local who
	as_root tar "${TAR_PACK[@]}" -C root/tar -cf root.tar .
	fid -- tar "${TAR_PACK[@]}" -C user/tar -cf - . >fakeid.tar
	cmp root.tar fakeid.tar
	as_root tar "${TAR_PACK[@]}" "${TAR_XATTRS[@]}" -C root/tar -cf root.tar .
	fid -- tar "${TAR_PACK[@]}" "${TAR_XATTRS[@]}" -C user/tar -cf - . >fakeid.tar
	on_tmpfs
	for who in root fakeid; do
		tar --numeric-owner --full-time --xattrs --acls -tvvf $who.tar >$who.list
		mkdir tmpfs/$who.out
		as_root tar -C tmpfs/$who.out "${TAR_UNPACK[@]}" -xf $who.tar ./extra
		touch -d @0 tmpfs/$who.out
		as_root "$TOOLS/list-tree" tmpfs/$who.out find devices links xattrs caps acls >>$who.list
	done
	[ "$(wc -l <root.list)" -gt 9000 ]
	same_listing root.list fakeid.list
	rm root.tar fakeid.tar
}

@test "bsdtar packs like real root" {
	local who
	(cd root/tar && find . -print0 | LC_ALL=C sort -z) >names
	(cd root/tar && as_root bsdtar --numeric-owner --acls --xattrs --null -n -T ../../names \
		--options pax:hdrcharset=BINARY -cf - . >../../root.tar)
	(cd user/tar && fid -- bsdtar --numeric-owner --acls --xattrs --null -n -T ../../names \
		--options pax:hdrcharset=BINARY -cf - . >../../fakeid.tar)
	for who in root fakeid; do
		bsdtar --numeric-owner -tvf $who.tar >$who.list
		tar --numeric-owner --full-time --xattrs --acls -tvvf $who.tar 2>/dev/null \
			>>$who.list # it warns of a keyword in every entry
	done
	[ "$(wc -l <root.list)" -gt 10000 ]
	same_listing root.list fakeid.list
	rm root.tar fakeid.tar
}

@test "cpio packs the same bytes as real root" {
	local who
	(cd root/tar && find . -print0 | LC_ALL=C sort -z) >names
	(cd root/tar && as_root cpio --quiet --reproducible -0 -o -H newc <../../names >../../root.cpio)
	(cd user/tar && fid -- cpio --quiet --reproducible -0 -o -H newc <../../names >../../fakeid.cpio)
	for who in root fakeid; do cpio --quiet -tvn <$who.cpio >$who.list; done
	[ "$(wc -l <root.list)" -gt 5000 ]
	same_listing root.list fakeid.list
	cmp root.cpio fakeid.cpio
	rm root.cpio fakeid.cpio
}

@test "mksquashfs packs like real root" {
	local who options=(-noappend -no-progress -quiet -noI -noD -noF -noX -all-time 0 -mkfs-time 0)
	as_root mksquashfs root/tar root/squash "${options[@]}"
	fid -- mksquashfs user/tar user/squash "${options[@]}"
	mkdir -p mnt-root mnt-user
	for who in root user; do
		unsquashfs -lln $who/squash >$who.list
		mount -o loop,ro $who/squash mnt-$who
		as_root "$TOOLS/list-tree" mnt-$who find devices links xattrs caps >>$who.list
		umount mnt-$who
	done
	[ "$(wc -l <root.list)" -gt 10000 ]
	same_listing root.list user.list
	rm root/squash user/squash
}

@test "mke2fs -d packs like real root" {
	local who
	export E2FSPROGS_FAKE_TIME=1700000000
	as_root mke2fs -q -t ext4 -d root/tar root/ext4 512M
	fid -- mke2fs -q -t ext4 -d user/tar user/ext4 512M
	mkdir -p mnt-root mnt-user
	for who in root user; do
		mount -o loop,ro $who/ext4 mnt-$who
		as_root "$TOOLS/list-tree" mnt-$who find devices links xattrs caps acls >$who.list
		umount mnt-$who
	done
	[ "$(wc -l <root.list)" -gt 5000 ]
	same_listing root.list user.list
	rm root/ext4 user/ext4
}

@test "chown -R and chmod -R of the whole tree, as root does it" {
	on_tmpfs
	both copy cp -a %root%/tar/. .
	both . sh -c 'cd copy && chown -R 4294967294:7 usr extra && chown -Rh 5:6 etc &&
		chmod -R u=rwX,go=rX,g+s usr'
	same_trees tmpfs/root/copy tmpfs/user/copy find devices links xattrs caps acls
}
