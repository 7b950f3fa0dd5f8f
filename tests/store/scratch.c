#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/device_rows.h"
#include "store/package_rows.h"
#include "store/plan_rows.h"
#include "store/product_rows.h"
#include "store/task_rows.h"
#include "support/suite.h"

void scratch_open(struct scratch *scratch)
{
    *scratch = (struct scratch){.folder = "/tmp/mockdc-store-XXXXXX"};
    CHECK_FATAL(mkdtemp(scratch->folder) != NULL);
    (void)snprintf(scratch->path, sizeof scratch->path, "%s/mockdc.db", scratch->folder);
    scratch_reopen(scratch);
}

void scratch_reopen(struct scratch *scratch)
{
    struct error error = {0};
    store_close(scratch->store);
    scratch->store = NULL;
    enum status status = store_open(scratch->path, &scratch->store, &error);
    if (status != OK) {
        (void)fprintf(stderr, "    %s: %s\n", error.place, error.text);
    }
    CHECK_FATAL(status == OK);
}

void scratch_close(struct scratch *scratch)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    struct error error = {0};
    CHECK_OK(store_integrity(scratch->store, &error));
    CHECK_TEXT(error.text, "");
    store_close(scratch->store);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", scratch->path, ends[i]);
        (void)unlink(path);
    }
    CHECK(rmdir(scratch->folder) == 0);
}

void scratch_product(struct scratch *scratch, const char *key)
{
    struct product product = {.secret = "s", .name = "n", .created_at = 1};
    (void)snprintf(product.key, sizeof product.key, "%s", key);
    CHECK_FATAL(product_insert(scratch->store, &product) == OK);
}

int64_t scratch_device(struct scratch *scratch, const char *product_key, const char *device_key)
{
    static struct device device; /* large */
    device = (struct device){.enabled = true};
    (void)snprintf(device.product_key, sizeof device.product_key, "%s", product_key);
    (void)snprintf(device.device_key, sizeof device.device_key, "%s", device_key);
    CHECK_FATAL(device_insert(scratch->store, &device) == OK);
    return device.id;
}

int64_t scratch_package(struct scratch *scratch, const char *product_key, const char *name)
{
    struct package package = {.component_type = COMPONENT_MCU, .target_version = "2_0_0", .file_count = 1};
    package.files[0] = (struct package_file){.name = "mcu.bin", .size = 7, .md5 = "m", .sha256 = "s", .crc32 = "c"};
    (void)snprintf(package.product_key, sizeof package.product_key, "%s", product_key);
    (void)snprintf(package.name, sizeof package.name, "%s", name);
    (void)snprintf(package.files[0].stored, sizeof package.files[0].stored, "%s-%s.bin", product_key, name);
    CHECK_FATAL(store_begin(scratch->store) == OK);
    CHECK_FATAL(package_insert(scratch->store, &package) == OK);
    CHECK_FATAL(store_commit(scratch->store) == OK);
    return package.id;
}

int64_t scratch_plan(struct scratch *scratch, const char *product_key, const char *name, int64_t package_id)
{
    struct plan plan = {.time_zone = "UTC", .strategy = STRATEGY_DEFAULT, .component_count = 1};
    plan.components[0] =
        (struct plan_component){.sequence = 1, .component_no = "C0", .name = "c", .type = COMPONENT_MCU};
    plan.components[0].package_id = package_id;
    (void)snprintf(plan.product_key, sizeof plan.product_key, "%s", product_key);
    (void)snprintf(plan.name, sizeof plan.name, "%s", name);
    CHECK_FATAL(store_begin(scratch->store) == OK);
    CHECK_FATAL(plan_insert(scratch->store, &plan) == OK);
    CHECK_FATAL(store_commit(scratch->store) == OK);
    return plan.id;
}

void scratch_list(struct scratch *scratch, int64_t plan_id, enum plan_list list, const char *const *keys, size_t count)
{
    CHECK_FATAL(store_begin(scratch->store) == OK);
    CHECK_FATAL(plan_keys_put(scratch->store, plan_id, list, keys, count) == OK);
    CHECK_FATAL(store_commit(scratch->store) == OK);
}

struct task scratch_task(struct scratch *scratch, int64_t plan_id, int64_t device_id, enum device_status status)
{
    struct task task;
    CHECK_FATAL(task_blank(scratch->store, plan_id, device_id, &task) == OK);
    task.status = status;
    CHECK_FATAL(store_begin(scratch->store) == OK);
    CHECK_FATAL(task_save(scratch->store, &task) == OK);
    CHECK_FATAL(store_commit(scratch->store) == OK);
    return task;
}
