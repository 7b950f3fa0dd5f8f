#include "codec/frame.h"

#include "base/limits.h"
#include "codec/writer.h"

enum {
    MARK = 0xAA,
    ESCAPE = 0x55,
    HEADER = 2,       /* AA AA */
    LENGTH_FIELD = 2, /* the content behind it is what it counts */
    CONTENT_HEAD = 5, /* checksum, package id, command */
};

/*
 * The content of a frame without its escapes, byte by byte: a 55 is dropped when the raw byte before it is AA; the
 * header counts as raw predecessor too.
 */
struct unescape {
    const uint8_t *bytes;
    size_t length;
    size_t position;
};

static bool unescape_next(struct unescape *source, uint8_t *byte)
{
    while (source->position < source->length) {
        size_t i = source->position++;
        if (source->bytes[i] == ESCAPE && source->bytes[i - 1] == MARK) {
            continue;
        }
        *byte = source->bytes[i];
        return true;
    }
    return false;
}

/* Checks header, length and checksum; writes the content (from the checksum on) to `content` unless that is NULL. */
static enum status read_content(const uint8_t *bytes, size_t length, uint8_t *content, size_t *content_length)
{
    if (length < HEADER || bytes[0] != MARK || bytes[1] != MARK) {
        return E_FORMAT;
    }
    struct unescape source = {.bytes = bytes, .length = length, .position = HEADER};
    uint8_t high = 0;
    uint8_t low = 0;
    if (!unescape_next(&source, &high) || !unescape_next(&source, &low)) {
        return E_TRUNCATED;
    }
    size_t announced = (size_t)high << 8 | low;
    if (announced < CONTENT_HEAD) {
        return E_FORMAT;
    }
    uint8_t checksum = 0;
    uint8_t sum = 0;
    for (size_t i = 0; i < announced; i++) {
        uint8_t byte = 0;
        if (!unescape_next(&source, &byte)) {
            return E_TRUNCATED;
        }
        if (i == 0) {
            checksum = byte;
        } else {
            sum = (uint8_t)(sum + byte);
        }
        if (content != NULL) {
            content[i] = byte;
        }
    }
    *content_length = announced;
    return sum == checksum ? OK : E_FORMAT;
}

enum status frame_decode(const uint8_t *bytes, size_t length, uint8_t *scratch, struct frame *frame)
{
    size_t content_length = 0;
    enum status status = read_content(bytes, length, scratch, &content_length);
    if (status != OK) {
        return status;
    }
    uint16_t package_id = (uint16_t)(scratch[1] << 8 | scratch[2]);
    if (package_id < PACKAGE_ID_FIRST || package_id > PACKAGE_ID_LAST) {
        return E_FORMAT;
    }
    frame->package_id = package_id;
    frame->command = (uint16_t)(scratch[3] << 8 | scratch[4]);
    frame->payload = scratch + CONTENT_HEAD;
    frame->payload_length = content_length - CONTENT_HEAD;
    return OK;
}

bool frame_is_clear(const uint8_t *bytes, size_t length)
{
    size_t content_length = 0;
    return read_content(bytes, length, NULL, &content_length) == OK;
}

/* A 55 behind each AA that is followed by AA or 55, and behind a last AA when it is the end of the frame. */
static void append_escaped(struct buffer *out, const uint8_t *bytes, size_t length, bool is_end)
{
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != MARK) {
            continue;
        }
        bool escape = i + 1 < length ? bytes[i + 1] == MARK || bytes[i + 1] == ESCAPE : is_end;
        if (escape) {
            buffer_append(out, bytes + from, i + 1 - from);
            writer_u8(out, ESCAPE);
            from = i + 1;
        }
    }
    buffer_append(out, bytes + from, length - from);
}

enum status frame_encode(const struct frame *frame, struct buffer *out)
{
    if (frame->package_id < PACKAGE_ID_FIRST || frame->package_id > PACKAGE_ID_LAST) {
        return E_RANGE;
    }
    if (frame->payload_length > LIMIT_FRAME_PAYLOAD) {
        return E_LIMIT;
    }
    size_t length = frame->payload_length + CONTENT_HEAD;
    uint8_t head[HEADER + LENGTH_FIELD + CONTENT_HEAD] = {
        MARK,
        MARK,
        (uint8_t)(length >> 8),
        (uint8_t)length,
        0,
        (uint8_t)(frame->package_id >> 8),
        (uint8_t)frame->package_id,
        (uint8_t)(frame->command >> 8),
        (uint8_t)frame->command,
    };
    uint8_t *checksum = &head[HEADER + LENGTH_FIELD];
    for (size_t i = HEADER + LENGTH_FIELD + 1; i < sizeof head; i++) {
        *checksum = (uint8_t)(*checksum + head[i]);
    }
    for (size_t i = 0; i < frame->payload_length; i++) {
        *checksum = (uint8_t)(*checksum + frame->payload[i]);
    }
    /* The first AA is never escaped, the second is the predecessor of the length; an AA that ends the command is
     * escaped only when no payload follows: the SDK escapes the two parts apart. */
    writer_u8(out, MARK);
    append_escaped(out, head + 1, sizeof head - 1, frame->payload_length == 0);
    if (frame->payload_length > 0) {
        append_escaped(out, frame->payload, frame->payload_length, true);
    }
    return buffer_status(out);
}

bool frame_survives_splitter(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length && bytes[i] != 0; i++) {
        if (bytes[i] == '/') {
            return false;
        }
    }
    return true;
}
