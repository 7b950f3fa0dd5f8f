#include "support/suite.h"

#include <stdlib.h>

#include "http/router.h"

static const struct route table[] = {
    {.method = METHOD_GET, .pattern = "/"},          {.method = METHOD_GET, .pattern = "/a"},
    {.method = METHOD_POST, .pattern = "/a"},        {.method = METHOD_DELETE, .pattern = "/a/{}"},
    {.method = METHOD_GET, .pattern = "/a/{}/b/{}"}, {0},
};

static void test_match(void)
{
    static const struct {
        const char *method;
        const char *path;
        enum route_match expect;
        const char *detail; /* Allow, or the parameters */
    } rows[] = {
        {"GET", "/", MATCH_FOUND, ""},
        {"GET", "/a", MATCH_FOUND, ""},
        {"HEAD", "/a", MATCH_FOUND, ""},
        {"POST", "/a", MATCH_FOUND, ""},
        {"PUT", "/a", MATCH_NO_METHOD, "GET, HEAD, POST, OPTIONS"},
        {"BREW", "/a", MATCH_NO_METHOD, "GET, HEAD, POST, OPTIONS"},
        {"get", "/a", MATCH_NO_METHOD, "GET, HEAD, POST, OPTIONS"},
        {"OPTIONS", "/a/x", MATCH_OPTIONS, "DELETE, OPTIONS"},
        {"DELETE", "/a/x%2Fy", MATCH_FOUND, "x/y"},
        {"GET", "/a/1/b/2", MATCH_FOUND, "1 2"},
        {"GET", "/a/1/b/", MATCH_NO_PATH, ""},
        {"GET", "/a/1/b", MATCH_NO_PATH, ""},
        {"GET", "/a/", MATCH_NO_PATH, ""},
        {"GET", "//a", MATCH_NO_PATH, ""},
        {"GET", "/ab", MATCH_NO_PATH, ""},
        {"GET", "/a/1/b/2/c", MATCH_NO_PATH, ""},
    };
    struct request *request = malloc(sizeof *request);
    for (size_t i = 0; request != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        request_init(request, LIMIT_HTTP_BODY);
        request->method = method_parse(rows[i].method);
        CHECK_ROW(rows[i].path, target_parse(rows[i].path, &request->target) == OK);
        char detail[ANSWER_ALLOW];
        CHECK_ROW(rows[i].path, router_find(table, request, detail) == rows[i].expect);
        if (rows[i].expect == MATCH_FOUND) {
            detail[0] = '\0';
            for (size_t k = 0; k < ROUTE_PARAMETERS && request->parameters[k] != NULL; k++) {
                (void)snprintf(detail + strlen(detail), sizeof detail - strlen(detail), "%s%s", k > 0 ? " " : "",
                               request->parameters[k]);
            }
        }
        CHECK_ROW(rows[i].path, strcmp(detail, rows[i].detail) == 0);
        request_finish(request);
    }
    free(request);
}

/* Each route of the server is well-formed and reached by its own pattern. */
static void test_own_table(void)
{
    for (const struct route *route = http_routes; route->pattern != NULL; route++) {
        CHECK_ROW(route->pattern, route->pattern[0] == '/');
        CHECK_ROW(route->pattern, (route->place == PLACE_FIRMWARE) == (route->act == NULL));
        CHECK_ROW(route->pattern, route->creates == CREATES_NOTHING || route->method == METHOD_POST);
        for (const struct route *other = http_routes; other < route; other++) {
            CHECK_ROW(route->pattern, other->method != route->method || strcmp(other->pattern, route->pattern) != 0);
        }
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"match", test_match}, {"the server's own table", test_own_table}, {0}};
    return suite_run("http: router", cases);
}
