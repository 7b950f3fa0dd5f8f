#include "http/router.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const method_names[METHOD_OTHER + 1] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "OTHER"};

enum method method_parse(const char *name)
{
    for (int i = 0; i < METHOD_OTHER; i++) {
        if (strcmp(method_names[i], name) == 0) {
            return (enum method)i;
        }
    }
    return METHOD_OTHER;
}

const char *method_name(enum method method)
{
    return method_names[method];
}

const struct route *router_firmware(void)
{
    const struct route *route = http_routes;
    while (route->place != PLACE_FIRMWARE) {
        route++;
    }
    return route;
}

/* Whether the target has the pattern's path; the segments under {} go to `parameters`. */
static bool path_matches(const char *pattern, const struct target *target, const char *parameters[ROUTE_PARAMETERS])
{
    size_t found = 0;
    size_t i = 0;
    for (; *pattern == '/'; i++) {
        pattern++;
        size_t length = strcspn(pattern, "/");
        if (i == target->segment_count) {
            return false;
        }
        const char *segment = target->segments[i];
        if (length == 2 && memcmp(pattern, "{}", 2) == 0) {
            if (segment[0] == '\0') {
                return false;
            }
            parameters[found++] = segment;
        } else if (strlen(segment) != length || memcmp(segment, pattern, length) != 0) {
            return false;
        }
        pattern += length;
    }
    return i == target->segment_count;
}

static void add_method(char allow[ANSWER_ALLOW], enum method method)
{
    size_t used = strlen(allow);
    (void)snprintf(allow + used, ANSWER_ALLOW - used, "%s%s", used > 0 ? ", " : "", method_names[method]);
}

enum route_match router_find(const struct route *table, struct request *request, char allow[ANSWER_ALLOW])
{
    enum method wanted = request->method == METHOD_HEAD ? METHOD_GET : request->method;
    allow[0] = '\0';
    for (const struct route *route = table; route->pattern != NULL; route++) {
        const char *parameters[ROUTE_PARAMETERS] = {0};
        if (!path_matches(route->pattern, &request->target, parameters)) {
            continue;
        }
        if (route->method == wanted) {
            request->route = route;
            memcpy(request->parameters, parameters, sizeof parameters);
            return MATCH_FOUND;
        }
        add_method(allow, route->method);
        if (route->method == METHOD_GET) {
            add_method(allow, METHOD_HEAD);
        }
    }
    if (allow[0] == '\0') {
        return MATCH_NO_PATH;
    }
    add_method(allow, METHOD_OPTIONS);
    return request->method == METHOD_OPTIONS ? MATCH_OPTIONS : MATCH_NO_METHOD;
}
