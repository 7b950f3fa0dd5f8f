/*
 * The test bench: export and import (api.md, The test bench; state_json.h draws the document).
 *
 *   export: act --rows of all products--> text --AGAIN--> a piece of a file ... --last file--> answer
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/catalog.h"
#include "app/exchange.h"
#include "app/faults.h"
#include "base/instant.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "http/api.h"
#include "http/faults_json.h"
#include "http/fixture.h"
#include "http/json_value.h"
#include "http/state_json.h"

enum { PIECE = 3 * 512 * 1024, FAULTS_A_PAGE = 100 }; /* of a file in a turn; a multiple of 3, so that pieces join */

/* --- export ----------------------------------------------------------------------------------------------------- */

/* A file that is still to be written, open: it may be deleted meanwhile. */
struct content {
    char sha256[65];
    int fd;
};

struct exporting {
    struct app *app;
    bool with_files;
    struct buffer text;
    struct content *contents; /* owned */
    size_t content_count;
    size_t content_capacity;
    size_t at;     /* of contents */
    int64_t piece; /* where in it */
    size_t products;
    enum state_table_id open_table; /* rows of which are being written; STATE_TABLE_COUNT: none */
    size_t rows;
    enum status status;
};

static void exporting_free(void *state)
{
    struct exporting *exporting = state;
    for (size_t i = 0; i < exporting->content_count; i++) {
        (void)close(exporting->contents[i].fd);
    }
    free(exporting->contents);
    buffer_finish(&exporting->text);
    free(exporting);
}

static void append_json_take(struct exporting *exporting, json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(json);
    if (text == NULL) {
        exporting->status = E_NOMEM;
    } else {
        buffer_append_text(&exporting->text, text);
    }
    free(text);
}

static bool is_known(const struct exporting *exporting, const char *sha256)
{
    size_t i = 0;
    while (i < exporting->content_count && strcmp(exporting->contents[i].sha256, sha256) != 0) {
        i++;
    }
    return i < exporting->content_count;
}

static enum status note_content(struct exporting *exporting, const struct state_value *row)
{
    const char *sha256 = row[state_column_index(STATE_FILES, "sha256")].text;
    const char *stored = row[state_column_index(STATE_FILES, "stored")].text;
    char path[LIMIT_PATH];
    if (!exporting->with_files || is_known(exporting, sha256)) {
        return OK;
    }
    if (exporting->content_count == exporting->content_capacity) {
        size_t capacity = exporting->content_capacity == 0 ? 16 : 2 * exporting->content_capacity;
        struct content *grown = realloc(exporting->contents, capacity * sizeof *grown);
        if (grown == NULL) {
            return E_NOMEM;
        }
        exporting->contents = grown;
        exporting->content_capacity = capacity;
    }
    (void)snprintf(path, sizeof path, "%.3000s/%s", app_files_dir(exporting->app), stored);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return E_CORRUPT;
    }
    struct content *content = &exporting->contents[exporting->content_count++];
    content->fd = fd;
    text_copy_cut(content->sha256, sizeof content->sha256, sha256);
    return OK;
}

static enum status write_row(void *context, enum state_table_id table, const struct state_value *row)
{
    struct exporting *exporting = context;
    if (exporting->open_table != table) {
        buffer_append_format(&exporting->text, "%s,\"%s\":[", exporting->open_table == STATE_TABLE_COUNT ? "" : "]",
                             state_table(table)->member);
        exporting->open_table = table;
        exporting->rows = 0;
    }
    buffer_append_text(&exporting->text, exporting->rows++ == 0 ? "" : ",");
    append_json_take(exporting, state_row_json(table, row));
    if (exporting->status == OK && table == STATE_FILES) {
        exporting->status = note_content(exporting, row);
    }
    return exporting->status == OK ? buffer_status(&exporting->text) : exporting->status;
}

/* As POST /faults takes it, with the plan's number in the document and the uses it has had. */
static void write_fault(struct exporting *exporting, const char *product_key, const struct fault *fault, bool first)
{
    static const char *const members[] = {"point", "action", "match", "trigger"};
    struct fault local = *fault;
    int64_t number = 0;
    if (fault->match.plan_id.known) {
        exporting->status = app_export_plan(exporting->app, product_key, fault->match.plan_id.value, &number);
        local.match.plan_id.value = number;
    }
    json_t *whole = fault_to_json(&local);
    json_t *body = json_pack("{s:I}", "seen", (json_int_t)fault->seen);
    for (size_t i = 0; i < sizeof members / sizeof members[0] && body != NULL; i++) {
        (void)json_object_set(body, members[i], json_object_get(whole, members[i]));
    }
    json_decref(whole);
    buffer_append_text(&exporting->text, first ? "" : ",");
    append_json_take(exporting, body);
}

static void write_faults(struct exporting *exporting, const char *product_key)
{
    static struct fault found[FAULTS_A_PAGE]; /* the loop's thread only */
    int64_t after = 0;
    bool more = true;
    bool first = true;
    app_faults_tell(exporting->app);
    while (more && exporting->status == OK) {
        size_t count = app_faults_list(exporting->app, product_key, after, FAULTS_A_PAGE, found, &more);
        for (size_t i = 0; i < count && exporting->status == OK; i++) {
            write_fault(exporting, product_key, &found[i], first);
            first = false;
            after = found[i].id;
        }
    }
}

static json_t *clock_json(const struct state_of_product *head)
{
    return head->has_clock ? json_pack("{s:s, s:I}", "mode", clock_mode_name((enum clock_mode)head->clock_mode),
                                       "value", (json_int_t)head->clock_value)
                           : json_null();
}

static void write_product(void *context, const struct product *product)
{
    struct exporting *exporting = context;
    struct state_of_product head;
    if (exporting->status == OK) {
        exporting->status = app_export_head(exporting->app, product->key, &head);
    }
    if (exporting->status != OK) {
        return;
    }
    buffer_append_text(&exporting->text, exporting->products++ == 0 ? "" : ",");
    append_json_take(exporting, json_pack("{s:s, s:s, s:s, s:o, s:o}", "productKey", head.product_key, "productSecret",
                                          head.secret, "name", head.name, "createdAt", json_instant(head.created_at),
                                          "clock", clock_json(&head)));
    exporting->text.length--; /* its last brace: more follows */
    exporting->open_table = STATE_TABLE_COUNT;
    if (exporting->status == OK) {
        exporting->status = app_export_rows(exporting->app, product->key, write_row, exporting);
    }
    buffer_append_text(&exporting->text, exporting->open_table == STATE_TABLE_COUNT ? "" : "]");
    buffer_append_text(&exporting->text, ",\"faults\":[");
    write_faults(exporting, product->key);
    buffer_append_text(&exporting->text, "]}");
}

static enum status write_products(struct exporting *exporting, const char *product_key)
{
    char now[INSTANT_TEXT];
    instant_format(instant_now(), now);
    buffer_append_format(&exporting->text, "{\"format\":\"" STATE_FORMAT "\",\"version\":%d,\"exportedAt\":\"%s\",",
                         STATE_FORMAT_VERSION, now);
    buffer_append_text(&exporting->text, "\"products\":[");
    enum status status = OK;
    if (product_key != NULL) {
        struct product product;
        status = app_product_find(exporting->app, product_key, &product);
        if (status == OK) {
            write_product(exporting, &product);
        }
    } else {
        bool more = false;
        struct page all = {.limit = INT32_MAX - 1};
        status = app_products_list(exporting->app, &all, write_product, exporting, &more);
    }
    buffer_append_text(&exporting->text, exporting->with_files ? "],\"files\":{" : "]}");
    status = status == OK ? exporting->status : status;
    return status == OK ? buffer_status(&exporting->text) : status;
}

/* One piece; *done: it was the last of the last file. */
static enum status write_piece(struct exporting *exporting, bool *done)
{
    static uint8_t piece[PIECE]; /* the loop's thread only */
    *done = exporting->at == exporting->content_count;
    if (*done) {
        buffer_append_text(&exporting->text, "}}");
        return buffer_status(&exporting->text);
    }
    const struct content *content = &exporting->contents[exporting->at];
    if (exporting->piece == 0) {
        buffer_append_format(&exporting->text, "%s\"%s\":\"", exporting->at == 0 ? "" : ",", content->sha256);
    }
    ssize_t got = pread(content->fd, piece, PIECE, exporting->piece);
    if (got < 0) {
        return E_IO;
    }
    char *to = (char *)buffer_reserve(&exporting->text, base64_length((size_t)got));
    if (to == NULL) {
        return buffer_status(&exporting->text);
    }
    base64_encode(piece, (size_t)got, to);
    exporting->text.length += base64_length((size_t)got);
    exporting->piece += got;
    if (got < PIECE) {
        buffer_append_text(&exporting->text, "\"");
        exporting->at++;
        exporting->piece = 0;
    }
    return buffer_status(&exporting->text);
}

void exchange_check_export(struct request *request)
{
    const char *files = target_parameter(&request->target, "files");
    request_check_no_body(request);
    request->input.product_key = target_parameter(&request->target, "productKey");
    request->input.without_files = files != NULL && strcmp(files, "none") == 0;
    if (files != NULL && strcmp(files, "none") != 0 && strcmp(files, "content") != 0) {
        request_wrong_parameter(request, "files", "must be content or none");
    }
}

static enum status begin_export(const struct api *api, struct request *request)
{
    struct exporting *exporting = calloc(1, sizeof *exporting);
    if (exporting == NULL) {
        return E_NOMEM;
    }
    exporting->app = api->app;
    exporting->with_files = !request->input.without_files;
    buffer_init(&exporting->text, LIMIT_DOCUMENT);
    request->state = exporting;
    request->state_free = exporting_free;
    return write_products(exporting, request->input.product_key);
}

static void refuse_export(struct request *request, struct answer *answer, enum status status)
{
    if (status == E_NOT_FOUND) {
        violation_add(&request->verdict.broken, "no such product", "/?productKey");
        status = E_RULE;
    }
    request_refuse(request, answer, status,
                   status == E_LIMIT     ? "the document is larger than 512 MiB; files=none leaves the contents out"
                   : status == E_CORRUPT ? "a stored file cannot be read"
                                         : NULL);
}

void exchange_export(const struct api *api, struct request *request, struct answer *answer)
{
    bool done = request->input.without_files;
    bool first = request->state == NULL;
    enum status status = first ? begin_export(api, request) : OK;
    struct exporting *exporting = request->state;
    if (status == OK && !(first && done)) {
        status = write_piece(exporting, &done);
    }
    if (status != OK) {
        refuse_export(request, answer, status);
    } else if (!done) {
        request->turn = TURN_AGAIN;
    } else {
        answer_buffer_take(answer, 200, "application/json", &exporting->text);
    }
}

/* --- import ----------------------------------------------------------------------------------------------------- */

void exchange_check_import(struct request *request)
{
    const char *replace = target_parameter(&request->target, "replace");
    request->input.replace = replace != NULL && strcmp(replace, "true") == 0;
    if (replace != NULL && strcmp(replace, "true") != 0 && strcmp(replace, "false") != 0) {
        request_wrong_parameter(request, "replace", "must be true or false");
    }
    if (request->json == NULL) {
        violation_add(&request->verdict.wrong, "a document is wanted", "%s", "");
    } else if (json_object_get(request->json, "format") != NULL) {
        request->check_status =
            document_read(request->json, request->upload_dir, &request->verdict, &request->input.document);
    }
}

static json_t *imported_json(const struct fixture_counts *counts)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "products", (json_int_t)counts->products, "devices",
                     (json_int_t)counts->devices, "packages", (json_int_t)counts->packages, "plans",
                     (json_int_t)counts->plans);
}

static void count_document(const struct import *import, struct fixture_counts *counts)
{
    for (size_t i = 0; i < import->product_count; i++) {
        const struct state_rows *tables = import->products[i].tables;
        counts->products++;
        counts->devices += (int64_t)tables[STATE_DEVICES].count;
        counts->packages += (int64_t)tables[STATE_PACKAGES].count;
        counts->plans += (int64_t)(tables[STATE_PLANS].count - tables[STATE_VERIFICATIONS].count);
    }
}

void exchange_import(const struct api *api, struct request *request, struct answer *answer)
{
    struct fixture_counts counts = {0};
    struct document *document = request->input.document;
    struct violations *broken = &request->verdict.broken;
    enum status status = OK;
    if (document == NULL) {
        status = fixture_import_whole(api, request->json, request->input.replace, &counts, broken);
    } else {
        document->import.replace = request->input.replace;
        status = app_import(api->app, &document->import, broken);
        count_document(&document->import, &counts);
    }
    if (status == E_FORMAT) { /* a fixture is checked while it is imported */
        request->verdict.wrong = *broken;
    }
    if (status != OK) {
        request_refuse(request, answer, status,
                       status == E_EXISTS && broken->count > 0 ? broken->items[0].detail : NULL);
        return;
    }
    answer_resource_take(answer, 200, imported_json(&counts));
}
