/*
 * Events: their names, and what each can say.
 */
#include "domain/event.h"

#include <string.h>

#include "support/suite.h"

static void test_names(void)
{
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        enum event_kind kind = EVENT_KIND_COUNT;
        const char *name = event_kind_name((enum event_kind)i);
        CHECK_ROW(name, event_kind_parse(name, &kind) == OK && kind == (enum event_kind)i);
    }
    for (unsigned i = 0; i < EVENT_WHAT_COUNT; i++) {
        for (unsigned other = 0; other < i; other++) {
            CHECK(strcmp(event_what_name((enum event_what)i), event_what_name((enum event_what)other)) != 0);
        }
    }
}

/* Each kind and each what is told somewhere; what says a step or a kind of log says its device, too. */
static void test_traits(void)
{
    unsigned kinds = 0;
    unsigned whats = 0;
    for (unsigned kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        for (unsigned what = 0; what < EVENT_WHAT_COUNT; what++) {
            unsigned traits = event_traits((enum event_kind)kind, (enum event_what)what);
            const char *name = event_what_name((enum event_what)what);
            kinds |= traits != 0 ? 1U << kind : 0;
            whats |= traits != 0 ? 1U << what : 0;
            CHECK_ROW(name, traits == 0 || (traits & TRAIT_TOLD) != 0);
            CHECK_ROW(name, (traits & (TRAIT_STEP | TRAIT_LOG_KIND)) == 0 || (traits & TRAIT_DEVICE) != 0);
        }
    }
    CHECK(kinds == (1U << EVENT_KIND_COUNT) - 1);
    CHECK(whats == (1U << EVENT_WHAT_COUNT) - 1);
    static const struct {
        enum event_kind kind;
        enum event_what what;
        unsigned traits;
    } rows[] = {{EVENT_LOG, WHAT_ENTRY, TRAIT_TOLD | TRAIT_PLAN | TRAIT_DEVICE | TRAIT_LOG_KIND},
                {EVENT_DEVICE, WHAT_UPGRADE, TRAIT_TOLD | TRAIT_PLAN | TRAIT_DEVICE | TRAIT_STATUS | TRAIT_STEP},
                {EVENT_DEVICE, WHAT_VERIFICATION, TRAIT_TOLD | TRAIT_DEVICE | TRAIT_STATUS},
                {EVENT_PLAN, WHAT_CHANGED, TRAIT_TOLD | TRAIT_PLAN | TRAIT_STATUS},
                {EVENT_CLOCK, WHAT_SET, TRAIT_TOLD},
                {EVENT_CLOCK, WHAT_ONLINE, 0},
                {EVENT_LOG, WHAT_CREATED, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(event_what_name(rows[i].what), event_traits(rows[i].kind, rows[i].what) == rows[i].traits);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"names", test_names}, {"traits", test_traits}, {0}};
    return suite_run("domain: event", cases);
}
