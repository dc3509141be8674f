#include "tests/promises/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512
#define NAMES 32

struct bytes {
	unsigned char *data;
	size_t len, room;
};

struct inode {
	struct bytes synced;
	size_t *pending;	/* numbers of operations */
	size_t count, room;
};

struct names {
	struct {
		char name[48];
		int inode;
	} list[NAMES];
	int len;
};

struct disk_op *disk_ops;
size_t disk_len;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct inode inodes[DISK_INODES];
static struct names durable, now;	/* now: while recording */
static size_t *folder_pending, folder_count;
static size_t done;
static int made;
static bool weak;

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

/* ---- names ---- */

static int
names_find(const struct names *names, const char *name)
{
	for (int i = 0; i < names->len; i++)
		if (strcmp(names->list[i].name, name) == 0)
			return i;
	return -1;
}

static void
names_remove(struct names *names, const char *name)
{
	int i = names_find(names, name);

	if (i >= 0)
		names->list[i] = names->list[--names->len];
}

static void
names_set(struct names *names, const char *name, int inode)
{
	names_remove(names, name);
	if (names->len == NAMES)
		abort();
	strcpy(names->list[names->len].name, name);
	names->list[names->len++].inode = inode;
}

static void
names_apply(struct names *names, const struct disk_op *op)
{
	if (op->kind == DISK_MAKE)
		names_set(names, op->name, op->inode);
	if (op->kind == DISK_REMOVE || op->kind == DISK_RENAME)
		names_remove(names, op->name);
	if (op->kind == DISK_RENAME)
		names_set(names, op->to, op->inode);
}

/* ---- the record ---- */

void
disk_record(const struct disk_op *op)
{
	struct disk_op *to;

	pthread_mutex_lock(&mutex);
	if ((disk_len & (disk_len - 1)) == 0)
		disk_ops = must(realloc(disk_ops, (2 * disk_len + 1) *
		    sizeof *disk_ops));
	to = &disk_ops[disk_len++];
	*to = *op;
	if (op->kind == DISK_MAKE) {
		to->inode = made++;
		if (made == DISK_INODES)
			abort();
	}
	if (op->len > 0)
		to->data = memcpy(must(malloc(op->len)), op->data, op->len);
	names_apply(&now, to);
	pthread_mutex_unlock(&mutex);
}

int
disk_inode(const char *name)
{
	int i;

	pthread_mutex_lock(&mutex);
	i = names_find(&now, name);
	if (i >= 0)
		i = now.list[i].inode;
	pthread_mutex_unlock(&mutex);
	return i;
}

/* ---- the disk ---- */

void
disk_begin(bool not_believed)
{
	for (int i = 0; i < DISK_INODES; i++) {
		free(inodes[i].synced.data);
		free(inodes[i].pending);
	}
	memset(inodes, 0, sizeof inodes);
	durable.len = 0;
	folder_pending = must(realloc(folder_pending, (disk_len + 1) *
	    sizeof *folder_pending));
	folder_count = 0;
	done = 0;
	weak = not_believed;
}

static void
bytes_resize(struct bytes *b, size_t len)
{
	if (len > b->room) {
		b->room = 2 * len;
		b->data = must(realloc(b->data, b->room));
	}
	if (len > b->len)
		memset(b->data + b->len, 0, len - b->len);
	b->len = len;
}

static void
bytes_put(struct bytes *b, int64_t at, const unsigned char *data, size_t len)
{
	if ((size_t)at + len > b->len)
		bytes_resize(b, (size_t)at + len);
	memcpy(b->data + at, data, len);
}

static void
bytes_apply(struct bytes *b, const struct disk_op *op)
{
	if (op->kind == DISK_WRITE)
		bytes_put(b, op->at, op->data, op->len);
	else
		bytes_resize(b, (size_t)op->at);
}

void
disk_step(void)
{
	const struct disk_op *op = &disk_ops[done];
	struct inode *inode = &inodes[op->inode];

	switch (op->kind) {
	case DISK_WRITE:
	case DISK_CUT:
		if (inode->count == inode->room) {
			inode->room = 2 * inode->room + 16;
			inode->pending = must(realloc(inode->pending,
			    inode->room * sizeof *inode->pending));
		}
		inode->pending[inode->count++] = done;
		break;
	case DISK_SYNC:
		if (weak && op->log)
			break;
		for (size_t i = 0; i < inode->count; i++)
			bytes_apply(&inode->synced,
			    &disk_ops[inode->pending[i]]);
		inode->count = 0;
		break;
	case DISK_FOLDER:
		for (size_t i = 0; i < folder_count; i++)
			names_apply(&durable, &disk_ops[folder_pending[i]]);
		folder_count = 0;
		break;
	default:
		folder_pending[folder_count++] = done;
	}
	done++;
}

uint64_t
disk_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Of a write, the sectors that luck kept. */
static void
put_sectors(struct bytes *b, const struct disk_op *op, uint64_t *random,
    unsigned chance)
{
	size_t end = (size_t)op->at + op->len, from = (size_t)op->at, to;

	for (; from < end; from = to) {
		to = (from / SECTOR + 1) * SECTOR;
		if (to > end)
			to = end;
		if (disk_random(random) % 8 < chance)
			bytes_put(b, (int64_t)from, op->data + (from -
			    (size_t)op->at), to - from);
	}
}

static void
apply_luck(struct bytes *b, const struct inode *inode, enum disk_luck luck,
    uint64_t *random)
{
	unsigned chance = 1 + (unsigned)(disk_random(random) % 7);

	for (size_t i = 0; i < inode->count; i++) {
		const struct disk_op *op = &disk_ops[inode->pending[i]];
		bool all = luck == DISK_KEPT || luck == DISK_TORN ||
		    (luck == DISK_LOG && op->log) ||
		    (luck == DISK_NO_LOG && !op->log);

		if (luck == DISK_TORN && inode->pending[i] == done - 1 &&
		    op->kind == DISK_WRITE)
			put_sectors(b, op, random, 4);
		else if (all)
			bytes_apply(b, op);
		else if (luck == DISK_RANDOM && op->kind == DISK_WRITE)
			put_sectors(b, op, random, chance);
		else if (luck == DISK_RANDOM && disk_random(random) % 2 == 0)
			bytes_apply(b, op);
	}
}

static uint64_t
hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		hash = (hash ^ word) * 0x100000001b3;
		hash ^= hash >> 29;
	}
	for (; len > 0; p++, len--)
		hash = (hash ^ *p) * 0x100000001b3;
	return hash;
}

static void
folder_empty(const char *folder)
{
	DIR *dir = must(opendir(folder));
	struct dirent *entry;
	char path[600];

	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(dir);
}

static void
file_put(const char *folder, const char *name, const struct bytes *b)
{
	char path[600];
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || (b->len > 0 &&
	    write(fd, b->data, b->len) != (ssize_t)b->len))
		abort();
	close(fd);
}

/* How many of the folder's changes lasted. */
static size_t
names_luck(enum disk_luck luck, uint64_t *random)
{
	if (luck == DISK_LOST)
		return 0;
	return luck == DISK_RANDOM ?
	    disk_random(random) % (folder_count + 1) : folder_count;
}

uint64_t
disk_build(enum disk_luck luck, uint64_t seed, const char *folder)
{
	static struct bytes b;
	struct names names = durable;
	uint64_t hash = 0xcbf29ce484222325, one, random = seed;
	size_t kept = names_luck(luck, &random);

	for (size_t i = 0; i < kept; i++)
		names_apply(&names, &disk_ops[folder_pending[i]]);
	if (folder != NULL)
		folder_empty(folder);
	for (int i = 0; i < names.len; i++) {
		const struct inode *inode = &inodes[names.list[i].inode];
		uint64_t own = seed + (uint64_t)names.list[i].inode;

		b.len = 0;
		bytes_resize(&b, inode->synced.len);
		if (b.len > 0)
			memcpy(b.data, inode->synced.data, b.len);
		apply_luck(&b, inode, luck, &own);
		/* Not the order of the names counts. */
		one = hash_bytes(strlen(names.list[i].name),
		    names.list[i].name, strlen(names.list[i].name));
		hash += hash_bytes(one ^ b.len, b.data, b.len);
		if (folder != NULL)
			file_put(folder, names.list[i].name, &b);
	}
	return hash;
}
