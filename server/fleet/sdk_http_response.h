/*
 * The SDK's own reading of an HTTP answer (protocol.md, 10.3), byte by byte, with its habits:
 *
 *   HTTP/1.1 206 X\r\n                  exactly "HTTP/1.1 ", 200 or 206 only
 *   Content-Length: 5000\r\n\r\n        this spelling with one space, first place anywhere in the header;
 *   Transfer-Encoding: chunked          else this spelling; else the body has no end
 *
 * A real HTTP library is what it must not be: a server that passes here passes on the device.
 */
#ifndef FLEET_SDK_HTTP_RESPONSE_H
#define FLEET_SDK_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

enum sdk_http_part {
    SDK_HTTP_HEADER,     /* collecting */
    SDK_HTTP_BODY,       /* Content-Length: `left` bytes */
    SDK_HTTP_ENDLESS,    /* neither length nor chunks */
    SDK_HTTP_CHUNK_SIZE, /* hex digits, extension, line end */
    SDK_HTTP_CHUNK_DATA, /* `left` bytes */
    SDK_HTTP_CHUNK_END,  /* the line end behind the data */
    SDK_HTTP_TRAILER,    /* lines up to an empty one */
    SDK_HTTP_COMPLETE,
    SDK_HTTP_BROKEN,
};

struct sdk_http_response {
    enum sdk_http_part part;
    struct buffer header;
    int status; /* of the status line; 0: not known (yet) */
    uint64_t left;
    size_t line; /* characters of the present chunk size or trailer line */
};

typedef void sdk_http_sink(void *context, const uint8_t *bytes, size_t count);

void sdk_http_response_init(struct sdk_http_response *response);
void sdk_http_response_finish(struct sdk_http_response *response);

/*
 * Takes all bytes; body bytes go to `sink`, what follows the body is dropped. OK: complete. E_AGAIN: more is needed
 * (`part` above SDK_HTTP_HEADER: the header is complete and good). E_FORMAT: the device reports 6. After OK and
 * E_FORMAT the answer stays the same.
 */
MUST_USE enum status sdk_http_response_feed(struct sdk_http_response *response, const uint8_t *bytes, size_t count,
                                            sdk_http_sink *sink, void *context);

/*
 * The request, exactly as the SDK writes it (protocol.md, 10.2); `range`: value of the Range header, "" for none. The
 * buffer's status tells.
 */
void sdk_http_request_write(struct buffer *out, const char *host, uint16_t port, const char *path, const char *range);

/* The Range of a piece as the SDK writes it, "bytes=0-4999"; length 0: "", the whole file. */
enum { SDK_HTTP_RANGE = 128 };
void sdk_http_range(uint32_t first, uint32_t length, char range[SDK_HTTP_RANGE + 1]);

#endif
