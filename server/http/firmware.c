#include "http/firmware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "http/problem.h"
#include "http/respond.h"

static const char boundary[] = "mockdc-byteranges-7f3a91c4";

/*
 * PIECE_BLOCK: bytes that are copied at a time; a block is what a fault that is armed in mid-download comes too late
 * for at most (besides what the kernel holds).
 */
enum { PART_HEADER = 192, BODY_PIECES = 2 * RANGES_MOST + 1, PIECE_BLOCK = 256 * 1024 };

void firmware_disposition(const char *name, char text[DISPOSITION_TEXT + 1])
{
    static const char plain[] = "!#$&+-.^_`|~"; /* RFC 8187 attr-char besides letters and digits */
    char *p = text;
    p += sprintf(p, "attachment; filename=\"");
    for (const char *c = name; *c != '\0'; c++) {
        *p++ = *c < 0x20 || *c > 0x7e || strchr("\"\\%", *c) != NULL ? '_' : *c;
    }
    p += sprintf(p, "\"; filename*=UTF-8''");
    for (const char *c = name; *c != '\0'; c++) {
        char letter[2] = {*c, '\0'};
        if (text_is_word(letter, 1, 1, plain)) {
            *p++ = *c;
        } else {
            p += sprintf(p, "%%%02X", (unsigned)(unsigned char)*c);
        }
    }
    *p = '\0';
}

/* What a response needs as long as it is sent: the mapping, and the texts between several ranges. */
struct body {
    struct mapping *mapping;
    struct ranges parts;
    int64_t length;
    size_t part_headers[RANGES_MOST]; /* lengths */
    char texts[RANGES_MOST][PART_HEADER];
    char end[64];
};

static void body_destroy(void *context)
{
    struct body *body = context;
    mapping_release(body->mapping);
    free(body);
}

/* One piece of the file while it is sent. */
struct piece {
    struct faulty *faulty;
    uint64_t version; /* of the faults, when it was looked at them last */
    bool taken;
    struct faulty_task task;
    struct firmware_entry entry;
};

static void piece_destroy(void *context)
{
    struct piece *piece = context;
    if (!piece->taken) {
        mapping_release(piece->task.mapping);
    }
    free(piece);
}

/* A fault that was armed meanwhile acts from here on (faulty.h). */
static bool is_taken(struct piece *piece, uint64_t sent)
{
    uint64_t version = faulty_version(piece->faulty);
    if (!piece->taken && version != piece->version) {
        piece->version = version;
        piece->task.sent = (int64_t)sent;
        piece->taken = faulty_take(piece->faulty, &piece->task);
        return piece->taken;
    }
    return false;
}

static ssize_t read_piece(void *context, uint64_t position, char *to, size_t most)
{
    struct piece *piece = context;
    if (piece->taken) {
        return MHD_CONTENT_READER_END_WITH_ERROR; /* it was served by others and is over */
    }
    if (is_taken(piece, position)) {
        return 0;
    }
    if (piece->task.state != NULL) {
        connection_note_sent(piece->task.state, (int64_t)position);
    }
    int64_t left = piece->task.last - piece->task.first + 1 - (int64_t)position;
    size_t count = (int64_t)most < left ? most : (size_t)left;
    memcpy(to, mapping_bytes(piece->task.mapping) + piece->task.first + position, count);
    return (ssize_t)count;
}

/* One piece of the file; takes the mapping over. */
static struct MHD_Response *respond_piece_take(const struct firmware *firmware, const struct faulty_task *task)
{
    struct piece *piece = calloc(1, sizeof *piece);
    if (piece == NULL) {
        mapping_release(task->mapping);
        return NULL;
    }
    piece->faulty = firmware->faulty;
    piece->version = faulty_version(firmware->faulty);
    piece->task = *task;
    piece->task.in_body = true;
    piece->entry = *task->entry;
    piece->task.entry = &piece->entry;
    struct MHD_Response *response = MHD_create_response_from_callback((uint64_t)(task->last - task->first + 1),
                                                                      PIECE_BLOCK, read_piece, piece, piece_destroy);
    if (response == NULL) {
        piece_destroy(piece);
    }
    return response;
}

/* Several pieces as multipart/byteranges; takes the mapping over. */
static struct MHD_Response *respond_pieces_take(struct mapping *mapping, const struct firmware_entry *entry,
                                                const struct ranges *parts, struct body **made)
{
    struct body *body = calloc(1, sizeof *body);
    if (body == NULL) {
        mapping_release(mapping);
        return NULL;
    }
    body->mapping = mapping;
    body->parts = *parts;
    struct MHD_IoVec pieces[BODY_PIECES];
    unsigned count = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const struct range *part = &parts->items[i];
        int length = snprintf(body->texts[i], PART_HEADER,
                              "%s--%s\r\nContent-Type: application/octet-stream\r\n"
                              "Content-Range: bytes %lld-%lld/%lld\r\n\r\n",
                              i == 0 ? "" : "\r\n", boundary, (long long)part->first, (long long)part->last,
                              (long long)entry->size);
        body->part_headers[i] = (size_t)length;
        pieces[count++] = (struct MHD_IoVec){body->texts[i], (size_t)length};
        pieces[count++] =
            (struct MHD_IoVec){mapping_bytes(mapping) + part->first, (size_t)(part->last - part->first + 1)};
    }
    int length = snprintf(body->end, sizeof body->end, "\r\n--%s--\r\n", boundary);
    pieces[count++] = (struct MHD_IoVec){body->end, (size_t)length};
    for (unsigned i = 0; i < count; i++) {
        body->length += (int64_t)pieces[i].iov_len;
    }
    struct MHD_Response *response = MHD_create_response_from_iovec(pieces, count, body_destroy, body);
    if (response == NULL) {
        body_destroy(body);
    }
    *made = body;
    return response;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void note(struct connection *state, unsigned http_status, int64_t bytes)
{
    if (state != NULL) {
        connection_note_answer(state, (int)http_status, bytes);
    }
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct connection *state, enum problem problem,
                              const char *detail)
{
    note(state, (unsigned)problem_http_status(problem), 0);
    return respond_problem(connection, problem, "/firmware", detail);
}

/* Sends the pieces of the file that `ranges` name (the whole: one piece). */
static enum MHD_Result send_file(const struct firmware *firmware, struct MHD_Connection *connection,
                                 const struct firmware_entry *entry, const struct ranges *ranges, bool partial,
                                 bool head, bool last, struct connection *state)
{
    struct mapping *mapping = NULL;
    enum status status = mapping_take(firmware->mappings, entry, &mapping);
    if (status != OK) {
        log_error("http", "firmware=%s cannot be served: %s", entry->name, status_text(status));
        return refuse(connection, state, problem_of_status(status), "the stored file cannot be served");
    }
    if (state != NULL) {
        connection_note_token(state, entry->token);
    }
    struct body *body = NULL;
    struct faulty_task task = {.connection = connection,
                               .state = state,
                               .entry = entry,
                               .mapping = mapping,
                               .first = ranges->items[0].first,
                               .last = ranges->items[0].last,
                               .partial = partial};
    if (!head && ranges->count == 1 && state != NULL) {
        struct progress *taken = connection_progress(state);
        if (taken != NULL) {
            progress_begin(taken, entry->token, ranges, NULL, task.last - task.first + 1, last);
        }
        if (faulty_take(firmware->faulty, &task)) {
            return MHD_YES;
        }
    }
    struct MHD_Response *response =
        ranges->count == 1 ? respond_piece_take(firmware, &task) : respond_pieces_take(mapping, entry, ranges, &body);
    if (response == NULL) {
        return MHD_NO;
    }
    char text[DISPOSITION_TEXT + 1];
    if (body != NULL) {
        (void)snprintf(text, sizeof text, "multipart/byteranges; boundary=%s", boundary);
        (void)MHD_add_response_header(response, "Content-Type", text);
    } else {
        (void)MHD_add_response_header(response, "Content-Type", "application/octet-stream");
    }
    if (partial && body == NULL) {
        (void)snprintf(text, sizeof text, "bytes %lld-%lld/%lld", (long long)ranges->items[0].first,
                       (long long)ranges->items[0].last, (long long)entry->size);
        (void)MHD_add_response_header(response, "Content-Range", text);
    }
    (void)snprintf(text, sizeof text, "\"%s\"", entry->sha256);
    (void)MHD_add_response_header(response, "ETag", text);
    firmware_disposition(entry->name, text);
    (void)MHD_add_response_header(response, "Content-Disposition", text);
    (void)MHD_add_response_header(response, "Accept-Ranges", "bytes");
    (void)MHD_add_response_header(response, "Cache-Control", "private, no-transform");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    int64_t length = body != NULL ? body->length : ranges->items[0].last - ranges->items[0].first + 1;
    struct progress *progress = state == NULL ? NULL : connection_progress(state);
    note(state, partial ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, head ? 0 : length);
    if (!head && progress != NULL) {
        progress_begin(progress, entry->token, ranges, body != NULL ? body->part_headers : NULL, length, last);
    }
    enum MHD_Result result = MHD_queue_response(connection, partial ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_without_body(struct MHD_Connection *connection, const struct firmware_entry *entry,
                                         unsigned http_status, struct connection *state)
{
    note(state, http_status, 0);
    struct MHD_Response *response = NULL;
    if (http_status == MHD_HTTP_RANGE_NOT_SATISFIABLE) {
        response = respond_make_problem(PROBLEM_RANGE, "/firmware", "no byte of the range is in the file");
    } else {
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    if (response == NULL) {
        return MHD_NO;
    }
    char text[80];
    (void)snprintf(text, sizeof text, "\"%s\"", entry->sha256);
    (void)MHD_add_response_header(response, "ETag", text);
    (void)MHD_add_response_header(response, "Accept-Ranges", "bytes");
    if (http_status == MHD_HTTP_RANGE_NOT_SATISFIABLE) {
        (void)snprintf(text, sizeof text, "bytes */%lld", (long long)entry->size);
        (void)MHD_add_response_header(response, "Content-Range", text);
    }
    enum MHD_Result result = MHD_queue_response(connection, http_status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result respond_entry(const struct firmware *firmware, struct MHD_Connection *connection,
                                     const struct firmware_entry *entry, bool head, bool last, struct connection *state)
{
    char etag[sizeof entry->sha256 + 2];
    (void)snprintf(etag, sizeof etag, "\"%s\"", entry->sha256);
    const char *none_match = header(connection, "If-None-Match");
    if (none_match != NULL && (strcmp(none_match, "*") == 0 || strstr(none_match, etag) != NULL)) {
        return send_without_body(connection, entry, MHD_HTTP_NOT_MODIFIED, state);
    }
    const char *if_range = header(connection, "If-Range");
    bool honour = !head && (if_range == NULL || strcmp(if_range, etag) == 0);
    struct ranges ranges = {0};
    enum range_answer answer = range_parse(honour ? header(connection, "Range") : NULL, entry->size, &ranges);
    if (answer == RANGE_UNSATISFIABLE) {
        return send_without_body(connection, entry, MHD_HTTP_RANGE_NOT_SATISFIABLE, state);
    }
    if (answer == RANGE_WHOLE) {
        ranges = (struct ranges){.count = 1, .items = {{0, entry->size - 1}}};
    }
    return send_file(firmware, connection, entry, &ranges, answer == RANGE_PARTS, head, last, state);
}

enum MHD_Result firmware_respond(const struct firmware *firmware, struct MHD_Connection *connection, const char *name,
                                 bool head, bool last, struct connection *state)
{
    if (state != NULL && connection_taken(state) != NULL) {
        return MHD_NO; /* it was served by others and is over */
    }
    char token[LIMIT_TOKEN + 1] = "";
    const struct firmware_entry *entry = NULL;
    enum status status = E_NOT_FOUND;
    if (strlen(name) > LIMIT_TOKEN) {
        memcpy(token, name, LIMIT_TOKEN);
        status = firmware_table_take(firmware->table, token, &entry);
    }
    if (state != NULL) {
        struct fault_subject subject;
        bool known = firmware_table_subject(firmware->table, token, &subject);
        connection_note_request(state, requests_begin(firmware->requests, connection, status == OK ? entry : NULL,
                                                      known ? &subject : NULL, name, head));
    }
    if (status == E_STATE) {
        return refuse(connection, state, PROBLEM_GONE, "the attempt that this link belonged to has ended");
    }
    if (status == OK && strcmp(name + LIMIT_TOKEN, entry->extension) != 0) {
        firmware_table_release(firmware->table, entry);
        status = E_NOT_FOUND;
    }
    if (status != OK) {
        return refuse(connection, state, problem_of_status(status), "no such firmware link");
    }
    enum MHD_Result result = respond_entry(firmware, connection, entry, head, last, state);
    firmware_table_release(firmware->table, entry);
    return result;
}
