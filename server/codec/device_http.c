#include "codec/device_http.h"

#include <inttypes.h>
#include <string.h>

enum { DECIMAL = 10, CODE_OK = 200, CODE_PARTIAL = 206 };

void device_request_write(struct buffer *out, const struct device_request *request)
{
    buffer_append_format(out, "GET %s HTTP/1.1\r\nHost:%s:%u\r\nAccept-Ranges: bytes\r\n", request->path, request->host,
                         (unsigned)request->port);
    if (request->has_range) {
        buffer_append_format(out, "Range: bytes=%" PRIu64 "-%" PRIu64 "\r\n", request->first, request->last);
    }
    buffer_append_text(out, "\r\n");
}

/* A cursor over text; each step says whether it found what it wanted. */
struct text_cursor {
    const char *text;
    size_t left;
};

static bool take_word(struct text_cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    if (length > cursor->left || memcmp(cursor->text, word, length) != 0) {
        return false;
    }
    cursor->text += length;
    cursor->left -= length;
    return true;
}

/* No blank and no control character may stand in what is taken. */
static bool take_until(struct text_cursor *cursor, char end, char *target, size_t capacity)
{
    size_t length = 0;
    while (length < cursor->left && cursor->text[length] != end) {
        if ((unsigned char)cursor->text[length] <= ' ') {
            return false;
        }
        length++;
    }
    if (length == 0 || length == cursor->left || length >= capacity) {
        return false;
    }
    memcpy(target, cursor->text, length);
    target[length] = '\0';
    cursor->text += length;
    cursor->left -= length;
    return true;
}

static bool take_number(struct text_cursor *cursor, uint64_t most, uint64_t *number)
{
    uint64_t value = 0;
    size_t digits = 0;
    while (digits < cursor->left && cursor->text[digits] >= '0' && cursor->text[digits] <= '9') {
        uint64_t digit = (uint64_t)(cursor->text[digits] - '0');
        if (value > (most - digit) / DECIMAL) {
            return false;
        }
        value = value * DECIMAL + digit;
        digits++;
    }
    cursor->text += digits;
    cursor->left -= digits;
    *number = value;
    return digits > 0;
}

enum status device_request_read(const char *text, size_t length, struct device_request *request)
{
    struct device_request read = {0};
    struct text_cursor cursor = {.text = text, .left = length};
    uint64_t port = 0;
    if (!take_word(&cursor, "GET ") || !take_until(&cursor, ' ', read.path, sizeof read.path) || read.path[0] != '/' ||
        !take_word(&cursor, " HTTP/1.1\r\nHost:") || !take_until(&cursor, ':', read.host, sizeof read.host) ||
        !take_word(&cursor, ":") || !take_number(&cursor, UINT16_MAX, &port) ||
        !take_word(&cursor, "\r\nAccept-Ranges: bytes\r\n")) {
        return E_FORMAT;
    }
    read.port = (uint16_t)port;
    read.has_range = take_word(&cursor, "Range: bytes=");
    if (read.has_range &&
        (!take_number(&cursor, UINT64_MAX, &read.first) || !take_word(&cursor, "-") ||
         !take_number(&cursor, UINT64_MAX, &read.last) || !take_word(&cursor, "\r\n") || read.last < read.first)) {
        return E_FORMAT;
    }
    if (!take_word(&cursor, "\r\n") || cursor.left != 0) {
        return E_FORMAT;
    }
    *request = read;
    return OK;
}

/* The cursor behind the first `word`, wherever it stands. */
static bool find_word(const char *text, size_t length, const char *word, struct text_cursor *behind)
{
    const char *found = memmem(text, length, word, strlen(word));
    if (found == NULL) {
        return false;
    }
    behind->text = found + strlen(word);
    behind->left = length - (size_t)(behind->text - text);
    return true;
}

enum status device_answer_read(const char *head, size_t length, struct device_answer *answer)
{
    struct text_cursor cursor = {.text = head, .left = length};
    uint64_t code = 0;
    if (!take_word(&cursor, "HTTP/1.1 ") || !take_number(&cursor, UINT32_MAX, &code) ||
        (code != CODE_OK && code != CODE_PARTIAL)) {
        return E_RULE;
    }
    struct device_answer read = {.code = (unsigned)code, .body = DEVICE_BODY_ENDLESS};
    if (find_word(head, length, "Content-Length: ", &cursor)) {
        read.body = DEVICE_BODY_LENGTH;
        if (!take_number(&cursor, UINT64_MAX, &read.body_length)) {
            read.body_length = 0;
        }
    } else if (find_word(head, length, "Transfer-Encoding: chunked", &cursor)) {
        read.body = DEVICE_BODY_CHUNKED;
    }
    *answer = read;
    return OK;
}
