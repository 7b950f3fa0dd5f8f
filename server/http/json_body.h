/*
 * Strict reading of a JSON body, member by member. Everything that is wrong is collected, so that one answer names it
 * all.
 *
 *   struct members members;
 *   members_open(&members, json, "", verdict);
 *   members_text(&members, "name", MEMBER_REQUIRED, product->name, sizeof product->name);
 *   members_close(&members);            every member that was not asked for is unknown
 *
 *   wrong   not of the form: wrong type, unknown member, member twice          -> 400
 *   broken  of the form, but a required member is missing, too long ...        -> 422
 *
 * A member that is null counts as absent where it is optional. A target is only written when its member is there and
 * right.
 */
#ifndef HTTP_JSON_BODY_H
#define HTTP_JSON_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "domain/violation.h"

struct verdict {
    struct violations wrong;  /* 400 */
    struct violations broken; /* 422 */
};

/* Parses the whole of `bytes`. E_FORMAT: not JSON, not UTF-8, a member twice, a zero character; `verdict` says where.
 */
MUST_USE enum status json_body_parse(const void *bytes, size_t length, json_t **json, struct verdict *verdict);

enum { MEMBERS_MOST = 24, MEMBER_PATH = 96 };

enum member_need { MEMBER_REQUIRED, MEMBER_OPTIONAL };

struct members {
    const json_t *object; /* borrowed; NULL: it was no object, all reads do nothing */
    char path[MEMBER_PATH];
    struct verdict *verdict;
    const char *asked[MEMBERS_MOST];
    size_t asked_count;
};

/* `path`: JSON pointer of the object ("" for the body). Not an object: wrong. */
void members_open(struct members *members, const json_t *object, const char *path, struct verdict *verdict);

/* Names every member that no call asked for. */
void members_close(struct members *members);

/* True when the member was there and right. Longer than capacity - 1 bytes: broken. */
bool members_text(struct members *members, const char *name, enum member_need need, char *target, size_t capacity);

/* An integer (5.0 is none). Outside of least..most: broken. */
bool members_int(struct members *members, const char *name, enum member_need need, int64_t least, int64_t most,
                 int64_t *target);

/* A number, integer or not. */
bool members_number(struct members *members, const char *name, enum member_need need, double *target);

bool members_bool(struct members *members, const char *name, enum member_need need, bool *target);

/* The text of the member, to be looked up in a table of words by the caller; NULL: absent or wrong. Borrowed. */
const char *members_word(struct members *members, const char *name, enum member_need need);

/* An array or object; NULL: absent or wrong. Borrowed. */
const json_t *members_array(struct members *members, const char *name, enum member_need need);
const json_t *members_object(struct members *members, const char *name, enum member_need need);

/* The member as it is, null included as absent; NULL: absent. Borrowed. */
const json_t *members_any(struct members *members, const char *name);

/* Names the member `name` as broken. */
void members_break(struct members *members, const char *name, const char *detail);

/* Appends `name` to a JSON pointer, with ~ and / written as ~0 and ~1; a result that is too long is cut. */
void pointer_append(char *pointer, size_t capacity, const char *name);

#endif
