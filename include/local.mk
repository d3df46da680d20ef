noinst_HEADERS += %D%/fakeid/banned.h %D%/fakeid/ops.def %D%/fakeid/wire.h

# What programs that use libfakeid-idmap include.
fakeidincludedir = $(includedir)/fakeid
fakeidinclude_HEADERS = %D%/fakeid/idmap.h %D%/fakeid/kid.h
dist_man_MANS += %D%/fakeid_idmap.3
