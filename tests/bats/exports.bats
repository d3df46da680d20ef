#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# exports.bats - wraps.def, the libc of this machine and what libfakeid.so exports agree.

bats_require_minimum_version 1.5.0

setup() {
	export LC_ALL=C
	library=$abs_top_builddir/.libs/libfakeid.so
	[ -f "$library" ]
}

# The rows of wraps.def as "KIND name", sorted, as the preprocessor sees them.
rows() {
	"${CC:-cc}" -E -P -x c -include "$abs_top_builddir/config.h" \
		-D'WRAP(type,name,params,args,family)=@WRAP name' \
		-D'VALUE(type,name,params,args,family)=@VALUE name' \
		-D'HAND(name,family)=@HAND name' \
		-D'PASS(name,family,why)=@PASS name' \
		"$abs_top_srcdir/libfakeid/wraps.def" | tr '@' '\n' | awk 'NF == 2 { print $1, $2 }' |
		LC_ALL=C sort -k2
}

known() { rows | awk '{ print $2 }'; }
wrapped() { rows | awk '$1 != "PASS" { print $2 }'; }

# exported LIBRARY - the functions it defines for others, without versions.
exported() {
	nm -D --defined-only "$1" | awk '$2 ~ /^[TWiV]$/ { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u
}

libc_path() { ldd /bin/true | awk '$1 == "libc.so.6" { print $3 }'; }

# libc's own symbols, but for those it keeps for its other libraries.
libc_symbols() {
	nm -D --defined-only "$(libc_path)" |
		awk '$2 ~ /^[TWiV]$/ && $3 !~ /@GLIBC_PRIVATE/ { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u
}

listed() { grep -v '^#' "$abs_top_srcdir/tests/libc-calls.tsv"; }

@test "wraps.def is read as rows and names no symbol twice" {
	[ "$(wrapped | wc -l)" -gt 150 ]
	run -0 uniq -d <(known)
	[ -z "$output" ]
	[ "$(grep -cE '^(WRAP|VALUE|HAND|PASS)\(' "$abs_top_srcdir/libfakeid/wraps.def")" -ge "$(known | wc -l)" ]
}

@test "every symbol of our families that this machine's libc exports has a row in wraps.def" {
	grep -v '^#' "$abs_top_srcdir/tests/libc-families.txt" >"$BATS_TEST_TMPDIR/families"
	libc_symbols | grep -E -f "$BATS_TEST_TMPDIR/families" >"$BATS_TEST_TMPDIR/of-our-families"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/of-our-families")" -gt 200 ]

	run -0 comm -23 "$BATS_TEST_TMPDIR/of-our-families" <(known)
	echo "no row for: $output"
	[ -z "$output" ]
}

@test "libfakeid.so exports exactly the WRAP, VALUE and HAND rows" {
	run -0 comm -3 <(wrapped) <(exported "$library")
	echo "rows without export, exports without row: $output"
	[ -z "$output" ]
}

@test "every function of libc-calls.tsv has a row, and those that need one are wrapped" {
	run -0 comm -23 <(listed | cut -f1 | LC_ALL=C sort) <(known)
	echo "no row for: $output"
	[ -z "$output" ]

	run -0 comm -23 <(listed | awk '$3 == "wrap" { print $1 }' | LC_ALL=C sort) <(wrapped)
	echo "not wrapped: $output"
	[ -z "$output" ]
}

@test "what is exported and libc has too has the same kind of symbol: none is data" {
	run -0 comm -12 <(exported "$library") \
		<(nm -D --defined-only "$(libc_path)" | awk '$2 ~ /^[DBR]$/ { sub(/@.*/, "", $3); print $3 }' |
			LC_ALL=C sort -u)
	[ -z "$output" ]
}

@test "libfakeid.so needs libc alone" {
	run -0 bash -c "objdump -p '$library' | awk '\$1 == \"NEEDED\" { print \$2 }' | grep -v '^ld-linux'"
	[ "$output" = libc.so.6 ]
}

@test "libfakeid.so asks for no symbol version newer than GLIBC_2.31" {
	run -0 bash -c "objdump -T '$library' | grep -o 'GLIBC_[0-9][0-9.]*' | sort -uV | tail -n 1"
	newest=${output#GLIBC_}
	[ -n "$newest" ]
	echo "newest: $newest"
	[ "$(printf '%s\n2.31\n' "$newest" | sort -V | tail -n 1)" = 2.31 ]
}

@test "libfakeid.so never ends, prints in, or edits the environment of its program" {
	nm -D --undefined-only "$library" | awk '{ sub(/@.*/, "", $2); print $2 }' >"$BATS_TEST_TMPDIR/imports"
	[ -s "$BATS_TEST_TMPDIR/imports" ]
	run -1 grep -nxE '_?exit|_Exit|quick_exit|abort|__assert_fail|raise|v?f?d?printf|puts|fputs|perror|v?syslog|err|warn|error|setenv|putenv|unsetenv|clearenv|setlocale|strcpy|strcat|sprintf|strtok|atoi' \
		"$BATS_TEST_TMPDIR/imports"
}

# Measured: fortify makes some compilers drop wrappers, large-file names make two symbols one.
exports_with() {
	mkdir "$BATS_TEST_TMPDIR/hostile"
	cd "$BATS_TEST_TMPDIR/hostile"
	"$abs_top_srcdir/configure" -q "$@" >log 2>&1 || { cat log; return 1; }
	make -s libfakeid.la >>log 2>&1 || { tail -n 30 log; return 1; }
	run -0 comm -3 <(wrapped) <(exported .libs/libfakeid.so)
	echo "rows without export, exports without row: $output"
	[ -z "$output" ]
}

@test "the exports stay with clang, fortify and large-file CFLAGS" {
	exports_with CC=clang CFLAGS='-O2 -D_FORTIFY_SOURCE=2 -D_FILE_OFFSET_BITS=64'
}

@test "the exports stay with gcc, fortify, large-file and 64-bit time CFLAGS" {
	exports_with CC=gcc CFLAGS='-O2 -D_FORTIFY_SOURCE=2 -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64'
}

@test "the exports stay at -O0 without any of them" {
	exports_with CC=gcc CFLAGS='-O0 -U_FORTIFY_SOURCE'
}
