# SPDX-License-Identifier: MIT
# isolation.bats - namespaces keep apart: whose ids are whose, a thousand of them in one store, and what is
# left of them after a kill -9 at any moment. FAKEID_SEED asks for other moments.
# shellcheck disable=SC2154 # lib.bash asks for abs_top_builddir and abs_top_srcdir
bats_require_minimum_version 1.5.0
load lib

OWNERS=$abs_top_builddir/tests/bats/progs/owners

# To namespaces that have no place for its owner the directory is another's, so this one is for all.
setup() {
	fakeid_setup
	chmod 777 .
	RANDOM=${FAKEID_SEED:-4711}
	echo "seed ${FAKEID_SEED:-4711}"
}

teardown() {
	jobs -p | xargs -r kill 2>/dev/null || true # the killer of a test that failed
	fakeid_teardown
}

# in_child TAG CMD... - in a child of the namespace `around`, whose records all of its children see.
in_child() {
	local tag=$1

	shift
	fid -n around -- fakeid -n "$tag" -- "$@"
}


@test "uid 0 and uid 1 of two isolated namespaces are four users, each 65534 in the other" {
	in_child a sh -c 'touch a0 a1 && chown 1:1 a1'
	in_child b sh -c 'touch b0 b1 && chown 1:1 b1'
	run -0 in_child a stat -c '%u:%g' a0 a1 b0 b1
	[ "$output" = $'0:0\n1:1\n65534:65534\n65534:65534' ]
	run -0 in_child b stat -c '%u:%g' a0 a1 b0 b1
	[ "$output" = $'65534:65534\n65534:65534\n0:0\n1:1' ]
	# Their ids are not those of the namespace around either, which has the records.
	run -0 fid -n around -- stat -c '%u:%g' a0 a1 b0 b1
	[ "$(sort -u <<<"$output")" = 65534:65534 ]
	run -0 fid -n around -- fakeidctl stat a0 a1 b0 b1
	[ "$(grep -o 'stored uid=[0-9]*:[0-9]* gid=[0-9]*:[0-9]*' <<<"$output")" = "stored uid=2:0 gid=2:0
stored uid=2:1 gid=2:1
stored uid=3:0 gid=3:0
stored uid=3:1 gid=3:1" ]
}

@test "what is another's cannot be changed: EPERM, and all stays as it was" {
	in_child a sh -c 'touch f && chown 1:1 f && chmod 640 f'
	for command in "chown 0 f" "chgrp 0 f" "chmod 600 f" "setfacl -m u:5:r f"; do
		# shellcheck disable=SC2086 # two words
		run -1 in_child b $command
		[[ $output = *"Operation not permitted"* ]]
	done
	run -0 in_child a stat -c '%u:%g %a' f
	[ "$output" = "1:1 640" ]
}

@test "with the real user as root of both, the roots are one user and the rest are not" {
	fid -n around --map "0:$TEST_UID:1" -- true
	for tag in a b; do
		fid -n around -- fakeid -n $tag --map 0:0:1 -- sh -c "touch ${tag}0 ${tag}1 && chown 1:1 ${tag}1"
	done
	run -0 in_child a stat -c '%u:%g' a0 a1 b0 b1
	[ "$output" = $'0:0\n1:1\n0:0\n65534:65534' ]
	run -0 in_child b stat -c '%u:%g' a0 a1 b0 b1
	[ "$output" = $'0:0\n65534:65534\n0:0\n1:1' ]
	in_child b chown 5:5 a0
	run -0 in_child a stat -c '%u:%g' a0
	[ "$output" = 65534:65534 ]
}

@test "two namespaces side by side with the real user as root: what one's root makes is the other's root's" {
	for tag in a b; do
		run -0 fid -n $tag --map "0:$TEST_UID:1" -- sh -c 'touch f; chown 0:0 f; stat -c %u:%g f; fakeidctl stat f'
		[ "${lines[0]}" = 0:0 ]
		# The owner on disk is the root of both, so there is nothing to store.
		[[ ${lines[1]} = *"stored nothing"* ]]
	done
}

@test "every id up to 4294967294 works in both, for files and for processes" {
	local id

	chmod 777 . # virtual users make files here, too
	for id in 0 1 65534 65535 2147483647 2147483648 4294967294; do
		for tag in a b; do
			# shellcheck disable=SC2016 # for that shell
			run -0 fid -n $tag -- sh -c 'touch $0-$1 && chown $1:$1 $0-$1 && stat -c %u:%g $0-$1' $tag $id
			[ "$output" = "$id:$id" ]
			run -0 fid -n $tag -- setpriv --reuid $id --regid $id --clear-groups \
				sh -c 'id -u; id -g; touch new; stat -c %u:%g new; rm new'
			[ "$output" = "$id"$'\n'"$id"$'\n'"$id:$id" ]
		done
	done
	run -1 fid -n a -- chown 4294967295 a-0
	[[ $output = *"invalid user"* ]]
	run -0 fid -n b -- stat -c %u:%g a-1 a-4294967294
	[ "$output" = $'0:0\n0:0' ]
}

@test "a thousand namespaces with a thousand files each, and none sees another's" {
	local number

	as_user mkdir files
	cd files
	as_user "$OWNERS" make 1000
	for number in {1..1000}; do
		fid -n "ns-$number" -- "$OWNERS" set 1000 "$number"
	done
	grep VmHWM "/proc/$(daemon_pid)/status"
	du -sm "$FAKEID_DIR/store" "$(readlink "$FAKEID_DIR/run")/"
	run -0 as_user fakeidctl ns list
	[ "$(grep -c ' 1000  *[0-9]*  *[0-9]*$' <<<"$output")" -eq 1000 ]

	kill -KILL "$(daemon_pid)"
	for number in 1 2 63 64 65 499 500 501 998 999 1000; do
		fid -n "ns-$number" -- "$OWNERS" check 1000 "$number"
	done
	fid -n one-more -- "$OWNERS" untouched 1000
	# The largest goes, with its records and nobody else's.
	as_user fakeidctl ns remove ns-500
	fid -n ns-500 -- "$OWNERS" untouched 1000
	fid -n ns-499 -- "$OWNERS" check 1000 499
	fid -n ns-501 -- "$OWNERS" check 1000 501
}

# -- namespaces that come and go while the daemon is killed --

kill_daemon_for_ever() {
	local pid

	while [ -e killing ]; do
		sleep "$(printf '0.%03d' $((RANDOM % 60)))"
		if pid=$(daemon_pid); then kill -KILL "$pid" && echo >>killed; fi
	done
}

# Until it is answered: a list of `number tag uid-map gid-map`.
list() {
	until as_user fakeidctl ns list --json >list.json 2>/dev/null; do :; done
	python3 - <<'PYTHON'
import json
for ns in json.load(open("list.json"))["namespaces"]:
    maps = [",".join("%d:%d:%d" % (e["inside"], e["outside"], e["count"]) for e in ns[m])
            for m in ("map_uid", "map_gid")]
    print(ns["number"], ns["tag"], *maps)
PYTHON
}

# A request that the daemon may have died under: what it left is as before or as after. The wanted state is
# in the file `wanted`, that after success in `after`; where a number is asked for, any new one will do.
settle() {
	local result=$1

	list >found
	sed 's/^[0-9]* //' found | LC_ALL=C sort >found.tags
	LC_ALL=C sort -o after after
	if cmp -s found.tags after; then
		cp after wanted
	elif [ "$result" -eq 0 ] || ! cmp -s found.tags wanted; then
		echo "result $result; found:"
		diff wanted found.tags
		return 1
	fi
	# A number belongs to one namespace for ever, and later ones have larger numbers.
	awk -v last="$LAST" '$1 > last { last = $1 } END { print last + 0 }' found >last
	read -r LAST <last
}

# maps_seen TAG - the maps as a session in it is shown them, in one line as in `wanted`. A daemon that is
# killed while it starts ends fakeid, which cannot know why: try again.
maps_seen() {
	local uids gids

	until uids=$(fid -n "$1" -- cat /proc/self/uid_map 2>/dev/null); do :; done
	until gids=$(fid -n "$1" -- cat /proc/self/gid_map 2>/dev/null); do :; done
	printf '%s:%s:%s ' $uids
	printf '%s:%s:%s\n' $gids
}

any_maps() {
	local first=$((RANDOM + 100000))

	echo "0:$first:$((RANDOM % 9 + 1)) 7:$((first * 2)):$((RANDOM % 9 + 1))"
}

@test "namespaces come, change and go while the daemon is killed: what was told is so" {
	local n_done=0 n_failed=0 made=0 tag maps new_maps result before round

	touch killing wanted
	LAST=0
	kill_daemon_for_ever &
	for round in {1..180}; do
		read -r tag maps < <(shuf -n 1 --random-source=<(yes "$RANDOM") wanted) || tag=
		result=0
		new_maps=$(any_maps)
		case $((RANDOM % 6))${tag:+ } in
		[01]*)
			made=$((made + 1))
			{ cat wanted && echo "tag-$made $new_maps"; } >after
			as_user fakeidctl ns create "tag-$made" --map-uid "${new_maps% *}" \
				--map-gid "${new_maps#* }" 2>err || result=$?
			;;
		2" ")
			sed "s|^$tag |new-$round |" wanted >after
			as_user fakeidctl ns rename "$tag" "new-$round" 2>err || result=$?
			;;
		3" ")
			grep -v "^$tag " wanted >after || true
			as_user fakeidctl ns remove "$tag" 2>err || result=$?
			;;
		4" ")
			sed "s|^$tag .*|$tag $new_maps|" wanted >after
			as_user fakeidctl ns set "$tag" --map-uid "${new_maps% *}" \
				--map-gid "${new_maps#* }" 2>err || result=$?
			;;
		5" ")
			cp wanted after
			[ "$(maps_seen "$tag")" = "$maps" ]
			;;
		*)
			continue
			;;
		esac
		if [ $result -eq 0 ]; then n_done=$((n_done + 1)); else n_failed=$((n_failed + 1)); fi
		before=$LAST
		cp wanted old
		settle $result
		# What is new has a number that nobody had before.
		awk -v before="$before" 'NR == FNR { old[$1]; next } $2 ~ /^tag-/ && !($2 in old) && $1 <= before' \
			old found >reused
		[ ! -s reused ] || { cat reused; return 1; }
	done
	rm killing
	wait
	echo "$n_done done, $n_failed not, the daemon killed $(wc -l <killed) times, last number $LAST"
	[ "$n_done" -gt 50 ]
	[ "$(wc -l <killed)" -gt 20 ]

	# Once more from nothing but the store.
	if daemon_pid >/dev/null; then kill -KILL "$(daemon_pid)"; fi
	rm -rf "$(readlink "$FAKEID_DIR/run")"
	cp wanted after
	settle 0
	while read -r tag maps; do
		[ "$(maps_seen "$tag")" = "$maps" ]
	done <wanted
}
