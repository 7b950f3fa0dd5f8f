#include "zone/zone.h"

#include <glib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

bool zone_exists(const char *name)
{
    /* GLib also takes offsets, POSIX rules and file names; a name begins with a letter, and no part of it is "..". */
    if (!text_is_word(name, 1, LIMIT_TIME_ZONE, "_+-/") || !g_ascii_isalpha(name[0]) || strstr(name, "//") != NULL ||
        text_ends_with(name, "/")) {
        return false;
    }
    GTimeZone *zone = g_time_zone_new_identifier(name);
    if (zone == NULL) {
        return false;
    }
    /* "EST5EDT4" and the like are rules, which GLib reads without the zone data: those keep their text as identifier
     * too, but no zone of that data is without a file; the name of one that has a file is what was asked for. */
    bool same = strcmp(g_time_zone_get_identifier(zone), name) == 0;
    g_time_zone_unref(zone);
    return same;
}
