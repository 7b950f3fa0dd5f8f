#include "http/waiting.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/text.h"

enum { LOOKS_AT_A_TIME = 32 };

TAILQ_HEAD(waiter_queue, subject_waiter);

/* Something that somebody waits for. */
struct subject {
    struct wait_subject name; /* padding zero: it is a key */
    wait_look *look;
    struct waiter_queue waiters;
    bool dirty;
    TAILQ_ENTRY(subject) dirty_entries;
    UT_hash_handle hh;
};

/* A call that waits: its request's state. */
struct subject_waiter {
    struct waiter wait; /* first: what `over` gets */
    struct waiting *waiting;
    struct subject *subject; /* NULL: waits no more, its call is about to have its turn */
    struct answer answer;    /* what was seen; with expired: none yet */
    bool expired;
    TAILQ_ENTRY(subject_waiter) entries;
};

TAILQ_HEAD(subject_list, subject);

struct waiting {
    struct app *app;
    struct waiters *waiters;
    struct subject *subjects; /* by name */
    struct subject_list dirty;
    struct loop_wakeup *wakeup; /* for dirty ones */
};

#define SUBJECT_KEY_SIZE offsetof(struct wait_subject, package_id)

/* --- the question ---------------------------------------------------------------------------------------------- */

void waiting_check(struct request *request, word_name *word, unsigned count)
{
    const char *words = target_parameter(&request->target, "waitFor");
    const char *timeout = target_parameter(&request->target, "timeout");
    request->input.wait_ms = LIMIT_WAIT_DEFAULT_S * 1000;
    if (words != NULL) {
        words_check(request, "waitFor", words, word, count, &request->input.wait_for);
    }
    if (timeout != NULL && words == NULL) {
        request_wrong_parameter(request, "timeout", "says nothing without waitFor");
    } else if (timeout != NULL) {
        waiters_check_seconds(request, "timeout", timeout);
    }
}

/* --- the table ------------------------------------------------------------------------------------------------- */

static struct subject *find_subject(const struct waiting *waiting, int64_t id, const char *device_key)
{
    struct wait_subject name;
    memset(&name, 0, sizeof name); /* with its padding */
    name.id = id;
    struct subject *found = NULL;
    if (text_copy(name.device_key, sizeof name.device_key, device_key) == OK) {
        HASH_FIND(hh, waiting->subjects, &name, SUBJECT_KEY_SIZE, found);
    }
    return found;
}

static struct subject *make_subject(struct waiting *waiting, const struct wait_subject *name, wait_look *look)
{
    struct subject *subject = find_subject(waiting, name->id, name->device_key);
    if (subject != NULL) {
        return subject;
    }
    subject = calloc(1, sizeof *subject);
    if (subject != NULL) {
        subject->name.id = name->id;
        subject->name.package_id = name->package_id;
        text_copy_cut(subject->name.device_key, sizeof subject->name.device_key, name->device_key);
        subject->look = look;
        TAILQ_INIT(&subject->waiters);
        HASH_ADD(hh, waiting->subjects, name, SUBJECT_KEY_SIZE, subject);
    }
    return subject;
}

static void drop_subject(struct waiting *waiting, struct subject *subject)
{
    if (subject->dirty) {
        TAILQ_REMOVE(&waiting->dirty, subject, dirty_entries);
    }
    HASH_DELETE(hh, waiting->subjects, subject);
    free(subject);
}

/* The waiter waits no more. Its subject stays, for who goes through its waiters. */
static void leave(struct subject_waiter *waiter)
{
    TAILQ_REMOVE(&waiter->subject->waiters, waiter, entries);
    waiters_remove(&waiter->wait);
    waiter->subject = NULL;
}

/* For request->state_free. */
static void free_waiter(void *state)
{
    struct subject_waiter *waiter = state;
    struct subject *subject = waiter->subject;
    if (subject != NULL) {
        leave(waiter);
        if (TAILQ_EMPTY(&subject->waiters)) {
            drop_subject(waiter->waiting, subject);
        }
    }
    answer_finish(&waiter->answer);
    free(waiter);
}

static void on_over(struct waiter *ended)
{
    struct subject_waiter *waiter = (struct subject_waiter *)ended;
    struct subject *subject = waiter->subject;
    waiter->expired = true;
    leave(waiter);
    request_wake(waiter->wait.request);
    if (TAILQ_EMPTY(&subject->waiters)) {
        drop_subject(waiter->waiting, subject);
    }
}

/* E_AGAIN: too many wait. */
static enum status begin(struct waiting *waiting, struct request *request, const struct wait_subject *name,
                         wait_look *look)
{
    struct subject_waiter *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL) {
        return E_NOMEM;
    }
    enum status status = waiters_add(waiting->waiters, &waiter->wait, request, on_over);
    struct subject *subject = status == OK ? make_subject(waiting, name, look) : NULL;
    if (subject == NULL) {
        waiters_remove(&waiter->wait);
        free(waiter);
        return status == OK ? E_NOMEM : status;
    }
    waiter->waiting = waiting;
    waiter->subject = subject;
    answer_init(&waiter->answer);
    TAILQ_INSERT_TAIL(&subject->waiters, waiter, entries);
    request->state = waiter;
    request->state_free = free_waiter;
    request->turn = TURN_LATER;
    return OK;
}

/* --- the looks ------------------------------------------------------------------------------------------------- */

static bool is_wanted(const struct request *request, const struct sight *sight)
{
    return sight->status != OK || (request->input.wait_for & (1U << sight->word)) != 0;
}

static void look(struct app *app, const struct wait_subject *name, wait_look *look_at, struct sight *sight)
{
    *sight = (struct sight){.status = OK};
    look_at(app, name, sight);
    if (sight->status == OK && sight->json == NULL) {
        sight->status = E_NOMEM;
    }
}

/* Answers those who waited for what the subject is now; the text of it is made once for all. */
static void look_again(struct waiting *waiting, struct subject *subject)
{
    struct sight sight;
    struct answer seen;
    answer_init(&seen);
    look(waiting->app, &subject->name, subject->look, &sight);
    struct subject_waiter *next = NULL;
    for (struct subject_waiter *waiter = TAILQ_FIRST(&subject->waiters); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, entries);
        if (!is_wanted(waiter->wait.request, &sight)) {
            continue;
        }
        if (sight.status != OK) {
            request_refuse(waiter->wait.request, &waiter->answer, sight.status, NULL);
        } else {
            if (seen.body == NULL) {
                answer_resource_take(&seen, 200, json_incref(sight.json));
            }
            answer_copy(&waiter->answer, &seen);
        }
        leave(waiter);
        request_wake(waiter->wait.request);
    }
    answer_finish(&seen);
    json_decref(sight.json);
    if (TAILQ_EMPTY(&subject->waiters)) {
        drop_subject(waiting, subject);
    }
}

static void mark_dirty(struct waiting *waiting, struct subject *subject)
{
    if (!subject->dirty) {
        subject->dirty = true;
        TAILQ_INSERT_TAIL(&waiting->dirty, subject, dirty_entries);
    }
}

/* Looks at those of whom it was only said that they may have changed, a few at a time. */
static void on_wakeup(void *context)
{
    struct waiting *waiting = context;
    for (int i = 0; i < LOOKS_AT_A_TIME && !TAILQ_EMPTY(&waiting->dirty); i++) {
        struct subject *subject = TAILQ_FIRST(&waiting->dirty);
        TAILQ_REMOVE(&waiting->dirty, subject, dirty_entries);
        subject->dirty = false;
        look_again(waiting, subject);
    }
    if (!TAILQ_EMPTY(&waiting->dirty)) {
        loop_wakeup_post(waiting->wakeup);
    }
}

void waiting_changed(struct waiting *waiting, int64_t plan_id, const char *device_key)
{
    bool of_verification = plan_id < 0; /* of which only the whole is waited for, whatever its device */
    struct subject *exact = plan_id == 0 ? NULL : find_subject(waiting, plan_id, of_verification ? "" : device_key);
    if (exact != NULL) {
        look_again(waiting, exact);
    }
    if (waiting->subjects == NULL || of_verification || device_key[0] != '\0') {
        return;
    }
    struct subject *subject = NULL;
    struct subject *next = NULL;
    HASH_ITER(hh, waiting->subjects, subject, next)
    {
        if (plan_id == 0 || (subject->name.id == plan_id && subject->name.device_key[0] != '\0')) {
            mark_dirty(waiting, subject);
        }
    }
    if (!TAILQ_EMPTY(&waiting->dirty)) {
        loop_wakeup_post(waiting->wakeup);
    }
}

/* --- the call -------------------------------------------------------------------------------------------------- */

static void refuse_late(struct request *request, const char *state, struct answer *answer)
{
    char detail[SIGHT_STATE + 64];
    (void)snprintf(detail, sizeof detail, "%s, after %g s", state, (double)request->input.wait_ms / 1000);
    problem_answer(answer, PROBLEM_AWAIT_TIMEOUT, request->target.path, detail, NULL);
}

void waiting_act(struct waiting *waiting, struct request *request, const struct wait_subject *subject,
                 wait_look *look_at, struct answer *answer)
{
    struct subject_waiter *waiter = request->state;
    if (waiter != NULL && !waiter->expired) {
        answer_move(answer, &waiter->answer);
        return;
    }
    struct sight sight;
    look(waiting->app, subject, look_at, &sight);
    if (sight.status == OK && (request->input.wait_for == 0 || is_wanted(request, &sight))) {
        answer_resource_take(answer, 200, json_incref(sight.json));
    } else if (sight.status == OK && (waiter != NULL || request->input.wait_ms == 0)) {
        refuse_late(request, sight.state, answer);
    } else {
        enum status status = sight.status == OK ? begin(waiting, request, subject, look_at) : sight.status;
        if (status != OK) {
            request_refuse(request, answer, status, status == E_AGAIN ? "too many calls wait" : NULL);
        }
    }
    json_decref(sight.json);
}

enum status waiting_create(struct loop *loop, struct app *app, struct waiters *waiters, struct waiting **waiting)
{
    struct waiting *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->app = app;
    created->waiters = waiters;
    TAILQ_INIT(&created->dirty);
    enum status status = loop_wakeup_create(loop, on_wakeup, created, &created->wakeup);
    if (status != OK) {
        waiting_destroy(created);
        return status;
    }
    *waiting = created;
    return OK;
}

void waiting_destroy(struct waiting *waiting)
{
    if (waiting == NULL) {
        return;
    }
    assert(waiting->subjects == NULL);
    if (waiting->wakeup != NULL) {
        loop_wakeup_destroy(waiting->wakeup);
    }
    free(waiting);
}
