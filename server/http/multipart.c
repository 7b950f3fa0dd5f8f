#include "http/multipart.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/text.h"

/*
 *   PREAMBLE --delimiter--> BOUNDARY --line end--> HEADERS --empty line--> BODY --delimiter--> BOUNDARY ...
 *                              \-- "--" --> DONE (what follows is ignored)
 */
enum multipart_state { STATE_PREAMBLE, STATE_BOUNDARY, STATE_HEADERS, STATE_BODY, STATE_DONE };

enum { BOUNDARY_PADDING = 64, PIECE = 65536 };

struct multipart {
    const struct multipart_handlers *handlers;
    void *context;
    enum multipart_state state;
    enum status status;
    char delimiter[4 + MULTIPART_BOUNDARY + 1]; /* CR LF - - boundary */
    size_t delimiter_length;
    struct buffer pending; /* what came and was not yet understood */
};

/* The value of `name` in "...; name=value; name2="quoted \" value"". E_NOT_FOUND, E_LIMIT, E_FORMAT. */
static enum status parameter(const char *header, const char *name, char *value, size_t capacity)
{
    const char *p = header + strcspn(header, ";");
    while (*p == ';') {
        p += 1 + strspn(p + 1, " \t");
        size_t length = strcspn(p, "=; \t");
        bool wanted = length == strlen(name) && strncasecmp(p, name, length) == 0;
        p += length;
        if (*p != '=') {
            p += strcspn(p, ";");
            continue;
        }
        p++;
        bool quoted = *p == '"';
        size_t used = 0;
        for (p += quoted; *p != '\0' && (quoted ? *p != '"' : strchr("; \t", *p) == NULL); p++) {
            if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\')) {
                p++;
            }
            if (wanted && used + 1 >= capacity) {
                return E_LIMIT;
            }
            if (wanted) {
                value[used++] = *p;
            }
        }
        if (wanted) {
            value[used] = '\0';
            return quoted && *p != '"' ? E_FORMAT : OK;
        }
        p += strcspn(p, ";");
    }
    return E_NOT_FOUND;
}

enum status multipart_create(const char *content_type, const struct multipart_handlers *handlers, void *context,
                             struct multipart **multipart)
{
    static const char type[] = "multipart/form-data";
    char boundary[MULTIPART_BOUNDARY + 1];
    if (content_type == NULL || strncasecmp(content_type, type, sizeof type - 1) != 0 ||
        parameter(content_type, "boundary", boundary, sizeof boundary) != OK || boundary[0] == '\0' ||
        strpbrk(boundary, "\r\n") != NULL) {
        return E_FORMAT;
    }
    struct multipart *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->handlers = handlers;
    created->context = context;
    created->delimiter_length = (size_t)snprintf(created->delimiter, sizeof created->delimiter, "\r\n--%s", boundary);
    buffer_init(&created->pending, PIECE + MULTIPART_HEADERS + sizeof created->delimiter);
    buffer_append(&created->pending, "\r\n", 2); /* so that the first boundary is a delimiter like every other */
    created->status = buffer_status(&created->pending);
    *multipart = created;
    return OK;
}

void multipart_destroy(struct multipart *multipart)
{
    if (multipart != NULL) {
        buffer_finish(&multipart->pending);
        free(multipart);
    }
}

/* The last component of what a client called its file: "C:\fw\a.bin" and "fw/a.bin" are a.bin. */
static const char *base_name(const char *path)
{
    const char *base = path;
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '/' || *p == '\\') {
            base = p + 1;
        }
    }
    return base;
}

/* `headers` are the lines of a part's header, zero-terminated. */
static enum status begin_part(const struct multipart *multipart, char *headers)
{
    static const char wanted[] = "Content-Disposition:";
    char *save = NULL;
    for (char *line = strtok_r(headers, "\r\n", &save); line != NULL; line = strtok_r(NULL, "\r\n", &save)) {
        if (strncasecmp(line, wanted, sizeof wanted - 1) != 0) {
            continue;
        }
        char name[MULTIPART_NAME + 1];
        char file_name[4 * MULTIPART_NAME + 1];
        const char *value = line + sizeof wanted - 1;
        value += strspn(value, " \t");
        enum status status = parameter(value, "name", name, sizeof name);
        if (!text_starts_with(value, "form-data") || status != OK) {
            return status == E_LIMIT ? E_LIMIT : E_FORMAT;
        }
        status = parameter(value, "filename", file_name, sizeof file_name);
        if (status != OK && status != E_NOT_FOUND) {
            return status;
        }
        return multipart->handlers->on_part(multipart->context, name, status == OK ? base_name(file_name) : NULL);
    }
    return E_FORMAT;
}

/* Where the delimiter begins in the pending bytes, or NULL. */
static const uint8_t *find_delimiter(const struct multipart *multipart)
{
    return memmem(multipart->pending.data, multipart->pending.length, multipart->delimiter,
                  multipart->delimiter_length);
}

/* Hands on (or drops) what surely belongs to the part; E_AGAIN: more bytes are needed. */
static enum status read_body(struct multipart *multipart)
{
    struct buffer *pending = &multipart->pending;
    const uint8_t *delimiter = find_delimiter(multipart);
    size_t kept = multipart->delimiter_length - 1;
    size_t sure =
        delimiter != NULL ? (size_t)(delimiter - pending->data) : (pending->length > kept ? pending->length - kept : 0);
    bool in_part = multipart->state == STATE_BODY;
    enum status status = OK;
    if (in_part && sure > 0) {
        status = multipart->handlers->on_data(multipart->context, pending->data, sure);
    }
    buffer_consume(pending, delimiter != NULL ? sure + multipart->delimiter_length : sure);
    if (status != OK || delimiter == NULL) {
        return status != OK ? status : E_AGAIN;
    }
    multipart->state = STATE_BOUNDARY;
    return in_part ? multipart->handlers->on_end(multipart->context) : OK;
}

/* What follows a boundary: "--" or blanks and a line end. The line end stays, it opens the headers. */
static enum status read_boundary(struct multipart *multipart)
{
    struct buffer *pending = &multipart->pending;
    if (pending->length < 2) {
        return E_AGAIN;
    }
    if (memcmp(pending->data, "--", 2) == 0) {
        multipart->state = STATE_DONE;
        return OK;
    }
    size_t blanks = 0;
    while (blanks < pending->length && (pending->data[blanks] == ' ' || pending->data[blanks] == '\t')) {
        blanks++;
    }
    if (blanks > BOUNDARY_PADDING || (blanks < pending->length && pending->data[blanks] != '\r')) {
        return E_FORMAT;
    }
    if (pending->length - blanks < 2) {
        return E_AGAIN;
    }
    buffer_consume(pending, blanks);
    multipart->state = STATE_HEADERS;
    return pending->data[1] == '\n' ? OK : E_FORMAT;
}

static enum status read_headers(struct multipart *multipart)
{
    struct buffer *pending = &multipart->pending;
    uint8_t *end = memmem(pending->data, pending->length, "\r\n\r\n", 4);
    if (end == NULL) {
        return pending->length > MULTIPART_HEADERS + 3 ? E_LIMIT : E_AGAIN;
    }
    size_t length = (size_t)(end - pending->data);
    if (length > MULTIPART_HEADERS) {
        return E_LIMIT;
    }
    if (memchr(pending->data, '\0', length) != NULL) {
        return E_FORMAT;
    }
    *end = '\0';
    enum status status = begin_part(multipart, (char *)pending->data);
    buffer_consume(pending, length + 4);
    multipart->state = STATE_BODY;
    return status;
}

static enum status read_pending(struct multipart *multipart)
{
    enum status status = OK;
    while (status == OK) {
        switch (multipart->state) {
        case STATE_PREAMBLE:
        case STATE_BODY:
            status = read_body(multipart);
            break;
        case STATE_BOUNDARY:
            status = read_boundary(multipart);
            break;
        case STATE_HEADERS:
            status = read_headers(multipart);
            break;
        case STATE_DONE:
            buffer_clear(&multipart->pending);
            return OK;
        }
    }
    return status == E_AGAIN ? OK : status;
}

enum status multipart_add(struct multipart *multipart, const void *bytes, size_t count)
{
    const char *next = bytes;
    while (count > 0 && multipart->status == OK) {
        size_t piece = count < PIECE ? count : PIECE;
        buffer_append(&multipart->pending, next, piece);
        multipart->status = buffer_status(&multipart->pending);
        if (multipart->status == OK) {
            multipart->status = read_pending(multipart);
        }
        next += piece;
        count -= piece;
    }
    return multipart->status;
}

enum status multipart_end(const struct multipart *multipart)
{
    if (multipart->status != OK) {
        return multipart->status;
    }
    return multipart->state == STATE_DONE ? OK : E_TRUNCATED;
}
