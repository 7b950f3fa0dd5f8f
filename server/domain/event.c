#include "domain/event.h"

#include <assert.h>

#include "domain/names.h"

static const char *const kinds[EVENT_KIND_COUNT] = {
    [EVENT_PLAN] = "plan",       [EVENT_DEVICE] = "device",   [EVENT_LOG] = "log",     [EVENT_CLOCK] = "clock",
    [EVENT_PACKAGE] = "package", [EVENT_PRODUCT] = "product", [EVENT_FRAME] = "frame", [EVENT_FAULT] = "fault",
};

static const char *const whats[EVENT_WHAT_COUNT] = {
    [WHAT_CREATED] = "created",     [WHAT_CHANGED] = "changed",
    [WHAT_DELETED] = "deleted",     [WHAT_LISTS] = "lists",
    [WHAT_ENABLED] = "enabled",     [WHAT_DISABLED] = "disabled",
    [WHAT_ONLINE] = "online",       [WHAT_OFFLINE] = "offline",
    [WHAT_REPORTED] = "reported",   [WHAT_UPGRADE] = "upgrade",
    [WHAT_PROGRESS] = "progress",   [WHAT_VERIFICATION] = "verification",
    [WHAT_ENTRY] = "entry",         [WHAT_SET] = "set",
    [WHAT_ADVANCED] = "advanced",   [WHAT_DROPPED] = "dropped",
    [WHAT_EVALUATED] = "evaluated", [WHAT_RECEIVED] = "received",
    [WHAT_SENT] = "sent",           [WHAT_ARMED] = "armed",
    [WHAT_FIRED] = "fired",         [WHAT_REMOVED] = "removed",
    [WHAT_RESET] = "reset",         [WHAT_REVOKED] = "revoked",
    [WHAT_RESTORED] = "restored",
};

const char *event_kind_name(enum event_kind kind)
{
    assert(kind < EVENT_KIND_COUNT);
    return kinds[kind];
}

enum status event_kind_parse(const char *name, enum event_kind *kind)
{
    size_t index = 0;
    enum status status = names_find(kinds, EVENT_KIND_COUNT, name, &index);
    if (status == OK) {
        *kind = (enum event_kind)index;
    }
    return status;
}

const char *event_what_name(enum event_what what)
{
    assert(what < EVENT_WHAT_COUNT);
    return whats[what];
}

static const struct {
    enum event_kind kind;
    uint32_t whats; /* bit n: enum event_what n */
    unsigned traits;
} told[] = {
    {EVENT_PLAN, 1U << WHAT_CREATED | 1U << WHAT_CHANGED | 1U << WHAT_DELETED | 1U << WHAT_LISTS,
     TRAIT_PLAN | TRAIT_STATUS},
    {EVENT_DEVICE,
     1U << WHAT_CREATED | 1U << WHAT_DELETED | 1U << WHAT_ENABLED | 1U << WHAT_DISABLED | 1U << WHAT_ONLINE |
         1U << WHAT_OFFLINE | 1U << WHAT_REPORTED,
     TRAIT_DEVICE},
    {EVENT_DEVICE, 1U << WHAT_UPGRADE, TRAIT_PLAN | TRAIT_DEVICE | TRAIT_STATUS | TRAIT_STEP},
    {EVENT_DEVICE, 1U << WHAT_PROGRESS, TRAIT_PLAN | TRAIT_DEVICE},
    {EVENT_DEVICE, 1U << WHAT_VERIFICATION, TRAIT_DEVICE | TRAIT_STATUS},
    {EVENT_LOG, 1U << WHAT_ENTRY, TRAIT_PLAN | TRAIT_DEVICE | TRAIT_LOG_KIND},
    {EVENT_CLOCK, 1U << WHAT_SET | 1U << WHAT_ADVANCED | 1U << WHAT_DROPPED | 1U << WHAT_EVALUATED, 0},
    {EVENT_PACKAGE, 1U << WHAT_CREATED | 1U << WHAT_DELETED | 1U << WHAT_REVOKED, 0},
    {EVENT_PRODUCT, 1U << WHAT_CREATED | 1U << WHAT_DELETED | 1U << WHAT_RESET | 1U << WHAT_RESTORED, 0},
    {EVENT_FRAME, 1U << WHAT_RECEIVED | 1U << WHAT_SENT, TRAIT_DEVICE},
    {EVENT_FAULT, 1U << WHAT_ARMED | 1U << WHAT_FIRED | 1U << WHAT_REMOVED, TRAIT_PLAN | TRAIT_DEVICE},
};

unsigned event_traits(enum event_kind kind, enum event_what what)
{
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        if (told[i].kind == kind && (told[i].whats & 1U << what) != 0) {
            return TRAIT_TOLD | told[i].traits;
        }
    }
    return 0;
}

size_t event_size(size_t part_count)
{
    return sizeof(struct event) + part_count * sizeof(struct event_part);
}

bool event_is_kept(enum event_kind kind, enum event_what what)
{
    return kind != EVENT_FRAME && what != WHAT_PROGRESS;
}
