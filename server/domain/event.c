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

size_t event_size(size_t part_count)
{
    return sizeof(struct event) + part_count * sizeof(struct event_part);
}

bool event_is_kept(enum event_kind kind, enum event_what what)
{
    return kind != EVENT_FRAME && what != WHAT_PROGRESS;
}
