# SPDX-License-Identifier: MIT
# tour.bats - the examples of the README, pasted: each command prints what stands below it, stderr included.
# shellcheck disable=SC2154 # lib.bash asks for abs_top_builddir and abs_top_srcdir
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
}

teardown() {
	fakeid_teardown
}

# The console blocks of a section as a script that prints each command and then what it prints.
script_of() {
	awk -v title="## $1" '
		/^## / { wanted = $0 == title }
		/^```/ { inside = /^```console/; next }
		!wanted || !inside { next }
		/^\$ / {
			line = substr($0, 3)
			quoted = line
			gsub(/\047/, "\047\\\047\047", quoted)
			printf "printf \"%%s\\n\" \047$ %s\047\n%s 2>&1 || :\n", quoted, line
		}' "$abs_top_srcdir/README.md"
}

# The same blocks as they stand.
blocks_of() {
	awk -v title="## $1" '
		/^## / { wanted = $0 == title }
		/^```/ { inside = /^```console/; next }
		wanted && inside' "$abs_top_srcdir/README.md"
}

@test "the examples of id spaces print what the README says" {
	script_of "Id spaces, by example" >script
	blocks_of "Id spaces, by example" >wanted
	[ "$(grep -c '^\$ ' wanted)" -gt 15 ]
	chmod 644 script
	as_user sh script >printed
	diff wanted printed
}
