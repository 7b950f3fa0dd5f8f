/*
 * A light HTTP load: one epoll loop, many connections, bodies are read and thrown away.
 *
 *   keep alive:      connect, GET, answer, GET, answer, ...
 *   device's way:    connect, GET with Range, answer, close, connect ...      (protocol.md, 10.2)
 *
 * It is our own because wrk reads 8 kB at a time: with wrk the client, not the server, is what is measured on a
 * machine of two processors. Every answer's code and length are checked, its bytes are not (http_fetch_is() does).
 */
#ifndef TESTS_HTTP_LOAD_H
#define TESTS_HTTP_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_load {
    uint16_t port; /* on 127.0.0.1 */
    const char *path;
    int64_t size; /* bytes of the file */
    size_t connections;
    double seconds;
    bool device_way;
};

struct http_result {
    uint64_t answers;  /* complete and right */
    uint64_t bytes;    /* of bodies, unfinished ones too */
    uint64_t failures; /* wrong answer, or a connection lost */
    double seconds;
    double client_cpu_s;
};

/* False: no connection, or nothing moved for 5 s. */
bool http_load_run(const struct http_load *load, struct http_result *result);

/* Whether one plain GET gives exactly these bytes. */
bool http_fetch_is(uint16_t port, const char *path, const void *bytes, size_t size);

#endif
