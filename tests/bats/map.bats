# SPDX-License-Identifier: MIT
# map.bats - fakeidctl map, and programs that use libfakeid-idmap.
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
}

teardown() {
	fakeid_teardown
}

map() {
	as_user fakeidctl map "$@"
}

refuses() {
	local line=$1

	shift
	run --separate-stderr -1 map "$@"
	[ "$output" = "" ]
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "fakeidctl: $line" ] || { printf 'got:    %s\nwanted: %s\n' "$stderr" "$line"; return 1; }
}

@test "map makes no state directory and starts no daemon" {
	run -0 map show 0:1000:1
	[ ! -e .state ]
	run -0 as_user env -u HOME -u FAKEID_DIR fakeidctl map show 0:1000:1
}

@test "show prints what the kernel prints, from every form" {
	run -0 map show /proc/self/uid_map
	[ "$output" = "$(as_user cat /proc/self/uid_map)" ]
	run -0 map show 1:100000:65536,0:1000:1
	[ "$output" = $'         0       1000          1\n         1     100000      65536' ]
	run -0 map show u0:k10000:r5
	[ "$output" = '         0      10000          5' ]
	run -0 bash -c "$(declare -f map as_user); TEST_UID=$TEST_UID; printf '0 7 1\n' | map show -"
	[ "$output" = '         0          7          1' ]
	run -0 map show --json 0:1000:1,5:12884901888:2
	[ "$output" = '{"extents":[{"inside":0,"outside":1000,"count":1},{"inside":5,"outside":12884901888,"count":2}]}' ]
}

@test "check says why a map is refused" {
	run -0 map check 0:1000:1,1:100000:65536
	[ "$output" = 'valid: extents 2, ids 65537' ]
	run -0 map check --json 0:0:4294967295
	[ "$output" = '{"valid":true,"extents":1,"ids":4294967295}' ]
	refuses "map: 0:0:5,4:9:1: extent 2: two extents hold one inside id" check 0:0:5,4:9:1
	refuses "map: 0:0:0: extent 1: the count is 0" check 0:0:0
	refuses "map: 0:x:1: extent 1: not of the form inside, outside, count" check 0:x:1
	refuses "map: 0:5:10: inside id 0: it spans several extents of the parent" check 0:5:10 0:0:10,10:50:10
	refuses "map: 0:15:10: inside id 0: an outside id is not mapped in the parent" check 0:15:10 0:0:10,10:50:10
	refuses "map: ./none: No such file or directory: check the file" check ./none
	run -1 map check --json 0:0:5,9:4:1
	[ "$output" = '{"valid":false,"fault":"two extents hold one outside id","extent":2,"other":1}' ]
}

@test "split prints what can be applied, and each cut" {
	run -0 --separate-stderr map split 0:5:10,10:0:2 0:1000:10,10:5000:10
	[ "$output" = $'         0          5          5\n         5         10          5\n        10          0          2' ]
	[ "$stderr" = 'fakeidctl: map split: extent 1: cut at inside 5, outside 10' ]
	run -0 --separate-stderr map split --json 0:5:10 0:1000:10,10:5000:10
	[ "$output" = '{"extents":[{"inside":0,"outside":5,"count":5},{"inside":5,"outside":10,"count":5}],"cuts":[{"extent":1,"inside":5,"outside":10}]}' ]
	[ "$stderr" = '' ]
	refuses "map split: inside id 0: an outside id is not mapped in the parent" split 0:5:20 0:1000:10,10:5000:10
}

@test "compose goes through every map, invert goes back" {
	run -0 map compose 0:10:5 10:100:5 102:1000:1
	[ "$output" = '         2       1000          1' ]
	run -0 map compose --json 0:10:5 90:10:1
	[ "$output" = '{"extents":[]}' ]
	run -0 map invert 0:1000:1,1:100000:65536
	[ "$output" = $'      1000          0          1\n    100000          1      65536' ]
	refuses "map invert: 0:4294967296:1: an outside id of more than 32 bits cannot be an inside one" invert 0:4294967296:1
}

@test "lookup goes down and up, and tells what is not mapped" {
	run -0 map lookup u0:k10000:r10000 1000 u0 k11000 5:20 k10000:10000
	[ "$output" = $'u1000 k11000\nu0 k10000\nk11000 u1000\nu5 k10005:20\nk10000 u0:10000' ]
	run -1 --separate-stderr map lookup 0:10000:10 9 10 k0 9:2
	[ "$output" = $'u9 k10009\nu10 -\nk0 -\nu9 -:2' ]
	[ "$stderr" = '' ]
	run -1 map lookup --json 0:10000:10 9 10 k0
	[ "$output" = '{"lookups":[{"inside":9,"outside":10009,"count":1},{"inside":10,"outside":null,"count":1},{"inside":null,"outside":0,"count":1}]}' ]
	refuses "map lookup: 'x': not an id: use 1000, u1000 or k1000, and :COUNT for a range" lookup 0:10000:10 9 x
	refuses "map lookup: '4294967296': not an id: use 1000, u1000 or k1000, and :COUNT for a range" lookup 0:10000:10 4294967296
}

@test "alloc finds what an owner has and no map uses" {
	printf '%s\n' '# a comment' bob:1:99 alice:100000:65536 broken 1000:200000:65536 >subuid
	run -0 map alloc 65536 alice ./subuid
	[ "$output" = '100000 65536' ]
	run -0 map alloc 65536 alice,1000 ./subuid 0:100000:1
	[ "$output" = '200000 65536' ]
	run -0 map alloc --json 100 alice ./subuid 0:100000:50 0:100050:10,10:90:5
	[ "$output" = '{"first":100060,"count":100}' ]
	refuses "map alloc: ./subuid: no 65537 free ids in one range of 'alice'" alloc 65537 alice ./subuid
	refuses "map alloc: ./subuid: no 1 free ids in one range of 'carol'" alloc 1 carol ./subuid
	refuses "map alloc: '0': not a number of ids" alloc 0 alice ./subuid
}

@test "wrong words are refused" {
	refuses "map: it needs one of show, check, split, compose, invert, lookup, alloc: see fakeidctl(1)"
	refuses "map: it needs one of show, check, split, compose, invert, lookup, alloc: see fakeidctl(1)" nope
	while IFS=/ read -r words form; do
		# shellcheck disable=SC2086 # words
		refuses "map ${words%% *}: it needs $form: see fakeidctl(1)" $words
	done <<-'END'
		show/MAP
		show 0:0:1 0:0:1/MAP
		check/MAP [PARENT]
		split 0:0:1/MAP PARENT
		compose 0:0:1/MAP MAP...
		invert/MAP
		lookup 0:0:1/MAP ID...
		alloc 1 a/COUNT OWNER FILE [MAP...]
	END
	refuses "map: 'mine': no map: use inside:outside:count, or ./mine for a file" show mine
}

# A program as the manual shows it, with the flags of pkg-config, against a private installation.
install_library() {
	make -s -C "$abs_top_builddir" DESTDIR="$WORK/dest" install-libLTLIBRARIES \
		install-fakeidincludeHEADERS install-pkgconfigDATA >/dev/null 2>&1
	pc=$(find "$WORK/dest" -name fakeid-idmap.pc)
	[ -n "$pc" ]
	export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$WORK/dest
	cat >prog.c <<-'END'
		#include <stdio.h>
		#include <fakeid/idmap.h>
		int main(void)
		{
			static const char text[] = "0 100000 65536\n";
			struct fakeid_idmap map;
			struct fakeid_kid kid;
			if (fakeid_idmap_parse(text, sizeof text - 1, FAKEID_IDMAP_PROC, 0, &map, NULL) < 0 ||
			    fakeid_idmap_down(&map, 33, &kid) < 0)
				return 1;
			return printf("%ju\n", (uintmax_t)kid.value) < 0;
		}
	END
}

@test "a program builds and runs with the shared and with the static library" {
	install_library
	# shellcheck disable=SC2046 # flags
	gcc -Wall -Werror prog.c -o shared $(pkg-config --cflags --libs fakeid-idmap)
	libdir=$(dirname "$(find "$WORK/dest" -name libfakeid-idmap.so.0)")
	[ "$(LD_LIBRARY_PATH=$libdir ./shared)" = 100033 ]
	readelf -V shared | grep -q FAKEID_IDMAP_0.1
	# shellcheck disable=SC2046
	gcc -Wall -Werror prog.c -o static $(pkg-config --cflags fakeid-idmap) "$libdir/libfakeid-idmap.a"
	[ "$(./static)" = 100033 ]
	readelf -d shared | grep -q 'libfakeid-idmap.so.0'
	run ! bash -c 'readelf -d static | grep libfakeid'
	# shellcheck disable=SC2046
	g++ -x c++ -Wall -Werror -fsyntax-only prog.c $(pkg-config --cflags fakeid-idmap)
}

@test "the library exports what its header declares and no more, all with a version" {
	lib=$abs_top_builddir/.libs/libfakeid-idmap.so
	nm -D --defined-only --with-symbol-versions "$lib" | awk '$2 == "T" { print $3 }' | sort >exported
	grep -ohE 'fakeid_(idmap|subid)_[a-z_]+\(' "$abs_top_srcdir/include/fakeid/idmap.h" | tr -d '(' | sort -u |
		grep -vE '_(check_write_)$' | sed 's/$/@@FAKEID_IDMAP_0.1/' >declared
	diff declared exported
	run ! bash -c "nm -D '$lib' | grep -E ' (malloc|free|open|read|write|__errno_location)(@|\$)'"
}

@test "an id of one side where the other's belongs is a compile error" {
	for call in 'fakeid_idmap_down(&map, kid, &kid)' 'fakeid_idmap_up(&map, 1000u, &id)'; do
		printf '#include <fakeid/idmap.h>\nint f(struct fakeid_idmap map, struct fakeid_kid kid, uint32_t id);\nint f(struct fakeid_idmap map, struct fakeid_kid kid, uint32_t id)\n{\n\t(void)kid;\n\t(void)id;\n\treturn %s;\n}\n' \
			"$call" >mix.c
		run ! gcc -fsyntax-only -I"$abs_top_srcdir/include" mix.c
		[[ $output = *incompatible\ type* ]]
	done
}
