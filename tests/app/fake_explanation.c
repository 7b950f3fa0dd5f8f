#include "fake_explanation.h"

#include "base/text.h"
#include "support/suite.h"

/* In words: the names are the contract (api.md). */
static const char *const check_names[ELIGIBILITY_CHECKS] = {
    "online",  "planStatus", "plannedTime", "pushPeriod", "blacklist", "whitelist",     "notFinal",
    "notBusy", "version",    "battery",     "signal",     "space",     "userConfirmed", "slot"};

static void keep(void *context, const struct explanation *explanation)
{
    struct kept_explanation *kept = context;
    *kept = (struct kept_explanation){
        .eligible = explanation->eligible, .online = explanation->online, .at = explanation->at};
    CU_ASSERT_EQUAL_FATAL(explanation->count, ELIGIBILITY_CHECKS);
    bool all = true;
    for (size_t i = 0; i < explanation->count; i++) {
        const struct explained_check *check = &explanation->checks[i];
        struct kept_check *copy = &kept->checks[i];
        *copy = (struct kept_check){
            .check = check->check, .ok = check->ok, .warning = check->warning, .next_at = check->next_at};
        CU_ASSERT_EQUAL(text_copy(copy->expected, sizeof copy->expected, check->expected), OK);
        CU_ASSERT_EQUAL(text_copy(copy->actual, sizeof copy->actual, check->actual), OK);
        const char *name = reason_name(check->check);
        CHECK_ROW(name, strcmp(name, check_names[i]) == 0);
        CHECK_ROW(name, check->expected[0] != '\0' && check->actual[0] != '\0');
        CHECK_ROW(name, !check->ok || !check->next_at.known);
        CHECK_ROW(name, check->ok || !check->warning);
        CHECK_ROW(name, !check->next_at.known || check->next_at.at > explanation->at);
        all &= check->ok;
    }
    CU_ASSERT_EQUAL(explanation->eligible, all);
    CU_ASSERT_EQUAL(explanation->online, explanation->checks[0].ok);
}

struct kept_explanation explanation_of(struct house *house, int64_t plan_id, const char *device_key)
{
    struct kept_explanation kept = {0};
    CU_ASSERT_EQUAL_FATAL(app_plan_device_explain(house->app, plan_id, device_key, keep, &kept), OK);
    return kept;
}

const struct kept_check *explanation_check(const struct kept_explanation *explanation, enum reason check)
{
    return &explanation->checks[check - REASON_ONLINE];
}

enum reason explanation_reason(const struct kept_explanation *explanation)
{
    for (size_t i = 0; i < ELIGIBILITY_CHECKS; i++) {
        if (!explanation->checks[i].ok) {
            return explanation->checks[i].check;
        }
    }
    return REASON_NONE;
}
