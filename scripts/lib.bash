# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What ./try and ./check share: installing packages, a place that an unprivileged user can reach,
# building. Sourced with the shell in the top folder of the source.

say() { printf '\n== %s\n' "$*"; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# The packages named in the given lists, one a line; # begins a comment.
package_names() {
	sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' -- "$@" | sort -u
}

package_missing() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" != installed ]
}

# need_packages LIST... - install what the lists name; as an ordinary user say what to install.
need_packages() {
	local name names missing=()

	command -v apt-get >/dev/null ||
		die "no apt-get here; install what these lists name: $*"
	names=$(package_names "$@") || die "cannot read $*"
	for name in $names; do
		if package_missing "$name"; then missing+=("$name"); fi
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	if [ "$(id -u)" -ne 0 ]; then
		printf 'Please install, as root:\n\n    apt-get install %s\n\n' "${missing[*]}" >&2
		die "packages are missing"
	fi
	say "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	local apt=(apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
	# One broken third-party source must not stop us: what counts is whether the install works.
	"${apt[@]}" update </dev/null || echo "apt-get update failed; going on" >&2
	"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null ||
		die "cannot install ${missing[*]}"
}

# The user who plays "an ordinary user": nobody's numbers when we are root, else ourselves.
TEST_UID=65534
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups --inh-caps=-all -- "$@"
	else
		"$@"
	fi
}

# Go on in a copy of the source when the ordinary user cannot reach or read this one, as under
# /root or after a clone with umask 077. The copy goes when the script ends.
use_reachable_source() {
	local copy

	if as_user test -r "$PWD/tests/local.mk" && as_user test -x "$PWD/autogen.sh"; then
		return 0
	fi
	copy=$(mktemp -d /var/tmp/fakeid-source-XXXXXX) || die "no room in /var/tmp"
	at_exit rm -rf -- "$copy"
	say "an ordinary user cannot read $PWD: going on in $copy"
	tar -c --exclude=./.git --exclude='./build*' --exclude=./autom4te.cache . |
		tar -x --no-same-owner -C "$copy" || die "cannot copy the source"
	chmod -R u=rwX,go=rX -- "$copy" || die "cannot open $copy"
	cd -- "$copy" || die "cannot enter $copy"
}

# at_exit CMD... - run when the script ends, last one first.
at_exit_commands=()
at_exit() {
	local quoted

	printf -v quoted '%q ' "$@"
	at_exit_commands=("$quoted" "${at_exit_commands[@]}")
	trap run_at_exit EXIT
}
run_at_exit() {
	local status=$? command

	cd / || true
	for command in "${at_exit_commands[@]}"; do eval "$command" || true; done
	exit "$status"
}

n_jobs() { nproc 2>/dev/null || echo 1; }

# configure_in DIR OPTIONS... - generate configure where it is older than its sources, then run it.
configure_in() {
	local dir=$1

	shift
	if [ ! -x configure ] || [ -n "$(find . -path './build*' -prune -o \
		\( -name configure.ac -o -name Makefile.am -o -name local.mk \) -newer configure -print)" ]; then
		./autogen.sh || die "autogen.sh failed"
	fi
	mkdir -p -- "$dir" || die "cannot make $dir"
	(cd -- "$dir" && "$OLDPWD/configure" -q "$@") || die "configure failed in $dir"
}

# The mirror that this machine's apt already uses for its own release, and the release's name.
apt_release() {
	# shellcheck source=/dev/null
	(. /etc/os-release && echo "${VERSION_CODENAME:-}")
}
apt_mirror() {
	apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v release="$1" '$1 == release && $2 == "main" { print $3; exit }'
}

# make_base_image FILE.tar - this machine's own release, smallest variant, as a tar archive.
make_base_image() {
	local file=$1 release mirror log

	release=$(apt_release)
	mirror=$(apt_mirror "$release")
	[ -n "$mirror" ] || die "apt has no package list for '$release'; run apt-get update as root"
	say "making a $release root file system from $mirror"
	log=$(mktemp) || die "no room for a log"
	if ! mmdebstrap --quiet --format=tar --variant=minbase "$release" "$file.part" "$mirror" \
		</dev/null >"$log" 2>&1; then
		cat "$log" >&2
		rm -f -- "$log" "$file.part"
		die "mmdebstrap failed; run as root, or give an image: ./try IMAGE.tar"
	fi
	rm -f -- "$log"
	mv -- "$file.part" "$file"
}
