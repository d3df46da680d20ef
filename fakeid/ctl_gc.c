/* SPDX-License-Identifier: MIT
 * ctl_gc.c - `fakeidctl gc`: forget files that were removed outside. A record does not know where
 * its file is, so all the places are walked, and what is not found there goes. Nothing goes after a
 * walk with a gap.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "auto.h"
#include "core/cursor.h"
#include "ctl.h"
#include "nsask.h"
#include "nsexplain.h"
#include "options.h"
#include "outside.h"
#include "records.h"

#define BATCH_ROWS 1000u
#define PROGRESS_S 2

/* A record, as far as it has to be remembered while the files are walked. */
struct known {
	uint64_t ino;
	int64_t btime_ns;
	uint32_t sum; /* of the value's bytes: a record that changed meanwhile has a file */
	uint32_t volume : 31;
	uint32_t found : 1;
};

/* A file system that one of the paths is on. */
struct place {
	uint64_t dev;
	uint32_t volume; /* 0: no record is of it */
};

struct gc {
	struct session *session;
	const char *tag;
	uint32_t fsns;
	bool dry_run;
	struct place *places;
	size_t n_places;
	struct known *known;
	size_t n_known, capacity;
	uint64_t n_files, n_found, n_dropped;
	uint32_t n_batch;
	time_t told_s; /* when the walk last said how far it is */
	uint8_t batch[4 + BATCH_ROWS * RECORDS_ROW_BYTES];
};

_Static_assert(sizeof(((struct gc *)NULL)->batch) <= 65536u + 1024u, "a batch fits one message");

/* FNV-1a. */
static uint32_t sum_of(const struct records_row *row)
{
	uint32_t sum = UINT32_C(0x811c9dc5);

	for (size_t i = RECORD_KEY_BYTES; i < RECORDS_ROW_BYTES; i++)
		sum = (sum ^ row->bytes[i]) * UINT32_C(0x01000193);
	return sum;
}

static struct place *find_place(const struct gc *gc, uint64_t dev)
{
	for (size_t i = 0; i < gc->n_places; i++)
		if (gc->places[i].dev == dev)
			return &gc->places[i];
	return NULL;
}

static int add_place(struct gc *gc, const char *path, struct trouble *trouble)
{
	struct stat st;
	struct place *grown;

	if (lstat(path, &st) < 0)
		return trouble_set(trouble, -errno, "gc: %s: %s: nothing was dropped", path,
				   strerror(errno));
	if (find_place(gc, st.st_dev))
		return 0;

	grown = realloc(gc->places, (gc->n_places + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;

	gc->places = grown;
	gc->places[gc->n_places++] = (struct place){.dev = st.st_dev};
	return 0;
}

/* Whether a record can go at all: of a file system that is looked at, and of a file that had a
 * name. */
static struct place *place_of(const struct gc *gc, const struct records_row *row)
{
	if (row->dev == 0 || (row->record.flags & (RECORD_DOOMED | RECORD_NONE)))
		return NULL;
	return find_place(gc, row->dev);
}

static int remember(void *context, const struct records_row *row)
{
	struct gc *gc = context;
	struct place *place = place_of(gc, row);

	if (!place)
		return 0;
	if (gc->n_known == gc->capacity) {
		size_t capacity = gc->capacity ? gc->capacity * 2 : 1024;
		struct known *grown = realloc(gc->known, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;

		gc->known = grown;
		gc->capacity = capacity;
	}
	place->volume = row->key.volume;
	gc->known[gc->n_known++] = (struct known){
		.ino = row->key.ino,
		.btime_ns = row->record.btime_ns,
		.sum = sum_of(row),
		.volume = row->key.volume & INT32_MAX,
	};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	if (x->volume != y->volume)
		return x->volume < y->volume ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* They came sorted. */
static struct known *find_known(const struct gc *gc, uint32_t volume, uint64_t ino)
{
	struct known key = {.volume = volume & INT32_MAX, .ino = ino};

	return gc->n_known ? bsearch(&key, gc->known, gc->n_known, sizeof(key), compare) : NULL;
}

static void tell_progress(struct gc *gc)
{
	time_t now = time(NULL);

	if (now - gc->told_s < PROGRESS_S)
		return;
	gc->told_s = now;
	(void)fprintf(stderr, "fakeidctl: gc: %llu files so far\n",
		      (unsigned long long)gc->n_files); /* for the eye only */
}

/* A younger file on the inode leaves the record as unclaimed as none. */
static bool is_same(const struct known *known, const FTSENT *entry)
{
	struct statx stx;

	if (!known->btime_ns ||
	    outside_statx(entry->fts_accpath, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &stx) < 0 ||
	    !(stx.stx_mask & STATX_BTIME))
		return true;
	return stx.stx_btime.tv_sec * INT64_C(1000000000) + stx.stx_btime.tv_nsec ==
	       known->btime_ns;
}

static void look_at(struct gc *gc, const FTSENT *entry)
{
	const struct place *place = find_place(gc, entry->fts_statp->st_dev);
	struct known *known = place ? find_known(gc, place->volume, entry->fts_statp->st_ino)
				    : NULL;

	gc->n_files++;
	if (gc->n_files % 4096 == 0)
		tell_progress(gc);
	if (known && !known->found && is_same(known, entry)) {
		known->found = true;
		gc->n_found++;
	}
}

/* Inside one file system, as find -xdev: another one that is meant is named as well. */
static int walk(struct gc *gc, char **paths, struct trouble *trouble)
{
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_XDEV, NULL);
	const FTSENT *entry;
	int r = tree ? 0 : -errno;

	gc->told_s = time(NULL);
	errno = 0;
	while (r == 0 && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
		    entry->fts_info == FTS_NS)
			r = trouble_set(trouble, -entry->fts_errno,
					"gc: cannot look at %s: %s: nothing was dropped",
					entry->fts_path, strerror(entry->fts_errno));
		else if (entry->fts_info != FTS_DP)
			look_at(gc, entry);
		errno = 0;
	}
	if (r == 0 && errno)
		r = trouble_set(trouble, -errno, "gc: %s: nothing was dropped", strerror(errno));
	if (tree)
		(void)fts_close(tree); /* only read */
	return r;
}

static int send_batch(struct gc *gc)
{
	struct writer w = {.at = gc->batch, .left = 4};
	uint8_t reply[4] = {0};
	size_t size = sizeof(reply);
	struct reader r = {.at = reply, .left = sizeof(reply)};
	int status;

	if (gc->n_batch == 0)
		return 0;

	write_u32(&w, gc->fsns);
	status = session_ask(gc->session, WIRE_DROP, gc->batch, 4 + gc->n_batch * RECORDS_ROW_BYTES,
			     -1, reply, &size, CONNECT_COMMIT_MS);
	gc->n_batch = 0;
	if (status == 0)
		gc->n_dropped += read_u32(&r);
	return status;
}

/* The second look at a record: the file of one that is not as it was is in somebody's hands. */
static int drop(void *context, const struct records_row *row)
{
	struct gc *gc = context;
	const struct known *known = place_of(gc, row)
					    ? find_known(gc, row->key.volume, row->key.ino)
					    : NULL;

	if (!known || known->found || known->sum != sum_of(row))
		return 0;
	if (gc->dry_run) {
		gc->n_dropped++;
		return 0;
	}
	memcpy(gc->batch + 4 + gc->n_batch * RECORDS_ROW_BYTES, row->bytes, RECORDS_ROW_BYTES);
	return ++gc->n_batch == BATCH_ROWS ? send_batch(gc) : 0;
}

/* Whoever moves files about while they are walked could make one be missed. */
static int check_idle(const struct gc *gc, struct trouble *trouble)
{
	struct about about = {.ns = 0};
	int r;

	while ((r = ns_get(gc->session, WIRE_GET_NEXT, about.ns, "", &about, NULL)) == 0)
		if (about.fsns == gc->fsns && about.n_sessions + about.n_processes > 0)
			return trouble_set(trouble, -EBUSY,
					   "gc: processes live in tag '%s': end them, or give "
					   "--force if they move no files",
					   about.tag);
	return r == -ENOENT ? 0 : r;
}

static int collect(struct gc *gc, char **paths, bool force, struct trouble *trouble)
{
	int r = force ? 0 : check_idle(gc, trouble);

	for (char **path = paths; r == 0 && *path; path++)
		r = add_place(gc, *path, trouble);
	if (r == 0)
		r = records_each(gc->session, gc->fsns, (struct record_key){0}, remember, gc);
	if (r == 0)
		r = walk(gc, paths, trouble);
	if (r < 0)
		return r;

	if (gc->n_known > 0 && gc->n_found == 0 && !force)
		return trouble_set(trouble, -ENOENT,
				   "gc: no file there has a record in tag '%s': name all places "
				   "of its files, or give --force if they are gone",
				   gc->tag);
	r = records_each(gc->session, gc->fsns, (struct record_key){0}, drop, gc);
	return r < 0 ? r : send_batch(gc);
}

static void print(const struct gc *gc, bool json)
{
	printf(json ? "{\"files\":%llu,\"records\":%zu,\"%s\":%llu}\n"
		    : "files %llu\nrecords %zu\n%s %llu\n",
	       (unsigned long long)gc->n_files, gc->n_known, gc->dry_run ? "would_drop" : "dropped",
	       (unsigned long long)gc->n_dropped);
}

int ctl_gc(struct ctl *ctl, char **words, struct trouble *trouble)
{
	const char *tag = ctl->tag ? ctl->tag : OPTIONS_TAG_DEFAULT;
	autofree struct gc *gc = calloc(1, sizeof(*gc));
	struct about about;
	int r;

	if (!*words)
		return trouble_set(trouble, -EINVAL,
				   "gc: it needs the places of the files: see fakeidctl --help");
	if (!gc)
		return -ENOMEM;

	r = ctl_begin(ctl, trouble);
	if (r < 0)
		return r;
	r = ns_get(&ctl->session, 0, ctl->in_session && !ctl->tag ? ctl->session.ns : 0,
		   ctl->in_session && !ctl->tag ? "" : tag, &about, NULL);
	if (r < 0)
		return ns_explain(&ctl->session.state, WIRE_NS_GET, tag, r, trouble);

	*gc = (struct gc){.session = &ctl->session, .tag = about.tag, .fsns = about.fsns};
	gc->dry_run = ctl->dry_run;
	*trouble = (struct trouble){0};
	r = collect(gc, words, ctl->force, trouble);
	if (r == 0)
		print(gc, ctl->json);
	else if (!trouble->text[0])
		(void)trouble_set(trouble, r, "gc: %s: %s", ctl->session.state.path, strerror(-r));
	free(gc->places);
	free(gc->known);
	return r;
}
