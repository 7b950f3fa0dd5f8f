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
