#include "http/answer_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = TARGET_TEXT + 256 };

struct entry {
    char key[KEY]; /* "": empty */
    struct app_version version;
    struct answer answer;
};

struct answer_cache {
    struct entry entries[ANSWER_CACHE_ENTRIES];
    size_t next; /* to be replaced */
};

enum status answer_cache_create(struct answer_cache **cache)
{
    struct answer_cache *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    for (size_t i = 0; i < ANSWER_CACHE_ENTRIES; i++) {
        answer_init(&created->entries[i].answer);
    }
    *cache = created;
    return OK;
}

void answer_cache_destroy(struct answer_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < ANSWER_CACHE_ENTRIES; i++) {
        answer_finish(&cache->entries[i].answer);
    }
    free(cache);
}

/* Path and parameters as one text; a blank cannot stand in a path, nor a line end in what a parameter may be. False:
 * too long to be kept. */
static bool write_key(const struct target *target, char key[KEY])
{
    size_t used = (size_t)snprintf(key, KEY, "%s", target->path);
    for (size_t i = 0; i < target->parameter_count && used < KEY; i++) {
        used += (size_t)snprintf(key + used, KEY - used, "\n%s\n%s", target->parameters[i].name,
                                 target->parameters[i].value);
    }
    return used < KEY;
}

static struct entry *find(struct answer_cache *cache, const char *key)
{
    for (size_t i = 0; i < ANSWER_CACHE_ENTRIES; i++) {
        if (strcmp(cache->entries[i].key, key) == 0) {
            return &cache->entries[i];
        }
    }
    return NULL;
}

static bool is_same(const struct app_version *a, const struct app_version *b)
{
    return a->stored == b->stored && a->presence == b->presence && a->progress == b->progress;
}

bool answer_cache_find(struct answer_cache *cache, const struct target *target, const struct app_version *version,
                       struct answer *answer)
{
    char key[KEY];
    const struct entry *entry = write_key(target, key) ? find(cache, key) : NULL;
    if (entry == NULL || !is_same(&entry->version, version)) {
        return false;
    }
    answer_copy(answer, &entry->answer);
    return true;
}

void answer_cache_put(struct answer_cache *cache, const struct target *target, const struct app_version *version,
                      const struct answer *answer)
{
    char key[KEY];
    if (answer->http_status != 200 || answer->length > ANSWER_CACHE_BODY || !write_key(target, key)) {
        return;
    }
    struct entry *entry = find(cache, key);
    if (entry == NULL) {
        entry = &cache->entries[cache->next];
        cache->next = (cache->next + 1) % ANSWER_CACHE_ENTRIES;
        memcpy(entry->key, key, sizeof key);
    }
    entry->version = *version;
    answer_copy(&entry->answer, answer);
    if (entry->answer.http_status != 200) {
        entry->key[0] = '\0'; /* there was no memory for the copy */
    }
}
