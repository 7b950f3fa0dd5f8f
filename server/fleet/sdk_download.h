/*
 * One HTTP exchange of the SDK: its own TCP connection, one request, the body into a file (protocol.md, 10).
 *
 *   start --> connect --> request --> header --on_header--> body --on_end(true)--> destroy by the owner
 *                              \-- closed, broken, 10 s since the start and 5 s without a byte --on_end(false)
 *
 * The SDK does not cancel an exchange whose header is late, it only stops caring; so the owner may keep several.
 */
#ifndef FLEET_SDK_DOWNLOAD_H
#define FLEET_SDK_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "loop/loop.h"

struct sdk_download;
struct ssl_ctx_st;

enum { SDK_DOWNLOAD_LEAST_MS = 10 * 1000, SDK_DOWNLOAD_IDLE_MS = 5 * 1000 };

struct sdk_download_handlers {
    void (*on_header)(void *context, struct sdk_download *download); /* of a good answer */
    void (*on_bytes)(void *context, struct sdk_download *download);  /* more of the body; may be NULL */
    void (*on_end)(void *context, struct sdk_download *download, bool complete);
};

/*
 * Fetches `range` (value of the Range header; "": no Range) of `url` into `fd` (borrowed, from its byte 0). `tls`: for
 * URLs with "s://". E_RULE, E_LIMIT: the device does not take this URL; E_IO, E_NOMEM. A handler may destroy the
 * download.
 */
MUST_USE enum status sdk_download_start(struct loop *loop, struct ssl_ctx_st *tls, const char *url, const char *range,
                                        int fd, const struct sdk_download_handlers *handlers, void *context,
                                        struct sdk_download **download);
void sdk_download_destroy(struct sdk_download *download); /* NULL is allowed */

/* Body bytes so far. */
uint64_t sdk_download_bytes(const struct sdk_download *download);

/* HTTP status of the answer, also of one that is none for the SDK; 0: none was read. */
int sdk_download_status(const struct sdk_download *download);

#endif
