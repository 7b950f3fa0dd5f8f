#include "fleet/sdk_download.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/text.h"
#include "codec/device_url.h"
#include "fleet/sdk_http_response.h"
#include "loop/stream.h"

enum { PORT_CLEAR = 80, PORT_TLS = 443, REQUEST_LIMIT = LIMIT_URL + 512 };

struct sdk_download {
    struct stream *stream;
    struct loop_timer *timer;
    struct sdk_http_response response;
    struct device_url url;
    char range[SDK_HTTP_RANGE + 1];
    int fd;
    uint64_t bytes;
    int64_t start_ms;
    int64_t heard_ms;
    bool header_told;
    bool disk_failed;
    bool busy;      /* a handler of the owner may run */
    bool destroyed; /* by that handler */
    const struct sdk_download_handlers *handlers;
    void *context;
};

static void release(struct sdk_download *download)
{
    stream_destroy(download->stream);
    loop_timer_destroy(download->timer);
    sdk_http_response_finish(&download->response);
    free(download);
}

void sdk_download_destroy(struct sdk_download *download)
{
    if (download == NULL) {
        return;
    }
    if (download->busy) {
        download->destroyed = true;
        return;
    }
    release(download);
}

uint64_t sdk_download_bytes(const struct sdk_download *download)
{
    return download->bytes;
}

int sdk_download_status(const struct sdk_download *download)
{
    return download->response.status;
}

static void sink_bytes(void *context, const uint8_t *bytes, size_t count)
{
    struct sdk_download *download = context;
    if (download->bytes < (uint64_t)LIMIT_FILE && pwrite(download->fd, bytes, count, (off_t)download->bytes) < 0) {
        download->disk_failed = true;
    }
    download->bytes += count;
}

static void arm_timer(struct sdk_download *download, int64_t now_ms)
{
    int64_t least = download->start_ms + SDK_DOWNLOAD_LEAST_MS;
    int64_t idle = download->heard_ms + SDK_DOWNLOAD_IDLE_MS;
    loop_timer_arm(download->timer, (least > idle ? least : idle) - now_ms);
}

/* Tells the owner; afterwards the download may be gone. */
static void end(struct sdk_download *download, bool complete)
{
    loop_timer_disarm(download->timer);
    stream_destroy(download->stream);
    download->stream = NULL;
    download->busy = true;
    download->handlers->on_end(download->context, download, complete && !download->disk_failed);
    download->busy = false;
    if (download->destroyed) {
        release(download);
    }
}

static void on_open(void *context)
{
    struct sdk_download *download = context;
    CLEANUP(cleanup_buffer) struct buffer request;
    buffer_init(&request, REQUEST_LIMIT);
    uint16_t port = download->url.port;
    if (port == 0) {
        port = download->url.tls ? PORT_TLS : PORT_CLEAR;
    }
    sdk_http_request_write(&request, download->url.host, port, download->url.path, download->range);
    if (buffer_status(&request) != OK || stream_write(download->stream, request.data, request.length) != OK) {
        end(download, false);
    }
}

/* False: the owner destroyed it. */
static bool tell(struct sdk_download *download, void (*handler)(void *context, struct sdk_download *download))
{
    download->busy = true;
    handler(download->context, download);
    download->busy = false;
    if (download->destroyed) {
        release(download);
        return false;
    }
    return true;
}

static void on_data(void *context)
{
    struct sdk_download *download = context;
    size_t count = 0;
    const uint8_t *bytes = stream_input(download->stream, &count);
    uint64_t before = download->bytes;
    download->heard_ms = monotonic_ms();
    enum status status = sdk_http_response_feed(&download->response, bytes, count, sink_bytes, download);
    stream_consume(download->stream, count);
    arm_timer(download, download->heard_ms);
    if (status != E_FORMAT && download->response.part != SDK_HTTP_HEADER && !download->header_told) {
        download->header_told = true;
        if (!tell(download, download->handlers->on_header)) {
            return;
        }
    }
    if (status == E_AGAIN && download->bytes > before && download->handlers->on_bytes != NULL &&
        !tell(download, download->handlers->on_bytes)) {
        return;
    }
    if (status != E_AGAIN) {
        end(download, status == OK);
    }
}

static void on_close(void *context, const char *why)
{
    (void)why;
    end(context, false);
}

static void on_timer(void *context)
{
    end(context, false);
}

enum status sdk_download_start(struct loop *loop, struct ssl_ctx_st *tls, const char *url, const char *range, int fd,
                               const struct sdk_download_handlers *handlers, void *context,
                               struct sdk_download **download)
{
    static const struct stream_handlers stream_handlers = {
        .on_open = on_open, .on_data = on_data, .on_close = on_close};
    struct sdk_download *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    sdk_http_response_init(&made->response);
    made->fd = fd;
    made->handlers = handlers;
    made->context = context;
    made->start_ms = monotonic_ms();
    made->heard_ms = made->start_ms;
    enum status status = text_copy(made->range, sizeof made->range, range);
    if (status == OK) {
        status = device_url_parse(url, &made->url);
    }
    if (status == OK) {
        status = loop_timer_create(loop, on_timer, made, &made->timer);
    }
    if (status == OK) {
        uint16_t port = made->url.tls ? PORT_TLS : PORT_CLEAR;
        port = made->url.port != 0 ? made->url.port : port;
        status = stream_connect_tcp(loop, made->url.host, port, made->url.tls ? tls : NULL, &stream_handlers, made,
                                    &made->stream);
    }
    if (status != OK) {
        release(made);
        return status;
    }
    arm_timer(made, made->start_ms);
    *download = made;
    return OK;
}
