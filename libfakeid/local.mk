# The core reaches shim, daemon and tests as one PIC convenience library, compiled once.
noinst_HEADERS += %D%/core/envlist.h %D%/core/index.h %D%/core/index_entry.h %D%/core/index_layout.h %D%/core/record.h

noinst_LTLIBRARIES += libcore.la
libcore_la_SOURCES = %D%/core/envlist.c %D%/core/record.c %D%/core/index.c %D%/core/index_volume.c \
	%D%/core/index_entry.c %D%/core/index_publish.c %D%/core/index_move.c %D%/core/index_flush.c

# Preloaded into everything, so it needs nothing but libc, and what it calls of libc by name is little:
# every relocation is paid for at each exec.
noinst_HEADERS += \
	%D%/calls/carry.h \
	%D%/shim/attach.h \
	%D%/shim/client.h \
	%D%/shim/file.h \
	%D%/shim/legacy.h \
	%D%/shim/next.h \
	%D%/shim/plain.h \
	%D%/shim/process.h \
	%D%/shim/seen.h \
	%D%/shim/space.h \
	%D%/shim/sys.h \
	%D%/shim/wraps.h \
	%D%/wraps.def

pkglib_LTLIBRARIES += libfakeid.la
# First what runs at every start, so that it lies together: each page of it that is touched is paid for.
libfakeid_la_SOURCES = \
	%D%/shim/process.c \
	%D%/shim/announce.c \
	%D%/shim/process_creds.c \
	%D%/shim/holder.c %D%/shim/holder.h \
	%D%/shim/next.c \
	%D%/shim/attach.c \
	%D%/shim/client.c \
	%D%/calls/carry.c \
	%D%/calls/exec.c \
	%D%/calls/program.c %D%/calls/program.h \
	%D%/calls/fork.c %D%/calls/threads.c \
	%D%/calls/shell.c \
	%D%/calls/spawn.c %D%/calls/spawn_files.c %D%/calls/spawn_files.h \
	%D%/shim/exports.c \
	%D%/shim/file.c \
	%D%/shim/file_change.c \
	%D%/shim/file_create.c \
	%D%/shim/kernel.c \
	%D%/shim/lent.c \
	%D%/shim/threads.c %D%/shim/threads.h \
	%D%/shim/seen.c \
	%D%/shim/space.c

libfakeid_la_SOURCES += \
	%D%/calls/access.c %D%/calls/cut.c %D%/calls/cut.h \
	%D%/calls/mode.c \
	%D%/calls/names.c \
	%D%/calls/node.c \
	%D%/calls/open.c \
	%D%/calls/owner.c \
	%D%/calls/rawcall.c \
	%D%/calls/stat.c \
	%D%/calls/stream.c \
	%D%/calls/write.c

noinst_HEADERS += \
	%D%/calls/open.h \
	%D%/calls/raw.h \
	%D%/core/creds.h \
	%D%/core/cursor.h \
	%D%/core/overlay.h \
	%D%/core/view.h \
	%D%/shim/file_private.h \
	%D%/shim/kernel.h \
	%D%/shim/lent.h \
	%D%/shim/mode.h \
	%D%/shim/text.h

libcore_la_SOURCES += %D%/core/overlay.c

# Namespaces: what they are made of, and how they show ids.
noinst_HEADERS += %D%/core/idspace.h %D%/core/nsspec.h %D%/core/nsview.h
libcore_la_SOURCES += %D%/core/idspace.c %D%/core/nsspec.c %D%/core/nsview.c \
	%D%/core/view.c

# Keys, from one namespace to another.
noinst_HEADERS += %D%/core/key.h %D%/core/keyring.h
libcore_la_SOURCES += %D%/core/key.c %D%/core/keyring.c

# What crosses the boundary between namespaces: who other processes are.
noinst_HEADERS += \
	%D%/calls/procfile.h \
	%D%/core/envscan.h \
	%D%/core/idline.h \
	%D%/core/procpath.h \
	%D%/core/procstatus.h \
	%D%/shim/announce.h \
	%D%/shim/peer.h \
	%D%/shim/procowner.h
libcore_la_SOURCES += \
	%D%/core/envscan.c \
	%D%/core/idline.c \
	%D%/core/procpath.c \
	%D%/core/procstatus.c
libfakeid_la_SOURCES += \
	%D%/calls/procfile.c \
	%D%/calls/send.c \
	%D%/calls/socket.c %D%/calls/socket.h \
	%D%/shim/peer.c \
	%D%/shim/procowner.c

# The macros that plain.h undoes are the builder's; no flag of ours could.
libfakeid_la_CPPFLAGS = $(AM_CPPFLAGS) -include $(top_srcdir)/%D%/shim/plain.h
libfakeid_la_LIBADD = libcore.la
# -Bsymbolic-functions: the first definition of open may be another preloaded library's, which would
# change a path that it changed on its way to us (fakechroot).
# noseparate-code: the loader maps code and constants in one piece, and not in three.
libfakeid_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,-z,defs -Wl,--hash-style=gnu \
	-Wl,-Bsymbolic-functions -Wl,-z,noseparate-code

libfakeid_la_SOURCES += %D%/calls/caps.c %D%/calls/ids.c %D%/calls/ids.h %D%/calls/rawids.c
noinst_HEADERS += %D%/calls/caps.h

noinst_HEADERS += %D%/core/creds.h
libcore_la_SOURCES += %D%/core/capnames.c %D%/core/capnames.h %D%/core/creds.c %D%/core/creds_caps.c \
	%D%/core/creds_exec.c %D%/core/creds_text.c

noinst_HEADERS += %D%/shim/inherit.h %D%/calls/walk.h %D%/calls/xattr.h %D%/core/xattrs.h
libcore_la_SOURCES += %D%/core/xattrs.c
libfakeid_la_SOURCES += \
	%D%/shim/inherit.c \
	%D%/calls/rawcall_xattr.c \
	%D%/calls/walk.c \
	%D%/calls/walk_nftw.c \
	%D%/calls/walk_tree.c \
	%D%/calls/xattr.c \
	%D%/calls/xattr_at.c \
	%D%/calls/xattr_read.c

# Nobody links with a library that is preloaded: libtool's description of it is of no use once installed.
install_hooks += drop-la-file
uninstall_hooks += drop-library
drop-la-file:
	rm -f '$(DESTDIR)$(pkglibdir)/libfakeid.la'
drop-library:
	rm -f '$(DESTDIR)$(pkglibdir)/libfakeid.so'

# Id maps: part of the core, and a library of their own for container runtimes. The flags differ: there
# its names are to be seen, those of the linker map at least.
idmap_sources = \
	%D%/core/idmap.c \
	%D%/core/idmap_private.h \
	%D%/core/idmap_subid.c \
	%D%/core/idmap_text.c \
	%D%/core/idmap_whole.c
libcore_la_SOURCES += $(idmap_sources)

lib_LTLIBRARIES += libfakeid-idmap.la
libfakeid_idmap_la_SOURCES = $(idmap_sources)
libfakeid_idmap_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
libfakeid_idmap_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined -Wl,-z,defs \
	-Wl,--version-script=$(srcdir)/%D%/idmap.map
libfakeid_idmap_la_DEPENDENCIES = %D%/idmap.map
# The only library that is wanted static as well; see AM_LIBTOOLFLAGS.
libfakeid_idmap_la_LIBTOOLFLAGS =
EXTRA_DIST += %D%/idmap.map
pkgconfig_DATA += %D%/fakeid-idmap.pc

# Users of pkg-config need no libtool description, and one would tie them to where we were built.
install_hooks += drop-idmap-la-file
uninstall_hooks += drop-idmap-library
drop-idmap-la-file:
	rm -f '$(DESTDIR)$(libdir)/libfakeid-idmap.la'
drop-idmap-library:
	rm -f '$(DESTDIR)$(libdir)/libfakeid-idmap.a' '$(DESTDIR)$(libdir)'/libfakeid-idmap.so*

# Who may do what, once a process has given up root.
noinst_HEADERS += %D%/calls/gate.h %D%/core/access.h %D%/core/acl.h %D%/shim/mounts.h %D%/shim/permit.h %D%/shim/user.h %D%/shim/way.h
libcore_la_SOURCES += %D%/core/access.c
libfakeid_la_SOURCES += %D%/calls/dir.c %D%/calls/gate.c %D%/calls/gate_names.c %D%/calls/times.c \
	%D%/calls/fcntl.c %D%/calls/fsinfo.c %D%/calls/inode.c %D%/calls/lookup.c %D%/calls/openat2.c %D%/shim/mounts.c %D%/shim/permit.c %D%/shim/user.c %D%/shim/way.c

# Who may do what to other processes.
noinst_HEADERS += %D%/calls/reach.h %D%/core/reach.h
libcore_la_SOURCES += %D%/core/reach.c
libfakeid_la_SOURCES += %D%/calls/priority.c %D%/calls/reach.c %D%/calls/signal.c %D%/calls/trace.c
