/* A product's rows go to a database of their own and come back, whatever was given to others meanwhile. */
#include "store/snapshot_rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filling.h"
#include "scratch.h"
#include "store/product_tables.h"
#include "support/suite.h"

static const char *const counted[] = {"device",         "device_mcu",   "package",        "package_source",
                                      "package_file",   "verification", "task",           "task_component",
                                      "firmware_token", "plan",         "plan_component", "plan_text",
                                      "plan_list",      "log_entry",    "clock"};
enum { COUNTED = sizeof counted / sizeof counted[0] };

static void write_snapshot(const struct scratch *scratch, char path[128])
{
    (void)snprintf(path, 128, "%s/state.db", scratch->folder);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    CHECK_FATAL(fd >= 0);
    (void)close(fd);
    CHECK_OK(snapshot_write(scratch->store, "pk1", path));
}

static void empty_product(struct store *store)
{
    struct removed removed = {0};
    CHECK_OK(product_tables_remove(store, "pk1", KEEP_PRODUCT, &removed));
    CHECK_OK(product_tables_purge_all(store));
}

static enum status put_back(struct scratch *scratch, const char *path)
{
    CHECK_OK(snapshot_attach(scratch->store, path));
    CHECK_OK(store_begin_bulk(scratch->store));
    empty_product(scratch->store);
    enum status status = snapshot_put_back(scratch->store, "pk1", 10);
    if (status == OK) {
        CHECK_OK(store_commit(scratch->store));
    } else {
        store_rollback(scratch->store);
    }
    snapshot_detach(scratch->store);
    return status;
}

/* All is there again under its ids; the log in its order, under numbers that nobody else has. */
static void check_back(const struct scratch *scratch)
{
    CHECK(count_rows(scratch->store, "task", "id = 1001 AND plan_id = 1001 AND device_id = 1001 AND deadline = 900") ==
          1);
    CHECK(count_rows(scratch->store, "plan", "id = 1001 AND in_upgrade = 1 AND whitelist_count = 2") == 1);
    CHECK(count_rows(scratch->store, "log_entry", "plan_id = 1001 AND device_id = 1001") == 2);
    CHECK(count_rows(scratch->store, "log_entry AS a JOIN log_entry AS b ON a.plan_id = b.plan_id",
                     "a.plan_id = 1001 AND a.at = 7 AND b.at = 8 AND a.id < b.id") == 1);
}

static void test_others_went_on(void)
{
    struct scratch scratch;
    char path[128];
    scratch_open(&scratch);
    fill_product(scratch.store, 1);
    write_snapshot(&scratch, path);
    CHECK_OK(store_begin_bulk(scratch.store));
    empty_product(scratch.store);
    CHECK_OK(store_commit(scratch.store));
    CHECK(count_rows(scratch.store, "log_entry", NULL) == 0);
    fill_product(scratch.store, 2); /* its log takes the numbers that pk1's had */
    CHECK_FATAL(count_rows(scratch.store, "log_entry", "id = 1 AND plan_id = 2001") == 1);
    int64_t before[COUNTED];
    for (size_t i = 0; i < COUNTED; i++) {
        before[i] = count_rows(scratch.store, counted[i], NULL);
    }
    CHECK_OK(put_back(&scratch, path));
    for (size_t i = 0; i < COUNTED; i++) { /* as much as the other has */
        CHECK_ROW(counted[i], before[i] > 0 && count_rows(scratch.store, counted[i], NULL) == 2 * before[i]);
    }
    check_back(&scratch);
    CHECK_OK(put_back(&scratch, path)); /* over what is there */
    check_back(&scratch);
    (void)unlink(path);
    scratch_close(&scratch); /* references are whole */
}

/* Devices and tasks that came after the snapshot leave nothing behind in the plan that comes back. */
static void test_later_ones_go(void)
{
    struct scratch scratch;
    char path[128];
    scratch_open(&scratch);
    fill_product(scratch.store, 1);
    write_snapshot(&scratch, path);
    int64_t later = scratch_device(&scratch, "pk1", "999");
    (void)scratch_task(&scratch, 1001, later, DEVICE_IN_UPGRADE);
    CHECK(count_rows(scratch.store, "plan", "id = 1001 AND in_upgrade = 2") == 1);
    CHECK_OK(put_back(&scratch, path));
    check_back(&scratch);
    CHECK(count_rows(scratch.store, "task", "plan_id = 1001") == 1);
    CHECK(count_rows(scratch.store, "device", NULL) == 2);
    CHECK(count_rows(scratch.store, "removed", NULL) == 0);
    (void)unlink(path);
    scratch_close(&scratch);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"others went on", test_others_went_on}, {"later ones go", test_later_ones_go}, {0}};
    return suite_run("snapshot_rows", cases);
}
