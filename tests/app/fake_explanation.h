/*
 * What app_plan_device_explain() told, kept behind the call.
 */
#ifndef TESTS_APP_FAKE_EXPLANATION_H
#define TESTS_APP_FAKE_EXPLANATION_H

#include "fake_house.h"
#include "plan/eligibility.h"

struct kept_check {
    enum reason check;
    bool ok;
    bool warning;
    struct maybe_instant next_at;
    char expected[CHECK_TEXT];
    char actual[CHECK_TEXT];
};
struct kept_explanation {
    bool eligible;
    bool online;
    int64_t at;
    struct kept_check checks[ELIGIBILITY_CHECKS];
};

/* Asserts on the way that all checks are there, in the order of behaviour.md, 4, that `eligible` means that each is ok,
 * and that only what failed has a next instant. A status other than OK ends the test. */
struct kept_explanation explanation_of(struct house *house, int64_t plan_id, const char *device_key);

const struct kept_check *explanation_check(const struct kept_explanation *explanation, enum reason check);

/* The first that is not ok; REASON_NONE: all are. */
enum reason explanation_reason(const struct kept_explanation *explanation);

#endif
