# SPDX-License-Identifier: MIT
# views.bats - one tree, many views: filesystem namespaces, fsid maps, shifted trees, path idmaps. Different
# numbers for users and groups everywhere, so that a swap fails.
# shellcheck disable=SC2154 # lib.bash asks for abs_top_builddir and abs_top_srcdir
bats_require_minimum_version 1.5.0
load lib

# To namespaces that have no place for its owner the directory is another's, so this one is for all.
setup() {
	fakeid_setup
	chmod 777 .
}

teardown() {
	fakeid_teardown
}

# owners ARGS... -- PATH... - `uid:gid path` of each, as the namespace of these options shows them.
owners() {
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	fid "${options[@]}" -- stat -c '%u:%g %n' -- "$@"
}

# A tree whose owners on disk are real ids, shifted by 100000 (users) and 200000 (groups).
shifted_tree() {
	mkdir -p tree/dir
	touch tree/root tree/dir/www
	ln tree/dir/www tree/link
	chown 100033:200034 tree/dir/www
	chown 100000:200000 tree tree/dir tree/root
	chmod 777 tree tree/dir
}

# Everything that a tree is on disk: bytes, owners, modes and times of change.
on_disk() {
	(cd "$1" && find . -printf '%p %i %U:%G %m %C@ %s\n' | LC_ALL=C sort)
	(cd "$1" && find . -type f -exec sha256sum {} + | LC_ALL=C sort)
}

@test "two namespaces share one view of files, each with ids of its own" {
	fid -n img -- sh -c 'touch f && chown 33:34 f'
	run -0 owners -n a --fs img -- f
	[ "$output" = "33:34 f" ]
	run -0 owners -n b --fs img --map 0:300000:1000 -- f
	[ "$output" = "33:34 f" ]
	fid -n b -- chown 5:6 f
	run -0 owners -n a -- f
	[ "$output" = "5:6 f" ]
}

@test "a namespace whose fsid map does not hold an id shows 65534 for it" {
	fid -n img -- sh -c 'touch f g && chown 33:34 f && chown 5:6 g'
	run -0 owners -n c --fs img --map-fsuid 0:0:10 --map-fsgid 0:0:20 -- f g
	[ "$output" = $'65534:65534 f\n5:6 g' ]
	run -0 owners -n d --fs img --map-fsuid 0:0:10 -- f
	[ "$output" = "65534:34 f" ]
}

@test "a namespace without --fs sees its own view of the same files" {
	fid -n img -- sh -c 'touch f && chown 33:34 f'
	run -0 owners -n d -- f
	[ "$output" = "0:0 f" ]
}

@test "an fsid map shifts what is shown and what is stored" {
	fid -n img -- sh -c 'touch f && chown 100033:200034 f'
	run -0 owners -n s --fs img --map-fsuid 0:100000:65536 --map-fsgid 0:200000:65536 -- f
	[ "$output" = "33:34 f" ]
	fid -n s -- sh -c 'chown 7:8 f; touch new'
	run -0 owners -n img -- f new
	[ "$output" = $'100007:200008 f\n100000:200000 new' ]
}

@test "what a view has no place for is EPERM to change, EINVAL to give, EOVERFLOW to make" {
	fid -n img -- sh -c 'touch f && chown 33:34 f && touch g'
	run -1 fid -n c --fs img --map-fsuid 0:0:10 --map-fsgid 0:0:10 -- chown 0 f
	[[ $output = *"Operation not permitted"* ]]
	run -1 fid -n c -- chmod 600 f
	[[ $output = *"Operation not permitted"* ]]
	run -1 fid -n c -- chown 33 g
	[[ $output = *"Invalid argument"* ]]
	run -1 fid -n c -- setpriv --reuid 33 --clear-groups touch new
	[[ $output = *"Value too large"* ]]
	[ ! -e new ]
	run -0 owners -n img -- f g
	[ "$output" = $'33:34 f\n0:0 g' ]
}

@test "a setgid directory hands on a group that the view has no place for" {
	fid -n img -- sh -c 'mkdir d && chown 0:34 d && chmod 2777 d'
	fid -n c --fs img --map-fsgid 0:0:10 -- touch d/new
	run -0 owners -n c -- d/new
	[ "$output" = "0:65534 d/new" ]
	run -0 owners -n img -- d/new
	[ "$output" = "0:34 d/new" ]
}

@test "an ACL names the same users in every view" {
	fid -n img -- sh -c 'touch f && setfacl -m u:33:r,g:34:w,u:100:x f'
	run -0 fid -n s --fs img --map-fsuid 1000:0:50 --map-fsgid 2000:0:50 -- getfacl -cn f
	[[ $output = *"user:1033:r--"* ]]
	[[ $output = *"group:2034:-w-"* ]]
	[[ $output = *"user:4294967295:--x"* ]]
	fid -n img -- sh -c 'touch g && chown 33:34 g'
	fid -n s -- setfacl -m u:1007:rw g
	run -0 fid -n img -- getfacl -cn g
	[[ $output = *"user:7:rw-"* ]]
}

@test "a tree with one shift on disk shows unshifted by a map alone, and changes go back through it" {
	shifted_tree
	run -0 owners -n m --map-uid 0:100000:65536 --map-gid 0:200000:65536 -- tree tree/dir/www tree/link
	[ "$output" = $'0:0 tree\n33:34 tree/dir/www\n33:34 tree/link' ]
	fid -n m -- sh -c 'chown 40:41 tree/link; touch tree/dir/new'
	run -0 owners -n m -- tree/dir/www tree/dir/new
	[ "$output" = $'40:41 tree/dir/www\n0:0 tree/dir/new' ]
	# Back to what is on disk: the record is gone.
	fid -n m -- chown 33:34 tree/link
	run -0 fid -n m -- fakeidctl stat tree/link
	[[ $output = *"stored nothing"* ]]
}

@test "path idmaps: several shifts at once, the longest path wins, links and descriptors too" {
	shifted_tree
	mkdir other
	touch other/z
	chown 300005:300006 other/z
	chmod 777 other
	fid -n p --idmap "$WORK/tree:0:100000:65536" --idmap "$WORK/tree:70000:200000:65536" \
		--idmap "$WORK/tree/dir:1000:100000:65536" --idmap other:0:300000:100 -- true
	run -0 owners -n p -- tree/root tree/dir/www tree/link other/z
	[ "$output" = $'0:70000 tree/root\n1033:0 tree/dir/www\n33:70034 tree/link\n5:6 other/z' ]
	run -0 fid -n p -- sh -c 'cd tree && exec 5<root && cd / && stat -Lc %u:%g /proc/self/fd/5'
	[ "$output" = 0:70000 ]
	run -0 fid -n p -- sh -c 'ln -s tree l && stat -c %u:%g l/root l'
	[ "$output" = $'0:70000\n0:0' ]
}

@test "path idmaps: new files and chowns go back through the map" {
	shifted_tree
	fid -n p --idmap "$WORK/tree:0:100000:65536" --idmap "$WORK/tree:70000:200000:65536" -- sh -c '
		touch tree/new && chown 5:70006 tree/root && mv tree/new tree/root .'
	run -0 owners -n p -- new root
	[ "$output" = $'100000:100000 new\n100005:200006 root' ]
	run -1 fid -n p -- chown 140000 tree/link
	[[ $output = *"Value too large"* ]]
	run -1 fid -n p -- setpriv --reuid 140000 --clear-groups touch tree/not
	[[ $output = *"Value too large"* ]]
	[ ! -e tree/not ]
}

@test "path idmaps: ids in the store are shifted as those on disk are" {
	fid -n base -- sh -c 'mkdir t && touch t/f && chown 100033:100034 t/f'
	run -0 owners -n v --fs base --idmap t:0:100000:65536 -- t/f
	[ "$output" = "33:34 t/f" ]
	fid -n v -- sh -c 'touch t/new && chown 7:8 t/f'
	run -0 owners -n base -- t/f t/new
	[ "$output" = $'100007:100008 t/f\n100000:100000 t/new' ]
}

@test "one root tree serves namespaces with different maps at once, and nothing on disk changes" {
	as_user mkdir root
	fid -n img -- sh -c 'cd root && mkdir -p etc var/www && echo s >etc/shadow && chown 0:42 etc/shadow &&
		chmod 640 etc/shadow && echo p >var/www/page && chown 33:34 var/www/page && mknod null c 1 3'
	on_disk root >before
	for i in 1 2 3 4 5; do
		fid -n "c$i" --fs img --map "0:$((i * 100000)):65536" -- sh -c '
			stat -c "%u:%g %a %n" root/etc/shadow root/var/www/page
			stat -c "%t:%T" root/null
			cat /proc/self/uid_map
			sleep 1' >"seen.$i" &
	done
	wait
	for i in 1 2 3 4 5; do
		[ "$(head -n 3 "seen.$i")" = $'0:42 640 root/etc/shadow\n33:34 644 root/var/www/page\n1:3' ]
	done
	on_disk root >after
	cmp before after
}

@test "a shifted tree on disk serves namespaces with different maps, and nothing on disk changes" {
	shifted_tree
	on_disk tree >before
	run -0 owners -n a --map-uid 0:100000:65536 --map-gid 0:200000:65536 -- tree/dir/www
	[ "$output" = "33:34 tree/dir/www" ]
	run -0 owners -n b --map-uid 500:100000:65536 --map-gid 600:200000:65536 -- tree/dir/www
	[ "$output" = "533:634 tree/dir/www" ]
	fid -n b -- chown 501:602 tree/dir/www
	run -0 owners -n b -- tree/dir/www
	[ "$output" = "501:602 tree/dir/www" ]
	run -0 owners -n a -- tree/dir/www
	[ "$output" = "33:34 tree/dir/www" ]
	on_disk tree >after
	cmp before after
}

@test "unmapped owners show as the policy says" {
	touch strange mine
	chown 4000:5000 strange
	[ "$(id -u)" -ne 0 ] || chown "$TEST_UID:$TEST_UID" mine
	run -0 owners -n r --unmapped=root -- strange mine
	[ "$output" = $'0:0 strange\n0:0 mine' ]
	run -0 owners -n o --unmapped=overflow -- strange mine
	[ "$output" = $'65534:65534 strange\n0:0 mine' ]
	run -0 owners -n v --unmapped=real -- strange mine
	[ "$output" = $'4000:5000 strange\n0:0 mine' ]
	fid -n r -- chown 7:8 strange
	fid -n v -- chown 7:8 strange
	run -1 fid -n o -- chown 7:8 strange
	[[ $output = *"Operation not permitted"* ]]
	run -0 owners -n r -- strange
	[ "$output" = "7:8 strange" ]
	run -0 owners -n v -- strange
	[ "$output" = "7:8 strange" ]
}

@test "path idmaps: what is given below one reads back, whatever the id map leads to" {
	mkdir p
	touch p/f
	chown -R "$TEST_UID:$TEST_UID" p
	run -0 fid --new --map 0:5:10 --idmap p:0:0:20 -- sh -c 'chown 3:4 p/f; touch p/new; stat -c %u:%g p/f p/new'
	[ "$output" = $'3:4\n0:0' ]
	run -0 fid --new --no-isolated --map 0:1:1 --map 1:0:1 --idmap p:0:0:2 -- \
		sh -c 'chown 0:1 p/f; stat -c %u:%g p/f; chown 1:0 p/f; stat -c %u:%g p/f'
	[ "$output" = $'0:1\n1:0' ]
	run -0 fid --new --map "0:$TEST_UID:1" --map 1:100000:1000 --idmap p:0:0:65535 -- \
		sh -c 'chown 0:7 p/f; stat -c %u:%g p/f'
	[ "$output" = 0:7 ]
}

@test "path idmaps: a file whose path cannot be found is EIO, not another owner's" {
	mkdir p
	touch p/f
	chown -R "$TEST_UID:$TEST_UID" p
	fid -n b -- chown 105:105 p/f
	run -0 fid -n i --fs b --idmap p:0:100:10 -- python3 -c '
import os, resource
print(os.stat("p/f").st_uid)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
for call in (lambda: os.stat("p/f"), lambda: os.chown("p/f", 7, 7)):
    try:
        print(call())
    except OSError as error:
        print(error.errno)'
	[ "$output" = $'5\n5\n5' ]
	run -0 owners -n b -- p/f
	[ "$output" = "105:105 p/f" ]
}

@test "what shares a namespace's records is in reach of its root, and of nobody else" {
	run -0 fid -n o -- sh -c 'touch x; fakeid -n k -- touch y; stat -c %u:%g y; chown 7:8 y; stat -c %u:%g y'
	[ "$output" = $'65534:65534\n7:8' ]
	run -1 fid -n o -- fakeid -n k -- chown 0 x
	[[ $output = *"Operation not permitted"* ]]
}

@test "-s in a child saves what is the child's, and -i takes nothing from its parent" {
	fid -n o -- sh -c 'touch x z && chown 500:501 x && chown 102:103 z'
	fid -n o -- sh -c 'fakeid -n k --map 0:100:10 -s saved -- true && fakeid -n k -i saved -- true'
	run -0 owners -n o -- x z
	[ "$output" = $'500:501 x\n102:103 z' ]
	[ "$(wc -l <saved)" -eq 1 ]
	grep -q ',uid=2,gid=3,' saved
}
