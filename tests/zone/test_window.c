/*
 * Push periods against a slow walk: for every zone of this machine the wall clock is read minute by minute around each
 * transition of 2026 and 2027 (by libc's localtime_r, which shares no code with zone/), and what window.h says at an
 * instant must be what the walk saw.
 */
#include "zone/window.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/instant.h"
#include "support/suite.h"

enum {
    MINUTE_S = 60,
    HOUR_S = 3600,
    MINUTES = 3 * 24 * 60, /* of a walk: a day before the transition, a day behind it, and a day to see the next edge */
    JUDGED = 2 * 24 * 60,  /* of these every one near an edge, and one in 23, is asked for */
    NEAR = 3,
    STRIDE = 23,
    NAMES_MOST = 1000
};

static const char folder[] = "/usr/share/zoneinfo";
static const struct window windows[] = {{22, 6}, {2, 3}, {1, 2}, {0, 1}, {23, 0}, {3, 2}, {9, 17}, {0, 23}, {12, 11}};
enum { WINDOWS = sizeof windows / sizeof windows[0] };

/* --- every zone of the machine ---------------------------------------------------------------------------------- */

static char *names[NAMES_MOST];
static size_t name_count;

static int keep_name(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)walk;
    const char *name = path + sizeof folder;
    if (kind == FTW_F && zone_exists(name) && name_count < NAMES_MOST) {
        names[name_count++] = strdup(name);
    }
    return 0;
}

/* --- the walk --------------------------------------------------------------------------------------------------- */

static struct tm local_at(time_t at)
{
    struct tm local;
    (void)localtime_r(&at, &local);
    return local;
}

static bool is_open(const struct window *window, int hour)
{
    if (window->start_hour < window->end_hour) {
        return hour >= window->start_hour && hour < window->end_hour;
    }
    return hour >= window->start_hour || hour < window->end_hour;
}

struct walk {
    const char *name;
    struct zone *zone;
    time_t start;
    int hours[MINUTES];
};

static void complain(const struct walk *walk, const struct window *window, const char *what, int minute, int64_t got,
                     int wanted)
{
    char at[INSTANT_TEXT];
    char text[INSTANT_TEXT];
    char right[INSTANT_TEXT];
    instant_format((walk->start + (time_t)minute * MINUTE_S) * 1000, at);
    instant_format(got, text);
    instant_format((walk->start + (time_t)wanted * MINUTE_S) * 1000, right);
    (void)fprintf(stderr, "    %s %02d:00-%02d:00 at %s: %s says %s, the walk %s\n", walk->name, window->start_hour,
                  window->end_hour, at, what, text, right);
    CU_FAIL("window");
}

static void judge(const struct walk *walk, const struct window *window, int minute, int next_open, int next_edge)
{
    int64_t at = (walk->start + (time_t)minute * MINUTE_S) * 1000;
    bool open = is_open(window, walk->hours[minute]);
    int64_t opens = window_next(walk->zone, window, at);
    int64_t edge = window_next_edge(walk->zone, window, at);
    if (window_is_open(walk->zone, window, at) != open) {
        complain(walk, window, open ? "is_open, which is not," : "is_open", minute, at, minute);
    }
    if (opens != (walk->start + (time_t)next_open * MINUTE_S) * 1000) {
        complain(walk, window, "next", minute, opens, next_open);
    }
    if (edge != (walk->start + (time_t)next_edge * MINUTE_S) * 1000) {
        complain(walk, window, "next_edge", minute, edge, next_edge);
    }
    /* a millisecond before a minute nothing can have changed yet */
    if (minute > 0 && window_is_open(walk->zone, window, at - 1) != is_open(window, walk->hours[minute - 1])) {
        complain(walk, window, "is_open 1 ms before", minute, at - 1, minute);
    }
}

static void walk_window(const struct walk *walk, const struct window *window)
{
    int next_open = -1;
    int next_edge = -1;
    for (int minute = MINUTES - 2; minute >= 0; minute--) {
        bool open = is_open(window, walk->hours[minute]);
        bool is_edge = open != is_open(window, walk->hours[minute + 1]);
        next_edge = is_edge ? minute + 1 : next_edge;
        next_open = open ? minute : next_open;
        bool near = next_edge >= 0 && next_edge - minute <= NEAR;
        if (minute < JUDGED && next_open >= 0 && next_edge >= 0 && (near || minute % STRIDE == 0)) {
            judge(walk, window, minute, next_open, next_edge);
        }
    }
}

static void walk_around(struct walk *walk, time_t transition)
{
    walk->start = transition - transition % MINUTE_S - 24 * HOUR_S;
    for (int minute = 0; minute < MINUTES; minute++) {
        walk->hours[minute] = local_at(walk->start + (time_t)minute * MINUTE_S).tm_hour;
    }
    for (size_t i = 0; i < WINDOWS; i++) {
        walk_window(walk, &windows[i]);
    }
}

/* The first second behind `from` with another offset; `to` has another. */
static time_t find_transition(time_t from, time_t to)
{
    long before = local_at(from).tm_gmtoff;
    while (to - from > 1) {
        time_t middle = from + (to - from) / 2;
        if (local_at(middle).tm_gmtoff == before) {
            from = middle;
        } else {
            to = middle;
        }
    }
    return to;
}

static size_t walk_zone(const char *name)
{
    static const time_t first = 1767225600; /* 2026-01-01T00:00:00Z */
    static const time_t last = 1830297600;  /* 2028-01-01T00:00:00Z */
    static struct walk walk;
    size_t transitions = 0;
    walk.name = name;
    CU_ASSERT_EQUAL_FATAL(zone_open(name, &walk.zone), OK);
    (void)setenv("TZ", name, 1);
    tzset();
    for (time_t at = first; at < last; at += 6 * HOUR_S) {
        if (local_at(at).tm_gmtoff != local_at(at + 6 * HOUR_S).tm_gmtoff) {
            time_t transition = find_transition(at, at + 6 * HOUR_S);
            CHECK_ROW(name,
                      zone_next_transition(walk.zone, (int64_t)(transition - 1) * 1000) == (int64_t)transition * 1000);
            walk_around(&walk, transition);
            transitions++;
        }
    }
    if (transitions == 0) {
        walk_around(&walk, first); /* an ordinary day of a zone that never changes */
    }
    zone_close(walk.zone);
    return transitions;
}

static void test_every_zone(void)
{
    size_t transitions = 0;
    (void)nftw(folder, keep_name, 16, FTW_PHYS);
    CU_ASSERT_TRUE_FATAL(name_count > 300 && name_count < NAMES_MOST); /* a whole zone database is there */
    for (size_t i = 0; i < name_count; i++) {
        transitions += walk_zone(names[i]);
        free(names[i]);
    }
    CU_ASSERT_TRUE(transitions > 500);
    (void)printf(" %zu zones, %zu transitions ", name_count, transitions);
}

/* --- by name ---------------------------------------------------------------------------------------------------- */

static int64_t instant(const char *text)
{
    int64_t at = 0;
    CU_ASSERT_EQUAL_FATAL(instant_parse(text, &at), OK);
    return at;
}

static void test_rows(void)
{
    static const struct {
        const char *name;
        const char *zone;
        struct window window;
        const char *at;
        const char *opens; /* the next instant at which it is open */
        const char *edge;  /* the next change */
    } rows[] = {
        {"over midnight, before",
         "Asia/Shanghai",
         {22, 6},
         "2027-03-01T13:59:59.999Z",
         "2027-03-01T14:00:00Z",
         "2027-03-01T14:00:00Z"},
        {"start is inclusive",
         "Asia/Shanghai",
         {22, 6},
         "2027-03-01T14:00:00Z",
         "2027-03-01T14:00:00Z",
         "2027-03-01T22:00:00Z"},
        {"end is exclusive",
         "Asia/Shanghai",
         {22, 6},
         "2027-03-01T22:00:00Z",
         "2027-03-02T14:00:00Z",
         "2027-03-02T14:00:00Z"},
        {"1 ms before the end",
         "Asia/Shanghai",
         {22, 6},
         "2027-03-01T21:59:59.999Z",
         "2027-03-01T21:59:59.999Z",
         "2027-03-01T22:00:00Z"},
        {"Berlin, spring: the skipped hour is no hour",
         "Europe/Berlin",
         {2, 3},
         "2027-03-27T12:00:00Z",
         "2027-03-29T00:00:00Z",
         "2027-03-29T00:00:00Z"},
        {"Berlin, spring: one hour shorter",
         "Europe/Berlin",
         {1, 4},
         "2027-03-28T00:00:00Z",
         "2027-03-28T00:00:00Z",
         "2027-03-28T02:00:00Z"},
        {"Berlin, autumn: the hour comes twice",
         "Europe/Berlin",
         {2, 3},
         "2026-10-25T00:00:00Z",
         "2026-10-25T00:00:00Z",
         "2026-10-25T02:00:00Z"},
        {"Berlin, autumn: closed between",
         "Europe/Berlin",
         {1, 2},
         "2026-10-25T00:30:00Z",
         "2026-10-26T00:00:00Z",
         "2026-10-26T00:00:00Z"},
        {"New York, spring",
         "America/New_York",
         {2, 3},
         "2027-03-14T06:30:00Z",
         "2027-03-15T06:00:00Z",
         "2027-03-15T06:00:00Z"},
        {"New York, autumn",
         "America/New_York",
         {1, 2},
         "2026-11-01T04:59:00Z",
         "2026-11-01T05:00:00Z",
         "2026-11-01T05:00:00Z"},
        {"New York, autumn: both of them",
         "America/New_York",
         {1, 2},
         "2026-11-01T05:00:00Z",
         "2026-11-01T05:00:00Z",
         "2026-11-01T07:00:00Z"},
        {"Sydney, spring in October",
         "Australia/Sydney",
         {2, 3},
         "2026-10-03T15:30:00Z",
         "2026-10-04T15:00:00Z",
         "2026-10-04T15:00:00Z"},
        {"Sydney, autumn in April",
         "Australia/Sydney",
         {2, 3},
         "2027-04-03T15:00:00Z",
         "2027-04-03T15:00:00Z",
         "2027-04-03T17:00:00Z"},
        {"Lord Howe, half an hour is skipped",
         "Australia/Lord_Howe",
         {2, 3},
         "2026-10-03T15:29:00Z",
         "2026-10-03T15:30:00Z",
         "2026-10-03T15:30:00Z"},
        {"Lord Howe: the half hour that is left",
         "Australia/Lord_Howe",
         {2, 3},
         "2026-10-03T15:30:00Z",
         "2026-10-03T15:30:00Z",
         "2026-10-03T16:00:00Z"},
        {"Lord Howe: an hour and a half",
         "Australia/Lord_Howe",
         {1, 2},
         "2027-04-03T14:00:00Z",
         "2027-04-03T14:00:00Z",
         "2027-04-03T15:30:00Z"},
        {"Kathmandu, 5:45",
         "Asia/Kathmandu",
         {7, 8},
         "2027-03-01T00:00:00Z",
         "2027-03-01T01:15:00Z",
         "2027-03-01T01:15:00Z"},
        {"Kolkata, 5:30",
         "Asia/Kolkata",
         {7, 8},
         "2027-03-01T00:00:00Z",
         "2027-03-01T01:30:00Z",
         "2027-03-01T01:30:00Z"},
        {"Chatham, 12:45 and 13:45",
         "Pacific/Chatham",
         {0, 1},
         "2027-03-01T00:00:00Z",
         "2027-03-01T10:15:00Z",
         "2027-03-01T10:15:00Z"},
        {"Santiago: midnight is skipped",
         "America/Santiago",
         {0, 1},
         "2026-09-06T03:59:00Z",
         "2026-09-07T03:00:00Z",
         "2026-09-07T03:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct zone *zone = NULL;
        int64_t at = instant(rows[i].at);
        CU_ASSERT_EQUAL_FATAL(zone_open(rows[i].zone, &zone), OK);
        CHECK_ROW(rows[i].name, window_next(zone, &rows[i].window, at) == instant(rows[i].opens));
        CHECK_ROW(rows[i].name, window_next_edge(zone, &rows[i].window, at) == instant(rows[i].edge));
        CHECK_ROW(rows[i].name, window_is_open(zone, &rows[i].window, at) == (at == instant(rows[i].opens)));
        zone_close(zone);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"rows", test_rows}, {"every zone", test_every_zone}, {0}};
    return suite_run("window", cases);
}
