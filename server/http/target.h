/*
 * The target of a request, taken apart:  /api/v1/plans/7/devices?q=86%2E1&limit=10
 *
 *   segments  "api" "v1" "plans" "7" "devices"        percent-decoded one by one, so %2F does not make a segment
 *   query     q = "86.1", limit = "10"                percent-decoded, + is a space
 *
 * libmicrohttpd would decode the whole path before it is split: so the raw target is read here.
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <stddef.h>

#include "base/status.h"

enum { TARGET_SEGMENTS = 12, TARGET_PARAMETERS = 12, TARGET_TEXT = 2048 };

struct target {
    char path[TARGET_TEXT]; /* as it came, without the query: for `instance` and the log */
    size_t segment_count;
    const char *segments[TARGET_SEGMENTS]; /* into `storage` */
    size_t parameter_count;
    struct {
        const char *name;
        const char *value; /* "" when there is no '=' */
    } parameters[TARGET_PARAMETERS];
    char storage[TARGET_TEXT * 2];
};

/*
 * E_LIMIT: longer than TARGET_TEXT or more parts than there is room for. E_FORMAT: does not begin with '/', bad percent
 * sequence, a zero byte, not UTF-8. An absolute target ("http://host/path") counts from its path.
 * Then there are neither segments nor parameters, but `path` is there. A '/' at the end makes an empty last segment.
 */
MUST_USE enum status target_parse(const char *text, struct target *target);

/* The value of the query parameter, or NULL; the first one when it comes twice. */
const char *target_parameter(const struct target *target, const char *name);

#endif
