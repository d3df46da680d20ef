# The daemon as a convenience library, so that unit tests link what ships.
noinst_HEADERS += %D%/daemon.h %D%/dispatch.h %D%/end.h %D%/journal.h %D%/kv.h %D%/load.h %D%/mounts.h %D%/namespace.h %D%/namespace_private.h %D%/namespace_row.h \
	%D%/persist.h %D%/place.h %D%/process.h %D%/procs.h %D%/relatives.h %D%/reserve.h %D%/segment.h %D%/server.h %D%/session.h %D%/spill.h %D%/space.h \
	%D%/store.h %D%/store_rows.h %D%/tag.h %D%/tally.h %D%/util.h %D%/volume.h

noinst_LTLIBRARIES += libdaemon.la
libdaemon_la_SOURCES = %D%/bind.c %D%/dispatch.c %D%/end.c %D%/grow.c %D%/idle.c %D%/journal.c %D%/kv.c %D%/load.c %D%/mounts.c %D%/namespace.c \
	%D%/namespace_change.c %D%/namespace_keys.c %D%/namespace_row.c \
	%D%/ops_daemon.c %D%/ops_keys.c %D%/ops_namespace.c %D%/ops_rows.c %D%/ops_segment.c %D%/ops_xattr.c %D%/persist.c %D%/place.c %D%/procs.c \
	%D%/relatives.c %D%/reserve.c %D%/say.c %D%/segment.c %D%/server.c %D%/spill.c %D%/session.c %D%/space.c %D%/start.c %D%/store.c \
	%D%/store_keys.c %D%/store_namespaces.c %D%/store_past.c %D%/store_rows.c %D%/store_xattrs.c %D%/tag.c %D%/tally.c %D%/util.c %D%/volume.c %D%/volume_id.c
libdaemon_la_LIBADD = libcore.la $(LMDB_LIBS) -lpthread

pkglibexec_PROGRAMS += %D%/faked
faked_faked_SOURCES = %D%/main.c %D%/process.c
faked_faked_LDADD = libdaemon.la
dist_man_MANS += %D%/faked.8
