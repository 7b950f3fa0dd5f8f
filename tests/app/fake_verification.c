#include "fake_verification.h"

#include <stdio.h>

#include "support/suite.h"

struct verification_answer verification_try(struct house *house, int64_t package_id, const char *product_key,
                                            const char *device_key, const char *component_no)
{
    struct verification_answer answer = {0};
    struct verification_refusal refusal = {0};
    struct verification_wish wish = {product_key, device_key, component_no};
    answer.status =
        app_verification_start(house->app, package_id, &wish, &answer.verification, &answer.violations, &refusal);
    answer.why = refusal.why;
    CU_ASSERT_EQUAL(answer.why != NULL, answer.status == E_STATE);
    return answer;
}

int64_t verification_started(struct house *house, int64_t package_id, const char *device_key)
{
    struct verification_answer answer = verification_try(house, package_id, "pk1", device_key, "C0");
    CHECK_ROW(answer.why != NULL ? answer.why : "started", answer.status == OK);
    CU_ASSERT_EQUAL_FATAL(answer.status, OK);
    return answer.verification.id;
}

void verification_expect(struct house *house, int64_t package_id, int64_t id, const char *status, const char *reason)
{
    struct verification found = {0};
    CU_ASSERT_EQUAL_FATAL(app_verification_find(house->app, package_id, id, &found), OK);
    const char *is = verification_status_name(found.status);
    const char *why = reason_name(found.reason);
    CHECK_ROW(is, strcmp(is, status) == 0);
    CHECK_ROW(why, strcmp(why, reason) == 0);
    CU_ASSERT_EQUAL(found.ended_at.known, found.status != VERIFICATION_RUNNING);
}

struct kinds {
    char words[400];
};

static void join_kind(void *context, const struct log_entry *entry)
{
    struct kinds *kinds = context;
    size_t used = strlen(kinds->words);
    (void)snprintf(kinds->words + used, sizeof kinds->words - used, "%s ", log_kind_name(entry->kind));
}

void verification_expect_log(struct house *house, int64_t package_id, int64_t id, const char *kinds)
{
    struct verification found = {0};
    struct kinds is = {""};
    struct page page = {.limit = LIMIT_PAGE};
    bool more = true;
    CU_ASSERT_EQUAL_FATAL(app_verification_find(house->app, package_id, id, &found), OK);
    CU_ASSERT_EQUAL(app_verification_log(house->app, &found, &page, join_kind, &is, &more), OK);
    CHECK_ROW(is.words, strcmp(is.words, kinds) == 0 && !more);
}

static void count_one(void *context, const struct verification *verification)
{
    CU_ASSERT_TRUE(verification->id > 0);
    ++*(int *)context;
}

int verification_count(struct house *house, int64_t package_id)
{
    int count = 0;
    struct page page = {.limit = LIMIT_PAGE};
    bool more = true;
    CU_ASSERT_EQUAL(app_verifications_list(house->app, package_id, &page, count_one, &count, &more), OK);
    CU_ASSERT_FALSE(more);
    return count;
}
