# `make bench` compares with native, fakeroot, pseudo and proot; run it as root on a quiet machine.
EXTRA_PROGRAMS += bench/lchowns
CLEANFILES += bench/lchowns$(EXEEXT)
bench_lchowns_SOURCES = %D%/lchowns.c
EXTRA_DIST += %D%/run %D%/compare.py %D%/packages.txt

.PHONY: bench clean-bench
bench: all bench/lchowns$(EXEEXT)
	$(AM_V_GEN)rm -rf bench/inst && \
	$(MAKE) $(AM_MAKEFLAGS) -s install DESTDIR='$(abs_builddir)/bench/inst' && \
	BENCH_OPTIONS='$(BENCH_OPTIONS)' bindir='$(bindir)' pkglibexecdir='$(pkglibexecdir)' pkglibdir='$(pkglibdir)' bash '$(srcdir)/%D%/run'

clean-local: clean-bench
clean-bench:
	rm -rf bench/inst bench/image.tar bench.json
