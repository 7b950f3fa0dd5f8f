#include "http/event_waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

/* A call from its first turn on: its request's state. */
struct event_waiter {
    struct waiter wait; /* first: what `over` gets */
    struct event_waiting *waiting;
    struct event_reading reading;
    struct buffer items; /* commas between them */
    bool listed;
    bool over; /* its time */
    TAILQ_ENTRY(event_waiter) entries;
};

TAILQ_HEAD(event_waiter_list, event_waiter);

struct event_waiting {
    struct event_log *log;
    struct waiters *waiters;
    struct event_waiter_list listed; /* those who wait for an event */
};

/* --- the question ------------------------------------------------------------------------------------------------ */

void events_check(struct request *request)
{
    struct input *input = &request->input;
    const char *wait = target_parameter(&request->target, "wait");
    const char *limit = target_parameter(&request->target, "limit");
    int64_t most = LIMIT_PAGE_DEFAULT;
    request_check_no_body(request);
    input->awaits = wait != NULL;
    if (wait != NULL) {
        waiters_check_seconds(request, "wait", wait);
    }
    if (limit != NULL && wait == NULL) {
        request_wrong_parameter(request, "limit", "says nothing without wait");
    } else if (limit != NULL && text_parse_int(limit, 1, LIMIT_PAGE, &most) != OK) {
        request_wrong_parameter(request, "limit", "must be 1 to 1000");
    }
    input->page.limit = (int)most;
    event_filter_check(request, input->awaits);
}

/* --- the answers ------------------------------------------------------------------------------------------------- */

/* So that the next call sees what this one has not looked at. */
static void write_cursor(const struct event_waiter *waiter, char cursor[EVENT_ID])
{
    event_log_id(waiter->waiting->log, waiter->reading.from - 1, cursor);
}

static void answer_items(struct event_waiter *waiter, struct answer *answer)
{
    char cursor[EVENT_ID];
    struct buffer body;
    write_cursor(waiter, cursor);
    buffer_init(&body, LIMIT_EVENT_BYTES);
    buffer_append_text(&body, "{\"items\":[");
    buffer_append_text(&body, buffer_text(&waiter->items));
    buffer_append_format(&body, "],\"cursor\":\"%s\"}", cursor);
    answer_buffer_take(answer, 200, "application/json", &body);
}

/* Its words are those of the stream's reset, and the cursor begins, as there, behind the last event. */
static void refuse_cursor(struct event_waiting *waiting, const struct request *request, bool restarted,
                          struct answer *answer)
{
    char cursor[EVENT_ID];
    event_log_id(waiting->log, event_log_next(waiting->log) - 1, cursor);
    problem_answer_more(answer, PROBLEM_CURSOR_GONE, request->target.path,
                        restarted ? "the cursor is of an earlier run of the server; 'cursor' goes on from now, a call "
                                    "without 'after' looks at all that is kept"
                                  : "what follows the cursor is not kept any more; 'cursor' goes on from now, a call "
                                    "without 'after' looks at all that is kept",
                        json_pack("{s:s, s:s}", "cursor", cursor, "reason", restarted ? "restarted" : "dropped"));
}

/* What came nearest: the last event that one member of the filter kept out, else how many there were. */
static void describe_near(struct event_waiter *waiter, char *text, size_t capacity)
{
    const struct event_reading *reading = &waiter->reading;
    struct event_log *log = waiter->waiting->log;
    bool near = reading->near != 0 && event_filter_size(&waiter->wait.request->input.events) > 1;
    char event[EVENT_DESCRIPTION];
    char id[EVENT_ID];
    event_log_id(log, near ? reading->near : reading->last, id);
    if (reading->passed == 0) {
        (void)snprintf(text, capacity, "no event has come");
    } else if (event_log_describe(log, near ? reading->near : reading->last, event) != OK) {
        (void)snprintf(text, capacity, "none of %" PRIu64 " events matched", reading->passed);
    } else if (near) {
        (void)snprintf(text, capacity, "none of %" PRIu64 " events matched; nearest, but for %s: %s (%s)",
                       reading->passed, event_filter_member_name((enum event_filter_member)reading->near_miss), event,
                       id);
    } else {
        (void)snprintf(text, capacity, "none of %" PRIu64 " events matched; the last: %s (%s)", reading->passed, event,
                       id);
    }
}

static void refuse_late(struct event_waiter *waiter, struct answer *answer)
{
    const struct request *request = waiter->wait.request;
    char near[EVENT_DESCRIPTION + 160];
    char detail[sizeof near + 32];
    char cursor[EVENT_ID];
    describe_near(waiter, near, sizeof near);
    (void)snprintf(detail, sizeof detail, "%s, after %g s", near, (double)request->input.wait_ms / 1000);
    write_cursor(waiter, cursor);
    problem_answer_more(answer, PROBLEM_AWAIT_TIMEOUT, request->target.path, detail,
                        json_pack("{s:s}", "cursor", cursor));
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

static void leave(struct event_waiter *waiter)
{
    if (waiter->listed) {
        TAILQ_REMOVE(&waiter->waiting->listed, waiter, entries);
        waiter->listed = false;
    }
    waiters_remove(&waiter->wait);
}

/* For request->state_free. */
static void free_waiter(void *state)
{
    struct event_waiter *waiter = state;
    leave(waiter);
    buffer_finish(&waiter->items);
    free(waiter);
}

static void on_over(struct waiter *ended)
{
    struct event_waiter *waiter = (struct event_waiter *)ended;
    waiter->over = true;
    leave(waiter);
    request_wake(waiter->wait.request);
}

void event_waiting_told(struct event_waiting *waiting, const struct event *event)
{
    uint64_t number = event_log_next(waiting->log) - 1;
    struct event_waiter *next = NULL;
    for (struct event_waiter *waiter = TAILQ_FIRST(&waiting->listed); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, entries);
        unsigned misses = event_filter_misses(&waiter->wait.request->input.events, event);
        waiter->reading.from = misses == 0 ? number : number + 1;
        if (misses != 0) {
            event_reading_pass(&waiter->reading, number, misses);
        } else {
            leave(waiter);
            request_wake(waiter->wait.request);
        }
    }
}

/* E_FORMAT, E_STATE: as event_log_parse() says of `after`. */
static enum status begin(struct event_waiting *waiting, struct request *request, struct event_waiter **out)
{
    const char *after = target_parameter(&request->target, "after");
    uint64_t from = event_log_oldest(waiting->log);
    enum status status = after == NULL ? OK : event_log_parse(waiting->log, after, &from);
    struct event_waiter *waiter = status == OK ? calloc(1, sizeof *waiter) : NULL;
    if (waiter == NULL) {
        return status == OK ? E_NOMEM : status;
    }
    waiter->waiting = waiting;
    waiter->wait.request = request;
    waiter->reading =
        (struct event_reading){.from = from, .most = (size_t)request->input.page.limit, .leaves_gone = after == NULL};
    buffer_init(&waiter->items, LIMIT_EVENT_BYTES);
    request->state = waiter;
    request->state_free = free_waiter;
    *out = waiter;
    return OK;
}

/* Takes what is there. E_AGAIN: there is more to look at. E_STATE: some of it has been dropped, and none was taken. */
static enum status read_log(struct event_waiter *waiter)
{
    struct event_log *log = waiter->waiting->log;
    enum status status =
        event_log_read_items(log, &waiter->wait.request->input.events, &waiter->reading, &waiter->items);
    if (status == E_STATE && waiter->reading.count > 0) {
        return OK; /* the rest is told with the cursor */
    }
    if (status == E_STATE && waiter->reading.leaves_gone) {
        waiter->reading.from = event_log_oldest(log);
        return E_AGAIN;
    }
    return status;
}

static void wait_on(struct event_waiter *waiter, struct request *request, struct answer *answer)
{
    enum status status = waiters_add(waiter->waiting->waiters, &waiter->wait, request, on_over);
    if (status != OK) {
        request_refuse(request, answer, status, "too many calls wait");
        return;
    }
    TAILQ_INSERT_TAIL(&waiter->waiting->listed, waiter, entries);
    waiter->listed = true;
    request->turn = TURN_LATER;
}

void events_await(const struct api *api, struct request *request, struct answer *answer)
{
    struct event_waiter *waiter = request->state;
    enum status status = waiter == NULL ? begin(api->event_waiting, request, &waiter) : OK;
    if (status == OK) {
        status = read_log(waiter);
        if (status == E_AGAIN) {
            request->turn = TURN_AGAIN;
            return;
        }
    } else if (status == E_FORMAT) {
        request_wrong_parameter(request, "after", "is no cursor of this log");
        request_refuse(request, answer, E_FORMAT, NULL);
        return;
    }
    if (status == E_STATE) {
        refuse_cursor(api->event_waiting, request, waiter == NULL, answer);
    } else if (status != OK) {
        request_refuse(request, answer, status, NULL);
    } else if (waiter->reading.count > 0) {
        answer_items(waiter, answer);
    } else if (waiter->over || request->input.wait_ms == 0) {
        refuse_late(waiter, answer);
    } else {
        wait_on(waiter, request, answer);
    }
}

/* --- life -------------------------------------------------------------------------------------------------------- */

enum status event_waiting_create(struct event_log *log, struct waiters *waiters, struct event_waiting **waiting)
{
    struct event_waiting *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->log = log;
    created->waiters = waiters;
    TAILQ_INIT(&created->listed);
    *waiting = created;
    return OK;
}

void event_waiting_destroy(struct event_waiting *waiting)
{
    free(waiting);
}
