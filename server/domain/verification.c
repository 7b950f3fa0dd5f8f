#include "domain/verification.h"

#include <assert.h>
#include <stddef.h>

#include "domain/names.h"

static const char *const status_names[VERIFICATION_STATUS_COUNT] = {"running", "succeeded", "failed"};

const char *verification_status_name(enum verification_status status)
{
    assert(status < VERIFICATION_STATUS_COUNT);
    return status_names[status];
}

enum status verification_status_parse(const char *name, enum verification_status *status)
{
    size_t index = 0;
    enum status found = names_find(status_names, VERIFICATION_STATUS_COUNT, name, &index);
    if (found == OK) {
        *status = (enum verification_status)index;
    }
    return found;
}

enum verification_status verification_status_of(enum device_status status)
{
    switch (status) {
    case DEVICE_UPGRADED:
        return VERIFICATION_SUCCEEDED;
    case DEVICE_FAILED:
        return VERIFICATION_FAILED;
    default:
        return VERIFICATION_RUNNING;
    }
}
