#include "domain/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/characters.h"
#include "domain/names.h"

static const char *const status_names[PLAN_STATUS_COUNT] = {"saved",     "activated",  "upgrading",
                                                            "suspended", "terminated", "ended"};
static const char *const mode_names[PLAN_MODE_COUNT] = {"silent", "manual"};

const char *plan_status_name(enum plan_status status)
{
    assert(status < PLAN_STATUS_COUNT);
    return status_names[status];
}

enum status plan_status_parse(const char *name, enum plan_status *status)
{
    size_t index = 0;
    enum status found = names_find(status_names, PLAN_STATUS_COUNT, name, &index);
    if (found == OK) {
        *status = (enum plan_status)index;
    }
    return found;
}

bool plan_status_may_become(enum plan_status from, enum plan_status to)
{
    /* A plan may end without any device started (all at their target already, planned end passed), also suspended. */
    static const bool arrows[PLAN_STATUS_COUNT][PLAN_STATUS_COUNT] = {
        [PLAN_SAVED] = {[PLAN_ACTIVATED] = true},
        [PLAN_ACTIVATED] =
            {[PLAN_UPGRADING] = true, [PLAN_SUSPENDED] = true, [PLAN_TERMINATED] = true, [PLAN_ENDED] = true},
        [PLAN_UPGRADING] = {[PLAN_SUSPENDED] = true, [PLAN_TERMINATED] = true, [PLAN_ENDED] = true},
        [PLAN_SUSPENDED] =
            {[PLAN_ACTIVATED] = true, [PLAN_UPGRADING] = true, [PLAN_TERMINATED] = true, [PLAN_ENDED] = true},
    };
    assert(from < PLAN_STATUS_COUNT && to < PLAN_STATUS_COUNT);
    return arrows[from][to];
}

const char *plan_mode_name(enum plan_mode mode)
{
    assert(mode < PLAN_MODE_COUNT);
    return mode_names[mode];
}

enum status plan_mode_parse(const char *name, enum plan_mode *mode)
{
    size_t index = 0;
    enum status status = names_find(mode_names, PLAN_MODE_COUNT, name, &index);
    if (status == OK) {
        *mode = (enum plan_mode)index;
    }
    return status;
}

enum status push_hour_parse(const char *text, int *hour)
{
    if (strlen(text) != 5 || strcmp(text + 2, ":00") != 0 || text[0] < '0' || text[0] > '2' || text[1] < '0' ||
        text[1] > '9') {
        return E_FORMAT;
    }
    int value = (text[0] - '0') * 10 + (text[1] - '0');
    if (value > 23) {
        return E_FORMAT;
    }
    *hour = value;
    return OK;
}

const char *plan_list_name(enum plan_list list)
{
    static const char *const names[PLAN_LIST_COUNT] = {"whitelist", "blacklist"};
    assert(list < PLAN_LIST_COUNT);
    return names[list];
}

void plan_finish(struct plan *plan)
{
    if (plan == NULL) {
        return;
    }
    free(plan->texts);
    plan->texts = NULL;
    plan->text_count = 0;
}

void cleanup_plan(struct plan *plan)
{
    plan_finish(plan);
}

bool component_no_is_valid(const char *component_no)
{
    size_t length = strnlen(component_no, LIMIT_COMPONENT_NO + 1);
    return length >= 1 && length <= LIMIT_COMPONENT_NO && strpbrk(component_no, ";:\",") == NULL &&
           !characters_have_control(component_no);
}

static void check_strategy(const struct strategy *strategy, struct violations *violations)
{
    if (strategy->retries < 0 || strategy->retries > 5) {
        violation_add(violations, "must be 0 to 5", "/strategy/retries");
    }
    if (strategy->min_signal < -140 || strategy->min_signal > -44) {
        violation_add(violations, "must be -140 to -44 dBm", "/strategy/minSignal");
    }
    if (strategy->min_battery < 0 || strategy->min_battery > 100) {
        violation_add(violations, "must be 0 to 100 percent", "/strategy/minBattery");
    }
    if (strategy->timeout_minutes < 1 || strategy->timeout_minutes > 1440) {
        violation_add(violations, "must be 1 to 1440 minutes", "/strategy/timeoutMinutes");
    }
}

static void check_component(const struct plan *plan, size_t i, struct violations *violations)
{
    const struct plan_component *component = &plan->components[i];
    if (!component_no_is_valid(component->component_no)) {
        violation_add(violations, "must be 1 to 32 bytes without ; : \" , and control characters",
                      "/components/%zu/componentNo", i);
    }
    if (!characters_are_name(component->name)) {
        violation_add(violations, "must be 1 to 100 characters", "/components/%zu/name", i);
    }
    bool same_number = false;
    bool same_sequence = false;
    for (size_t other = 0; other < i; other++) {
        same_number |= strcmp(plan->components[other].component_no, component->component_no) == 0;
        same_sequence |= plan->components[other].sequence == component->sequence;
    }
    if (same_number) {
        violation_add(violations, "another component has this number", "/components/%zu/componentNo", i);
    }
    if (same_sequence) {
        violation_add(violations, "another component has this place", "/components/%zu/sequence", i);
    }
}

static void check_texts(const struct plan *plan, struct violations *violations)
{
    bool zh = false;
    bool en = false;
    for (size_t i = 0; i < plan->text_count; i++) {
        const struct upgrade_text *text = &plan->texts[i];
        if (!text_is_word(text->language, 1, LIMIT_LANGUAGE, "-_")) {
            /* not named in the pointer: it may hold what a JSON pointer must escape */
            violation_add(violations, "a language is 1 to 16 letters, digits, '-' or '_'", "/upgradeText");
        } else if (text_utf8_length(text->text) < 1) {
            violation_add(violations, "must not be empty", "/upgradeText/%s", text->language);
        }
        zh |= strcmp(text->language, "zh") == 0;
        en |= strcmp(text->language, "en") == 0;
    }
    bool required = plan->mode == PLAN_MANUAL || plan->text_count > 0;
    if (required && !zh) {
        violation_add(violations, "the Chinese text is missing", "/upgradeText/zh");
    }
    if (required && !en) {
        violation_add(violations, "the English text is missing", "/upgradeText/en");
    }
}

static void check_push_period(const struct push_period *period, struct violations *violations)
{
    if (period->set && period->start_hour == period->end_hour) {
        violation_add(violations, "must be at least one hour away from the start", "/pushPeriod/end");
    }
}

static int compare_sequence(const void *left, const void *right)
{
    int a = ((const struct plan_component *)left)->sequence;
    int b = ((const struct plan_component *)right)->sequence;
    return (a > b) - (a < b);
}

void plan_check(struct plan *plan, struct violations *violations)
{
    if (!characters_are_name(plan->name)) {
        violation_add(violations, "must be 1 to 100 characters", "/name");
    }
    check_strategy(&plan->strategy, violations);
    check_push_period(&plan->push_period, violations);
    if (plan->component_count < 1 || plan->component_count > LIMIT_COMPONENTS) {
        violation_add(violations, "must be 1 to 20 components", "/components");
    }
    for (size_t i = 0; i < plan->component_count && i < LIMIT_COMPONENTS; i++) {
        check_component(plan, i, violations);
    }
    check_texts(plan, violations);
    /* last: the pointers above name the places in the request */
    if (plan->component_count <= LIMIT_COMPONENTS) {
        qsort(plan->components, plan->component_count, sizeof plan->components[0], compare_sequence);
    }
}
