/*
 * The firmware tokens that are alive, for the threads that serve downloads. The loop puts and expires; any thread
 * reads.
 *
 *   token (22 characters) -> { file, size, name, etag } + bytes that went out
 *
 *   put ----> alive ----expire----> gone (410)      unknown tokens: 404
 *
 * Entries are immutable after put, except the counter; a reader holds a reference while it serves.
 */
#ifndef APP_FIRMWARE_TABLE_H
#define APP_FIRMWARE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"
#include "domain/fault.h"

struct firmware_table;

struct firmware_entry {
    char token[LIMIT_TOKEN + 1];
    char path[LIMIT_PATH];          /* absolute */
    char name[LIMIT_FILE_NAME + 1]; /* as uploaded */
    char extension[16];             /* the URL must end in it */
    char sha256[65];                /* the strong ETag */
    int64_t size;
    int64_t task_id; /* whose download it is */
    struct fault_subject subject;
};

MUST_USE enum status firmware_table_create(struct firmware_table **table);
void firmware_table_destroy(struct firmware_table *table);

MUST_USE enum status firmware_table_put(struct firmware_table *table, const struct firmware_entry *entry);
void firmware_table_expire(struct firmware_table *table, const char *token); /* unknown: nothing */

/*
 * Expires those of the product (NULL: all) for good: what is being sent of them is to end at once, which those who send
 * ask is_revoked() for. `count` (may be NULL) gets how many were alive.
 */
void firmware_table_revoke(struct firmware_table *table, const char *product_key, size_t *count);

/* Expires the link because its package was revoked: what is being sent of it is to end as well. */
void firmware_table_withdraw(struct firmware_table *table, const char *token);
bool firmware_table_is_withdrawn(struct firmware_table *table, const char *token); /* any thread */

/* Any thread. Whose the token is or, expired, was; false: it is not known. */
bool firmware_table_subject(struct firmware_table *table, const char *token, struct fault_subject *subject);

/* Any thread. Its product was reset or has gone. */
bool firmware_table_is_revoked(struct firmware_table *table, const char *token);

/* Any thread. E_NOT_FOUND: never existed; E_STATE: expired. The entry stays valid until released. */
MUST_USE enum status firmware_table_take(struct firmware_table *table, const char *token,
                                         const struct firmware_entry **entry);
void firmware_table_release(struct firmware_table *table, const struct firmware_entry *entry);

/* Any thread: the device has received the file's bytes up to `end` (exclusive); keeps the greatest. */
void firmware_table_note(struct firmware_table *table, const char *token, int64_t end);

/* Any thread: how often something new was noted. */
uint64_t firmware_table_notes(struct firmware_table *table);

/* Greatest `end` noted; 0 when unknown. */
int64_t firmware_table_sent(struct firmware_table *table, const char *token);

/*
 * Any thread. Whether the device has more percents of the file than when this was asked last; *task_id gets whose they
 * are.
 */
bool firmware_table_moved(struct firmware_table *table, const char *token, int64_t *task_id);

/* app/ owns one; http/ borrows it. */
struct app;
struct firmware_table *app_firmware_table(struct app *app);

#endif
