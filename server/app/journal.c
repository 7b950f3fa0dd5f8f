#include "app/journal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/internal.h"
#include "domain/names.h"
#include "store/task_rows.h"

static const char *const kind_names[JOURNAL_KIND_COUNT] = {
    "connect", "refuse", "disconnect", "frame", "firmware", "fault", "warning",
};

/* What is kept of a product. Entries below `hidden` were forgotten, and go when it is their turn or journal_tidy()'s.
 */
struct share {
    char product_key[LIMIT_PRODUCT_KEY + 1];
    uint64_t hidden;
    size_t kept;    /* visible ones */
    size_t entries; /* hidden ones included; it goes with the last */
    UT_hash_handle hh;
};

/* An entry with its texts and bytes behind it, in one piece. */
struct kept {
    struct journal_entry entry;
    struct share *share;
    size_t size;
    char bytes[];
};

/* A ring of pointers: number n is at n % LIMIT_JOURNAL while first <= n < next; NULL: forgotten. */
struct journal {
    size_t most_bytes;
    size_t bytes;
    size_t kept;          /* visible ones */
    uint64_t tidied;      /* entries below were looked at by journal_tidy() */
    uint64_t tidy_to;     /* and those below this are still to be */
    struct share *shares; /* uthash by product key */
    uint64_t first;
    uint64_t next;
    uint64_t dropped;
    struct kept *ring[LIMIT_JOURNAL];
};

const char *journal_kind_name(enum journal_kind kind)
{
    assert(kind < JOURNAL_KIND_COUNT);
    return kind_names[kind];
}

enum status journal_kind_parse(const char *name, enum journal_kind *kind)
{
    size_t index = 0;
    enum status status = names_find(kind_names, JOURNAL_KIND_COUNT, name, &index);
    if (status == OK) {
        *kind = (enum journal_kind)index;
    }
    return status;
}

enum status journal_create(size_t most_bytes, struct journal **out)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL) {
        return E_NOMEM;
    }
    journal->most_bytes = most_bytes;
    journal->first = 1;
    journal->next = 1;
    *out = journal;
    return OK;
}

static struct kept **slot(struct journal *journal, uint64_t number)
{
    return &journal->ring[number % LIMIT_JOURNAL];
}

static void free_slot(struct journal *journal, uint64_t number)
{
    struct kept **place = slot(journal, number);
    if (*place != NULL) {
        struct share *share = (*place)->share;
        journal->bytes -= (*place)->size;
        if (number >= share->hidden) {
            journal->kept--;
            share->kept--;
        }
        free(*place);
        *place = NULL;
        if (--share->entries == 0) {
            // NOLINTBEGIN(clang-analyzer-core.NullDereference): it is in the table, so that is not empty
            HASH_DEL(journal->shares, share);
            // NOLINTEND(clang-analyzer-core.NullDereference)
            free(share);
        }
    }
}

void journal_destroy(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    for (uint64_t number = journal->first; number < journal->next; number++) {
        free_slot(journal, number);
    }
    free(journal);
}

static void drop_first(struct journal *journal)
{
    const struct kept *kept = *slot(journal, journal->first);
    if (kept != NULL && journal->first >= kept->share->hidden) {
        journal->dropped++;
    }
    free_slot(journal, journal->first++);
}

static char *put_bytes(char *to, const void *from, size_t length)
{
    if (from != NULL && length > 0) {
        memcpy(to, from, length);
    }
    return to + length;
}

static size_t text_size(const char *text)
{
    return text == NULL ? 1 : strlen(text) + 1;
}

static char *put_text(char *to, const char *from, const char **kept)
{
    *kept = to;
    return put_bytes(to, from == NULL ? "" : from, text_size(from));
}

static struct kept *keep(const struct journal_entry *entry)
{
    size_t size = sizeof(struct kept) + text_size(entry->name) + text_size(entry->text) + text_size(entry->range) +
                  entry->raw_length + entry->clear_length;
    struct kept *kept = malloc(size);
    if (kept != NULL) {
        kept->entry = *entry;
        kept->size = size;
        char *at = put_text(kept->bytes, entry->name, &kept->entry.name);
        at = put_text(at, entry->text, &kept->entry.text);
        at = put_text(at, entry->range, &kept->entry.range);
        kept->entry.raw = (const uint8_t *)at;
        at = put_bytes(at, entry->raw, entry->raw_length);
        kept->entry.clear = entry->clear == NULL ? NULL : (const uint8_t *)at;
        (void)put_bytes(at, entry->clear, entry->clear_length);
    }
    return kept;
}

/* The product's, made when it has none; NULL: no memory. */
static struct share *share_of(struct journal *journal, const char *product_key)
{
    struct share *share = NULL;
    HASH_FIND_STR(journal->shares, product_key, share);
    if (share == NULL && (share = calloc(1, sizeof *share)) != NULL) {
        memcpy(share->product_key, product_key, strlen(product_key));
        HASH_ADD_STR(journal->shares, product_key, share);
    }
    return share;
}

int64_t app_journal_plan(struct app *app, int64_t device_id)
{
    struct maybe_int plan_id = {0};
    return device_id != 0 && task_running_plan(app->store, device_id, &plan_id) == OK && plan_id.known ? plan_id.value
                                                                                                       : 0;
}

void app_journal(struct app *app, struct journal_entry *entry)
{
    struct journal *journal = app->journal;
    if (entry->wall_at == 0) {
        entry->wall_at = app_wall(app);
    }
    entry->at = app_now(app, entry->product_key);
    entry->number = journal->next;
    struct kept *kept = keep(entry);
    struct share *share =
        kept == NULL || kept->size > journal->most_bytes ? NULL : share_of(journal, entry->product_key);
    if (share == NULL) {
        free(kept);
        journal->dropped++;
        return;
    }
    share->entries++; /* so that it outlives those that give way */
    while (journal->first < journal->next &&
           (journal->next - journal->first == LIMIT_JOURNAL || journal->bytes + kept->size > journal->most_bytes)) {
        drop_first(journal);
    }
    kept->share = share;
    *slot(journal, journal->next++) = kept;
    journal->bytes += kept->size;
    journal->kept++;
    share->kept++;
}

static bool takes(const struct journal_filter *filter, const struct journal_entry *entry)
{
    return (filter->kinds == 0 || (filter->kinds & 1U << entry->kind) != 0) &&
           (filter->plan_id == 0 || filter->plan_id == entry->plan_id) && entry->at >= filter->since &&
           (filter->until == 0 || entry->at < filter->until) &&
           (filter->product_key[0] == '\0' || strcmp(filter->product_key, entry->product_key) == 0) &&
           (filter->device_key[0] == '\0' || strcmp(filter->device_key, entry->device_key) == 0);
}

bool app_journal_read(struct app *app, const struct journal_filter *filter, size_t most, journal_visitor *each,
                      void *context, uint64_t *from)
{
    struct journal *journal = app->journal;
    uint64_t number = *from < journal->first ? journal->first : *from;
    bool goes_on = true;
    for (size_t looked = 0; number < journal->next && looked < most && goes_on; looked++) {
        const struct kept *kept = *slot(journal, number);
        if (kept != NULL && number >= kept->share->hidden && takes(filter, &kept->entry)) {
            goes_on = each(context, &kept->entry);
        }
        number += goes_on ? 1 : 0;
    }
    *from = number;
    return number < journal->next;
}

enum status app_frame_text(struct app *app, const uint8_t *clear, size_t length, struct buffer *text)
{
    return app->ports.frame_text == NULL ? E_NOT_FOUND : app->ports.frame_text(app->ports.context, clear, length, text);
}

void app_journal_counts(const struct app *app, struct journal_counts *counts)
{
    const struct journal *journal = app->journal;
    *counts = (struct journal_counts){.first = journal->first,
                                      .next = journal->next,
                                      .kept = journal->kept,
                                      .bytes = journal->bytes,
                                      .dropped = journal->dropped};
}

size_t app_journal_forget(struct app *app, const char *product_key)
{
    struct journal *journal = app->journal;
    size_t before = journal->kept;
    struct share *share = NULL;
    struct share *next = NULL;
    HASH_ITER(hh, journal->shares, share, next)
    {
        if (product_key == NULL || strcmp(share->product_key, product_key) == 0) {
            journal->kept -= share->kept;
            share->kept = 0;
            share->hidden = journal->next;
        }
    }
    journal->tidied = journal->first;
    journal->tidy_to = journal->next;
    return before - journal->kept;
}

bool journal_tidy(struct journal *journal, size_t most)
{
    journal->tidied = journal->tidied < journal->first ? journal->first : journal->tidied;
    for (size_t i = 0; i < most && journal->tidied < journal->tidy_to; i++) {
        const struct kept *kept = *slot(journal, journal->tidied);
        if (kept != NULL && journal->tidied < kept->share->hidden) {
            free_slot(journal, journal->tidied);
        }
        journal->tidied++;
    }
    return journal->tidied < journal->tidy_to;
}
