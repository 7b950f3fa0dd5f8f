/* Which names are time zones. */
#include "zone/zone.h"

#include "base/instant.h"
#include "support/suite.h"

static void test_names(void)
{
    static const struct {
        const char *name;
        bool expect;
    } rows[] = {{"UTC", true},
                {"Asia/Shanghai", true},
                {"America/Argentina/Buenos_Aires", true},
                {"America/Port-au-Prince", true},
                {"Etc/GMT+5", true},
                {"", false},
                {"Mars/Phobos", false},
                {"Asia", false},
                {"Asia/", false},
                {"Asia//Shanghai", false},
                {"asia/shanghai", false},
                {"+08:00", false},
                {"XYZ5", false},
                {"CET-1CEST", false},
                {"../../etc/passwd", false},
                {"/usr/share/zoneinfo/UTC", false},
                {"localtime", false},
                {"posix/UTC", false},
                {"zone.tab", false},
                {"leapseconds", false},
                {"Asia/Shanghai ", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].name, zone_exists(rows[i].name) == rows[i].expect);
    }
}

static int64_t instant(const char *text)
{
    int64_t at = 0;
    CU_ASSERT_EQUAL_FATAL(instant_parse(text, &at), OK);
    return at;
}

static void test_open(void)
{
    struct zone *zone = NULL;
    CU_ASSERT_EQUAL(zone_open("Mars/Phobos", &zone), E_NOT_FOUND);
    CU_ASSERT_PTR_NULL(zone);
    zone_close(NULL);
}

/* Local time -> instant: what exists, what does not, what comes twice. */
static void test_instants(void)
{
    static const struct {
        const char *name;
        const char *zone;
        const char *local;
        const char *instant;
    } rows[] = {{"plain", "Asia/Shanghai", "2027-03-01T09:00", "2027-03-01T01:00:00Z"},
                {"seconds", "UTC", "2027-03-01T09:00:30", "2027-03-01T09:00:30Z"},
                {"leap day", "Asia/Kathmandu", "2028-02-29T00:00", "2028-02-28T18:15:00Z"},
                {"before the gap", "Europe/Berlin", "2027-03-28T01:59:59", "2027-03-28T00:59:59Z"},
                {"gap: as long after the jump", "Europe/Berlin", "2027-03-28T02:30", "2027-03-28T01:30:00Z"},
                {"first of the gap", "Europe/Berlin", "2027-03-28T02:00", "2027-03-28T01:00:00Z"},
                {"behind the gap", "Europe/Berlin", "2027-03-28T03:00", "2027-03-28T01:00:00Z"},
                {"repeated: the first", "Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z"},
                {"behind the repeated", "Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z"},
                {"gap in the south", "Australia/Sydney", "2026-10-04T02:30", "2026-10-03T16:30:00Z"},
                {"repeated in the south", "Australia/Sydney", "2027-04-04T02:30", "2027-04-03T15:30:00Z"},
                {"gap of half an hour", "Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:40:00Z"},
                {"gap in New York", "America/New_York", "2027-03-14T02:30", "2027-03-14T07:30:00Z"},
                {"repeated in New York", "America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"},
                {"a day that never was", "Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00:00Z"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct zone *zone = NULL;
        struct civil civil;
        CU_ASSERT_EQUAL_FATAL(zone_open(rows[i].zone, &zone), OK);
        CU_ASSERT_EQUAL_FATAL(civil_parse(rows[i].local, &civil), OK);
        CHECK_ROW(rows[i].name, zone_instant(zone, &civil) == instant(rows[i].instant));
        zone_close(zone);
    }
}

/* Every half hour of two years, in zones of all kinds: there and back is the same instant, or the first of two. */
static void test_round_trip(void)
{
    static const char *const zones[] = {"UTC",
                                        "Asia/Shanghai",
                                        "Europe/Berlin",
                                        "America/New_York",
                                        "Asia/Kathmandu",
                                        "Australia/Lord_Howe",
                                        "Pacific/Chatham",
                                        "America/Santiago",
                                        "Africa/Casablanca",
                                        "Asia/Kolkata"};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct zone *zone = NULL;
        int64_t twice = 0;
        CU_ASSERT_EQUAL_FATAL(zone_open(zones[i], &zone), OK);
        for (int64_t at = instant("2026-01-01T00:00:00Z"); at < instant("2028-01-01T00:00:00Z"); at += 1800000) {
            struct civil civil;
            zone_civil(zone, at, &civil);
            int64_t back = zone_instant(zone, &civil);
            twice += back != at ? 1 : 0;
            CHECK_ROW(zones[i], back == at || (back < at && at - back <= 3600000));
        }
        CHECK_ROW(zones[i], twice <= 8); /* an hour in four half years at most */
        zone_close(zone);
    }
}

static void test_civil_parse(void)
{
    static const struct {
        const char *text;
        bool expect;
    } rows[] = {{"2027-03-01T09:00", true},         {"2027-03-01T09:00:59", true},   {"1970-01-01T00:00", true},
                {"9999-12-31T23:59:59", true},      {"2028-02-29T00:00", true},      {"2027-02-29T00:00", false},
                {"2027-02-30T00:00", false},        {"2027-04-31T00:00", false},     {"2027-13-01T00:00", false},
                {"2027-00-01T00:00", false},        {"2027-01-00T00:00", false},     {"2027-01-32T00:00", false},
                {"2027-01-01T24:00", false},        {"2027-01-01T23:60", false},     {"2027-01-01T23:59:60", false},
                {"1969-12-31T23:59", false},        {"2027-03-01T09:00Z", false},    {"2027-03-01T09:00+08:00", false},
                {"2027-03-01T09:00:00.000", false}, {"2027-03-01T09:00:00Z", false}, {"2027-03-01 09:00", false},
                {"2027-03-01T09", false},           {"2027-03-01", false},           {"", false},
                {" 2027-03-01T09:00", false},       {"2027-03-01T09:00 ", false},    {"2027-3-01T09:00", false},
                {"+027-03-01T09:00", false},        {"2027-03-01t09:00", false},     {"2027-03-01T09.00", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct civil civil = {0};
        CHECK_ROW(rows[i].text, (civil_parse(rows[i].text, &civil) == OK) == rows[i].expect);
        CHECK_ROW(rows[i].text, rows[i].expect || civil.year == 0);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"names", test_names},
                                             {"open", test_open},
                                             {"instants", test_instants},
                                             {"there and back", test_round_trip},
                                             {"civil parse", test_civil_parse},
                                             {0}};
    return suite_run("zone", cases);
}
