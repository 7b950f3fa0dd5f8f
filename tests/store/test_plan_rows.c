/* Plans, their lists and who belongs to them. */
#include "store/plan_rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "scratch.h"
#include "store/task_rows.h"
#include "support/suite.h"

static struct scratch scratch;

static bool join_key(void *context, const char *key)
{
    char *text = context;
    (void)strcat(strcat(text, key), ",");
    return true;
}

static bool join_plan(void *context, const struct plan *plan)
{
    return join_key(context, plan->name);
}

static void test_plan_goes_round(void)
{
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    int64_t package = scratch_package(&scratch, "pk1", "P");
    struct upgrade_text texts[] = {{"en", "hello"}, {"zh", "你好"}};
    struct plan plan = {
        .name = "plan",
        .product_key = "pk1",
        .mode = PLAN_MANUAL,
        .time_zone = "Asia/Shanghai",
        .strategy = {1, -100, 20, 7},
        .created_at = 9,
        .component_count = 2,
        .components = {{1, "C1", "one", COMPONENT_MCU, package}, {5, "C0", "two", COMPONENT_MCU, package}},
        .text_count = 2,
        .texts = texts};
    struct plan found = {0};
    CHECK_OK(store_begin(scratch.store));
    CHECK_OK(plan_insert(scratch.store, &plan));
    CHECK_OK(plan_find(scratch.store, plan.id, &found));
    CHECK(strcmp(found.name, "plan") == 0 && found.mode == PLAN_MANUAL && found.status == PLAN_SAVED);
    CHECK(found.strategy.retries == 1 && found.strategy.min_signal == -100 && found.strategy.min_battery == 20);
    CHECK(found.strategy.timeout_minutes == 7 && found.created_at == 9 &&
          strcmp(found.time_zone, "Asia/Shanghai") == 0);
    CHECK(found.component_count == 2 && strcmp(found.components[1].component_no, "C0") == 0);
    CHECK(found.components[1].sequence == 5 && found.components[1].package_id == package);
    CHECK(found.text_count == 2 && strcmp(found.texts[1].text, "你好") == 0);
    CHECK(!found.activated_at.known && !found.started_at.known && !found.ended_at.known);
    plan_finish(&found);

    plan.component_count = 1;
    plan.text_count = 0;
    (void)snprintf(plan.name, sizeof plan.name, "renamed");
    CHECK_OK(plan_replace(scratch.store, &plan));
    plan.status = PLAN_ENDED;
    plan.activated_at = (struct maybe_instant){true, 1};
    plan.started_at = (struct maybe_instant){true, 2};
    plan.ended_at = (struct maybe_instant){true, 3};
    CHECK_OK(plan_update_status(scratch.store, &plan));
    CHECK_OK(plan_find(scratch.store, plan.id, &found));
    CHECK(found.component_count == 1 && found.text_count == 0 && strcmp(found.name, "renamed") == 0);
    CHECK(found.status == PLAN_ENDED && found.activated_at.at == 1 && found.started_at.at == 2 &&
          found.ended_at.at == 3);
    plan_finish(&found);
    CHECK(plan_insert(scratch.store, &plan) == E_EXISTS);
    (void)snprintf(plan.product_key, sizeof plan.product_key, "pk2");
    CHECK(plan_insert(scratch.store, &plan) == E_NOT_FOUND);
    plan.id = 99;
    CHECK(plan_replace(scratch.store, &plan) == E_NOT_FOUND && plan_delete(scratch.store, 99) == E_NOT_FOUND);
    CHECK(plan_find(scratch.store, 99, &found) == E_NOT_FOUND &&
          plan_update_status(scratch.store, &plan) == E_NOT_FOUND);
    CHECK_OK(store_commit(scratch.store));
    scratch_close(&scratch);
}

static void set_status(int64_t id, enum plan_status status, int64_t activated_at)
{
    struct plan plan = {.id = id, .status = status, .activated_at = {true, activated_at}};
    CHECK_OK(plan_update_status(scratch.store, &plan));
}

static void test_lists_of_plans(void)
{
    char text[128] = "";
    bool more = false;
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    scratch_product(&scratch, "pk2");
    int64_t package = scratch_package(&scratch, "pk1", "P");
    int64_t first = scratch_plan(&scratch, "pk1", "first", package);
    int64_t second = scratch_plan(&scratch, "pk1", "second", package);
    (void)scratch_plan(&scratch, "pk1", "third", package);
    int64_t other = scratch_plan(&scratch, "pk2", "other", package);
    set_status(second, PLAN_UPGRADING, 200); /* activated first, whatever its clock showed */
    set_status(other, PLAN_ACTIVATED, 150);
    set_status(first, PLAN_ACTIVATED, 100);
    CHECK_OK(
        plan_list_page(scratch.store, "pk1", PLAN_STATUS_COUNT, &(struct page){.limit = 2}, join_plan, text, &more));
    CHECK(strcmp(text, "first,second,") == 0 && more);
    text[0] = '\0';
    CHECK_OK(plan_list_page(scratch.store, NULL, PLAN_ACTIVATED, &(struct page){.limit = 5}, join_plan, text, &more));
    CHECK(strcmp(text, "first,other,") == 0 && !more);
    text[0] = '\0';
    CHECK_OK(
        plan_list_page(scratch.store, NULL, PLAN_STATUS_COUNT, &(struct page){"1", 5, "IR"}, join_plan, text, &more));
    CHECK_TEXT(text, "third,");
    int64_t *ids = NULL;
    size_t count = 0;
    CHECK_OK(plan_active_ids(scratch.store, "pk1", &ids, &count));
    CHECK(count == 2 && ids[0] == second && ids[1] == first);
    free(ids);
    CHECK_OK(plan_active_ids(scratch.store, NULL, &ids, &count));
    CHECK(count == 3 && ids[1] == other);
    free(ids);
    CHECK_OK(plan_active_ids(scratch.store, "absent", &ids, &count));
    CHECK(count == 0 && ids == NULL);
    scratch_close(&scratch);
}

static void test_keys(void)
{
    static const char *const keys[] = {"b", "a", "b", "c"};
    struct plan plan = {0};
    char text[64] = "";
    bool more = false;
    bool contains = false;
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    int64_t id = scratch_plan(&scratch, "pk1", "plan", scratch_package(&scratch, "pk1", "P"));
    scratch_list(&scratch, id, LIST_WHITE, keys, 4);
    scratch_list(&scratch, id, LIST_BLACK, keys + 3, 1);
    CHECK_OK(plan_find(scratch.store, id, &plan));
    CHECK(plan.list_count[LIST_WHITE] == 3 && plan.list_count[LIST_BLACK] == 1);
    plan_finish(&plan);
    CHECK_OK(plan_keys_list(scratch.store, id, LIST_WHITE, &(struct page){.limit = 2}, join_key, text, &more));
    CHECK(strcmp(text, "a,b,") == 0 && more);
    CHECK(plan_keys_contain(scratch.store, id, LIST_WHITE, "a", &contains) == OK && contains);
    CHECK(plan_keys_contain(scratch.store, id, LIST_BLACK, "a", &contains) == OK && !contains);
    scratch_list(&scratch, id, LIST_WHITE, NULL, 0);
    CHECK_OK(plan_find(scratch.store, id, &plan));
    CHECK(plan.list_count[LIST_WHITE] == 0 && plan.list_count[LIST_BLACK] == 1);
    plan_finish(&plan);
    CHECK_OK(store_begin(scratch.store));
    CHECK(plan_keys_put(scratch.store, 99, LIST_WHITE, keys, 1) == E_NOT_FOUND);
    store_rollback(scratch.store);
    scratch_close(&scratch);
}

static void test_members(void)
{
    static const char *const white[] = {"seen", "unseen", "black"};
    static const char *const black[] = {"black"};
    static const struct {
        const char *key;
        bool of_all;
        bool of_listed;
    } rows[] = {{"seen", true, true},
                {"unseen", false, true},
                {"black", false, false},
                {"free", true, false},
                {"foreign", false, false}};
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    scratch_product(&scratch, "pk2");
    int64_t package = scratch_package(&scratch, "pk1", "P");
    int64_t all = scratch_plan(&scratch, "pk1", "all", package);
    int64_t listed = scratch_plan(&scratch, "pk1", "listed", package);
    (void)scratch_device(&scratch, "pk1", "seen");
    (void)scratch_device(&scratch, "pk1", "black");
    (void)scratch_device(&scratch, "pk1", "free");
    (void)scratch_device(&scratch, "pk2", "foreign");
    scratch_list(&scratch, all, LIST_BLACK, black, 1);
    scratch_list(&scratch, listed, LIST_WHITE, white, 3);
    scratch_list(&scratch, listed, LIST_BLACK, black, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool member = !rows[i].of_all;
        CHECK_ROW(rows[i].key,
                  plan_has_member(scratch.store, all, rows[i].key, &member) == OK && member == rows[i].of_all);
        member = !rows[i].of_listed;
        CHECK_ROW(rows[i].key,
                  plan_has_member(scratch.store, listed, rows[i].key, &member) == OK && member == rows[i].of_listed);
    }
    scratch_close(&scratch);
}

static void test_whitelist_is_final(void)
{
    static const char *const white[] = {"A", "B", "X"};
    static const char *const black[] = {"X", "Y"};
    bool is_final = true;
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    int64_t id = scratch_plan(&scratch, "pk1", "plan", scratch_package(&scratch, "pk1", "P"));
    int64_t a = scratch_device(&scratch, "pk1", "A");
    CHECK(plan_whitelist_is_final(scratch.store, id, &is_final) == OK && !is_final); /* no whitelist */
    scratch_list(&scratch, id, LIST_WHITE, white, 3);
    scratch_list(&scratch, id, LIST_BLACK, black, 2);
    (void)scratch_task(&scratch, id, a, DEVICE_UPGRADED);
    CHECK(plan_whitelist_is_final(scratch.store, id, &is_final) == OK && !is_final); /* B was never seen */
    struct task task = scratch_task(&scratch, id, scratch_device(&scratch, "pk1", "B"), DEVICE_IN_UPGRADE);
    CHECK(plan_whitelist_is_final(scratch.store, id, &is_final) == OK && !is_final);
    task.status = DEVICE_FAILED;
    CHECK_OK(store_begin(scratch.store));
    CHECK_OK(task_save(scratch.store, &task));
    CHECK_OK(store_commit(scratch.store));
    CHECK(plan_whitelist_is_final(scratch.store, id, &is_final) == OK && is_final); /* X is blacklisted */
    scratch_close(&scratch);
}

/* The bound of api.md, in the time a request may take. */
static void test_a_million_keys(void)
{
    enum { COUNT = LIMIT_PLAN_LIST };
    char(*texts)[8] = calloc(COUNT, sizeof *texts);
    const char **keys = calloc(COUNT, sizeof *keys);
    CHECK_FATAL(texts != NULL && keys != NULL);
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%06zu", i * 7919 % COUNT); /* all different, in no order */
        keys[i] = texts[i];
    }
    struct plan plan = {0};
    bool contains = false;
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    int64_t id = scratch_plan(&scratch, "pk1", "plan", scratch_package(&scratch, "pk1", "P"));
    int64_t before = monotonic_ms();
    scratch_list(&scratch, id, LIST_WHITE, keys, COUNT);
    (void)fprintf(stderr, "    1,000,000 keys in %lld ms\n", (long long)(monotonic_ms() - before));
    CHECK_OK(plan_find(scratch.store, id, &plan));
    CHECK(plan.list_count[LIST_WHITE] == COUNT);
    plan_finish(&plan);
    CHECK(plan_keys_contain(scratch.store, id, LIST_WHITE, "999999", &contains) == OK && contains);
    free(texts);
    free(keys);
    scratch_close(&scratch);
}

int main(void)
{
    static const struct test_case cases[] = {{"a plan goes round", test_plan_goes_round},
                                             {"lists of plans", test_lists_of_plans},
                                             {"keys", test_keys},
                                             {"members", test_members},
                                             {"whitelist is final", test_whitelist_is_final},
                                             {"a million keys", test_a_million_keys},
                                             {0}};
    return suite_run("plan_rows", cases);
}
