noinst_HEADERS += %D%/fakeid/banned.h %D%/fakeid/kid.h %D%/fakeid/ops.def %D%/fakeid/wire.h
