/* What time says about a plan, exactly at, just before and just after each edge, in zones of every kind. */
#include "plan/moment.h"

#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "support/suite.h"

static int64_t instant(const char *text)
{
    int64_t value = 0;
    CHECK_FATAL(instant_parse(text, &value) == OK);
    return value;
}

static bool is_instant(const struct maybe_instant *found, const char *expect)
{
    return found->known == (expect != NULL) && (expect == NULL || found->at == instant(expect));
}

static struct planned_moment planned(const char *text)
{
    return (struct planned_moment){.set = text != NULL, .at = text != NULL ? instant(text) : 0};
}

static void test_planned_time(void)
{
    static const char start[] = "2027-03-01T09:00:00.000Z";
    static const char end[] = "2027-03-08T09:00:00.000Z";
    static const struct {
        const char *name;
        const char *start;
        const char *end;
        const char *now;
        bool ok;
        bool over;
        const char *next;
    } rows[] = {
        {"no planned time", NULL, NULL, "2027-03-01T00:00:00.000Z", true, false, NULL},
        {"just before the start", start, end, "2027-03-01T08:59:59.999Z", false, false, start},
        {"at the start", start, end, start, true, false, NULL},
        {"just before the end", start, end, "2027-03-08T08:59:59.999Z", true, false, NULL},
        {"at the end", start, end, end, false, true, NULL},
        {"after the end", start, end, "2027-03-08T09:00:00.001Z", false, true, NULL},
        {"only a start, before", start, NULL, "2027-02-01T00:00:00.000Z", false, false, start},
        {"only a start, years after", start, NULL, "2037-02-01T00:00:00.000Z", true, false, NULL},
        {"only an end, before", NULL, end, "2017-02-01T00:00:00.000Z", true, false, NULL},
        {"only an end, at it", NULL, end, end, false, true, NULL},
    };
    struct zone *zone = NULL;
    CHECK_FATAL(zone_open("UTC", &zone) == OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = {.planned_start = planned(rows[i].start), .planned_end = planned(rows[i].end)};
        struct plan_moment moment;
        plan_moment_at(&plan, zone, instant(rows[i].now), &moment);
        CHECK_ROW(rows[i].name, moment.planned_ok == rows[i].ok && moment.planned_over == rows[i].over);
        CHECK_ROW(rows[i].name, is_instant(&moment.planned_next, rows[i].next));
        CHECK_ROW(rows[i].name, moment.push_ok && !moment.push_next.known);
    }
    zone_close(zone);
}

static void test_push_period(void)
{
    static const struct {
        const char *name;
        const char *zone;
        int start_hour;
        int end_hour;
        const char *now;
        const char *next; /* NULL: it is open */
    } rows[] = {
        {"just before it opens", "UTC", 9, 17, "2027-01-05T08:59:59.999Z", "2027-01-05T09:00:00.000Z"},
        {"start inclusive", "UTC", 9, 17, "2027-01-05T09:00:00.000Z", NULL},
        {"just before it closes", "UTC", 9, 17, "2027-01-05T16:59:59.999Z", NULL},
        {"end exclusive", "UTC", 9, 17, "2027-01-05T17:00:00.000Z", "2027-01-06T09:00:00.000Z"},
        {"over midnight, before it", "UTC", 22, 6, "2027-01-05T23:59:59.999Z", NULL},
        {"over midnight, at it", "UTC", 22, 6, "2027-01-06T00:00:00.000Z", NULL},
        {"over midnight, its end", "UTC", 22, 6, "2027-01-06T06:00:00.000Z", "2027-01-06T22:00:00.000Z"},
        {"Shanghai opens", "Asia/Shanghai", 22, 6, "2027-03-01T14:00:00.000Z", NULL},
        {"Shanghai, just before", "Asia/Shanghai", 22, 6, "2027-03-01T13:59:59.999Z", "2027-03-01T14:00:00.000Z"},
        {"half an hour: Kolkata", "Asia/Kolkata", 9, 10, "2027-01-05T03:29:59.999Z", "2027-01-05T03:30:00.000Z"},
        {"half an hour: Kolkata closes", "Asia/Kolkata", 9, 10, "2027-01-05T04:30:00.000Z", "2027-01-06T03:30:00.000Z"},
        {"45 minutes: Kathmandu", "Asia/Kathmandu", 9, 10, "2027-01-05T03:14:59.999Z", "2027-01-05T03:15:00.000Z"},
        {"45 minutes: Eucla", "Australia/Eucla", 0, 1, "2027-01-05T15:14:59.999Z", "2027-01-05T15:15:00.000Z"},
        {"Berlin skips 02:00-03:00", "Europe/Berlin", 2, 3, "2027-03-27T23:00:00.000Z", "2027-03-29T00:00:00.000Z"},
        {"Berlin, the jump itself", "Europe/Berlin", 2, 3, "2027-03-28T01:00:00.000Z", "2027-03-29T00:00:00.000Z"},
        {"Berlin repeats it: first", "Europe/Berlin", 2, 3, "2027-10-31T00:30:00.000Z", NULL},
        {"Berlin repeats it: again", "Europe/Berlin", 2, 3, "2027-10-31T01:30:00.000Z", NULL},
        {"Berlin, then over", "Europe/Berlin", 2, 3, "2027-10-31T02:00:00.000Z", "2027-11-01T01:00:00.000Z"},
        {"New York skips it", "America/New_York", 2, 3, "2027-03-14T06:59:59.999Z", "2027-03-15T06:00:00.000Z"},
        {"New York repeats 01:00: again", "America/New_York", 1, 2, "2027-11-07T06:30:00.000Z", NULL},
        {"Lord Howe skips half of it", "Australia/Lord_Howe", 2, 3, "2027-10-02T15:29:59.999Z",
         "2027-10-02T15:30:00.000Z"},
        {"Lord Howe, the other half ends", "Australia/Lord_Howe", 2, 3, "2027-10-02T16:00:00.000Z",
         "2027-10-03T15:00:00.000Z"},
        {"Lord Howe repeats half of it", "Australia/Lord_Howe", 1, 2, "2027-04-03T15:29:59.999Z", NULL},
        {"Lord Howe, then over", "Australia/Lord_Howe", 1, 2, "2027-04-03T15:30:00.000Z", "2027-04-04T14:30:00.000Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = {.push_period = {true, rows[i].start_hour, rows[i].end_hour}};
        struct plan_moment moment;
        struct zone *zone = NULL;
        CHECK_FATAL(zone_open(rows[i].zone, &zone) == OK);
        plan_moment_at(&plan, zone, instant(rows[i].now), &moment);
        CHECK_ROW(rows[i].name, moment.push_ok == (rows[i].next == NULL));
        CHECK_ROW(rows[i].name, is_instant(&moment.push_next, rows[i].next));
        CHECK_ROW(rows[i].name, moment.planned_ok && !moment.planned_over && !moment.planned_next.known);
        zone_close(zone);
    }
}

/* Every edge from an instant on, "12:00 opens, ...": what a clock that is advanced meets. */
static void walk(const struct plan *plan, const struct zone *zone, const char *from, char *text, size_t size)
{
    static const char *const names[PLAN_EDGE_COUNT] = {"none", "starts", "ends", "opens", "closes"};
    int64_t now = instant(from);
    text[0] = '\0';
    for (int i = 0; i < 6; i++) {
        int64_t at = now;
        enum plan_edge edge = plan_next_edge(plan, zone, now, &at);
        char stamp[INSTANT_TEXT];
        size_t used = strlen(text);
        if (edge == PLAN_EDGE_NONE) {
            (void)snprintf(text + used, size - used, "none");
            return;
        }
        instant_format(at, stamp);
        (void)snprintf(text + used, size - used, "%.5s %.5s %s, ", stamp + 5, stamp + 11, names[edge]);
        now = at;
    }
}

static void test_edges(void)
{
    static const struct {
        const char *name;
        const char *start;
        const char *end;
        bool has_push;
        const char *from;
        const char *expect;
    } rows[] = {
        {"nothing", NULL, NULL, false, "2027-01-05T08:00:00.000Z", "none"},
        {"start and end", "2027-01-06T08:00:00.000Z", "2027-01-07T08:00:00.000Z", false, "2027-01-05T08:00:00.000Z",
         "01-06 08:00 starts, 01-07 08:00 ends, none"},
        {"a window for ever", NULL, NULL, true, "2027-01-05T08:00:00.000Z",
         "01-05 09:00 opens, 01-05 17:00 closes, 01-06 09:00 opens, 01-06 17:00 closes, 01-07 09:00 opens, "
         "01-07 17:00 closes, "},
        {"a window within the planned time", "2027-01-06T12:00:00.000Z", "2027-01-07T12:00:00.000Z", true,
         "2027-01-05T08:00:00.000Z",
         "01-06 12:00 starts, 01-06 17:00 closes, 01-07 09:00 opens, 01-07 12:00 ends, none"},
        {"the end before the edge at the same instant", NULL, "2027-01-05T17:00:00.000Z", true,
         "2027-01-05T08:00:00.000Z", "01-05 09:00 opens, 01-05 17:00 ends, none"},
        {"the start before the edge at the same instant", "2027-01-05T09:00:00.000Z", NULL, true,
         "2027-01-05T08:00:00.000Z",
         "01-05 09:00 starts, 01-05 17:00 closes, 01-06 09:00 opens, 01-06 17:00 closes, 01-07 09:00 opens, "
         "01-07 17:00 closes, "},
        {"over already", NULL, "2027-01-05T08:00:00.000Z", true, "2027-01-05T08:00:00.000Z", "none"},
    };
    struct zone *zone = NULL;
    CHECK_FATAL(zone_open("UTC", &zone) == OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char found[256];
        struct plan plan = {.planned_start = planned(rows[i].start),
                            .planned_end = planned(rows[i].end),
                            .push_period = {rows[i].has_push, 9, 17}};
        walk(&plan, zone, rows[i].from, found, sizeof found);
        CHECK_ROW(rows[i].name, strcmp(found, rows[i].expect) == 0);
    }
    zone_close(zone);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"planned time", test_planned_time}, {"push period", test_push_period}, {"edges", test_edges}, {0}};
    return suite_run("what time says about a plan", cases);
}
