/* The steps of a scenario: what was done from outside while the session was recorded, each in its place of the log. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "cli/json.h"
#include "record/recorded.h"

/*
 * LEAST_S: a scenario awaits so long by itself. MOST_S: no step may await longer.
 */
enum { LEAST_S = 20, MARGIN_S = 60, MOST_S = 3600 };

struct writing {
    struct recorded *session;
    const json_t *plan; /* as the API tells it */
    const json_t *log;
    size_t at;      /* entries of the log before this one have happened */
    size_t awaited; /* so many entries of it are awaited already */
    int64_t now;    /* of a clock that stands still */
    bool stands_still;
    bool confirmed;
    json_t *steps;
};

static const char *plan_name(const struct writing *writing)
{
    return json_text_of(writing->plan, "name");
}

/* {"NAME": value}; `value` is taken. */
static void append(struct writing *writing, const char *name, json_t *value)
{
    (void)json_array_append_new(writing->steps, json_pack("{s:o}", name, value));
}

/* How often the kind of the entry before `at` has come until then. */
static json_int_t count_of(const struct writing *writing, const char *kind)
{
    json_int_t count = 0;
    for (size_t i = 0; i < writing->at; i++) {
        count += strcmp(json_text_of(json_array_get(writing->log, i), "kind"), kind) == 0 ? 1 : 0;
    }
    return count;
}

/* Whole session, in seconds of real time; 0: it needs no more than what a scenario has by itself. */
static json_int_t patience_of(const struct recorded *session)
{
    int64_t first = 0;
    int64_t last = 0;
    size_t count = json_array_size(session->entries);
    bool known = instant_parse(json_text_of(json_array_get(session->entries, 0), "wallAt"), &first) == OK &&
                 instant_parse(json_text_of(json_array_get(session->entries, count - 1), "wallAt"), &last) == OK;
    json_int_t seconds = known ? (json_int_t)(last - first) / 1000 : 0;
    if (seconds <= LEAST_S) {
        return 0;
    }
    return 2 * seconds + MARGIN_S < MOST_S ? 2 * seconds + MARGIN_S : MOST_S;
}

static void append_await(struct writing *writing, json_t *await)
{
    json_int_t patience = patience_of(writing->session);
    (void)json_object_set_new(await, "deviceKey", json_string(writing->session->device_key));
    if (patience > 0) {
        (void)json_object_set_new(await, "timeout", json_integer(patience));
    }
    append(writing, "await", await);
}

/* What has been logged so far must have come before something is done from outside. */
static void await_log(struct writing *writing)
{
    if (writing->at == 0) {
        append_await(writing, json_pack("{s:b}", "online", 1));
    } else if (writing->awaited < writing->at) {
        const char *kind = json_text_of(json_array_get(writing->log, writing->at - 1), "kind");
        json_t *await = json_pack("{s:s, s:s}", "plan", plan_name(writing), "logKind", kind);
        json_int_t count = count_of(writing, kind);
        if (count > 1) {
            (void)json_object_set_new(await, "count", json_integer(count));
        }
        append_await(writing, await);
    }
    writing->awaited = writing->at;
}

/* A fault of the point plan does it again by itself. */
static bool did_a_fault(const struct recorded *session, const char *action)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(session->entries, i, entry)
    {
        if (strcmp(json_text_of(entry, "kind"), "fault") == 0 && strcmp(json_text_of(entry, "point"), "plan") == 0 &&
            strcmp(json_text_of(entry, "action"), action) == 0) {
            return true;
        }
    }
    return false;
}

static void advance_to(struct writing *writing, int64_t at)
{
    char text[INSTANT_TEXT];
    if (!writing->stands_still || at <= writing->now) {
        return;
    }
    await_log(writing);
    instant_format(at, text);
    append(writing, "advance", json_pack("{s:s}", "to", text));
    writing->now = at;
}

static void act(struct writing *writing, const char *kind)
{
    static const char *const acts[][2] = {{"suspended", "suspend"}, {"resumed", "resume"}, {"terminated", "terminate"}};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(kind, acts[i][0]) == 0 && !did_a_fault(writing->session, acts[i][1])) {
            await_log(writing);
            append(writing, acts[i][1], json_string(plan_name(writing)));
        }
    }
}

/* The user is asked where the log says that the plan waits for him. */
static void ask_user(struct writing *writing, const char *answer)
{
    json_t *value = json_string(writing->session->device_key);
    append_await(writing, json_pack("{s:s, s:s}", "plan", plan_name(writing), "logKind", "skipped"));
    if (strcmp(answer, "confirm") == 0) {
        value = json_pack("{s:o}", "deviceKey", value);
    }
    append(writing, answer, value);
    writing->confirmed = true;
}

/* Links that the server cut because it was asked to, up to the instant `at` of the log. */
static void cut_links(struct writing *writing, int64_t from, int64_t to)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(writing->session->entries, i, entry)
    {
        int64_t at = recorded_at(entry);
        if (strcmp(json_text_of(entry, "kind"), "disconnect") == 0 && at >= from && at < to &&
            strstr(json_text_of(entry, "reason"), "on request") != NULL) {
            await_log(writing);
            append(writing, "disconnect", json_string(writing->session->device_key));
        }
    }
}

static json_t *expectation_of(const struct writing *writing, const json_t *row)
{
    json_t *devices = json_object();
    json_t *device = json_pack("{s:s, s:O, s:O}", "plan", plan_name(writing), "status", json_object_get(row, "status"),
                               "reason", json_object_get(row, "reason"));
    (void)json_object_set_new(devices, writing->session->device_key, device);
    return json_pack("{s:o}", "devices", devices);
}

static void await_end(struct writing *writing, const json_t *row)
{
    const char *status = json_text_of(row, "status");
    if (strcmp(status, "upgraded") == 0 || strcmp(status, "failed") == 0) {
        append_await(writing, json_pack("{s:s, s:b}", "plan", plan_name(writing), "end", 1));
    } else {
        await_log(writing);
    }
}

static void write_plan(struct writing *writing, const json_t *row, bool is_last)
{
    size_t count = json_array_size(writing->log);
    bool asks = strcmp(json_text_of(writing->plan, "mode"), "manual") == 0;
    int64_t before = recorded_first_at(writing->session);
    for (writing->at = 0; writing->at < count; writing->at++) {
        const json_t *entry = json_array_get(writing->log, writing->at);
        const char *kind = json_text_of(entry, "kind");
        int64_t at = recorded_at(entry);
        cut_links(writing, before, at);
        advance_to(writing, at);
        act(writing, kind);
        if (asks && !writing->confirmed && strcmp(kind, "planIssued") == 0) {
            ask_user(writing, "confirm");
        }
        before = at;
    }
    cut_links(writing, before, is_last ? INT64_MAX : before);
    if (strcmp(json_text_of(row, "reason"), "declined") == 0) {
        ask_user(writing, "decline");
    }
    await_end(writing, row);
    if (!is_last) {
        append(writing, "expect", expectation_of(writing, row));
    }
}

json_t *steps_make(struct recorded *session)
{
    struct writing writing = {.session = session, .steps = json_array(), .now = recorded_first_at(session)};
    const char *clock = recorded_clock(session);
    writing.stands_still = clock != NULL && strcmp(clock, "manual") == 0;
    size_t count = json_array_size(session->plans);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(session->plans, i);
        writing.plan = json_object_get(item, "plan");
        writing.log = json_object_get(item, "log");
        writing.awaited = 0;
        writing.confirmed = false;
        write_plan(&writing, json_object_get(item, "row"), i + 1 == count);
    }
    if (count == 0) {
        append_await(&writing, json_pack("{s:b}", "online", 1));
    }
    return writing.steps;
}
