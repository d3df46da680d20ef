noinst_HEADERS += %D%/fakeid/kid.h
