#include "fleet/sdk_http_response.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

enum { CHUNK_DIGITS = 8, HTTP_CODES = 1000 };

static const char protocol[] = "HTTP/1.1 ";
static const char length_field[] = "Content-Length: ";
static const char chunked_field[] = "Transfer-Encoding: chunked";
static const char header_end[] = "\r\n\r\n";

void sdk_http_response_init(struct sdk_http_response *response)
{
    *response = (struct sdk_http_response){.part = SDK_HTTP_HEADER};
    buffer_init(&response->header, LIMIT_DEVICE_HTTP_HEADER);
}

void sdk_http_response_finish(struct sdk_http_response *response)
{
    buffer_finish(&response->header);
}

static enum sdk_http_part judge_header(struct sdk_http_response *response)
{
    const char *text = buffer_text(&response->header);
    if (strncmp(text, protocol, sizeof protocol - 1) != 0) {
        return SDK_HTTP_BROKEN;
    }
    long code = strtol(text + sizeof protocol - 1, NULL, 10);
    response->status = code > 0 && code < HTTP_CODES ? (int)code : 0;
    if (code != 200 && code != 206) {
        return SDK_HTTP_BROKEN;
    }
    const char *length = strstr(text, length_field);
    if (length != NULL) {
        response->left = strtoull(length + sizeof length_field - 1, NULL, 10);
        return response->left == 0 ? SDK_HTTP_COMPLETE : SDK_HTTP_BODY;
    }
    return strstr(text, chunked_field) != NULL ? SDK_HTTP_CHUNK_SIZE : SDK_HTTP_ENDLESS;
}

/* Takes bytes up to the empty line; returns how many. */
static size_t take_header(struct sdk_http_response *response, const uint8_t *bytes, size_t count)
{
    size_t before = response->header.length;
    buffer_append(&response->header, bytes, count);
    if (buffer_status(&response->header) != OK) {
        response->part = SDK_HTTP_BROKEN;
        return count;
    }
    size_t from = before < sizeof header_end - 1 ? 0 : before - (sizeof header_end - 2);
    const uint8_t *end =
        memmem(response->header.data + from, response->header.length - from, header_end, sizeof header_end - 1);
    if (end == NULL) {
        return count;
    }
    size_t header_length = (size_t)(end - response->header.data) + sizeof header_end - 1;
    response->header.length = header_length;
    response->part = judge_header(response);
    buffer_finish(&response->header);
    return header_length - before;
}

static size_t take_data(struct sdk_http_response *response, const uint8_t *bytes, size_t count, sdk_http_sink *sink,
                        void *context)
{
    size_t take = count;
    if (response->part != SDK_HTTP_ENDLESS) {
        take = response->left < count ? (size_t)response->left : count;
        response->left -= take;
    }
    sink(context, bytes, take);
    if (response->left == 0 && response->part == SDK_HTTP_BODY) {
        response->part = SDK_HTTP_COMPLETE;
    } else if (response->left == 0 && response->part == SDK_HTTP_CHUNK_DATA) {
        response->part = SDK_HTTP_CHUNK_END;
    }
    return take;
}

static unsigned hex_digit(uint8_t character)
{
    return isdigit(character) ? (unsigned)(character - '0') : (unsigned)(tolower(character) - 'a' + 10);
}

/* One character of a chunk's size line; an extension behind ';' is passed over (line stays at CHUNK_DIGITS + 1). */
static void take_size_character(struct sdk_http_response *response, uint8_t character)
{
    if (character == '\n') {
        enum sdk_http_part data = response->left > 0 ? SDK_HTTP_CHUNK_DATA : SDK_HTTP_TRAILER;
        response->part = response->line == 0 ? SDK_HTTP_BROKEN : data;
        response->line = 0;
    } else if (character == ';' && response->line > 0) {
        response->line = CHUNK_DIGITS + 1;
    } else if (response->line <= CHUNK_DIGITS && isxdigit(character)) {
        response->left = response->left * 16 + hex_digit(character);
        response->part = ++response->line > CHUNK_DIGITS ? SDK_HTTP_BROKEN : SDK_HTTP_CHUNK_SIZE;
    } else if (response->line <= CHUNK_DIGITS && character != '\r' && character != ' ') {
        response->part = SDK_HTTP_BROKEN;
    }
}

static void take_line_character(struct sdk_http_response *response, uint8_t character)
{
    switch (response->part) {
    case SDK_HTTP_CHUNK_SIZE:
        take_size_character(response, character);
        break;
    case SDK_HTTP_CHUNK_END:
        if (character == '\n') {
            response->part = SDK_HTTP_CHUNK_SIZE;
        } else if (character != '\r') {
            response->part = SDK_HTTP_BROKEN;
        }
        break;
    default: /* trailer */
        if (character == '\n' && response->line == 0) {
            response->part = SDK_HTTP_COMPLETE;
        } else if (character == '\n') {
            response->line = 0;
        } else if (character != '\r') {
            response->line++;
        }
        break;
    }
}

enum status sdk_http_response_feed(struct sdk_http_response *response, const uint8_t *bytes, size_t count,
                                   sdk_http_sink *sink, void *context)
{
    size_t position = 0;
    while (position < count && response->part < SDK_HTTP_COMPLETE) {
        switch (response->part) {
        case SDK_HTTP_HEADER:
            position += take_header(response, bytes + position, count - position);
            break;
        case SDK_HTTP_BODY:
        case SDK_HTTP_ENDLESS:
        case SDK_HTTP_CHUNK_DATA:
            position += take_data(response, bytes + position, count - position, sink, context);
            break;
        default:
            take_line_character(response, bytes[position++]);
            break;
        }
    }
    if (response->part == SDK_HTTP_COMPLETE) {
        return OK;
    }
    return response->part == SDK_HTTP_BROKEN ? E_FORMAT : E_AGAIN;
}

void sdk_http_request_write(struct buffer *out, const char *host, uint16_t port, const char *path, const char *range)
{
    buffer_append_format(out, "GET %s HTTP/1.1\r\nHost:%s:%u\r\nAccept-Ranges: bytes\r\n", path, host, (unsigned)port);
    if (range[0] != '\0') {
        buffer_append_format(out, "Range: %s\r\n", range);
    }
    buffer_append_text(out, "\r\n");
}

void sdk_http_range(uint32_t first, uint32_t length, char range[SDK_HTTP_RANGE + 1])
{
    range[0] = '\0';
    if (length > 0) {
        (void)snprintf(range, SDK_HTTP_RANGE + 1, "bytes=%" PRIu32 "-%" PRIu32, first, first + length - 1);
    }
}
