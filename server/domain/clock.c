#include "domain/clock.h"

#include <assert.h>
#include <stddef.h>

#include "domain/names.h"

static const char *const mode_names[CLOCK_MODE_COUNT] = {"real", "offset", "manual"};

const char *clock_mode_name(enum clock_mode mode)
{
    assert(mode < CLOCK_MODE_COUNT);
    return mode_names[mode];
}

enum status clock_mode_parse(const char *name, enum clock_mode *mode)
{
    size_t index = 0;
    enum status status = names_find(mode_names, CLOCK_MODE_COUNT, name, &index);
    if (status == OK) {
        *mode = (enum clock_mode)index;
    }
    return status;
}

int64_t clock_read(const struct clock *clock, int64_t wall)
{
    switch (clock->mode) {
    case CLOCK_OFFSET:
        return wall + clock->value;
    case CLOCK_MANUAL:
        return clock->value;
    default:
        return wall;
    }
}

struct clock clock_make(enum clock_mode mode, int64_t now, int64_t wall)
{
    struct clock clock = {.mode = mode};
    if (mode != CLOCK_REAL) {
        clock.value = mode == CLOCK_OFFSET ? now - wall : now;
    }
    return clock;
}
