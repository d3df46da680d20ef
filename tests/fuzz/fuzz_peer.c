/* SPDX-License-Identifier: MIT
 * fuzz_peer.c - any bytes as what another process shows of itself: as its environment block it says
 * the same in pieces of any size, ids that are read are written back as the same bytes, and as its
 * status it comes out with the ids put in. A hunt, from the top of the source: clang
 * -fsanitize=fuzzer,address,undefined -g -D_GNU_SOURCE -Iinclude -Ilibfakeid tests/fuzz/fuzz_peer.c
 * libfakeid/core/{envscan,idline,procpath,procstatus}.c -o fuzz_peer && ./fuzz_peer NEW
 * tests/fuzz/corpus/peer
 */
#include <stdlib.h>
#include <string.h>

#include "core/envscan.h"
#include "core/idline.h"
#include "core/procpath.h"
#include "core/procstatus.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

static void scan(const char *text, size_t size, size_t piece, struct envscan *ret_scan)
{
	envscan_init(ret_scan, "/d");
	for (size_t at = 0; at < size; at += piece) {
		if (envscan_feed(ret_scan, text + at, size - at < piece ? size - at : piece))
			return;
	}
}

static void try_block(const char *text, size_t size, size_t piece)
{
	struct creds creds;
	char again[IDLINE_BYTES];
	struct envscan whole, pieces;

	scan(text, size, size + 1, &whole);
	scan(text, size, piece, &pieces);
	must(whole.has_session == pieces.has_session && whole.has_ids == pieces.has_ids);
	must(!whole.has_session || (whole.is_ours == pieces.is_ours && whole.ns == pieces.ns &&
				    whole.flags == pieces.flags));
	if (!whole.has_ids)
		return;
	must(whole.ids_at == pieces.ids_at && whole.ids_at + IDLINE_BYTES <= size);
	must(memcmp(text + whole.ids_at, whole.ids, IDLINE_BYTES) == 0);
	if (idline_parse(whole.ids, &creds) < 0)
		return;
	idline_format(&creds, again);
	must(memcmp(again, whole.ids, IDLINE_BYTES) == 0);
}

static void try_status(const char *text, size_t size)
{
	static const struct procstatus status = {.id = {{1, 2, 3, 4}, {5, 6, 7, 8}}};
	static char made[2 * 65536 + 65536];
	uint32_t id[FAKEID_IDKIND_N][CREDS_ID_N];
	size_t len;

	/* A line of five bytes may become one of forty. */
	if (size > 8192)
		return;
	must(procstatus_make(text, size, &status, made, sizeof(made), &len) == 0);
	if (procstatus_ids(text, size, id) == 0)
		must(procstatus_ids(made, len, id) == 0 && memcmp(id, status.id, sizeof(id)) == 0);
}

static void try_path(const char *text, size_t size)
{
	char *path = malloc(size + 1);
	bool is_dir = false;
	int32_t pid;

	must(path != NULL);
	memcpy(path, text, size);
	path[size] = '\0';
	(void)procpath_file(path); /* reads no more than there is */
	pid = procpath_process(path, &is_dir);
	must(pid > 0 || (pid == 0 && !is_dir));
	must(procpath_direct(path, true) == 0 || procpath_direct(path, true) == pid);
	must(procpath_direct(path, false) == 0 || procpath_direct(path, false) == pid);
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *text = (const char *)bytes;

	if (size == 0)
		return 0;
	try_block(text, size, 1 + bytes[size - 1] % 64);
	try_status(text, size);
	try_path(text, size);
	return 0;
}
