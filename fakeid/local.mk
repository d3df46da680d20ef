# Programs lie in the folder of their sources: a program called fakeid beside a folder called fakeid
# cannot be.
noinst_HEADERS += \
	%D%/about.h \
	%D%/accounts.h \
	%D%/again.h \
	%D%/auto.h \
	%D%/connect.h \
	%D%/ctl.h \
	%D%/ctl_keys.h \
	%D%/ctl_map.h \
	%D%/ctl_ns.h \
	%D%/daemon_start.h \
	%D%/device.h \
	%D%/environment.h \
	%D%/fakeroot_file.h \
	%D%/fakeroot_line.h \
	%D%/nsask.h \
	%D%/nsexplain.h \
	%D%/nsviews.h \
	%D%/options.h \
	%D%/outside.h \
	%D%/places.h \
	%D%/print.h \
	%D%/records.h \
	%D%/session.h \
	%D%/spec.h \
	%D%/spec_fit.h \
	%D%/start.h \
	%D%/state.h \
	%D%/status_text.h \
	%D%/supervise.h \
	%D%/tag.h \
	%D%/trouble.h

fakeid_common = \
	%D%/about.c \
	%D%/connect.c \
	%D%/daemon_start.c \
	%D%/nsask.c \
	%D%/nsexplain.c \
	%D%/nsviews.c \
	%D%/options.c \
	%D%/outside.c \
	%D%/places.c \
	%D%/print.c \
	%D%/records.c \
	%D%/session.c \
	%D%/session_env.c \
	%D%/spec.c \
	%D%/spec_auto.c \
	%D%/spec_fit.c \
	%D%/start.c \
	%D%/state.c \
	%D%/tag.c \
	%D%/trouble.c

bin_PROGRAMS += %D%/fakeid
%C%_fakeid_SOURCES = $(fakeid_common) \
	%D%/accounts.c \
	%D%/again.c \
	%D%/device.c \
	%D%/environment.c \
	%D%/fakeid.c \
	%D%/fakeroot_line.c \
	%D%/fakeroot_load.c \
	%D%/fakeroot_save.c \
	%D%/start_names.c \
	%D%/supervise.c
%C%_fakeid_LDADD = libcore.la

bin_PROGRAMS += %D%/fakeidctl
%C%_fakeidctl_SOURCES = $(fakeid_common) \
	%D%/ctl.c \
	%D%/ctl_gc.c \
	%D%/ctl_keys.c \
	%D%/ctl_map.c \
	%D%/ctl_map_print.c \
	%D%/ctl_map_read.c \
	%D%/ctl_ns.c \
	%D%/ctl_ns_print.c \
	%D%/ctl_stat.c \
	%D%/ctl_status.c \
	%D%/fakeidctl.c \
	%D%/status_text.c
%C%_fakeidctl_LDADD = libcore.la

dist_man_MANS += %D%/fakeid.1 %D%/fakeidctl.1 %D%/fakeid.7

# Scripts call fakeroot by its name.
if FAKEROOT_LINK
install_hooks += install-fakeroot-link
uninstall_hooks += uninstall-fakeroot-link
endif

install-fakeroot-link:
	rm -f '$(DESTDIR)$(bindir)/fakeroot'
	$(LN_S) fakeid '$(DESTDIR)$(bindir)/fakeroot'

uninstall-fakeroot-link:
	rm -f '$(DESTDIR)$(bindir)/fakeroot'
