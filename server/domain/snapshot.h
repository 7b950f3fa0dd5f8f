/*
 * A state of a product that was kept under a name, to be returned to.
 */
#ifndef DOMAIN_SNAPSHOT_H
#define DOMAIN_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

struct snapshot {
    int64_t id;
    char name[LIMIT_SNAPSHOT_NAME + 1];
    char folder[LIMIT_TOKEN + 1]; /* below the data folder's snapshots/ */
    int64_t created_at;           /* of the product's clock */
    int64_t devices;
    int64_t packages;
    int64_t plans;
};

/* 1 to 64 letters, digits, '_', '-', '.'; not "." or "..". */
bool snapshot_name_is_valid(const char *name);

#endif
