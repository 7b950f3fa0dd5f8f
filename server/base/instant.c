#include "base/instant.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t INSTANT_LEAST = -62167219200000; /* 0000-01-01 */
static const int64_t INSTANT_MOST = 253402300799999;  /* 9999-12-31 */

void instant_format(int64_t instant_ms, char text[INSTANT_TEXT])
{
    if (instant_ms < INSTANT_LEAST) {
        instant_ms = INSTANT_LEAST;
    }
    if (instant_ms > INSTANT_MOST) {
        instant_ms = INSTANT_MOST;
    }
    int64_t millis = instant_ms % 1000;
    time_t seconds = (time_t)(instant_ms / 1000);
    if (millis < 0) {
        millis += 1000;
        seconds--;
    }
    struct tm tm;
    (void)gmtime_r(&seconds, &tm);
    (void)snprintf(text, INSTANT_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(tm.tm_year + 1900) % 10000U,
                   (unsigned)(tm.tm_mon + 1) % 100U, (unsigned)tm.tm_mday % 100U, (unsigned)tm.tm_hour % 100U,
                   (unsigned)tm.tm_min % 100U, (unsigned)tm.tm_sec % 100U, (unsigned)millis % 1000U);
}

/* `count` digits at *cursor, which moves behind them. */
static bool take_digits(const char **cursor, int count, int *value)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        char c = (*cursor)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        number = number * 10 + (c - '0');
    }
    *cursor += count;
    *value = number;
    return true;
}

static bool take_char(const char **cursor, const char *allowed)
{
    if (**cursor == '\0' || strchr(allowed, **cursor) == NULL) {
        return false;
    }
    (*cursor)++;
    return true;
}

static bool take_fraction(const char **cursor, int *millis)
{
    *millis = 0;
    if (!take_char(cursor, ".")) {
        return true;
    }
    int scale = 100;
    int digits = 0;
    for (int digit = 0; take_digits(cursor, 1, &digit); digits++, scale /= 10) {
        *millis += digit * scale;
    }
    return digits > 0;
}

static bool take_offset(const char **cursor, int *offset_minutes)
{
    *offset_minutes = 0;
    if (take_char(cursor, "Zz")) {
        return true;
    }
    int sign = **cursor == '-' ? -1 : 1;
    int hours = 0;
    int minutes = 0;
    if (!take_char(cursor, "+-") || !take_digits(cursor, 2, &hours) || !take_char(cursor, ":") ||
        !take_digits(cursor, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *offset_minutes = sign * (hours * 60 + minutes);
    return true;
}

enum status instant_parse(const char *text, int64_t *instant_ms)
{
    struct tm tm = {0};
    int year = 0;
    int month = 0;
    int millis = 0;
    int offset = 0;
    const char *p = text;
    if (!take_digits(&p, 4, &year) || !take_char(&p, "-") || !take_digits(&p, 2, &month) || !take_char(&p, "-") ||
        !take_digits(&p, 2, &tm.tm_mday) || !take_char(&p, "Tt") || !take_digits(&p, 2, &tm.tm_hour) ||
        !take_char(&p, ":") || !take_digits(&p, 2, &tm.tm_min) || !take_char(&p, ":") ||
        !take_digits(&p, 2, &tm.tm_sec) || !take_fraction(&p, &millis) || !take_offset(&p, &offset) || *p != '\0') {
        return E_FORMAT;
    }
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    struct tm wanted = tm;
    time_t seconds = timegm(&tm);
    bool moved = tm.tm_mon != wanted.tm_mon || tm.tm_mday != wanted.tm_mday || tm.tm_hour != wanted.tm_hour ||
                 tm.tm_min != wanted.tm_min || tm.tm_sec != wanted.tm_sec; /* timegm() mends 31 April; we refuse it */
    if (moved) {
        return E_RANGE;
    }
    *instant_ms = ((int64_t)seconds - (int64_t)offset * 60) * 1000 + millis;
    return OK;
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t instant_now(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t monotonic_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t monotonic_ms(void)
{
    return monotonic_us() / 1000;
}
