/* byte 0 chooses the command, byte 1 the device's mode; the rest is the payload. */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/wire_message.h"
#include "codec/device_messages.h"
#include "fuzz.h"

static const uint16_t commands[] = {COMMAND_STATUS,        COMMAND_INFO,          COMMAND_OTA_REQUEST,
                                    COMMAND_OTA_STATUS,    COMMAND_LOCATION,      COMMAND_OTA_NOTIFY,
                                    COMMAND_FIRMWARE_INFO, COMMAND_CONFIGURATION, COMMAND_ERROR};

enum { COMMANDS = sizeof commands / sizeof commands[0], HEAD = 2 };

static void ignore_part(void *context, const char *component, const char *version)
{
    (void)context;
    FUZZ_HOLDS(component[0] != '\0' && strlen(component) <= LIMIT_COMPONENT_NO && strlen(version) <= LIMIT_VERSION);
}

static void check_parts(const struct frame *frame)
{
    struct reported_versions versions;
    if (frame->command == COMMAND_OTA_REQUEST &&
        ota_request_decode(frame->payload, frame->payload_length, &versions) == OK) {
        mcu_list_each(versions.mcu_list, ignore_part, NULL);
    }
}

/* A voltage of many digits is rounded anew each time, so it is only nearly the same. */
static void check_status(const struct frame *once)
{
    struct status_message a;
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_PAYLOAD};
    FUZZ_HOLDS(status_message_decode(once->payload, once->payload_length, &a) == OK);
    FUZZ_HOLDS(status_message_encode(&a, &out) == OK);
    struct status_message b;
    FUZZ_HOLDS(status_message_decode(out.data, out.length, &b) == OK);
    FUZZ_HOLDS(a.voltage.known == b.voltage.known);
    FUZZ_HOLDS(fabs(a.voltage.value - b.voltage.value) <= 2e-6 + 1e-9 * fabs(a.voltage.value));
    FUZZ_HOLDS(a.battery.known == b.battery.known && a.battery.value == b.battery.value);
    FUZZ_HOLDS(a.flash_free.known == b.flash_free.known && a.flash_free.value == b.flash_free.value);
    FUZZ_HOLDS(a.snr.known == b.snr.known && a.snr.value == b.snr.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD || size - HEAD > LIMIT_FRAME_PAYLOAD) {
        return 0;
    }
    bool wants_sha256 = (data[1] & 1U) != 0;
    struct frame frame = {
        .command = commands[data[0] % COMMANDS], .payload = data + HEAD, .payload_length = size - HEAD};
    CLEANUP(cleanup_buffer) struct buffer once = {.limit = LIMIT_FRAME_PAYLOAD};
    CLEANUP(cleanup_buffer) struct buffer twice = {.limit = LIMIT_FRAME_PAYLOAD};
    check_parts(&frame);
    if (message_rewrite(&frame, wants_sha256, &once) != OK || once.length == 0) {
        return 0;
    }
    struct frame written = {.command = frame.command, .payload = once.data, .payload_length = once.length};
    if (frame.command == COMMAND_STATUS) {
        check_status(&written);
        return 0;
    }
    FUZZ_HOLDS(message_rewrite(&written, wants_sha256, &twice) == OK);
    FUZZ_HOLDS(once.length == twice.length && memcmp(once.data, twice.data, once.length) == 0);
    return 0;
}
