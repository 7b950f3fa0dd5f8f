#include "http/metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 6, BUCKETS = 10, ROUTES_MOST = 160, LINE = 320 };

/* Upper ends of the histogram, in microseconds; the last is infinity. */
static const int64_t bucket_ends[BUCKETS] = {500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2500000, INT64_MAX};

struct metrics {
    size_t routes;                                       /* of http_routes; one more stands for no route */
    _Atomic uint64_t requests[ROUTES_MOST + 1][CLASSES]; /* [..][0]: the client left before the answer */
    _Atomic uint64_t times[BUCKETS];
    _Atomic uint64_t micros;
    _Atomic uint64_t bytes;
};

enum status metrics_create(struct metrics **metrics)
{
    struct metrics *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    while (http_routes[created->routes].pattern != NULL && created->routes < ROUTES_MOST) {
        created->routes++;
    }
    *metrics = created;
    return OK;
}

void metrics_destroy(struct metrics *metrics)
{
    free(metrics);
}

void metrics_note(struct metrics *metrics, const struct route *route, int http_status, int64_t micros, int64_t bytes)
{
    size_t i = route == NULL ? metrics->routes : (size_t)(route - http_routes);
    int class = http_status / 100;
    (void)atomic_fetch_add_explicit(&metrics->requests[i][class > 0 && class < CLASSES ? class : 0], 1,
                                    memory_order_relaxed);
    size_t bucket = 0;
    while (micros > bucket_ends[bucket]) {
        bucket++;
    }
    (void)atomic_fetch_add_explicit(&metrics->times[bucket], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&metrics->micros, (uint64_t)micros, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&metrics->bytes, (uint64_t)bytes, memory_order_relaxed);
}

static void put(struct buffer *text, const char *line, int length)
{
    if (length > 0 && length < LINE) {
        buffer_append(text, line, (size_t)length);
    }
}

void metrics_family(struct buffer *text, const char *name, const char *type, const char *help)
{
    char line[LINE];
    put(text, line, snprintf(line, sizeof line, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type));
}

void metrics_value(struct buffer *text, const char *name, const char *labels, double value)
{
    char line[LINE];
    bool has = labels != NULL && labels[0] != '\0';
    put(text, line,
        snprintf(line, sizeof line, "%s%s%s%s %.15g\n", name, has ? "{" : "", has ? labels : "", has ? "}" : "",
                 value));
}

static void write_requests(struct metrics *metrics, struct buffer *text)
{
    static const char name[] = "mockdc_http_requests_total";
    metrics_family(text, name, "counter", "HTTP requests by route and class of their answer; 0xx: the client left.");
    for (size_t i = 0; i <= metrics->routes; i++) {
        bool known = i < metrics->routes;
        for (int class = 0; class < CLASSES; class ++) {
            uint64_t count = atomic_load_explicit(&metrics->requests[i][class], memory_order_relaxed);
            char labels[LINE / 2];
            (void)snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\",code=\"%dxx\"",
                           known ? method_name(http_routes[i].method) : "any", known ? http_routes[i].pattern : "none",
                           class);
            if (count > 0) {
                metrics_value(text, name, labels, (double)count);
            }
        }
    }
}

static void write_times(struct metrics *metrics, struct buffer *text)
{
    metrics_family(text, "mockdc_http_request_duration_seconds", "histogram",
                   "From the header of a request to the end of its answer.");
    uint64_t sum = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        char labels[48] = "le=\"+Inf\"";
        sum += atomic_load_explicit(&metrics->times[i], memory_order_relaxed);
        if (bucket_ends[i] != INT64_MAX) {
            (void)snprintf(labels, sizeof labels, "le=\"%g\"", (double)bucket_ends[i] / 1e6);
        }
        metrics_value(text, "mockdc_http_request_duration_seconds_bucket", labels, (double)sum);
    }
    metrics_value(text, "mockdc_http_request_duration_seconds_sum", NULL, (double)atomic_load(&metrics->micros) / 1e6);
    metrics_value(text, "mockdc_http_request_duration_seconds_count", NULL, (double)sum);
}

void metrics_write(struct metrics *metrics, struct buffer *text)
{
    write_requests(metrics, text);
    write_times(metrics, text);
    metrics_family(text, "mockdc_http_response_bytes_total", "counter", "Bytes of bodies in answers.");
    metrics_value(text, "mockdc_http_response_bytes_total", NULL, (double)atomic_load(&metrics->bytes));
}
