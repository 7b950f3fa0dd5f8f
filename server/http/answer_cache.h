/*
 * Answers that are asked for again and again while nothing changes: a page of a plan's devices costs a tenth of a
 * millisecond of the loop to read and to write, a copy of the last one a hundredth.
 *
 *   key (path and query) --> {app_version, body}      found only while the version is the same one
 *
 * Few entries, each of a bounded size; the oldest gives way. The loop's thread.
 */
#ifndef HTTP_ANSWER_CACHE_H
#define HTTP_ANSWER_CACHE_H

#include "app/app.h"
#include "http/request.h"

struct answer_cache;

enum { ANSWER_CACHE_ENTRIES = 16, ANSWER_CACHE_BODY = 512 * 1024 };

MUST_USE enum status answer_cache_create(struct answer_cache **cache);
void answer_cache_destroy(struct answer_cache *cache); /* NULL is allowed */

/* True: *answer is a copy of what was put for the same path and query in the same version. */
bool answer_cache_find(struct answer_cache *cache, const struct target *target, const struct app_version *version,
                       struct answer *answer);

/* Keeps a copy of a 200; any other, and one that is too large, is not kept. */
void answer_cache_put(struct answer_cache *cache, const struct target *target, const struct app_version *version,
                      const struct answer *answer);

#endif
