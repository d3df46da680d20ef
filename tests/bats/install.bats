#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# install.bats - what make install leaves, and that it works from there.

bats_require_minimum_version 1.5.0
load lib

# One build with a prefix of its own, outside both the source and the build folder.
setup_file() {
	FILE_DIR=$(mktemp -d /var/tmp/fakeid-install-XXXXXX)
	chmod 755 "$FILE_DIR"
	export FILE_DIR
	mkdir "$FILE_DIR/build"
	cd "$FILE_DIR/build"
	umask 022
	"$abs_top_srcdir/configure" -q --prefix="$FILE_DIR/inst" --enable-fakeroot-link CFLAGS=-O1 >log 2>&1 || { cat log; return 1; }
	make -s -j2 >>log 2>&1 || { tail -n 40 log; return 1; }
	make -s install >>log 2>&1 || { tail -n 40 log; return 1; }
}

teardown_file() {
	rm -rf -- "$FILE_DIR"
}

setup() {
	fakeid_setup
	# Neither the build tree nor the environment may help to find daemon and library.
	unset FAKEID_FAKED FAKEID_LIB
	inst=$FILE_DIR/inst
	PATH="$inst/bin:/usr/bin:/bin:/usr/sbin:/sbin"
}

teardown() {
	as_user "$inst/bin/fakeidctl" stop 2>/dev/null || true
	fakeid_teardown
}

@test "the installed fakeid finds its daemon and library without help" {
	run -0 as_user env -i HOME="$HOME" FAKEID_DIR="$FAKEID_DIR" PATH=/usr/bin:/bin \
		"$inst/bin/fakeid" -- sh -c 'touch f && chown 5:6 f && stat -c %u:%g f && id -u'
	[ "$output" = $'5:6\n0' ]

	run -0 as_user env -i HOME="$HOME" FAKEID_DIR="$FAKEID_DIR" PATH=/usr/bin:/bin \
		"$inst/bin/fakeid" -- stat -c %u:%g f
	[ "$output" = 5:6 ]
	[ "$(stat -c %u f)" = "$TEST_UID" ]
}

@test "the installed daemon and library are those of the prefix" {
	run -0 as_user "$inst/bin/fakeid" -- grep -o '/[^ ]*libfakeid[^ ]*' /proc/self/maps
	[ "$(sort -u <<<"$output")" = "$(readlink -f "$(find "$inst" -name libfakeid.so)")" ]

	pid=$(daemon_pid)
	[ "$(readlink "/proc/$pid/exe")" = "$(find "$inst" -name faked -type f)" ]
}

@test "--enable-fakeroot-link installs a fakeroot that runs fakeid" {
	run -0 as_user "$inst/bin/fakeroot" -- sh -c 'id -u; grep -c libfakeid /proc/self/maps'
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" -gt 0 ]
}

@test "make install with DESTDIR writes below DESTDIR only, and the same files" {
	make -s -C "$FILE_DIR/build" install DESTDIR="$WORK/dest"
	diff <(cd "$inst" && find . | sort) <(cd "$WORK/dest$inst" && find . | sort)
	[ "$(ls "$WORK/dest")" = "$(cut -d/ -f2 <<<"$FILE_DIR")" ]

	# A package is unpacked elsewhere: the environment may then say where the parts lie.
	as_user env FAKEID_FAKED="$WORK/dest$(find "$inst" -name faked -type f)" \
		FAKEID_LIB="$WORK/dest$(find "$inst" -name libfakeid.so)" \
		"$WORK/dest$inst/bin/fakeid" -- chown 9:9 .
}

@test "what is installed: four programs, two libraries, their headers and manuals, and no build leftovers" {
	run -0 bash -c "cd '$inst' && find . ! -type d -printf '%f\n' | sort | tr '\n' ' '"
	echo "$output"
	[ "$output" = "faked faked.8 fakeid fakeid-idmap.pc fakeid.1 fakeid.7 fakeid_idmap.3 fakeidctl fakeidctl.1 fakeroot idmap.h kid.h libfakeid-idmap.a libfakeid-idmap.so libfakeid-idmap.so.0 libfakeid-idmap.so.0.0.0 libfakeid.so " ]
}

@test "make uninstall leaves no file" {
	make -s -C "$FILE_DIR/build" install DESTDIR="$WORK/dest"
	make -s -C "$FILE_DIR/build" uninstall DESTDIR="$WORK/dest"
	[ -z "$(find "$WORK/dest" ! -type d)" ]
}
