#include "http/language.h"

#include <ctype.h>
#include <string.h>

enum { TAG_MOST = 64, WEIGHT_MOST = 1000 };

static bool is_same_tag(const char *language, const char *tag, size_t length)
{
    if (strlen(language) != length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        int one = language[i] == '_' ? '-' : tolower((unsigned char)language[i]);
        int other = tag[i] == '_' ? '-' : tolower((unsigned char)tag[i]);
        if (one != other) {
            return false;
        }
    }
    return true;
}

static const struct upgrade_text *find(const struct plan *plan, const char *tag, size_t length)
{
    for (;;) {
        for (size_t i = 0; i < plan->text_count; i++) {
            if (is_same_tag(plan->texts[i].language, tag, length)) {
                return &plan->texts[i];
            }
        }
        while (length > 0 && tag[length - 1] != '-' && tag[length - 1] != '_') {
            length--;
        }
        if (length == 0) {
            return NULL;
        }
        length--;
    }
}

/* The weight of one entry, in thousandths: "zh;q=0.9" is 900, without one 1000, 0 what cannot be read. */
static int read_weight(const char *entry, const char *end)
{
    const char *p = memchr(entry, ';', (size_t)(end - entry));
    if (p == NULL) {
        return WEIGHT_MOST;
    }
    for (p++; p < end && (*p == ' ' || *p == '\t'); p++) {
    }
    if (end - p < 3 || tolower((unsigned char)p[0]) != 'q' || p[1] != '=' || (p[2] != '0' && p[2] != '1')) {
        return 0;
    }
    int weight = (p[2] - '0') * WEIGHT_MOST;
    p += 3;
    if (p < end && *p == '.') {
        int unit = WEIGHT_MOST / 10;
        for (p++; p < end && isdigit((unsigned char)*p); p++, unit /= 10) {
            weight += (*p - '0') * unit;
        }
    }
    return weight > WEIGHT_MOST ? WEIGHT_MOST : weight;
}

/* The text of the entry with the greatest weight that any text fits; the first of equals. */
static const struct upgrade_text *find_accepted(const struct plan *plan, const char *accept)
{
    const struct upgrade_text *best = NULL;
    int best_weight = 0;
    for (const char *entry = accept; *entry != '\0';) {
        entry += strspn(entry, ", \t");
        const char *end = entry + strcspn(entry, ",");
        size_t length = strcspn(entry, ",; \t");
        int weight = read_weight(entry, end);
        if (weight > best_weight && length <= TAG_MOST) {
            const struct upgrade_text *found = find(plan, entry, length);
            best_weight = found == NULL ? best_weight : weight;
            best = found == NULL ? best : found;
        }
        entry = end;
    }
    return best;
}

const struct upgrade_text *language_choose(const struct plan *plan, const char *wanted, const char *accept)
{
    const struct upgrade_text *text = NULL;
    if (wanted != NULL) {
        text = find(plan, wanted, strlen(wanted));
    } else if (accept != NULL) {
        text = find_accepted(plan, accept);
    }
    if (text == NULL) {
        text = find(plan, "en", 2);
    }
    return text == NULL && plan->text_count > 0 ? &plan->texts[0] : text;
}
