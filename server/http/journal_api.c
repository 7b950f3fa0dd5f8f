/*
 * GET /journal: what went over the wire, as a list, as lines of JSON, or as an HTTP archive. Made in slices, so that a
 * long journal keeps nobody waiting.
 *
 *   act --ENTRIES_A_TURN--> text ... --AGAIN--> act ... --end of the journal, `limit`, JOURNAL_TEXT--> answer
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/faults.h"
#include "app/journal.h"
#include "base/instant.h"
#include "base/text.h"
#include "http/api.h"
#include "http/journal_json.h"

enum { ENTRIES_A_TURN = 500, JOURNAL_TEXT = 256 * 1024 * 1024, LIST_TEXT = 16 * 1024 * 1024 };

struct reading {
    struct app *app;
    const struct api *api;
    enum journal_format format;
    int64_t left;  /* entries that may still be added */
    uint64_t from; /* number of the next to be looked at */
    bool more;     /* of the list: others follow */
    enum status status;
    struct buffer items;
    struct buffer others; /* of an archive: what is no HTTP request */
};

static void reading_free(void *state)
{
    struct reading *reading = state;
    buffer_finish(&reading->items);
    buffer_finish(&reading->others);
    free(reading);
}

/* --- check ------------------------------------------------------------------------------------------------------ */

static void check_kinds(struct request *request, const char *kinds)
{
    for (const char *at = kinds; *at != '\0'; at += *at == ',' ? 1 : 0) {
        char word[16] = "";
        size_t length = strcspn(at, ",");
        enum journal_kind kind;
        if (length < sizeof word) {
            memcpy(word, at, length);
        }
        if (journal_kind_parse(word, &kind) != OK) {
            request_wrong_parameter(request, "kind",
                                    "must be some of connect, refuse, disconnect, frame, firmware, fault, warning");
            return;
        }
        request->input.journal.kinds |= 1U << kind;
        at += length;
    }
}

static void check_instant(struct request *request, const char *name, int64_t *at)
{
    const char *text = target_parameter(&request->target, name);
    if (text != NULL && instant_parse(text, at) != OK) {
        request_wrong_parameter(request, name, "must be an instant as of RFC 3339: 2026-11-23T10:00:00.000Z");
    }
}

static void check_text(struct request *request, const char *name, char *target, size_t capacity)
{
    const char *text = target_parameter(&request->target, name);
    if (text != NULL && text_copy(target, capacity, text) != OK) {
        request_wrong_parameter(request, name, "is too long for a key");
    }
}

void journal_check(struct request *request)
{
    static const char *const formats[] = {[JOURNAL_AS_LIST] = "json", [JOURNAL_AS_LINES] = "ndjson", "har"};
    struct input *input = &request->input;
    const char *format = target_parameter(&request->target, "format");
    const char *kinds = target_parameter(&request->target, "kind");
    const char *plan = target_parameter(&request->target, "planId");
    request_check_page(request, CURSOR_ID);
    check_text(request, "productKey", input->journal.product_key, sizeof input->journal.product_key);
    check_text(request, "deviceKey", input->journal.device_key, sizeof input->journal.device_key);
    check_instant(request, "since", &input->journal.since);
    check_instant(request, "until", &input->journal.until);
    if (kinds != NULL) {
        check_kinds(request, kinds);
    }
    if (plan != NULL && text_parse_int(plan, 1, INT64_MAX, &input->journal.plan_id) != OK) {
        request_wrong_parameter(request, "planId", "must be the id of a plan");
    }
    size_t found = 0;
    while (format != NULL && found < 3 && strcmp(formats[found], format) != 0) {
        found++;
    }
    if (found == 3) {
        request_wrong_parameter(request, "format", "must be json, ndjson or har");
    } else {
        input->journal_format = (enum journal_format)found;
    }
}

/* --- act -------------------------------------------------------------------------------------------------------- */

static void append_take(struct reading *reading, struct buffer *text, const char *between, json_t *json)
{
    char *line = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (line == NULL) {
        reading->status = E_NOMEM;
        return;
    }
    if (text->length > 0) {
        buffer_append_text(text, between);
    }
    buffer_append_text(text, line);
    free(line);
    if (buffer_status(text) != OK) {
        reading->status = buffer_status(text);
    }
}

static bool add_entry(void *context, const struct journal_entry *entry)
{
    struct reading *reading = context;
    bool list = reading->format == JOURNAL_AS_LIST;
    if (reading->left == 0 || (list && reading->items.length > LIST_TEXT)) {
        reading->more = true;
        return false;
    }
    reading->left--;
    if (reading->format != JOURNAL_AS_ARCHIVE) {
        append_take(reading, &reading->items, list ? "," : "\n", journal_entry_json(reading->app, entry));
    } else if (entry->kind == JOURNAL_FIRMWARE) {
        append_take(reading, &reading->items, ",", journal_entry_har(entry, reading->api->http_url));
    } else {
        append_take(reading, &reading->others, ",", journal_entry_json(reading->app, entry));
    }
    return reading->status == OK;
}

static struct reading *begin(const struct api *api, struct request *request)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL) {
        return NULL;
    }
    const struct page *page = &request->input.page;
    bool all = request->input.journal_format != JOURNAL_AS_LIST && target_parameter(&request->target, "limit") == NULL;
    *reading = (struct reading){.app = api->app,
                                .api = api,
                                .format = request->input.journal_format,
                                .left = all ? LIMIT_JOURNAL : page->limit,
                                .from = page->after == NULL ? 0 : strtoull(page->after, NULL, 10) + 1};
    buffer_init(&reading->items, JOURNAL_TEXT);
    buffer_init(&reading->others, JOURNAL_TEXT);
    request->state = reading;
    request->state_free = reading_free;
    app_faults_tell(api->app);
    return reading;
}

/* `cursor` is behind what was looked at, also at the end: who follows the journal asks with it for what comes. */
static void write_list(const struct reading *reading, const struct journal_counts *counts, struct buffer *text)
{
    char cursor[CURSOR_TEXT + 2] = "null";
    if (reading->from > 1) {
        char key[CURSOR_SORT_KEY + 1];
        char written[CURSOR_TEXT];
        (void)snprintf(key, sizeof key, "%llu", (unsigned long long)(reading->from - 1));
        cursor_write(key, written);
        (void)snprintf(cursor, sizeof cursor, "\"%s\"", written);
    }
    buffer_append_text(text, "{\"items\":[");
    buffer_append(text, reading->items.data, reading->items.length);
    buffer_append_format(text, "],\"nextCursor\":%s,\"cursor\":%s,\"dropped\":%llu}", reading->more ? cursor : "null",
                         cursor, (unsigned long long)counts->dropped);
}

static void write_archive(const struct reading *reading, const struct journal_counts *counts, struct buffer *text)
{
    buffer_append_text(text,
                       "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"mockdc\",\"version\":\"" MOCKDC_VERSION
                       "\"},\"entries\":[");
    buffer_append(text, reading->items.data, reading->items.length);
    buffer_append_text(text, "],\"_journal\":[");
    buffer_append(text, reading->others.data, reading->others.length);
    buffer_append_format(text, "],\"_dropped\":%llu}}", (unsigned long long)counts->dropped);
}

static void finish(struct app *app, struct reading *reading, struct answer *answer)
{
    struct journal_counts counts;
    app_journal_counts(app, &counts);
    struct buffer text;
    buffer_init(&text, 2 * (size_t)JOURNAL_TEXT);
    if (reading->format == JOURNAL_AS_LIST) {
        write_list(reading, &counts, &text);
        answer_buffer_take(answer, 200, "application/json", &text);
    } else if (reading->format == JOURNAL_AS_ARCHIVE) {
        write_archive(reading, &counts, &text);
        answer_buffer_take(answer, 200, "application/json", &text);
        (void)snprintf(answer->file_name, sizeof answer->file_name, "journal.har");
    } else {
        buffer_append(&text, reading->items.data, reading->items.length);
        buffer_append_text(&text, reading->items.length > 0 ? "\n" : "");
        answer_buffer_take(answer, 200, "application/x-ndjson", &text);
        (void)snprintf(answer->file_name, sizeof answer->file_name, "journal.ndjson");
    }
}

void journal_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct reading *reading = request->state != NULL ? request->state : begin(api, request);
    if (reading == NULL) {
        request_refuse(request, answer, E_NOMEM, NULL);
        return;
    }
    bool goes_on =
        app_journal_read(api->app, &request->input.journal, ENTRIES_A_TURN, add_entry, reading, &reading->from);
    if (reading->status != OK) {
        request_refuse(request, answer, reading->status, NULL);
    } else if (goes_on && !reading->more) {
        request->turn = TURN_AGAIN;
    } else {
        finish(api->app, reading, answer);
    }
}
