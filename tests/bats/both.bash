# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# both.bash - one script, run by a real root and then inside a session, in a directory of the same name. What it
# prints, and what it leaves, must be the same.
#
#   load lib
#   load both
#   setup() { both_setup; }
#   teardown() { fakeid_teardown; }

both_setup() {
	need_root || return
	fakeid_setup
	AROUND=()
	# What scripts use: a user without anything left of root, and what is there in the end.
	cat >functions <<-'END'
		user() { setpriv --reuid "$1" --regid "$1" --clear-groups -- "${@:2}"; }
		member() { setpriv --reuid "$1" --regid "$1" --groups "$2" -- "${@:3}"; }
		listing() { find . -mindepth 1 -printf '%p %y %m %U:%G %n %l\n' | sort; }
		cd in
	END
}

# both [OPTION...] SCRIPT - $output is what both said. OPTIONs are fakeid's; a command in AROUND is what each of the
# two is run by.
both() {
	printf '. ./functions\n%s\nlisting\n' "${*: -1}" >script
	mkdir in
	"${AROUND[@]}" setpriv --groups 0 --inh-caps=-all -- bash script </dev/null >expected 2>&1 3>&- || true
	rm -rf in
	as_user mkdir in
	"${AROUND[@]}" "${DROP[@]}" fakeid "${@:1:$#-1}" -- bash script </dev/null >got 2>&1 3>&- || true
	[ -s expected ]
	diff -u expected got
	# shellcheck disable=SC2034 # for the test
	output=$(<expected)
}

# The capabilities that real root has here, as fakeid --caps takes them: a container keeps some back.
caps_here() {
	capsh --decode="$(sed -n 's/^CapBnd:\t//p' /proc/self/status)" | sed 's/.*=//'
}
