/*
 * The standard suite: each case says what it is about, how it is provoked, what is judged, and what it depends on.
 *
 *   connection    connect -> lost-secret -> reconnect -> reports
 *   first plan    accept, order, first-attempt, upgrade, version, session: judgements of one upgrade without any fault
 *   disturbed     http-404 ... link-cut, three-in-a-row: one upgrade each, with a fault
 *   by hand       power-cut, shut-out: the tester does something
 *   all of it     frames: nothing that could not be read has come in all that time
 *
 * A case that depends on what has failed before is "not applicable": a device that refuses every plan fails `accept`,
 * not all.
 */
#ifndef QUALIFY_CASES_H
#define QUALIFY_CASES_H

#include "base/buffer.h"
#include "qualify/stand.h"

enum verdict { VERDICT_PASSED, VERDICT_FAILED, VERDICT_NOT_APPLICABLE };

/* What must be so for a case to be played. */
enum {
    NEEDS_ONLINE = 1,    /* connect passed */
    NEEDS_IMAGES = 2,    /* real ones or made-up ones */
    NEEDS_MADE_UP = 4,   /* made-up ones: the size matters */
    NEEDS_ACCEPTS = 8,   /* accept passed */
    NEEDS_UPGRADES = 16, /* upgrade passed */
    NEEDS_TESTER = 32,   /* somebody stands by */
};

struct suite;

struct result {
    enum verdict verdict;
    char reason[256];
    double seconds;
    struct buffer excerpt; /* what went over the wire, or the upgrade log; empty unless failed */
};

struct qualify_case {
    const char *id;
    const char *title;
    const char *why;
    const char *tester; /* what a person must do; NULL: nothing */
    unsigned needs;
    void (*run)(struct suite *suite, const struct qualify_case *self, struct result *result);
    /* for the disturbed upgrades */
    struct stand_order order;
    unsigned attempts_least; /* that it must take; more than one: the fault was noticed */
    unsigned attempts_most;
    int code;              /* status that the first attempt must have reported; 0: any */
    unsigned code_least;   /* how often */
    const char *otherwise; /* what it means when the attempts do not fit */
};

struct suite {
    struct stand *stand;
    bool unattended;
    struct stand_outcome first;     /* of the undisturbed upgrade */
    char first_journal[STAND_TEXT]; /* where it begins in the journal */
    bool online;
    bool accepts;
    bool upgrades;
    char obstacle[160]; /* memory of suite_obstacle() */
};

extern const struct qualify_case qualify_cases[];
extern const size_t qualify_case_count;

/* Why the case cannot be played now; NULL: it can. Static memory, or that of the suite. */
const char *suite_obstacle(struct suite *suite, const struct qualify_case *played);

/* Plays one case; result->excerpt must be initialised. */
void suite_play(struct suite *suite, const struct qualify_case *played, struct result *result);
void suite_finish(struct suite *suite);

void result_fail(struct result *result, const char *format, ...) PRINTF_LIKE(2, 3);
void result_skip(struct result *result, const char *format, ...) PRINTF_LIKE(2, 3);

/* judge.c: the connection, and by hand */
void case_connect(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_lost_secret(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_reconnect(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_reports(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_session(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_frames(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_shut_out(struct suite *suite, const struct qualify_case *self, struct result *result);

/* judge_upgrade.c */
void case_accept(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_order(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_first_attempt(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_upgrade(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_version(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_disturbed(struct suite *suite, const struct qualify_case *self, struct result *result);
void case_three(struct suite *suite, const struct qualify_case *self, struct result *result);

#endif
