#include "http/waiting.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/instant.h"
#include "base/text.h"

enum { LOOKS_AT_A_TIME = 32 };

TAILQ_HEAD(waiter_queue, waiter);

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
struct waiter {
    struct waiting *waiting;
    struct subject *subject; /* NULL: waits no more, its call is about to have its turn */
    struct request *request;
    struct answer answer; /* what was seen; with expired: none yet */
    bool expired;
    int64_t deadline; /* monotonic */
    TAILQ_ENTRY(waiter) entries;
    TAILQ_ENTRY(waiter) all_entries;
};

TAILQ_HEAD(subject_list, subject);

struct waiting {
    struct app *app;
    struct subject *subjects; /* by name */
    struct waiter_queue all;  /* those with a subject */
    size_t count;             /* in all */
    struct subject_list dirty;
    struct loop_wakeup *wakeup; /* for dirty ones */
    struct loop_timer *timer;
    int64_t armed_for; /* INT64_MAX: not armed */
};

#define SUBJECT_KEY_SIZE offsetof(struct wait_subject, package_id)

/* --- the question ---------------------------------------------------------------------------------------------- */

static void name_words(struct request *request, wait_word *word, unsigned count)
{
    char detail[160] = "must be some of:";
    for (unsigned i = 0; i < count; i++) {
        size_t used = strlen(detail);
        (void)snprintf(detail + used, sizeof detail - used, "%s %s", i == 0 ? "" : ",", word(i));
    }
    request_wrong_parameter(request, "waitFor", detail);
}

static void read_words(struct request *request, const char *text, wait_word *word, unsigned count)
{
    for (;;) {
        size_t length = strcspn(text, ",");
        unsigned i = 0;
        while (i < count && (strlen(word(i)) != length || memcmp(word(i), text, length) != 0)) {
            i++;
        }
        if (i == count) {
            name_words(request, word, count);
            return;
        }
        request->input.wait_for |= 1U << i;
        if (text[length] == '\0') {
            return;
        }
        text += length + 1;
    }
}

/* "30", "0.05": seconds. */
static bool read_seconds(const char *text, int64_t *ms)
{
    size_t whole = strspn(text, "0123456789");
    size_t behind = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    size_t length = whole + (text[whole] == '.' ? 1 + behind : 0);
    if (whole == 0 || whole > 6 || (text[whole] == '.' && (behind == 0 || behind > 9)) || text[length] != '\0') {
        return false;
    }
    double seconds = strtod(text, NULL);
    *ms = (int64_t)llround(seconds * 1000);
    return seconds <= LIMIT_WAIT_S;
}

void waiting_check(struct request *request, wait_word *word, unsigned count)
{
    assert(count <= 32);
    const char *words = target_parameter(&request->target, "waitFor");
    const char *timeout = target_parameter(&request->target, "timeout");
    request->input.wait_ms = LIMIT_WAIT_DEFAULT_S * 1000;
    if (words != NULL) {
        read_words(request, words, word, count);
    }
    if (timeout != NULL && words == NULL) {
        request_wrong_parameter(request, "timeout", "says nothing without waitFor");
    } else if (timeout != NULL && !read_seconds(timeout, &request->input.wait_ms)) {
        request_wrong_parameter(request, "timeout", "must be a number of seconds, 0 to 3600");
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
static void leave(struct waiter *waiter)
{
    TAILQ_REMOVE(&waiter->subject->waiters, waiter, entries);
    TAILQ_REMOVE(&waiter->waiting->all, waiter, all_entries);
    waiter->waiting->count--;
    waiter->subject = NULL;
}

/* For request->state_free. */
static void free_waiter(void *state)
{
    struct waiter *waiter = state;
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

static void arm(struct waiting *waiting, int64_t deadline)
{
    if (deadline < waiting->armed_for) {
        waiting->armed_for = deadline;
        loop_timer_arm(waiting->timer, deadline - monotonic_ms());
    }
}

/* E_AGAIN: too many wait. */
static enum status begin(struct waiting *waiting, struct request *request, const struct wait_subject *name,
                         wait_look *look)
{
    if (waiting->count >= LIMIT_WAITING_CALLS) {
        return E_AGAIN;
    }
    struct waiter *waiter = calloc(1, sizeof *waiter);
    struct subject *subject = waiter == NULL ? NULL : make_subject(waiting, name, look);
    if (subject == NULL) {
        free(waiter);
        return E_NOMEM;
    }
    *waiter = (struct waiter){.waiting = waiting,
                              .subject = subject,
                              .request = request,
                              .deadline = monotonic_ms() + request->input.wait_ms};
    answer_init(&waiter->answer);
    TAILQ_INSERT_TAIL(&subject->waiters, waiter, entries);
    TAILQ_INSERT_TAIL(&waiting->all, waiter, all_entries);
    waiting->count++;
    request->state = waiter;
    request->state_free = free_waiter;
    request->turn = TURN_LATER;
    arm(waiting, waiter->deadline);
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
    struct waiter *next = NULL;
    for (struct waiter *waiter = TAILQ_FIRST(&subject->waiters); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, entries);
        if (!is_wanted(waiter->request, &sight)) {
            continue;
        }
        if (sight.status != OK) {
            request_refuse(waiter->request, &waiter->answer, sight.status, NULL);
        } else {
            if (seen.body == NULL) {
                answer_resource_take(&seen, 200, json_incref(sight.json));
            }
            answer_copy(&waiter->answer, &seen);
        }
        leave(waiter);
        request_wake(waiter->request);
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

static void on_timer(void *context)
{
    struct waiting *waiting = context;
    int64_t now = monotonic_ms();
    int64_t earliest = INT64_MAX;
    struct waiter *next = NULL;
    for (struct waiter *waiter = TAILQ_FIRST(&waiting->all); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, all_entries);
        if (waiter->deadline > now) {
            earliest = waiter->deadline < earliest ? waiter->deadline : earliest;
            continue;
        }
        struct subject *subject = waiter->subject;
        waiter->expired = true;
        leave(waiter);
        request_wake(waiter->request);
        if (TAILQ_EMPTY(&subject->waiters)) {
            drop_subject(waiting, subject);
        }
    }
    waiting->armed_for = INT64_MAX;
    if (earliest != INT64_MAX) {
        arm(waiting, earliest);
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
    struct waiter *waiter = request->state;
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

enum status waiting_create(struct loop *loop, struct app *app, struct waiting **waiting)
{
    struct waiting *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->app = app;
    created->armed_for = INT64_MAX;
    TAILQ_INIT(&created->all);
    TAILQ_INIT(&created->dirty);
    enum status status = loop_wakeup_create(loop, on_wakeup, created, &created->wakeup);
    if (status == OK) {
        status = loop_timer_create(loop, on_timer, created, &created->timer);
    }
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
    assert(waiting->count == 0);
    loop_timer_destroy(waiting->timer);
    if (waiting->wakeup != NULL) {
        loop_wakeup_destroy(waiting->wakeup);
    }
    free(waiting);
}
