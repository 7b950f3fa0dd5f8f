/*
 * How a device asks for its firmware and how it reads the answer (protocol.md, 10.2 and 10.3).
 *
 *   GET /fw.bin HTTP/1.1\r\n
 *   Host:127.0.0.1:34729\r\n           no space, the port always
 *   Accept-Ranges: bytes\r\n
 *   Range: bytes=0-4999\r\n            left out when the size is 0
 *   \r\n
 */
#ifndef CODEC_DEVICE_HTTP_H
#define CODEC_DEVICE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/status.h"

struct device_request {
    char path[LIMIT_URL + 1]; /* with the query, from the first '/' */
    char host[256];
    uint16_t port;
    bool has_range;
    uint64_t first; /* byte numbers, both inclusive */
    uint64_t last;
};

/* Appends the request. */
void device_request_write(struct buffer *out, const struct device_request *request);

/* Reads a request of exactly this form (`length` bytes, the empty line included). E_FORMAT: it is not a device's. */
MUST_USE enum status device_request_read(const char *text, size_t length, struct device_request *request);

enum device_body { DEVICE_BODY_LENGTH, DEVICE_BODY_CHUNKED, DEVICE_BODY_ENDLESS };

struct device_answer {
    unsigned code; /* 200 or 206 */
    enum device_body body;
    uint64_t body_length; /* DEVICE_BODY_LENGTH */
};

/*
 * Reads the head of an answer (text up to and with the empty line, no zero needed) as the device does: only HTTP/1.1,
 * only 200 and 206; "Content-Length: " in this spelling anywhere, else "Transfer-Encoding: chunked", else the body has
 * no end. E_RULE: the device reports a download error.
 */
MUST_USE enum status device_answer_read(const char *head, size_t length, struct device_answer *answer);

#endif
