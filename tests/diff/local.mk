# The differential tests: a program that makes random calls, the script that compares two runs of it, and
# the image that the whole-tree tests unpack.
check_PROGRAMS += tests/diff/walk_random
tests_diff_walk_random_SOURCES = %D%/flags.c %D%/flags.h %D%/generate.c %D%/generate.h %D%/generate_actors.c %D%/generate_files.c \
	%D%/generate_held.c %D%/generate_xattr.c %D%/walk.h %D%/walk_caps.c %D%/walk_creds.c %D%/walk_held.c \
	%D%/walk_names.c %D%/walk_open.c %D%/walk_owner.c %D%/walk_pair.c %D%/walk_random.c %D%/walk_raw.c \
	%D%/walk_stat.c %D%/walk_tree.c %D%/walk_words.c %D%/walk_xattr.c
dist_check_SCRIPTS += %D%/compare tests/image/make-image

# Real root and the pure rules of core/creds.c side by side.
check_PROGRAMS += tests/diff/creds_kernel
TESTS += tests/diff/creds_kernel
tests_diff_creds_kernel_SOURCES = %D%/creds_kernel.c
tests_diff_creds_kernel_LDADD = libcore.la

# User namespaces of the kernel and the idmap library side by side.
check_PROGRAMS += tests/diff/idmap_kernel
TESTS += tests/diff/idmap_kernel
tests_diff_idmap_kernel_SOURCES = %D%/idmap_kernel.c %D%/idmap_kernel.h %D%/idmap_kernel_check.c \
	%D%/idmap_kernel_make.c %D%/idmap_kernel_text.c
tests_diff_idmap_kernel_LDADD = libcore.la

# What only root's own run can be compared with: whole images and random calls.
diff_tests = tests/bats/image.bats tests/bats/kill.bats tests/bats/parallel.bats tests/bats/random.bats \
	tests/bats/reuse.bats
TESTS += $(diff_tests)
EXTRA_DIST += $(diff_tests) tests/image/list-tree tests/image/sockets.seq
EXTRA_DIST += %D%/regressions/mkfifo-with-type.seq
EXTRA_DIST += %D%/regressions/nameless-in-setgid-directory.seq
EXTRA_DIST += %D%/regressions/sticky-device.seq
EXTRA_DIST += %D%/regressions/cut-capability.seq
EXTRA_DIST += %D%/regressions/umask-of-owner.seq
EXTRA_DIST += %D%/regressions/xattr-refused.seq
EXTRA_DIST += %D%/regressions/nameless-inode-reused.seq
EXTRA_DIST += %D%/regressions/socket-and-acl.seq
EXTRA_DIST += %D%/regressions/through-a-link.seq
EXTRA_DIST += %D%/regressions/nameless-xattrs-reused.seq
EXTRA_DIST += %D%/regressions/sticky-directory-open.seq
EXTRA_DIST += %D%/regressions/connect-to-device.seq
EXTRA_DIST += %D%/regressions/exec-by-group-bit.seq
EXTRA_DIST += %D%/regressions/fts-as-user.seq
EXTRA_DIST += %D%/regressions/refused-before-copy-up.seq
EXTRA_DIST += %D%/regressions/refused-before-rights.seq
EXTRA_DIST += %D%/regressions/xattr-of-users.seq
EXTRA_DIST += %D%/regressions/descriptors-of-users.seq
EXTRA_DIST += %D%/regressions/create-in-removed-directory.seq
EXTRA_DIST += %D%/regressions/acl-not-removed.seq
EXTRA_DIST += %D%/regressions/program-not-readable.seq
EXTRA_DIST += %D%/regressions/device-of-real-root.seq
EXTRA_DIST += %D%/regressions/proc-of-undumpable.seq

# User namespaces of the kernel and those of fakeid side by side.
check_PROGRAMS += tests/diff/ns_kernel
TESTS += tests/diff/ns_kernel
tests_diff_ns_kernel_SOURCES = %D%/ns_kernel.c %D%/ns_kernel.h %D%/ns_kernel_probe.c %D%/ns_kernel_scene.c
tests_diff_ns_kernel_LDADD = libcore.la

# The tables of rules, carried out by real root and under fakeid.
check_PROGRAMS += tests/diff/rules_run
tests_diff_rules_run_SOURCES = %D%/flags.c %D%/flags.h %D%/rules.c %D%/rules.h %D%/rules_calls.c %D%/rules_calls.def %D%/rules_scene.c \
	%D%/rules_linux.c %D%/rules_linux.h %D%/rules_table.c %D%/rules_words.c
dist_check_SCRIPTS += %D%/compare-rules
TESTS += tests/bats/rules.bats
EXTRA_DIST += tests/bats/rules.bats %D%/rules/change.rules %D%/rules/chmod.rules %D%/rules/chown.rules \
	%D%/rules/closed.rules %D%/rules/ids.rules %D%/rules/inode.rules %D%/rules/links.rules %D%/rules/make.rules %D%/rules/names.rules %D%/rules/open.rules \
	%D%/rules/paths.rules %D%/rules/pointers.rules %D%/rules/remove.rules
