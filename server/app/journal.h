/*
 * The journal: what went over the wire, at the moment it happened (issue: every frame, connect, refusal, disconnect,
 * firmware request, fault and warning). Not the event log: that tells what became of it.
 *
 *        oldest                          next
 *   ... [ 17 | 18 | 19 | ... | 4711 ]  <-- app_journal()     at most LIMIT_JOURNAL entries and
 * app_settings.journal_bytes; ^ journal_read(from)                               the oldest give way, and are counted
 *
 * In memory, the loop's thread only; other threads post what they saw to the loop, with the time at which they saw it.
 * Bytes and texts are copied.
 */
#ifndef APP_JOURNAL_H
#define APP_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"

enum journal_kind {
    JOURNAL_CONNECT,
    JOURNAL_REFUSE,
    JOURNAL_DISCONNECT,
    JOURNAL_FRAME,
    JOURNAL_FIRMWARE,
    JOURNAL_FAULT,
    JOURNAL_WARNING,
    JOURNAL_KIND_COUNT
};
const char *journal_kind_name(enum journal_kind kind); /* "connect" ... */
MUST_USE enum status journal_kind_parse(const char *name, enum journal_kind *kind);

/*
 *                 connect    refuse        disconnect  frame                firmware            fault       warning
 *   word          -          -             -           verdict: ok ...      how it ended        point       -
 *   name          address    address       address     topic                method and target   action      rule
 *   text          -          reason        reason      -                    what is odd, or ""  detail      detail
 *   range         client id  client id     client id   -                    as asked for        -           -
 *   code          type 0|1   as sent; 0    -           -                    HTTP status         -           -
 *   count         keep alive -             -           -                    body bytes sent     fault id    times
 */
struct journal_entry {
    uint64_t number; /* set by app_journal() */
    enum journal_kind kind;
    int64_t at;      /* of the product's clock, set by app_journal() */
    int64_t wall_at; /* of the system's; 0: now */
    int64_t plan_id; /* 0: of none; negative: of verification -plan_id */
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char device_key[LIMIT_DEVICE_KEY + 1];
    char component_no[LIMIT_COMPONENT_NO + 1];
    bool from_device;
    bool encrypted;
    int qos;
    uint16_t command;
    uint16_t package_id;
    int code;
    int64_t count;
    int64_t duration_ms;
    const char *command_name; /* static memory, as word; NULL: none */
    const char *word;
    const char *name; /* these are copied; NULL stands for "" */
    const char *text;
    const char *range;
    const uint8_t *raw; /* as it went over the wire */
    size_t raw_length;
    const uint8_t *clear; /* decrypted, still escaped; NULL: it was clear */
    size_t clear_length;
};

/* The plan (negative: verification) in which the device is at this moment; 0: none, or it is not known. */
int64_t app_journal_plan(struct app *app, int64_t device_id);

/* Adds it. One that cannot be kept (memory) counts as dropped. */
void app_journal(struct app *app, struct journal_entry *entry);

/* Which entries a reader takes; empty and 0 take all. */
struct journal_filter {
    uint32_t kinds; /* bit n: enum journal_kind n */
    int64_t plan_id;
    int64_t since; /* at, inclusive, of the product's clock; until: exclusive, 0: no end */
    int64_t until;
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char device_key[LIMIT_DEVICE_KEY + 1];
};

/*
 * Calls `each` with entries from number *from on, in order, until it returns false or `most` entries were looked at;
 * *from gets the number to go on with. True: there may be more. Entries are borrowed for the call.
 */
typedef bool journal_visitor(void *context, const struct journal_entry *entry);
bool app_journal_read(struct app *app, const struct journal_filter *filter, size_t most, journal_visitor *each,
                      void *context, uint64_t *from);

/*
 * The content of a frame as text (app_ports.frame_text). E_NOT_FOUND: nobody can read frames; E_FORMAT: it is none.
 */
MUST_USE enum status app_frame_text(struct app *app, const uint8_t *clear, size_t length, struct buffer *text);

struct journal_counts {
    uint64_t first; /* number of the oldest that is kept, and of the next that comes */
    uint64_t next;
    size_t kept;
    size_t bytes;
    uint64_t dropped; /* gave way, since the start */
};
void app_journal_counts(const struct app *app, struct journal_counts *counts);

/* Forgets the product's entries at once, NULL: all; their memory follows (journal_tidy()). Returns how many. What is
 * forgotten does not count as dropped. */
size_t app_journal_forget(struct app *app, const char *product_key);

/* app.c */
struct journal;
MUST_USE enum status journal_create(size_t most_bytes, struct journal **journal);
void journal_destroy(struct journal *journal);
/* Frees what was forgotten, looking at `most` entries; true: there is more. */
bool journal_tidy(struct journal *journal, size_t most);

#endif
