# The core reaches shim, daemon and tests as one PIC convenience library, compiled once.
noinst_HEADERS += %D%/core/index.h %D%/core/record.h

noinst_LTLIBRARIES += libcore.la
libcore_la_SOURCES = %D%/core/record.c
