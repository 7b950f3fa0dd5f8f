#include "mqtt/watch.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "codec/ttlv_text.h"
#include "mqtt/door.h"

enum { HEX_MOST = 64 };

/* What is no TTLV (transparent data) stands as its first bytes. */
static void write_hex(const struct frame *frame, struct buffer *text)
{
    for (size_t i = 0; i < frame->payload_length && i < HEX_MOST; i++) {
        buffer_append_format(text, "%02x", frame->payload[i]);
    }
    if (frame->payload_length > HEX_MOST) {
        buffer_append_text(text, " ...");
    }
}

static void write_content(const struct frame *frame, struct buffer *text)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document;
    ttlv_init(&document);
    if (ttlv_parse(&document, frame->payload, frame->payload_length) == OK) {
        ttlv_write_text(&document, text);
    } else {
        write_hex(frame, text);
    }
}

enum status mqtt_frame_text(const uint8_t *clear, size_t length, struct buffer *text)
{
    CLEANUP(cleanup_free) uint8_t *scratch = malloc(length + 1);
    struct frame frame;
    if (scratch == NULL) {
        return E_NOMEM;
    }
    enum status status = frame_decode(clear, length, scratch, &frame);
    if (status == OK) {
        write_content(&frame, text);
        status = buffer_status(text);
    }
    return status;
}

void watch_frame(struct app *app, int64_t device_id, const struct frame *frame, bool from_device)
{
    if (!app_frames_wanted(app)) {
        return;
    }
    CLEANUP(cleanup_buffer) struct buffer text = {.limit = LIMIT_FRAME};
    if (frame->command == COMMAND_CONFIGURATION) { /* carries the device's secret, or asks for it */
        buffer_append_text(&text, "(not shown: it carries the device secret)");
    } else {
        write_content(frame, &text);
    }
    struct event_of_frame told = {.package_id = frame->package_id, .length = (int64_t)frame->payload_length};
    text_copy_cut(told.command, sizeof told.command, command_name(frame->command));
    text_copy_cut(told.text, sizeof told.text, buffer_status(&text) == OK ? buffer_text(&text) : "too long to show");
    app_device_frame(app, device_id, from_device, &told);
}
