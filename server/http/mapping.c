#include "http/mapping.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "crypto/digest.h"

enum { READ_PIECE = 256 * 1024 };

struct mapping {
    struct mappings *home;
    char path[LIMIT_PATH];
    uint8_t *bytes;
    size_t size;
    size_t references;
    bool forgotten;    /* no longer in the table: goes with its last user */
    int64_t last_used; /* monotonic_ms() */
    UT_hash_handle hh;
};

struct mappings {
    pthread_mutex_t lock;
    struct mapping *table; /* by path */
};

enum status mappings_create(struct mappings **mappings)
{
    struct mappings *created = calloc(1, sizeof *created);
    if (created == NULL || pthread_mutex_init(&created->lock, NULL) != 0) {
        free(created);
        return E_NOMEM;
    }
    *mappings = created;
    return OK;
}

static void mapping_destroy(struct mapping *mapping)
{
    if (mapping->bytes != NULL) {
        (void)munmap(mapping->bytes, mapping->size);
    }
    free(mapping);
}

/* Removes from the table what nobody has used since `until`. With the lock. */
static void remove_idle(struct mappings *mappings, int64_t until)
{
    struct mapping *mapping = NULL;
    struct mapping *next = NULL;
    HASH_ITER(hh, mappings->table, mapping, next)
    {
        if (mapping->references == 0 && mapping->last_used <= until) {
            HASH_DEL(mappings->table, mapping);
            mapping_destroy(mapping);
        }
    }
}

void mappings_destroy(struct mappings *mappings)
{
    if (mappings == NULL) {
        return;
    }
    remove_idle(mappings, INT64_MAX);
    (void)pthread_mutex_destroy(&mappings->lock);
    free(mappings);
}

void mappings_tick(struct mappings *mappings, int64_t now)
{
    (void)pthread_mutex_lock(&mappings->lock);
    remove_idle(mappings, now - MAPPING_IDLE_MS);
    (void)pthread_mutex_unlock(&mappings->lock);
}

/* Reads the file, not the mapping: a file that shrinks meanwhile must not end in a SIGBUS. */
static enum status check_digest(int fd, const struct firmware_entry *entry)
{
    CLEANUP(cleanup_digest_stream) struct digest_stream *stream = NULL;
    CLEANUP(cleanup_free) char *piece = malloc(READ_PIECE);
    enum status status = piece == NULL ? E_NOMEM : digest_stream_create(&stream);
    int64_t seen = 0;
    while (status == OK && seen < entry->size) {
        ssize_t got = pread(fd, piece, READ_PIECE, seen);
        if (got <= 0) {
            return got < 0 ? E_IO : E_CORRUPT;
        }
        status = digest_stream_add(stream, piece, (size_t)got);
        seen += got;
    }
    struct digests digests;
    if (status == OK) {
        status = digest_stream_end(stream, &digests);
    }
    return status != OK || strcmp(digests.sha256, entry->sha256) == 0 ? status : E_CORRUPT;
}

static enum status map_file(const struct firmware_entry *entry, struct mapping *mapping)
{
    CLEANUP(cleanup_fd) int fd = open(entry->path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0) {
        return E_IO;
    }
    if (about.st_size != entry->size || entry->size == 0) {
        return E_CORRUPT;
    }
    enum status status = check_digest(fd, entry);
    if (status != OK) {
        return status;
    }
    void *bytes = mmap(NULL, (size_t)entry->size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED) {
        return E_NOMEM;
    }
    mapping->bytes = bytes;
    mapping->size = (size_t)entry->size;
    return text_copy(mapping->path, sizeof mapping->path, entry->path);
}

static struct mapping *find(struct mappings *mappings, const char *path)
{
    struct mapping *mapping = NULL;
    HASH_FIND_STR(mappings->table, path, mapping);
    if (mapping != NULL) {
        mapping->references++;
    }
    return mapping;
}

enum status mapping_take(struct mappings *mappings, const struct firmware_entry *entry, struct mapping **mapping)
{
    (void)pthread_mutex_lock(&mappings->lock);
    struct mapping *found = find(mappings, entry->path);
    (void)pthread_mutex_unlock(&mappings->lock);
    if (found != NULL) {
        *mapping = found;
        return OK;
    }
    /* without the lock, for a large file takes its time; two threads may do it, one result is kept */
    struct mapping *made = calloc(1, sizeof *made);
    enum status status = made == NULL ? E_NOMEM : map_file(entry, made);
    if (status != OK) {
        if (made != NULL) {
            mapping_destroy(made);
        }
        return status;
    }
    (void)pthread_mutex_lock(&mappings->lock);
    found = find(mappings, entry->path);
    if (found == NULL) {
        made->home = mappings;
        made->references = 1;
        HASH_ADD_STR(mappings->table, path, made);
    }
    (void)pthread_mutex_unlock(&mappings->lock);
    if (found != NULL) {
        mapping_destroy(made);
    }
    *mapping = found != NULL ? found : made;
    return OK;
}

void mapping_release(struct mapping *mapping)
{
    struct mappings *mappings = mapping->home;
    (void)pthread_mutex_lock(&mappings->lock);
    mapping->references--;
    mapping->last_used = monotonic_ms();
    bool last = mapping->forgotten && mapping->references == 0;
    (void)pthread_mutex_unlock(&mappings->lock);
    if (last) {
        mapping_destroy(mapping);
    }
}

void mappings_forget(struct mappings *mappings, const char *path)
{
    struct mapping *mapping = NULL;
    (void)pthread_mutex_lock(&mappings->lock);
    HASH_FIND_STR(mappings->table, path, mapping);
    bool unused = mapping != NULL && mapping->references == 0;
    if (mapping != NULL) {
        HASH_DEL(mappings->table, mapping);
        mapping->forgotten = true;
    }
    (void)pthread_mutex_unlock(&mappings->lock);
    if (unused) {
        mapping_destroy(mapping);
    }
}

const uint8_t *mapping_bytes(const struct mapping *mapping)
{
    return mapping->bytes;
}
