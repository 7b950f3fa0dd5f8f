#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "codec/frame.h"
#include "fuzz.h"

/* The one kind of frame that the SDK's encoder writes wrongly: an AA that ends the command, a payload that begins
 * with 55. */
static bool encoder_forgets_escape(const struct frame *frame)
{
    return (frame->command & 0xFFU) == 0xAA && frame->payload_length > 0 && frame->payload[0] == 0x55;
}

static void check_round(const struct frame *frame)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_ESCAPED};
    FUZZ_HOLDS(frame_encode(frame, &out) == OK);
    uint8_t *scratch = malloc(out.length);
    FUZZ_HOLDS(scratch != NULL);
    struct frame back;
    FUZZ_HOLDS(frame_decode(out.data, out.length, scratch, &back) == OK);
    FUZZ_HOLDS(frame_is_clear(out.data, out.length));
    FUZZ_HOLDS(back.package_id == frame->package_id && back.command == frame->command);
    FUZZ_HOLDS(back.payload_length == frame->payload_length);
    FUZZ_HOLDS(frame->payload_length == 0 || memcmp(back.payload, frame->payload, frame->payload_length) == 0);
    (void)frame_survives_splitter(out.data, out.length);
    free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *scratch = malloc(size + 1);
    FUZZ_HOLDS(scratch != NULL);
    struct frame frame;
    bool decoded = frame_decode(data, size, scratch, &frame) == OK;
    FUZZ_HOLDS(!decoded || frame_is_clear(data, size));
    if (decoded && !encoder_forgets_escape(&frame)) {
        check_round(&frame);
    }
    /* and the other way: these bytes as a payload */
    struct frame made = {.package_id = (uint16_t)(size % PACKAGE_ID_LAST + 1),
                         .command = COMMAND_TRANSPARENT_UP,
                         .payload = data,
                         .payload_length = size < LIMIT_FRAME_PAYLOAD ? size : LIMIT_FRAME_PAYLOAD};
    check_round(&made);
    free(scratch);
    return 0;
}
