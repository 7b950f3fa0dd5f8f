/*
 * The HTTP door: REST API, firmware downloads, health and page, on one port.
 *
 *   socket --> libmicrohttpd, 2 threads with epoll (and as many for TLS, where there is a certificate)
 *                 |  /firmware/...   answered by the thread from app_firmware_table() and mapped files (firmware.h)
 *                 |  all else        body collected, check() on the thread
 *                 v
 *              desk (desk.h): at most LIMIT_HTTP_CALLS calls wait, their connections suspended --wake-up--> loop: act()
 *                 ^                                                                                           |
 *                 +------------------------------ connection resumed, answer sent <---------------------------+
 *
 * act() may also take another turn later, or wait until something wakes it: long exports in slices, advances of a
 * clock, ?waitFor= (request.h, waiting.h).
 *
 * create binds the socket and starts the threads; calls wait until the loop runs. All functions: the loop's thread.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdint.h>

#include "app/app.h"
#include "config/address.h"
#include "http/request.h"
#include "loop/loop.h"

struct http_server;

struct http_settings {
    struct address address;
    struct address tls_address; /* only with tls_cert */
    const char *tls_cert;       /* PEM files; NULL: no TLS */
    const char *tls_key;
    const char *api_token;  /* copied; NULL: none is wanted */
    const char *public_url; /* copied; NULL: not given */
    bool access_log;
    int64_t max_body;   /* bytes of JSON and CSV; 0: the default of base/limits.h, as all below */
    int64_t max_header; /* bytes */
    int max_connections;
    int idle_s;
    int slow_s;
    int64_t event_beat_ms; /* of event streams */
    http_readiness_callback *readiness;
    http_gauges_callback *gauges; /* may be NULL */
    void *readiness_context;
};

/* `app` and `loop` are borrowed. E_IO: the address cannot be used; *error says why. */
MUST_USE enum status http_server_create(struct loop *loop, struct app *app, const struct http_settings *settings,
                                        struct http_server **server, struct error *error);

/* The port that is really listened on. */
uint16_t http_server_port(const struct http_server *server);

/* The same of the TLS side; 0: there is none. */
uint16_t http_server_tls_port(const struct http_server *server);

/* What the page shows as the devices' address ("mqtt://127.0.0.1:1883"); copied. */
void http_server_set_mqtt_url(struct http_server *server, const char *url);

/*
 * Imports the fixtures of a folder (fixture.h); what they brought is told at /readyz?verbose. Before the loop runs.
 * E_FORMAT, E_RULE: *error names file and member.
 */
MUST_USE enum status http_server_seed(struct http_server *server, const char *folder, struct error *error);

/* To be called once when all is up: reads all stored files of packages again in the background (package_checks.h). */
void http_server_check_packages(struct http_server *server);

/* What app_ports.event tells, for those who listen (event_stream.h). */
void http_server_event(struct http_server *server, const struct event *event);

/* app_ports.links_revoked: downloads of revoked links are ended, by another thread. */
void http_server_links_revoked(struct http_server *server);

/* app_ports.frames_wanted */
bool http_server_frames_wanted(struct http_server *server);

/* What app_ports.changed tells, for the calls that wait for it (waiting.h). */
void http_server_changed(struct http_server *server, int64_t plan_id, const char *device_key);

/* Calls that wait are answered with 503, connections are closed, threads joined. NULL is allowed. */
void http_server_destroy(struct http_server *server);

#endif
