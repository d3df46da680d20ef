# SPDX-License-Identifier: MIT
# reach.bats - a root whose namespace has no place for a file's owner or group: what a real root in a user namespace
# may do to such files, and no more. Different numbers for users and groups, so that a swap fails.
# shellcheck disable=SC2154 # lib.bash asks for abs_top_builddir and abs_top_srcdir
bats_require_minimum_version 1.5.0
load lib

setup() {
	fakeid_setup
}

teardown() {
	[ ! -s "$WORK/holder" ] || kill "$(cat "$WORK/holder")" || :
	fakeid_teardown
}

# A tree in which `0:0` and `5:6` have a place in the namespaces below, and neither 33 nor 34.
# make_tree UIDS GIDS - with numbers that much higher.
make_tree() {
	local owner name

	mkdir tree && cd tree || return
	chmod 777 .
	for owner in own:0:0 near:5:6 far:33:34 faruid:33:6 fargid:5:34; do
		IFS=: read -r name uid gid <<<"$owner"
		mkdir "$name.d" "$name.sticky" "$name.setgid"
		touch "$name" "$name.open" "$name.d/in" "$name.gone"
		chmod 640 "$name" "$name.gone"
		chmod 666 "$name.open"
		chmod 1777 "$name.sticky"
		touch "$name.sticky/own" "$name.sticky/far"
		chown "$((uid + $1)):$((gid + $2))" "$name" "$name.d" "$name.sticky" "$name.setgid" "$name.open" \
			"$name.d/in" "$name.gone"
		chown "$1:$2" "$name.sticky/own"
		chown "$((33 + $1)):$((34 + $2))" "$name.sticky/far"
		chmod 750 "$name.d"
		chmod 2777 "$name.setgid"
	done
	cd ..
}

# The same questions for both.
write_questions() {
	cat >questions <<'END'
try() {
	if answer=$("$@" 2>&1); then echo "$*: ok"; else echo "$*: $answer"; fi
}
cd tree || exit
for name in own near far faruid fargid; do
	stat -c '%n %u:%g %a' $name $name.d $name.sticky/*
	for mode in -r -w -x; do try test $mode $name; try test $mode $name.d; done
	try cat $name
	try truncate -s 3 $name
	try truncate -s 3 $name.open
	try setfattr -n user.fakeid -v 1 $name
	try touch -d 2001-02-03 $name
	try touch $name
	try ln $name $name.link
	try setfacl -m u:5:r $name
	try setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 $name
	try chmod 4751 $name
	try chmod 2711 $name
	try chgrp 1 $name
	try chown 2 $name
	try chown 0:0 $name.gone
	try chown -h 1:1 $name.open
	stat -c '%n %u:%g %a' $name $name.gone $name.open
	try ls $name.d
	try cat $name.d/in
	try touch $name.d/new
	try mkdir $name.d/newdir
	try mv $name.d/in $name.d/moved
	try rm -f $name.sticky/own
	try rm -f $name.sticky/far
	try rmdir $name.sticky
	try touch $name.setgid/new
	try chmod 2755 $name.setgid/new
	stat -c '%n %u:%g %a' $name.setgid/new
	try rm -f $name $name.open
	try sh -c "cd $name.d"
done
END
}

# Root of a user namespace that has users 100000 to 100009 and groups 200000 to 200009.
ask_kernel() {
	local holder

	unshare -U sleep 1000 3>&- &
	holder=$!
	echo "$holder" >"$WORK/holder"
	wait_until 10 sh -c "[ \"\$(readlink /proc/$holder/ns/user)\" != \"\$(readlink /proc/self/ns/user)\" ]"
	echo "0 100000 10" >"/proc/$holder/uid_map"
	echo "0 200000 10" >"/proc/$holder/gid_map"
	nsenter -t "$holder" -U -S 0 -G 0 env -i PATH="$PATH" sh ../questions
}

@test "root may do with the files of ids that it has no place for what a user namespace's root may" {
	write_questions
	mkdir kernel fake && chmod 777 kernel fake
	(cd kernel && make_tree 100000 200000 && ask_kernel) >kernel.out 2>&1
	(cd fake && fid -n img -- bash -c "$(declare -f make_tree); make_tree 0 0" &&
		fid -n c --fs img --map-fsuid 0:0:10 --map-fsgid 0:0:10 -- sh ../questions) >fake.out 2>&1
	[ "$(wc -l <kernel.out)" -gt 170 ]
	grep -q "Operation not permitted" kernel.out
	grep -q "Permission denied" kernel.out
	diff kernel.out fake.out
}
