/*
 * The frame around every message of the device protocol (protocol.md, Frame).
 *
 *   AA AA | length (2) | checksum (1) | package id (2) | command (2) | payload          integers big endian
 *           counts from the checksum on; checksum = sum from the package id on, modulo 256
 *
 *   aaaa 000a 39 0001 0024 68656c6c6f        package 1, command 0x0024, payload "hello"
 *
 * Escaping: behind the first AA, each AA that is followed by AA or 55, or is last, gets a 55 behind it.
 */
#ifndef CODEC_FRAME_H
#define CODEC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

enum command {
    COMMAND_TSL_READ = 0x0011,
    COMMAND_TSL_ANSWER = 0x0012,
    COMMAND_TSL_WRITE = 0x0013,
    COMMAND_TSL_REPORT = 0x0014,
    COMMAND_TRANSPARENT_DOWN = 0x0023,
    COMMAND_TRANSPARENT_UP = 0x0024,
    COMMAND_STATUS_READ = 0x0031,
    COMMAND_STATUS = 0x0034,
    COMMAND_INFO_READ = 0x0041,
    COMMAND_INFO = 0x0044,
    COMMAND_ERROR = 0x00A3,
    COMMAND_DEVICE_ERROR = 0x00A4,
    COMMAND_CONFIGURATION = 0x00B4,
    COMMAND_OTA_NOTIFY = 0x0111,
    COMMAND_FIRMWARE_INFO = 0x0113,
    COMMAND_OTA_STATUS = 0x0114,
    COMMAND_OTA_REQUEST = 0x0115,
    COMMAND_LOCATION = 0x0122,
    COMMAND_LOCATION_READ = 0x0123,
};

enum { PACKAGE_ID_FIRST = 1, PACKAGE_ID_LAST = 0xFFFE };

struct frame {
    uint16_t package_id;
    uint16_t command;
    const uint8_t *payload; /* borrowed: from the scratch memory after decoding, from the caller for encoding */
    size_t payload_length;
};

/* "otaNotify", "status" ...; "unknown" for a command that protocol.md section 6 does not list. Static memory. */
const char *command_name(uint16_t command);

/* "otaNotify", or "0x0111" in four digits. E_NOT_FOUND: neither; *command untouched. */
MUST_USE enum status command_parse(const char *text, uint16_t *command);

/* The topic kind under which `command` travels: "sys", "bus" or "ota" (protocol.md, 6 and 13). Static memory. */
const char *command_topic_kind(uint16_t command);

/*
 * Reads a frame with exactly the verdicts of the device (protocol.md, Frame, "Decoding, what the device does"): bytes
 * behind the announced length are ignored. `scratch` takes the unescaped content and must have `length` bytes; the
 * frame's payload points into it. E_FORMAT: header, checksum, length below 5 or package id 0 or 0xFFFF;
 * E_TRUNCATED: fewer bytes than announced.
 */
MUST_USE enum status frame_decode(const uint8_t *bytes, size_t length, uint8_t *scratch, struct frame *frame);

/*
 * Appends the frame as the SDK would write it, header+command and payload escaped apart (protocol.md, Escaping).
 * E_RANGE: package id 0 or 0xFFFF; E_LIMIT: payload over LIMIT_FRAME_PAYLOAD; else the buffer's own status.
 */
MUST_USE enum status frame_encode(const struct frame *frame, struct buffer *out);

/* Whether `bytes` are a clear frame: header, length and checksum fit (protocol.md 5, the rule for mixed uplinks). */
bool frame_is_clear(const uint8_t *bytes, size_t length);

/*
 * Whether the device still reads the frame after its topic splitter has run over it ('/' bug, protocol.md 2.4): true
 * when, before the first zero byte, neither the length's low byte, the checksum nor the package id contains 0x2F.
 * `bytes` is the clear encoded frame.
 */
bool frame_survives_splitter(const uint8_t *bytes, size_t length);

#endif
