/*
 * schema/openapi.yaml, as it is served, names exactly the routes of the table.
 */
#include "support/suite.h"

#include <ctype.h>

#include "http/page_assets.h"
#include "http/router.h"

/* "/a/{pk}/b" -> "/a/{}/b" */
static void to_pattern(const char *path, char *pattern, size_t capacity)
{
    size_t used = 0;
    bool inside = false;
    for (; *path != '\0' && used + 1 < capacity; path++) {
        inside = inside && *path != '}';
        if (!inside) {
            pattern[used++] = *path;
        }
        inside = inside || *path == '{';
    }
    pattern[used] = '\0';
}

static json_t *read_contract(size_t flags)
{
    const struct page_form *form = &contract_assets[0].plain;
    return json_loadb((const char *)form->bytes, form->length, flags, NULL);
}

/* The operations of the contract that have this method and pattern. */
static size_t count_operations(const json_t *contract, const char *method, const char *pattern)
{
    size_t count = 0;
    const char *path = NULL;
    json_t *item = NULL;
    json_object_foreach(json_object_get(contract, "paths"), path, item)
    {
        char same[128];
        to_pattern(path, same, sizeof same);
        count += strcmp(same, pattern) == 0 && json_object_get(item, method) != NULL;
    }
    return count;
}

static void test_each_route_is_in_the_contract(void)
{
    static const char *const names[] = {"get", "head", "post", "put", "delete"};
    json_t *contract = read_contract(JSON_REJECT_DUPLICATES);
    CHECK_FATAL(contract != NULL);
    size_t routes = 0;
    for (const struct route *route = http_routes; route->pattern != NULL; route++, routes++) {
        CHECK_ROW(route->pattern, count_operations(contract, names[route->method], route->pattern) == 1);
    }
    size_t operations = 0;
    const char *path = NULL;
    json_t *item = NULL;
    json_object_foreach(json_object_get(contract, "paths"), path, item)
    {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            /* HEAD is part of GET; the contract shows it where it says something */
            operations += i != METHOD_HEAD && json_object_get(item, names[i]) != NULL;
        }
    }
    CU_ASSERT_EQUAL(operations, routes);
    json_decref(contract);
}

static void test_query_parameters_agree(void)
{
    json_t *contract = read_contract(0);
    CHECK_FATAL(contract != NULL);
    const char *path = NULL;
    json_t *item = NULL;
    json_object_foreach(json_object_get(contract, "paths"), path, item)
    {
        char pattern[128];
        to_pattern(path, pattern, sizeof pattern);
        const struct route *route = http_routes;
        while (route->pattern != NULL && (route->method != METHOD_GET || strcmp(route->pattern, pattern) != 0)) {
            route++;
        }
        if (route->pattern == NULL || route->parameters == NULL) {
            continue;
        }
        size_t words = 0;
        for (const char *p = route->parameters; *p != '\0'; p++) {
            words += isalpha((unsigned char)*p) && !isalpha((unsigned char)p[1]);
        }
        size_t named = 0;
        size_t i = 0;
        const json_t *parameter = NULL;
        json_array_foreach(json_object_get(json_object_get(item, "get"), "parameters"), i, parameter)
        {
            const char *in = json_string_value(json_object_get(parameter, "in")); /* "$ref": all of them are queries */
            named += in == NULL || strcmp(in, "query") == 0;
        }
        CHECK_ROW(path, named == words);
    }
    json_decref(contract);
}

int main(void)
{
    static const struct test_case cases[] = {{"each route is in the contract", test_each_route_is_in_the_contract},
                                             {"query parameters agree", test_query_parameters_agree},
                                             {0}};
    return suite_run("http: contract", cases);
}
