#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# headers.bats - every header includes what it uses: each one compiles alone.

bats_require_minimum_version 1.5.0

@test "each header compiles alone, without a warning, with gcc and clang" {
	cd "$abs_top_srcdir"
	find include libfakeid faked fakeid -name '*.h' >"$BATS_TEST_TMPDIR/headers"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/headers")" -gt 10 ]

	failed=0
	while IFS= read -r header; do
		printf '#include "%s"\nextern int file_is_not_empty;\n' "$abs_top_srcdir/$header" >"$BATS_TEST_TMPDIR/lone.c"
		for compiler in gcc clang; do
			"$compiler" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -Iinclude -Ilibfakeid \
				-I"$abs_top_builddir" "$BATS_TEST_TMPDIR/lone.c" || {
				echo "$compiler: $header does not stand alone"
				failed=1
			}
		done
	done <"$BATS_TEST_TMPDIR/headers"
	[ "$failed" -eq 0 ]
}

@test "each header has a guard made from its name" {
	cd "$abs_top_srcdir"
	for header in $(find include libfakeid faked fakeid -name '*.h'); do
		name=$(basename "$header" .h | tr 'a-z-' 'A-Z_')
		grep -qE "^#ifndef [A-Z_]*${name}_H\$" "$header" || { echo "$header"; false; }
		[ "$(grep -E '^#ifndef [A-Z_]*_H$' "$header" | head -n 1 | cut -d' ' -f2)" = \
			"$(grep -E '^#define [A-Z_]*_H$' "$header" | head -n 1 | cut -d' ' -f2)" ] || { echo "$header"; false; }
	done
}

@test "calls that write past ends, or cannot report an error, are compile errors" {
	for call in 'strcpy(a, b)' 'strcat(a, b)' 'sprintf(a, b)' 'strncpy(a, b, 1)' 'strtok(a, b)' 'atoi(b)' 'alloca(1)'; do
		printf '#include <stdlib.h>\n#include <stdio.h>\n#include <string.h>\n#include "fakeid/banned.h"\nvoid f(char *a, const char *b);\nvoid f(char *a, const char *b)\n{\n\t(void)a;\n\t(void)b;\n\t(void)%s;\n}\n' \
			"$call" >"$BATS_TEST_TMPDIR/call.c"
		run ! gcc -std=gnu11 -D_GNU_SOURCE -fsyntax-only -I"$abs_top_srcdir/include" "$BATS_TEST_TMPDIR/call.c"
		[[ $output = *poisoned* ]] || { echo "$call: $output"; false; }
	done
}

@test "no source file of the product uses a banned call" {
	cd "$abs_top_srcdir"
	run -1 grep -nE '\b(strcpy|strcat|stpcpy|v?sprintf|alloca|strncpy|strncat|strtok|ato(i|l|ll))[[:space:]]*\(' \
		-r include libfakeid faked fakeid --include='*.[ch]' --exclude=banned.h
}
