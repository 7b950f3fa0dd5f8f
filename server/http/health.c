/*
 * GET /healthz: the process answers. GET /readyz: broker, store and listener are up; asked on the loop's thread, so
 * that a loop that hangs is not ready. GET /metrics: numbers for Prometheus.
 */
#include "app/faults.h"
#include "app/journal.h"
#include "app/referee.h"
#include "app/totals.h"
#include "http/api.h"
#include "http/connection.h"
#include "http/event_stream.h"
#include "http/metrics.h"
#include "http/waiters.h"

enum { METRICS_MOST = 1024 * 1024 };

void health_alive(const struct api *api, struct request *request, struct answer *answer)
{
    (void)api;
    (void)request;
    answer_resource_take(answer, 200, json_pack("{s:s}", "status", "alive"));
}

/* What a person who starts it wants to know besides. */
static json_t *add_details(const struct api *api, json_t *json)
{
    json_t *warnings = json_array();
    if (atomic_load(&api->ports_differ)) {
        (void)json_array_append_new(warnings, json_string("a client came through a mapped port: firmware URLs need "
                                                          "--public-url"));
    }
    json_t *seeds = api->seeds == NULL ? json_array() : json_deep_copy(api->seeds);
    if (json == NULL || json_object_set_new(json, "version", json_string(MOCKDC_VERSION)) != 0 ||
        json_object_set_new(json, "seeds", seeds) != 0 || json_object_set_new(json, "warnings", warnings) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

void health_ready(const struct api *api, struct request *request, struct answer *answer)
{
    struct http_readiness ready = {0};
    api->readiness(api->readiness_context, &ready);
    bool all = ready.broker && ready.store && ready.listener;
    json_t *json = json_pack("{s:b, s:b, s:b, s:b}", "ready", all, "broker", ready.broker, "store", ready.store,
                             "listener", ready.listener);
    if (target_parameter(&request->target, "verbose") != NULL && request->authorized) {
        json = add_details(api, json);
    }
    answer_resource_take(answer, all ? 200 : 503, json);
}

static void write_warnings(const struct api *api, struct buffer *text)
{
    static const char name[] = "mockdc_protocol_warnings_total";
    metrics_family(text, name, "counter", "What devices did against the protocol, by the rule.");
    for (int rule = 0; rule < PROTOCOL_RULE_COUNT; rule++) {
        char label[64];
        (void)snprintf(label, sizeof label, "rule=\"%s\"", protocol_rule_name((enum protocol_rule)rule));
        metrics_value(text, name, label, (double)app_referee_count(api->app, (enum protocol_rule)rule));
    }
}

static void write_faults(const struct api *api, struct buffer *text)
{
    static const char name[] = "mockdc_faults_fired_total";
    metrics_family(text, name, "counter", "Faults that acted, by their point.");
    for (int point = 0; point < FAULT_POINT_COUNT; point++) {
        char label[64];
        (void)snprintf(label, sizeof label, "point=\"%s\"", fault_point_name((enum fault_point)point));
        metrics_value(text, name, label, (double)app_faults_fired(api->app, (enum fault_point)point));
    }
}

static void write_journal(const struct api *api, struct buffer *text)
{
    struct journal_counts counts;
    app_journal_counts(api->app, &counts);
    metrics_family(text, "mockdc_journal_entries", "gauge", "Entries of the journal.");
    metrics_value(text, "mockdc_journal_entries", NULL, (double)counts.kept);
    metrics_family(text, "mockdc_journal_dropped_total", "counter", "Entries that gave way to younger ones.");
    metrics_value(text, "mockdc_journal_dropped_total", NULL, (double)counts.dropped);
}

static void write_connections(const struct api *api, struct buffer *text)
{
    int64_t open = 0;
    int64_t refused = 0;
    int64_t slow = 0;
    connections_count(api->connections, &open, &refused, &slow);
    metrics_family(text, "mockdc_http_connections", "gauge", "Open HTTP connections.");
    metrics_value(text, "mockdc_http_connections", NULL, (double)open);
    metrics_family(text, "mockdc_http_waiting_calls", "gauge", "API calls that wait for a status or an event.");
    metrics_value(text, "mockdc_http_waiting_calls", NULL, (double)waiters_count(api->waiters));
    metrics_family(text, "mockdc_http_connections_closed_total", "counter", "Connections that the server turned away.");
    metrics_value(text, "mockdc_http_connections_closed_total", "why=\"limit\"", (double)refused);
    metrics_value(text, "mockdc_http_connections_closed_total", "why=\"slow\"", (double)slow);
}

static void write_stored(const struct app_totals *totals, struct buffer *text)
{
    const struct totals *stored = &totals->stored;
    metrics_family(text, "mockdc_devices", "gauge", "Registered devices by state.");
    metrics_value(text, "mockdc_devices", "state=\"online\"", (double)totals->online);
    metrics_value(text, "mockdc_devices", "state=\"offline\"", (double)(stored->devices - totals->online));
    metrics_family(text, "mockdc_devices_disabled", "gauge", "Devices that are shut out.");
    metrics_value(text, "mockdc_devices_disabled", NULL, (double)stored->disabled);
    metrics_family(text, "mockdc_products", "gauge", "Products.");
    metrics_value(text, "mockdc_products", NULL, (double)stored->products);
    metrics_family(text, "mockdc_packages", "gauge", "Version packages.");
    metrics_value(text, "mockdc_packages", NULL, (double)stored->packages);
    char label[64];
    metrics_family(text, "mockdc_plans", "gauge", "Upgrade plans by status.");
    for (int i = 0; i < PLAN_STATUS_COUNT; i++) {
        (void)snprintf(label, sizeof label, "status=\"%s\"", plan_status_name((enum plan_status)i));
        metrics_value(text, "mockdc_plans", label, (double)stored->plans[i]);
    }
    metrics_family(text, "mockdc_plan_devices", "gauge", "Devices that plans have looked at, by their status there.");
    for (int i = 0; i < DEVICE_STATUS_COUNT; i++) {
        (void)snprintf(label, sizeof label, "status=\"%s\"", device_status_name((enum device_status)i));
        metrics_value(text, "mockdc_plan_devices", label, (double)stored->plan_devices[i]);
    }
}

static void write_times(const struct app_totals *totals, struct buffer *text)
{
    metrics_family(text, "mockdc_clock_offset_seconds", "gauge", "The server's clock minus the real time.");
    metrics_value(text, "mockdc_clock_offset_seconds", NULL, (double)totals->clock_offset_ms / 1000);
    metrics_family(text, "mockdc_store_commit_seconds", "summary", "Time of the commits of the store.");
    metrics_value(text, "mockdc_store_commit_seconds_sum", NULL, (double)totals->commit_us / 1e6);
    metrics_value(text, "mockdc_store_commit_seconds_count", NULL, (double)totals->commits);
    metrics_family(text, "mockdc_store_longest_commit_seconds", "gauge", "The longest of them.");
    metrics_value(text, "mockdc_store_longest_commit_seconds", NULL, (double)totals->longest_commit_us / 1e6);
}

void metrics_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct app_totals totals = {0};
    enum status status = app_totals(api->app, &totals);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    struct buffer text;
    buffer_init(&text, METRICS_MOST);
    metrics_write(api->metrics, &text);
    write_connections(api, &text);
    write_warnings(api, &text);
    write_faults(api, &text);
    write_journal(api, &text);
    write_stored(&totals, &text);
    write_times(&totals, &text);
    if (api->gauges != NULL) {
        api->gauges(api->readiness_context, &text);
    }
    answer_buffer_take(answer, 200, "text/plain; version=0.0.4; charset=utf-8", &text);
}
