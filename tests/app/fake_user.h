/*
 * The user of a device in a fake house, and the plans in manual mode that ask for the user's yes (behaviour.md, 6).
 *
 *   user_start_plan --> user_waiting_plan --> user_confirm, or app_upgrade_decline
 */
#ifndef TESTS_APP_FAKE_USER_H
#define TESTS_APP_FAKE_USER_H

#include "app/consent.h"
#include "fake_house.h"

/* A plan in manual mode with three texts, in UTC, with the package for "C0", not stored yet. */
void user_init_plan_of(struct house *house, struct plan *plan, const char *name, int64_t package_id);
/* A plan in manual mode with three texts to version `target` of "C0", in `zone`, not stored yet. */
void user_init_plan(struct house *house, struct plan *plan, const char *target, const char *zone);
/* The same in UTC, activated; whitelist NULL: all; start and end NULL: none planned. */
int64_t user_start_plan(struct house *house, const char *target, const char *whitelisted);
int64_t user_start_planned(struct house *house, const char *target, const char *start, const char *end);

/* What the app shows. */
struct user_shown {
    int64_t plan_id;
    size_t texts;
    char english[32];
    char source[LIMIT_VERSION + 1];
    char target[LIMIT_VERSION + 1];
    bool at_target;
    bool confirmed;
};
/* For app_upgrade_waiting(); the context is a struct user_shown. */
void user_keep_shown(void *context, const struct waiting_plan *waiting);

/* The id of the plan that waits for the device; 0: none, and then neither yes nor no is taken. */
int64_t user_waiting_plan(struct house *house, const char *device_key);

/* Between two local date-times, each may be NULL. */
enum status user_confirm(struct house *house, const char *device_key, const char *from, const char *to);

#endif
