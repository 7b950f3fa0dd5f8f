/*
 * Calls that wait until a plan, a device of a plan or a verification has a status: ?waitFor=upgraded,failed&timeout=30
 * (api.md, Upgrade plans).
 *
 *   act --look--> has it: answered at once
 *           |
 *           +---> one of the waiters of its subject, the call suspended (TURN_LATER)
 *                   waiting_changed(subject) --look once for all--> has it: what was seen is the answer
 *                   its time is over ------------------------------> 409 await-timeout, with what it is now
 *                   it has gone ------------------------------------> 404
 *
 * Look and registration are one act() on the loop's thread, so no change can slip in between; a change is looked at
 * when it is told, so a status that does not last is seen too. Only those subjects are looked at for which somebody
 * waits. All functions but waiting_check(): the loop's thread.
 */
#ifndef HTTP_WAITING_H
#define HTTP_WAITING_H

#include "http/waiters.h"
#include "http/words.h"

/* What is waited for. As a table's key: only the first two count. */
struct wait_subject {
    int64_t id;                            /* of the plan; of a verification: negated */
    char device_key[LIMIT_DEVICE_KEY + 1]; /* of a device in the plan; "": the plan or verification itself */
    int64_t package_id;                    /* of a verification */
};

enum { SIGHT_STATE = 200 };

/* What a look at a subject shows. */
struct sight {
    enum status status; /* not OK: it cannot be seen, E_NOT_FOUND when it is not there; then the rest means nothing */
    unsigned word;      /* the number of its status among the words that can be waited for */
    char state[SIGHT_STATE]; /* for a person: "is inUpgrade, step downloading 40 %" */
    json_t *json;            /* owned by who looks: the resource, as an answer shows it */
};

typedef void wait_look(struct app *app, const struct wait_subject *subject, struct sight *sight);

/* For check(): waitFor and timeout into input.wait_for and input.wait_ms; `count` words (at most 32) can be waited for.
 */
void waiting_check(struct request *request, word_name *word, unsigned count);

struct waiting;

/* Borrows all. */
MUST_USE enum status waiting_create(struct loop *loop, struct app *app, struct waiters *waiters,
                                    struct waiting **waiting);
void waiting_destroy(struct waiting *waiting); /* nobody waits any more; NULL is allowed */

/* act() of a route with waitFor: shows the subject, now or when it has one of input.wait_for. */
void waiting_act(struct waiting *waiting, struct request *request, const struct wait_subject *subject, wait_look *look,
                 struct answer *answer);

/* app_ports.changed, whose comment says what the arguments mean. */
void waiting_changed(struct waiting *waiting, int64_t plan_id, const char *device_key);

#endif
