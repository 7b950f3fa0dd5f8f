/*
 * A database in a temporary folder with the things that rows hang on.
 *
 *   scratch_open --> scratch_product/device/package/plan --> ... --> scratch_close (integrity and foreign keys checked)
 */
#ifndef TESTS_STORE_SCRATCH_H
#define TESTS_STORE_SCRATCH_H

#include "domain/plan.h"
#include "domain/task.h"
#include "store/store.h"

struct scratch {
    char folder[64];
    char path[96];
    struct store *store;
};

void scratch_open(struct scratch *scratch);
void scratch_reopen(struct scratch *scratch);
void scratch_close(struct scratch *scratch);

/* In a transaction of its own. */
void scratch_product(struct scratch *scratch, const char *key);
int64_t scratch_device(struct scratch *scratch, const char *product_key, const char *device_key);
int64_t scratch_package(struct scratch *scratch, const char *product_key, const char *name);
/* One component "C0" with the package. */
int64_t scratch_plan(struct scratch *scratch, const char *product_key, const char *name, int64_t package_id);
void scratch_list(struct scratch *scratch, int64_t plan_id, enum plan_list list, const char *const *keys, size_t count);
/* The blank task with this status, stored. */
struct task scratch_task(struct scratch *scratch, int64_t plan_id, int64_t device_id, enum device_status status);

#endif
