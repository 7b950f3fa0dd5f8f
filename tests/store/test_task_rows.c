/* Tasks, the devices of a plan and their statistics. */
#include "store/task_rows.h"

#include <stdio.h>

#include "scratch.h"
#include "store/device_rows.h"
#include "store/plan_rows.h"
#include "support/suite.h"

static struct scratch scratch;

static enum status save(struct task *task)
{
    CHECK_FATAL(store_begin(scratch.store) == OK);
    enum status status = task_save(scratch.store, task);
    if (status == OK) {
        return store_commit(scratch.store);
    }
    store_rollback(scratch.store);
    return status;
}

static int64_t package_id;

/* Product "pk1" with a package, and a plan of it. */
static int64_t first_plan(void)
{
    scratch_product(&scratch, "pk1");
    package_id = scratch_package(&scratch, "pk1", "P");
    return scratch_plan(&scratch, "pk1", "plan", package_id);
}

static void test_task_goes_round(void)
{
    struct task task;
    struct task found;
    scratch_open(&scratch);
    int64_t plan = first_plan();
    int64_t device = scratch_device(&scratch, "pk1", "A");
    CHECK(task_find(scratch.store, plan, device, &task) == E_NOT_FOUND);
    CHECK_OK(task_blank(scratch.store, plan, device, &task));
    CHECK(task.id == 0 && task.component_count == 1 && task.components[0].step == STEP_WAITING);
    CHECK(strcmp(task.components[0].component_no, "C0") == 0 && task.components[0].type == COMPONENT_MCU);
    CHECK(strcmp(task.components[0].target_version, "2_0_0") == 0 && task.components[0].package_id > 0);
    task.status = DEVICE_IN_UPGRADE;
    task.phase = TASK_RUNNING;
    task.wants_sha256 = task.url_sent = true;
    task.deadline = (struct maybe_instant){true, 50};
    task.started_at = (struct maybe_instant){true, 40};
    struct task_component *component = &task.components[0];
    component->step = STEP_DOWNLOADING;
    component->attempts = 2;
    component->progress = 37;
    component->unconfirmed = true;
    component->started_at = (struct maybe_instant){true, 41};
    (void)snprintf(component->source_version, sizeof component->source_version, "1_0_0");
    CHECK_OK(save(&task));
    CHECK_OK(task_find(scratch.store, plan, device, &found));
    CHECK(found.id == task.id && found.status == DEVICE_IN_UPGRADE && found.phase == TASK_RUNNING &&
          found.wants_sha256);
    CHECK(found.url_sent && !found.url_pending && found.deadline.at == 50 && found.started_at.at == 40);
    CHECK(!found.ended_at.known && found.current == 0 && found.reason == REASON_NONE);
    CHECK(found.components[0].step == STEP_DOWNLOADING && found.components[0].attempts == 2);
    CHECK(found.components[0].progress == 37 && found.components[0].unconfirmed && !found.components[0].skipped);
    CHECK(found.components[0].started_at.at == 41 && strcmp(found.components[0].source_version, "1_0_0") == 0);
    task.status = DEVICE_FAILED;
    task.phase = TASK_DONE;
    task.reason = REASON_TIMEOUT;
    task.wants_sha256 = task.url_sent = false;
    task.url_pending = true;
    task.deadline = (struct maybe_instant){0};
    task.ended_at = (struct maybe_instant){true, 60};
    task.current = 1;
    component->step = STEP_FAILED;
    component->skipped = true;
    component->unconfirmed = false;
    component->ended_at = (struct maybe_instant){true, 59};
    CHECK_OK(save(&task));
    CHECK_OK(task_find_by_id(scratch.store, task.id, &found));
    CHECK(found.status == DEVICE_FAILED && found.phase == TASK_DONE && found.reason == REASON_TIMEOUT);
    CHECK(!found.wants_sha256 && found.url_pending && !found.url_sent && !found.deadline.known && found.current == 1);
    CHECK(found.ended_at.at == 60 && found.components[0].step == STEP_FAILED && found.components[0].skipped);
    CHECK(!found.components[0].unconfirmed && found.components[0].ended_at.at == 59);
    scratch_close(&scratch);
}

static void test_one_upgrade_at_a_time(void)
{
    struct task task;
    struct maybe_int running;
    int64_t count = -1;
    scratch_open(&scratch);
    int64_t first = first_plan();
    int64_t second = scratch_plan(&scratch, "pk1", "second", package_id);
    int64_t device = scratch_device(&scratch, "pk1", "A");
    CHECK(task_running_plan(scratch.store, device, &running) == OK && !running.known);
    CHECK(task_running_of_device(scratch.store, device, &task) == E_NOT_FOUND);
    struct task one = scratch_task(&scratch, first, device, DEVICE_IN_UPGRADE);
    struct task two = scratch_task(&scratch, second, device, DEVICE_NON_UPGRADED);
    CHECK(task_running_plan(scratch.store, device, &running) == OK && running.known && running.value == first);
    two.status = DEVICE_IN_UPGRADE;
    CHECK(save(&two) == E_EXISTS);
    CHECK(tasks_in_upgrade_count(scratch.store, second, &count) == OK && count == 0);
    CHECK(tasks_in_upgrade_count(scratch.store, first, &count) == OK && count == 1);
    one.status = DEVICE_UPGRADED;
    CHECK_OK(save(&one));
    CHECK_OK(save(&two));
    CHECK_OK(task_running_of_device(scratch.store, device, &task));
    CHECK(task.id == two.id);
    CHECK(tasks_in_upgrade_count(scratch.store, first, &count) == OK && count == 0);
    CHECK(tasks_final_count(scratch.store, first, &count) == OK && count == 1);
    CHECK(tasks_in_upgrade_count(scratch.store, second, &count) == OK && count == 1);
    CHECK_OK(device_delete(scratch.store, device));
    CHECK(tasks_in_upgrade_count(scratch.store, second, &count) == OK && count == 0);
    CHECK(tasks_final_count(scratch.store, first, &count) == OK && count == 0);
    one.id = 0;
    CHECK(save(&one) == E_NOT_FOUND); /* its device has gone */
    scratch_close(&scratch);
}

static void test_due(void)
{
    static const struct {
        const char *key;
        enum device_status status;
        int64_t deadline; /* 0: none */
    } rows[] = {{"A", DEVICE_IN_UPGRADE, 300},
                {"B", DEVICE_IN_UPGRADE, 100},
                {"C", DEVICE_FAILED, 50},
                {"D", DEVICE_IN_UPGRADE, 0},
                {"E", DEVICE_IN_UPGRADE, 200}};
    struct task_key keys[8];
    size_t count = 9;
    int64_t ids[5];
    struct maybe_instant next = {true, 0};
    scratch_open(&scratch);
    int64_t plan = first_plan();
    CHECK(tasks_next_deadline(scratch.store, NULL, &next) == OK && !next.known);
    for (size_t i = 0; i < 5; i++) {
        ids[i] = scratch_device(&scratch, "pk1", rows[i].key);
        struct task task = scratch_task(&scratch, plan, ids[i], rows[i].status);
        task.deadline = (struct maybe_instant){rows[i].deadline != 0, rows[i].deadline};
        CHECK_ROW(rows[i].key, save(&task) == OK);
    }
    CHECK(tasks_next_deadline(scratch.store, NULL, &next) == OK && next.known && next.at == 100);
    CHECK(tasks_due(scratch.store, NULL, 99, keys, 8, &count) == OK && count == 0);
    CHECK(tasks_due(scratch.store, NULL, 200, keys, 8, &count) == OK && count == 2);
    CHECK(keys[0].device_id == ids[1] && keys[1].device_id == ids[4] && keys[0].plan_id == plan);
    CHECK(tasks_due(scratch.store, NULL, 1000, keys, 2, &count) == OK && count == 2);
    scratch_close(&scratch);
}

static bool join(void *context, const char *key, const struct task *task)
{
    char *text = context;
    size_t length = strlen(text);
    (void)snprintf(text + length, 128 - length, "%s:%s%s ", key, device_status_name(task->status),
                   task->device_id == 0 ? "?" : "");
    return task->component_count == 1;
}

static bool join_minute(void *context, int64_t at, int64_t upgraded, int64_t failed)
{
    char *text = context;
    size_t length = strlen(text);
    (void)snprintf(text + length, 128 - length, "%lld:%lld/%lld ", (long long)at, (long long)upgraded,
                   (long long)failed);
    return true;
}

static void end_task(int64_t plan, int64_t device, enum device_status status, enum reason reason, int64_t ended_at)
{
    struct task task = scratch_task(&scratch, plan, device, status);
    task.reason = reason;
    task.ended_at = (struct maybe_instant){ended_at != 0, ended_at};
    CHECK_OK(save(&task));
}

/* Devices A B C D seen, X and Y not; D is blacklisted; A upgraded, B failed, C waits for battery, D has a task all the
 * same. */
static void fill(int64_t plan)
{
    static const char *const keys[] = {"A", "B", "C", "D"};
    int64_t ids[4];
    for (size_t i = 0; i < 4; i++) {
        ids[i] = scratch_device(&scratch, "pk1", keys[i]);
    }
    scratch_list(&scratch, plan, LIST_BLACK, keys + 3, 1);
    end_task(plan, ids[0], DEVICE_UPGRADED, REASON_NONE, 60001);
    end_task(plan, ids[1], DEVICE_FAILED, REASON_TIMEOUT, 119999);
    end_task(plan, ids[2], DEVICE_NON_UPGRADED, REASON_BATTERY, 0);
    end_task(plan, ids[3], DEVICE_NON_UPGRADED, REASON_BLACKLIST, 0);
}

static void test_devices_of_all(void)
{
    static const struct {
        const char *name;
        enum device_status status;
        struct page page;
        const char *expect;
        bool more;
    } rows[] = {
        {"all", DEVICE_STATUS_COUNT, {NULL, 9, NULL}, "A:upgraded B:failed C:nonUpgraded E:nonUpgraded ", false},
        {"page", DEVICE_STATUS_COUNT, {"A", 1, NULL}, "B:failed ", true},
        {"waiting, with or without a task",
         DEVICE_NON_UPGRADED,
         {NULL, 9, NULL},
         "C:nonUpgraded E:nonUpgraded ",
         false},
        {"in upgrade", DEVICE_IN_UPGRADE, {NULL, 9, NULL}, "", false},
        {"query", DEVICE_STATUS_COUNT, {NULL, 9, "b"}, "B:failed ", false}};
    struct plan_counts counts;
    scratch_open(&scratch);
    int64_t plan = first_plan();
    fill(plan);
    (void)scratch_device(&scratch, "pk1", "E");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128] = "";
        bool more = !rows[i].more;
        CHECK_ROW(rows[i].name,
                  plan_members_list(scratch.store, plan, rows[i].status, &rows[i].page, join, text, &more) == OK);
        CHECK_ROW(rows[i].name, strcmp(text, rows[i].expect) == 0 && more == rows[i].more);
    }
    CHECK_OK(plan_count(scratch.store, plan, &counts));
    CHECK(counts.total == 4 && counts.by_status[DEVICE_NON_UPGRADED] == 2 && counts.by_status[DEVICE_UPGRADED] == 1);
    CHECK(counts.by_status[DEVICE_FAILED] == 1 && counts.by_reason[REASON_BATTERY] == 1);
    CHECK(counts.by_reason[REASON_TIMEOUT] == 1 && counts.by_reason[REASON_BLACKLIST] == 0);
    CHECK(counts.by_reason[REASON_NONE] == 0);
    bool more = false;
    CHECK(plan_members_list(scratch.store, 99, DEVICE_FAILED, &(struct page){.limit = 1}, join, NULL, &more) ==
          E_NOT_FOUND);
    CHECK(plan_count(scratch.store, 99, &counts) == E_NOT_FOUND);
    scratch_close(&scratch);
}

static void test_devices_of_whitelist(void)
{
    static const char *const white[] = {"A", "B", "D", "X", "Y"};
    struct plan_counts counts;
    char text[128] = "";
    bool more = true;
    scratch_open(&scratch);
    int64_t plan = first_plan();
    fill(plan);
    scratch_list(&scratch, plan, LIST_WHITE, white, 5);
    CHECK_OK(
        plan_members_list(scratch.store, plan, DEVICE_STATUS_COUNT, &(struct page){.limit = 9}, join, text, &more));
    CHECK_TEXT(text, "A:upgraded B:failed X:nonUpgraded? Y:nonUpgraded? ");
    CHECK(!more);
    CHECK_OK(plan_count(scratch.store, plan, &counts));
    CHECK(counts.total == 4 && counts.by_status[DEVICE_NON_UPGRADED] == 2 && counts.by_reason[REASON_BATTERY] == 0);
    text[0] = '\0';
    CHECK_OK(plan_timeline(scratch.store, plan, join_minute, text));
    CHECK_TEXT(text, "60000:1/1 ");
    scratch_close(&scratch);
}

int main(void)
{
    static const struct test_case cases[] = {{"a task goes round", test_task_goes_round},
                                             {"one upgrade at a time", test_one_upgrade_at_a_time},
                                             {"due", test_due},
                                             {"devices of all", test_devices_of_all},
                                             {"devices of a whitelist", test_devices_of_whitelist},
                                             {0}};
    return suite_run("task_rows", cases);
}
