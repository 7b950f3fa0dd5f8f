#include "http/range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Reads digits; a number that is too large counts as INT64_MAX. False: there are none. */
static bool read_number(const char **text, int64_t *number)
{
    const char *p = *text;
    int64_t value = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        int digit = *p - '0';
        value = value > (INT64_MAX - digit) / 10 ? INT64_MAX : value * 10 + digit;
    }
    bool any = p > *text;
    *text = p;
    *number = value;
    return any;
}

static const char *skip_blank(const char *text)
{
    return text + strspn(text, " \t");
}

/* One of "a-b", "a-", "-n". False: malformed. `inside` tells whether it touches the file. */
static bool read_range(const char **text, int64_t size, struct range *range, bool *inside)
{
    const char *p = *text;
    int64_t first = 0;
    int64_t last = 0;
    bool has_first = read_number(&p, &first);
    if (*p != '-') {
        return false;
    }
    p++;
    bool has_last = read_number(&p, &last);
    if ((!has_first && !has_last) || (has_first && has_last && last < first)) {
        return false;
    }
    if (!has_first) {
        *inside = last > 0;
        range->first = last < size ? size - last : 0;
        range->last = size - 1;
    } else {
        *inside = first < size;
        range->first = first;
        range->last = has_last && last < size ? last : size - 1;
    }
    *text = p;
    return true;
}

enum range_answer range_parse(const char *header, int64_t size, struct ranges *ranges)
{
    static const char unit[] = "bytes=";
    if (header == NULL || strncasecmp(header, unit, sizeof unit - 1) != 0) {
        return RANGE_WHOLE;
    }
    struct ranges found = {0};
    size_t seen = 0;
    for (const char *p = skip_blank(header + sizeof unit - 1);;) {
        if (*p != ',' && *p != '\0') {
            struct range range;
            bool inside = false;
            if (seen == RANGES_MOST || !read_range(&p, size, &range, &inside)) {
                return RANGE_WHOLE;
            }
            seen++;
            if (inside) {
                found.items[found.count++] = range;
            }
            p = skip_blank(p);
        }
        if (*p == '\0') {
            break;
        }
        if (*p != ',') {
            return RANGE_WHOLE;
        }
        p = skip_blank(p + 1);
    }
    if (seen == 0) {
        return RANGE_WHOLE;
    }
    *ranges = found;
    return found.count > 0 ? RANGE_PARTS : RANGE_UNSATISFIABLE;
}
