# What developers run beside the tests, and the two set-up commands.
EXTRA_DIST += try check packages.txt autogen.sh README.md CONTRIBUTING.md CHANGELOG.md ARCHITECTURE.md \
	.clang-format .clang-tidy .ci/run tests/packages.txt bench/packages.txt \
	%D%/lib.bash %D%/lint %D%/format

CLEANFILES += compile_flags.txt

.PHONY: lint format check-format check-units distcheck-quick

# clang-tidy, shellcheck and mandoc over everything; each exclusion gives its reason where it stands.
lint: all
	$(AM_V_GEN)for flag in -std=gnu11 $(DEFS) -I. $(AM_CPPFLAGS) $(CPPFLAGS); do \
		printf '%s\n' "$$flag"; \
	done >compile_flags.txt && $(SHELL) $(srcdir)/%D%/lint '$(abs_srcdir)'

format check-format:
	$(AM_V_GEN)$(SHELL) $(srcdir)/%D%/format '$(srcdir)' $@

# The tests that need no preload: what sanitizer builds can run. Nothing else is built: static programs,
# which other tests use, cannot be had with a sanitizer.
check-units: all
	units=; for test in $(check_PROGRAMS); do \
		case $$test in tests/unit/*) units="$$units $$test" ;; esac; \
	done; \
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$$units" check_PROGRAMS="$$units" check_LTLIBRARIES=

# distcheck proves the tarball and the out-of-tree build; the unit tests are enough for that.
distcheck-quick:
	units=; for test in $(TESTS); do \
		case $$test in tests/unit/*) units="$$units $$test" ;; esac; \
	done; \
	$(MAKE) $(AM_MAKEFLAGS) distcheck TESTS="$$units"
