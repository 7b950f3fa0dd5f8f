#include "fleet/script_run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ACTIONS_A_MOVE = 3 };

void script_run_init(struct script_run *run, const struct script *script, bool has_secret, unsigned time_scale)
{
    *run = (struct script_run){
        .script = script, .has_secret = has_secret, .time_scale = time_scale, .deadline_ms = SCRIPT_NEVER};
}

/* NULL: all are made. */
static const struct script_move *current(const struct script_run *run)
{
    return run->at < run->script->count ? &run->script->moves[run->at] : NULL;
}

static void PRINTF_LIKE(2, 3) diverge(struct script_run *run, const char *format, ...)
{
    char name[SCRIPT_MOVE_TEXT];
    char why[SCRIPT_TEXT];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    script_move_text(current(run), name);
    (void)snprintf(run->text, sizeof run->text, "move %zu (%s): %.90s", run->at, name, why);
    run->end = SCRIPT_DIVERGED;
    run->deadline_ms = SCRIPT_NEVER;
}

static void add(struct script_actions *actions, enum script_action_kind kind, const struct script_run *run,
                const struct script_move *move)
{
    actions->items[actions->count++] = (struct script_action){.kind = kind, .move = move, .index = run->at};
}

static bool take_from_inbox(struct script_run *run, uint16_t command)
{
    for (size_t i = 0; i < run->inbox_count; i++) {
        if (run->inbox[i] == command) {
            run->inbox_count--;
            memmove(&run->inbox[i], &run->inbox[i + 1], (run->inbox_count - i) * sizeof run->inbox[0]);
            return true;
        }
    }
    return false;
}

/* The oldest gives way: a script that does not await what comes need not remember all of it. */
static void put_into_inbox(struct script_run *run, uint16_t command)
{
    if (run->inbox_count == LIMIT_SCRIPT_INBOX) {
        run->inbox_count--;
        memmove(&run->inbox[0], &run->inbox[1], run->inbox_count * sizeof run->inbox[0]);
    }
    run->inbox[run->inbox_count++] = command;
}

/* --- moves ------------------------------------------------------------------------------------------------------ */

static void begin(struct script_run *run, const struct script_move *move, int64_t now_ms,
                  struct script_actions *actions)
{
    run->begun = true;
    run->handed_out = false;
    run->done = false;
    run->deadline_ms = now_ms + (move->kind == SCRIPT_WAIT ? move->wait_ms / run->time_scale : move->within_ms);
    add(actions, SCRIPT_DO_TELL, run, move);
    switch (move->kind) {
    case SCRIPT_CONNECT:
        run->subscribed = false;
        run->lost = false;
        run->has_key = false;
        run->inbox_count = 0;
        run->has_secret = run->has_secret && move->auth == 1;
        add(actions, SCRIPT_DO_CONNECT, run, move);
        break;
    case SCRIPT_DOWNLOAD:
        run->download = (struct script_download){.begun = true};
        run->done = true;
        add(actions, SCRIPT_DO_DOWNLOAD, run, move);
        break;
    case SCRIPT_DISCONNECT:
        run->subscribed = false;
        run->lost = true;
        run->done = true;
        add(actions, SCRIPT_DO_DISCONNECT, run, move);
        break;
    default:
        break;
    }
}

/* What was on its way when the server closed the link need not have come: nothing but awaits stands before `closed`. */
static bool is_last_on_link(const struct script_run *run)
{
    size_t at = run->at;
    while (at < run->script->count && run->script->moves[at].kind == SCRIPT_AWAIT) {
        at++;
    }
    return at < run->script->count && run->script->moves[at].kind == SCRIPT_CLOSED;
}

static bool await_is_done(struct script_run *run, const struct script_move *move)
{
    if (take_from_inbox(run, move->command) || (run->lost && is_last_on_link(run))) {
        return true;
    }
    if (!run->subscribed) {
        diverge(run, "%s", run->lost ? "the link has gone" : "there is no link");
    }
    return false;
}

static bool send_is_done(struct script_run *run, const struct script_move *move, struct script_actions *actions)
{
    if (run->done || (run->handed_out && run->lost)) {
        return true;
    }
    if (!run->subscribed) {
        diverge(run, "%s", run->lost ? "the link has gone" : "there is no link");
    } else if (!run->handed_out && (move->cipher != SCRIPT_ENCRYPTED || run->has_key)) {
        run->handed_out = true;
        add(actions, SCRIPT_DO_SEND, run, move);
    }
    return false;
}

static bool download_is_done(struct script_run *run, const struct script_move *move)
{
    const struct script_download *download = &run->download;
    if (!download->begun) {
        diverge(run, "no download was begun");
        return false;
    }
    if (!download->ended) {
        return false;
    }
    if (move->status != 0 && download->status != move->status) {
        diverge(run, "HTTP status %d instead of %d", download->status, move->status);
    } else if (move->ended != SCRIPT_ANY_END && download->complete != (move->ended == SCRIPT_COMPLETE)) {
        diverge(run, "it %s after %" PRId64 " bytes", download->complete ? "was complete" : "broke off",
                download->bytes);
    } else if (move->expected_bytes >= 0 && download->bytes != move->expected_bytes) {
        diverge(run, "%" PRId64 " bytes instead of %" PRId64, download->bytes, move->expected_bytes);
    }
    return run->end == SCRIPT_GOES_ON;
}

static bool is_done(struct script_run *run, const struct script_move *move, int64_t now_ms,
                    struct script_actions *actions)
{
    switch (move->kind) {
    case SCRIPT_CONNECT:
        return run->done || (!move->refused && run->subscribed && run->has_secret);
    case SCRIPT_SEND:
        return send_is_done(run, move, actions);
    case SCRIPT_AWAIT:
        return await_is_done(run, move);
    case SCRIPT_WAIT:
        return now_ms >= run->deadline_ms;
    case SCRIPT_DOWNLOADED:
        return download_is_done(run, move);
    case SCRIPT_CLOSED:
        return run->lost;
    default:
        return run->done;
    }
}

/* --- events ----------------------------------------------------------------------------------------------------- */

static bool is_connecting(const struct script_run *run)
{
    const struct script_move *move = current(run);
    return move != NULL && run->begun && move->kind == SCRIPT_CONNECT;
}

/* A link that is refused or lost before it was up. */
static void end_connecting(struct script_run *run, const char *text, struct script_actions *actions)
{
    if (current(run)->refused) {
        run->done = true;
        add(actions, SCRIPT_DO_DISCONNECT, run, NULL);
    } else {
        diverge(run, "%s", text);
    }
}

static void take_deadline(struct script_run *run, int64_t now_ms)
{
    const struct script_move *move = current(run);
    if (move != NULL && run->begun && now_ms >= run->deadline_ms && move->kind != SCRIPT_WAIT) {
        diverge(run, "not within %" PRId64 " ms", move->within_ms);
    }
}

static void take_event(struct script_run *run, const struct script_event *event, struct script_actions *actions)
{
    const char *text = event->text != NULL ? event->text : "";
    switch (event->kind) {
    case SCRIPT_SUBSCRIBED:
        run->subscribed = true;
        break;
    case SCRIPT_SECRET:
        run->has_secret = true;
        break;
    case SCRIPT_KEY:
        run->has_key = true;
        break;
    case SCRIPT_RECEIVED:
        put_into_inbox(run, event->command);
        break;
    case SCRIPT_ENDED:
        run->done = run->done || run->handed_out;
        break;
    case SCRIPT_NOT_POSSIBLE:
        diverge(run, "%s", text);
        break;
    case SCRIPT_DOWNLOAD_ENDED:
        run->download.ended = true;
        run->download.complete = event->good;
        run->download.status = event->status;
        run->download.bytes = event->bytes;
        break;
    case SCRIPT_REFUSED: /* what a device does about it on a link that is up, the script says */
        if (is_connecting(run)) {
            end_connecting(run, text, actions);
        }
        break;
    case SCRIPT_LOST:
        run->subscribed = false;
        run->lost = true;
        if (is_connecting(run)) {
            end_connecting(run, text, actions);
        }
        break;
    case SCRIPT_START:
    case SCRIPT_TIMER:
        break;
    }
}

static void go_on(struct script_run *run, int64_t now_ms, struct script_actions *actions)
{
    while (run->end == SCRIPT_GOES_ON && actions->count + ACTIONS_A_MOVE <= SCRIPT_ACTIONS) {
        const struct script_move *move = current(run);
        if (move == NULL) {
            run->end = SCRIPT_OVER;
            run->deadline_ms = SCRIPT_NEVER;
            return;
        }
        if (!run->begun) {
            begin(run, move, now_ms, actions);
        }
        if (!is_done(run, move, now_ms, actions)) {
            return;
        }
        run->at++;
        run->begun = false;
    }
    if (run->end == SCRIPT_GOES_ON) {
        run->deadline_ms = now_ms; /* there is no room for more actions */
    }
}

void script_step(struct script_run *run, const struct script_event *event, int64_t now_ms,
                 struct script_actions *actions)
{
    actions->count = 0;
    if (run->end != SCRIPT_GOES_ON) {
        return;
    }
    take_event(run, event, actions);
    go_on(run, now_ms, actions);
    if (run->end == SCRIPT_GOES_ON && event->kind == SCRIPT_TIMER && actions->count == 0) {
        take_deadline(run, now_ms);
    }
}
