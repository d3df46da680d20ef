/* SPDX-License-Identifier: MIT
 * next.c - who defines a symbol after us: walks the loader's list of objects and reads their hash
 * tables, as the loader itself does. Takes no lock, calls no allocator, may run in a signal
 * handler.
 */
#include "next.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>

#define VERSION_HIDDEN 0x8000u
#define VERSION_INDEX 0x7fffu

/* Our own dynamic section: what tells our entry in the loader's list from all others. */
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

/* The tables of one object that a look-up reads. */
struct object {
	const struct link_map *map;
	const ElfW(Sym) * symbols;
	const char *strings;
	const ElfW(Half) * versions;  /* NULL: the object knows no versions */
	const uint32_t *gnu_hash;     /* NULL: only the old table below */
	const ElfW(Word) * sysv_hash; /* NULL: only the table above */
};

/* The best definition met in one object so far. */
struct match {
	const ElfW(Sym) * symbol;
	unsigned version;
};

static bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* The vdso defines names of the C library with the kernel's calling convention. */
static bool is_vdso(const struct link_map *map)
{
	return same_text(map->l_name, "linux-vdso.so.1") ||
	       same_text(map->l_name, "linux-gate.so.1");
}

static const struct link_map *own_map(void)
{
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
		if (map->l_ld == _DYNAMIC)
			return map;
	}
	return NULL;
}

/* glibc relocates these pointers in place, but not where the section is read-only. */
static const void *table_at(const struct link_map *map, ElfW(Addr) address)
{
	return (const void *)(address < map->l_addr ? address + map->l_addr : address);
}

static bool object_read(const struct link_map *map, struct object *ret_object)
{
	struct object object = {.map = map};

	if (!map->l_ld)
		return false;

	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
		const void *table = table_at(map, entry->d_un.d_ptr);

		if (entry->d_tag == DT_SYMTAB)
			object.symbols = table;
		else if (entry->d_tag == DT_STRTAB)
			object.strings = table;
		else if (entry->d_tag == DT_VERSYM)
			object.versions = table;
		else if (entry->d_tag == DT_GNU_HASH)
			object.gnu_hash = table;
		else if (entry->d_tag == DT_HASH)
			object.sysv_hash = table;
	}
	if (!object.symbols || !object.strings)
		return false;

	*ret_object = object;
	return true;
}

/* Keep the symbol if it defines `name` and is a better match than before: the default version, or,
 * where a name has only old versions (__xstat since glibc 2.33), the newest of them. Returns true
 * when nothing better can follow. */
static bool match_consider(const struct object *object, uint32_t number, const char *name,
			   struct match *match)
{
	const ElfW(Sym) *symbol = &object->symbols[number];
	unsigned type = ELF64_ST_TYPE(symbol->st_info);
	unsigned version = object->versions ? object->versions[number] : VER_NDX_GLOBAL;

	if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_BIND(symbol->st_info) == STB_LOCAL)
		return false;
	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
		return false;
	if ((version & VERSION_INDEX) == VER_NDX_LOCAL)
		return false;
	if (!same_text(object->strings + symbol->st_name, name))
		return false;

	if (!(version & VERSION_HIDDEN)) {
		match->symbol = symbol;
		return true;
	}
	if (!match->symbol || (version & VERSION_INDEX) > match->version) {
		match->symbol = symbol;
		match->version = version & VERSION_INDEX;
	}
	return false;
}

static uint32_t gnu_hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		hash = hash * 33 + *c;
	return hash;
}

static uint32_t sysv_hash_of(const char *name)
{
	uint32_t hash = 0;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
		hash = (hash << 4) + *c;
		hash ^= (hash >> 24) & 0xf0;
	}
	return hash & 0x0fffffff;
}

/* Layout: n_buckets, first symbol, n_words of the Bloom filter, its shift, the filter, the buckets,
 * and for each symbol its hash, whose lowest bit marks the end of a bucket. */
static void search_gnu(const struct object *object, uint32_t hash, const char *name,
		       struct match *match)
{
	const uint32_t *table = object->gnu_hash;
	const uint32_t n_buckets = table[0], first = table[1], n_words = table[2], shift = table[3];
	const ElfW(Addr) *filter = (const ElfW(Addr) *)(table + 4);
	const uint32_t *buckets = (const uint32_t *)(filter + n_words);
	const uint32_t *hashes = buckets + n_buckets;
	const uint32_t bits = 8 * sizeof(ElfW(Addr));
	ElfW(Addr) word;

	if (n_buckets == 0 || n_words == 0)
		return;

	word = filter[hash / bits % n_words];
	if (!(word >> hash % bits & word >> (hash >> shift) % bits & 1))
		return;

	for (uint32_t n = buckets[hash % n_buckets]; n >= first && n != 0; n++) {
		uint32_t other = hashes[n - first];

		if ((other | 1) == (hash | 1) && match_consider(object, n, name, match))
			return;
		if (other & 1)
			return;
	}
}

/* Layout: n_buckets, n_symbols, the buckets, and for each symbol the next one of its bucket. */
static void search_sysv(const struct object *object, const char *name, struct match *match)
{
	const ElfW(Word) *table = object->sysv_hash;
	const uint32_t n_buckets = table[0];
	const ElfW(Word) *buckets = table + 2;
	const ElfW(Word) *chain = buckets + n_buckets;

	if (n_buckets == 0)
		return;

	for (uint32_t n = buckets[sysv_hash_of(name) % n_buckets]; n != STN_UNDEF; n = chain[n]) {
		if (match_consider(object, n, name, match))
			return;
	}
}

static void *symbol_address(const struct object *object, const ElfW(Sym) * symbol)
{
	ElfW(Addr) address = symbol->st_value;

	if (symbol->st_shndx != SHN_ABS)
		address += object->map->l_addr;
	if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC)
		return ((void *(*)(unsigned long))address)(getauxval(AT_HWCAP));
	return (void *)address;
}

static long missing(void)
{
	errno = ENOSYS;
	return -1;
}

void *next_find(const char *name)
{
	const struct link_map *map = own_map();
	const uint32_t hash = gnu_hash_of(name);

	for (map = map ? map->l_next : NULL; map; map = map->l_next) {
		struct match match = {0};
		struct object object;

		if (is_vdso(map) || !object_read(map, &object))
			continue;
		if (object.gnu_hash)
			search_gnu(&object, hash, name, &match);
		else if (object.sysv_hash)
			search_sysv(&object, name, &match);
		if (match.symbol)
			return symbol_address(&object, match.symbol);
	}
	return (void *)missing;
}

const char *next_own_path(void)
{
	const struct link_map *map = own_map();

	return map ? map->l_name : "";
}
