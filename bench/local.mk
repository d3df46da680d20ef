# `make bench` compares with native, fakeroot, pseudo and proot; run it as root on a quiet machine.
EXTRA_PROGRAMS += bench/lchowns bench/calls
CLEANFILES += bench/lchowns$(EXEEXT) bench/calls$(EXEEXT)
bench_lchowns_SOURCES = %D%/lchowns.c
bench_calls_SOURCES = %D%/calls.c
EXTRA_DIST += %D%/calls.sh %D%/run %D%/compare.py %D%/packages.txt

.PHONY: bench bench-calls clean-bench
bench: all bench/lchowns$(EXEEXT)
	$(AM_V_GEN)rm -rf bench/inst && \
	$(MAKE) $(AM_MAKEFLAGS) -s install DESTDIR='$(abs_builddir)/bench/inst' && \
	BENCH_OPTIONS='$(BENCH_OPTIONS)' bindir='$(bindir)' pkglibexecdir='$(pkglibexecdir)' pkglibdir='$(pkglibdir)' bash '$(srcdir)/%D%/run'

# What one call costs in each kind of namespace, in instructions: the same on a busy machine.
bench-calls: all bench/calls$(EXEEXT)
	$(AM_V_GEN)bash '$(srcdir)/%D%/calls.sh'

clean-local: clean-bench
clean-bench:
	rm -rf bench/inst bench/image.tar bench.json
