#include "zone/zone.h"

#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "zone/internal.h"

/* --- names ------------------------------------------------------------------------------------------------------ */

/* GLib also takes POSIX rules ("XYZ5") as identifiers and complains aloud about files that are no zones: look first. */
static bool has_zone_file(const char *name)
{
    const char *folder = getenv("TZDIR"); /* as GLib does */
    char path[512];
    int length = snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "/usr/share/zoneinfo", name);
    if (length < 0 || (size_t)length >= sizeof path) {
        return false;
    }
    CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char magic[4];
    return fd != -1 && read(fd, magic, sizeof magic) == (ssize_t)sizeof magic && memcmp(magic, "TZif", 4) == 0;
}

bool zone_exists(const char *name)
{
    /* In the folder of zones, but no names of IANA's: how this machine is set, and copies with and without leap
     * seconds. */
    static const char *const foreign[] = {"localtime", "posixrules"};
    if (!text_is_word(name, 1, LIMIT_TIME_ZONE, "_+-/") || !g_ascii_isalpha(name[0]) ||
        text_starts_with(name, "posix/") || text_starts_with(name, "right/") || strstr(name, "//") != NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (strcmp(name, foreign[i]) == 0) {
            return false;
        }
    }
    if (!has_zone_file(name)) {
        return false;
    }
    GTimeZone *zone = g_time_zone_new_identifier(name);
    if (zone == NULL) {
        return false;
    }
    g_time_zone_unref(zone);
    return true;
}

/* --- zones ------------------------------------------------------------------------------------------------------ */

struct zone {
    GTimeZone *rules;
};

enum status zone_open(const char *name, struct zone **zone)
{
    if (!zone_exists(name)) {
        return E_NOT_FOUND;
    }
    struct zone *opened = malloc(sizeof *opened);
    if (opened == NULL) {
        return E_NOMEM;
    }
    opened->rules = g_time_zone_new_identifier(name);
    if (opened->rules == NULL) {
        free(opened);
        return E_NOT_FOUND;
    }
    *zone = opened;
    return OK;
}

void zone_close(struct zone *zone)
{
    if (zone != NULL) {
        g_time_zone_unref(zone->rules);
        free(zone);
    }
}

/* GLib numbers the stretches of time between transitions. */
static gint stretch_at(const struct zone *zone, int64_t second)
{
    return g_time_zone_find_interval(zone->rules, G_TIME_TYPE_UNIVERSAL, second);
}

int64_t zone_offset_s(const struct zone *zone, int64_t second)
{
    return g_time_zone_get_offset(zone->rules, stretch_at(zone, second));
}

bool zone_is_steady(const struct zone *zone, int64_t from, int64_t to)
{
    return stretch_at(zone, from) == stretch_at(zone, to);
}

int64_t zone_transition_between(const struct zone *zone, int64_t from, int64_t to)
{
    gint first = stretch_at(zone, from);
    while (to - from > 1) { /* stretches grow with time: `from` lies in the first, `to` behind it */
        int64_t middle = from + (to - from) / 2;
        if (stretch_at(zone, middle) == first) {
            from = middle;
        } else {
            to = middle;
        }
    }
    return to;
}

int64_t zone_next_transition(const struct zone *zone, int64_t instant_ms)
{
    static const int64_t step_s = 366LL * 24 * 3600;
    static const int64_t end_s = 253402300799; /* 9999-12-31T23:59:59Z */
    int64_t from = floor_div(instant_ms, MS_PER_S);
    while (from < end_s) {
        int64_t to = end_s - from > step_s ? from + step_s : end_s;
        if (zone_is_steady(zone, from, to)) {
            from = to;
            continue;
        }
        to = zone_transition_between(zone, from, to);
        if (zone_offset_s(zone, from) != zone_offset_s(zone, to)) { /* else only its name changes */
            return to * MS_PER_S;
        }
        from = to;
    }
    return INT64_MAX;
}

/* --- civil time ------------------------------------------------------------------------------------------------- */

/* Days since 1970-01-01 of a day of the Gregorian calendar, and back: years that begin in March put the leap day last.
 */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2 ? 1 : 0;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_of(int64_t days, struct civil *civil)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    civil->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    civil->month = (int)(month < 10 ? month + 3 : month - 9);
    civil->year = (int)(year_of_era + era * 400 + (civil->month <= 2 ? 1 : 0));
}

static bool is_number(const char *text, size_t digits, int *number)
{
    *number = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *number = *number * 10 + (text[i] - '0');
    }
    return true;
}

enum status civil_parse(const char *text, struct civil *civil)
{
    struct civil found = {0};
    size_t length = strnlen(text, 20);
    if ((length != 16 && length != 19) || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        (length == 19 && text[16] != ':')) {
        return E_FORMAT;
    }
    bool digits = is_number(text, 4, &found.year) && is_number(text + 5, 2, &found.month) &&
                  is_number(text + 8, 2, &found.day) && is_number(text + 11, 2, &found.hour) &&
                  is_number(text + 14, 2, &found.minute) && (length == 16 || is_number(text + 17, 2, &found.second));
    if (!digits || found.year < 1970 || found.month < 1 || found.month > 12 || found.day < 1 || found.hour > 23 ||
        found.minute > 59 || found.second > 59) {
        return E_FORMAT;
    }
    struct civil there_is = {0};
    date_of(days_of(found.year, found.month, found.day), &there_is);
    if (there_is.month != found.month || there_is.day != found.day) {
        return E_FORMAT; /* 30 February */
    }
    *civil = found;
    return OK;
}

void zone_civil(const struct zone *zone, int64_t instant_ms, struct civil *civil)
{
    int64_t second = floor_div(instant_ms, MS_PER_S);
    int64_t local = second + zone_offset_s(zone, second);
    int64_t day = floor_div(local, S_PER_DAY);
    int rest = (int)(local - day * S_PER_DAY);
    date_of(day, civil);
    civil->hour = rest / 3600;
    civil->minute = rest / 60 % 60;
    civil->second = rest % 60;
}

int64_t zone_instant(const struct zone *zone, const struct civil *civil)
{
    int64_t local = days_of(civil->year, civil->month, civil->day) * S_PER_DAY + civil->hour * 3600LL +
                    civil->minute * 60LL + civil->second;
    /* No offset is more than 26 hours; the first stretch in which the wall clock shows `local` is meant. */
    int64_t end = local + 26LL * 3600;
    int64_t from = local - 26LL * 3600;
    for (;;) {
        int64_t second = local - zone_offset_s(zone, from);
        int64_t until = zone_is_steady(zone, from, end) ? INT64_MAX : zone_transition_between(zone, from, end);
        if (second < until) {
            /* Before `from`: it was jumped over, and the stretch before it tells how long after the jump is meant. */
            return (second < from ? local - zone_offset_s(zone, from - 1) : second) * MS_PER_S;
        }
        from = until;
    }
}
