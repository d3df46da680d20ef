/* SPDX-License-Identifier: MIT
 * bind.c - which device holds which volume, as the segments of a space have to know it.
 */
#include "daemon.h"
#include "persist.h"
#include "space.h"

int space_note_volume(struct space *space, uint32_t volume)
{
	uint32_t *volumes;

	for (size_t i = 0; i < space->n_volumes; i++) {
		if (space->volumes[i] == volume)
			return 0;
	}

	volumes = realloc(space->volumes, (space->n_volumes + 1) * sizeof(*volumes));
	if (!volumes)
		return -ENOMEM;

	volumes[space->n_volumes++] = volume;
	space->volumes = volumes;
	return 0;
}

/* On an overlay the first change of a file makes a new inode of it: the shim wants to know. */
static void mark_copies_up(const struct daemon *daemon, const struct index *index, uint32_t volume)
{
	if (!volume_copies_up(&daemon->volumes, volume))
		return;
	for (uint32_t i = 0; i < INDEX_VOLUMES; i++) {
		struct index_volume *row = &index->header->volumes[i];

		if (atomic_load(&row->volume) == volume)
			atomic_fetch_or(&row->flags, VOLUME_COPIES_UP);
	}
}

/* A full table gives up the rows whose device is not mounted any more. */
static int make_row(struct daemon *daemon, const struct index *index, uint64_t dev, uint32_t volume)
{
	int r = index_bind_volume(index, dev, volume);

	if (r != -ENOSPC)
		return r;

	for (uint32_t i = 0; i < INDEX_VOLUMES; i++) {
		uint64_t held = atomic_load(&index->header->volumes[i].dev);
		uint32_t number = atomic_load(&index->header->volumes[i].volume);

		if (number != 0 && volumes_device(&daemon->volumes, number) != held)
			(void)index_bind_volume(index, held, 0); /* emptying a row cannot fail */
	}
	return index_bind_volume(index, dev, volume);
}

static int bind_row(struct daemon *daemon, const struct index *index, uint64_t dev, uint32_t volume)
{
	int r = make_row(daemon, index, dev, volume);

	if (r == 0)
		mark_copies_up(daemon, index, volume);
	return r;
}

int space_bind(struct daemon *daemon, struct space *space, uint64_t dev, uint32_t volume)
{
	int r = bind_row(daemon, &space->cur.index, dev, volume);

	if (r == 0 && space->next.index.header)
		r = bind_row(daemon, &space->next.index, dev, volume);
	return r;
}

void space_bind_volumes(struct daemon *daemon, struct space *space)
{
	bool all = true;

	/* Up while rows are missing: a process that finds no row then asks, and is told. */
	space_raise(space, INDEX_UNBOUND);

	/* Rows whose device now is another filesystem or none go first: anonymous devices are
	 * reused. */
	for (uint32_t i = 0; i < INDEX_VOLUMES; i++) {
		struct index_volume *row = &space->cur.index.header->volumes[i];
		uint32_t number = atomic_load(&row->volume);

		if (number != 0 &&
		    volumes_device(&daemon->volumes, number) != atomic_load(&row->dev))
			(void)space_bind(daemon, space, atomic_load(&row->dev),
					 0); /* cannot fail */
	}

	for (size_t i = 0; i < daemon->volumes.n; i++) {
		const struct volume *volume = &daemon->volumes.rows[i];

		/* A table that is full stays so; what is asked for later comes through VOLUME. */
		if (volume->dev != 0 && space_bind(daemon, space, volume->dev, volume->number) < 0)
			all = false;
	}

	for (size_t i = 0; all && i < space->n_volumes; i++)
		all = volumes_device(&daemon->volumes, space->volumes[i]) != 0;
	if (all)
		space_clear(space, INDEX_UNBOUND);
}

struct wanted_volume {
	uint64_t dev;
	int fd;
	size_t n_known;
	uint32_t number;
};

static int find_volume(struct daemon *daemon, void *context)
{
	struct wanted_volume *wanted = context;

	/* The row of an attempt that was not committed goes: its number is still to be given. */
	daemon->volumes.n = wanted->n_known;
	return volumes_find(&daemon->volumes, daemon->mounts_fd, wanted->dev, wanted->fd,
			    daemon->store, &wanted->number);
}

int space_bind_device(struct daemon *daemon, struct space *space, uint64_t dev, int fd,
		      uint32_t *ret_volume)
{
	struct wanted_volume wanted = {.dev = dev, .fd = fd, .n_known = daemon->volumes.n};
	int r = volumes_find(&daemon->volumes, daemon->mounts_fd, dev, fd, NULL, &wanted.number);

	/* The number has to be safe before anything is filed under it. */
	if (r == -ENOENT) {
		r = persist_commit(daemon, find_volume, &wanted);
		if (r < 0)
			daemon->volumes.n = wanted.n_known;
	}
	if (r == 0)
		r = space_note_volume(space, wanted.number);
	if (r == 0)
		r = space_bind(daemon, space, dev, wanted.number);
	if (r < 0)
		return r;

	space_bind_volumes(daemon, space);
	*ret_volume = wanted.number;
	return 0;
}
