# `make bench` compares with native, fakeroot, pseudo and proot; run it as root on a quiet machine.
EXTRA_PROGRAMS += bench/lchowns bench/starts bench/calls bench/scale bench/size
CLEANFILES += bench/lchowns$(EXEEXT) bench/starts$(EXEEXT) bench/calls$(EXEEXT) bench/scale$(EXEEXT) bench/size$(EXEEXT)
bench_lchowns_SOURCES = %D%/lchowns.c
bench_starts_SOURCES = %D%/starts.c
bench_calls_SOURCES = %D%/calls.c
bench_scale_SOURCES = %D%/scale.c
bench_scale_LDADD = libcore.la
bench_size_SOURCES = %D%/size.c
bench_size_LDADD = libdaemon.la
EXTRA_DIST += %D%/baseline %D%/bench.svg %D%/calls.sh %D%/lib.bash %D%/ops.sh %D%/run %D%/compare.py %D%/plot.py %D%/packages.txt %D%/scale.sh

.PHONY: bench bench-size bench-calls bench-ops bench-scale bench-check bench-baseline clean-bench
bench: all bench/lchowns$(EXEEXT) bench/starts$(EXEEXT)
	$(AM_V_GEN)rm -rf bench/inst && \
	$(MAKE) $(AM_MAKEFLAGS) -s install DESTDIR='$(abs_builddir)/bench/inst' && \
	BENCH_OPTIONS='$(BENCH_OPTIONS)' bindir='$(bindir)' pkglibexecdir='$(pkglibexecdir)' pkglibdir='$(pkglibdir)' bash '$(srcdir)/%D%/run'

# What one call costs in each kind of namespace, in instructions: the same on a busy machine.
bench-calls: all bench/calls$(EXEEXT)
	$(AM_V_GEN)bash '$(srcdir)/%D%/calls.sh'

# Single operations: time, instructions, system calls.
bench-ops: all bench/calls$(EXEEXT)
	$(AM_V_GEN)bash '$(srcdir)/%D%/ops.sh' table

# Large stores: how soon they are served, what a look-up costs, and the longest pauses.
bench-scale: all bench/scale$(EXEEXT) tests/bats/fill$(EXEEXT) tests/bats/ask$(EXEEXT)
	$(AM_V_GEN)bash '$(srcdir)/%D%/scale.sh'

# Fails where an operation takes over 5 percent more instructions than bench/baseline says. That file is of
# Debian 12's gcc and libc; elsewhere make one of your own before a change.
bench-check: all bench/calls$(EXEEXT)
	$(AM_V_GEN)bash '$(srcdir)/%D%/ops.sh' check '$(abs_srcdir)/%D%/baseline'

# What a record costs in memory and on disk, and what growth and start take, in numbers of records.
SIZES = 50000 100000 300000 1000000 3000000 10000000
bench-size: bench/size$(EXEEXT)
	$(AM_V_GEN)dir=$$(mktemp -d) && bench/size "$$dir" 3 $(SIZES); rm -rf "$$dir"

bench-baseline: all bench/calls$(EXEEXT)
	$(AM_V_GEN)bash '$(srcdir)/%D%/ops.sh' baseline >'$(srcdir)/%D%/baseline.new' && \
	mv '$(srcdir)/%D%/baseline.new' '$(srcdir)/%D%/baseline'

clean-local: clean-bench
clean-bench:
	rm -rf bench/inst bench/image.tar bench.json bench.svg
