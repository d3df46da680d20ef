#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# chroot.bats - in a chroot whose root is no mount point, as build machines make them, /proc/self/mountinfo
# does not list the filesystem that everything lies on.

bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
	mkdir "$WORK/mount"
}

teardown() {
	as_user fakeidctl stop 2>/dev/null || true
	fakeid_teardown
}

# in_chroot SCRIPT - as the test user, in a chroot on a tmpfs of its own, where the build folder is /build.
in_chroot() {
	printf '%s\n' 'cd /work' 'trap "fakeidctl stop 2>/dev/null || true" EXIT' "$1" >script
	unshare -m bash -euc '
		mount --make-rprivate /
		mount -t tmpfs none mount
		mkdir -p mount/root/work mount/root/build
		cp script mount/root
		cd mount/root
		chown "$2:$2" work
		for name in usr bin sbin lib lib64 etc proc dev; do
			if [ -L "/$name" ]; then cp -P "/$name" .; continue; fi
			[ -d "/$name" ] || continue
			mkdir "$name"
			mount --rbind "/$name" "$name"
		done
		mount --bind "$1" build
		exec chroot . setpriv --reuid "$2" --regid "$2" --clear-groups --inh-caps=-all --bounding-set=-all \
			env -i PATH=/build/fakeid:/usr/bin:/bin HOME=/work FAKEID_DIR=/work/state \
			FAKEID_FAKED=/build/faked/faked FAKEID_LIB=/build/.libs/libfakeid.so \
			bash -eu /script' bash "$abs_top_builddir" "$TEST_UID" 3>&-
}

@test "owners are kept in a chroot whose root is no mount point" {
	run -0 in_chroot '
		if cut -d" " -f5 /proc/self/mountinfo | grep -qx /; then echo "/ is listed"; fi
		fakeid -- sh -c "touch f; chown 5:6 f"
		fakeidctl stop
		fakeid -- stat -c %u:%g f'
	[ "$output" = 5:6 ]
}

@test "fakeidctl stat tells what is stored there" {
	run -0 in_chroot '
		fakeid -- sh -c "touch f; chown 5:6 f"
		fakeidctl stop
		fakeidctl stat f'
	[ "$output" = "shown uid=5 gid=6 mode=100644; stored uid=5 gid=6: f" ]
}

@test "records made there are saved to a file" {
	run -0 in_chroot '
		fakeid -s owners -- sh -c "touch f; chown 5:6 f"
		grep -c uid=5,gid=6 owners
		fakeid -i owners -- stat -c %u:%g f'
	[ "$output" = $'1\n5:6' ]
}
