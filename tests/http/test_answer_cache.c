#include "http/answer_cache.h"

#include "support/suite.h"

static struct answer_cache *cache;

static void put(const char *path, int64_t stored, const char *body)
{
    struct target target;
    struct answer answer;
    struct app_version version = {.stored = stored};
    CHECK_OK(target_parse(path, &target));
    answer_init(&answer);
    answer_text(&answer, 200, "application/json", body);
    answer_cache_put(cache, &target, &version, &answer);
    answer_finish(&answer);
}

/* What is found; "" for nothing. */
static const char *found(const char *path, struct app_version version)
{
    static char text[64];
    struct target target;
    struct answer answer;
    CHECK_OK(target_parse(path, &target));
    answer_init(&answer);
    bool hit = answer_cache_find(cache, &target, &version, &answer);
    (void)snprintf(text, sizeof text, "%s", hit ? answer.body : "");
    CHECK(!hit || (answer.http_status == 200 && answer.length == strlen(answer.body)));
    answer_finish(&answer);
    return text;
}

static void test_versions(void)
{
    static const struct app_version other[] = {
        {.stored = 2}, {.stored = 1, .presence = 1}, {.stored = 1, .progress = 1}};
    CHECK_OK(answer_cache_create(&cache));
    put("/a?limit=1", 1, "one");
    CHECK_TEXT(found("/a?limit=1", (struct app_version){.stored = 1}), "one");
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        CHECK_TEXT(found("/a?limit=1", other[i]), "");
    }
    put("/a?limit=1", 2, "two"); /* takes the place of the first */
    CHECK_TEXT(found("/a?limit=1", (struct app_version){.stored = 2}), "two");
    CHECK_TEXT(found("/a?limit=1", (struct app_version){.stored = 1}), "");
    answer_cache_destroy(cache);
}

static void test_keys(void)
{
    static const char *const others[] = {"/a",         "/a?limit=12",  "/a?limit=1&q=x",     "/a?q=1",
                                         "/b?limit=1", "/a?limit=1&q", "/a?limit=1&limit=1", "/a%3Flimit=1"};
    CHECK_OK(answer_cache_create(&cache));
    put("/a?limit=1", 1, "one");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_ROW(others[i], found(others[i], (struct app_version){.stored = 1})[0] == '\0');
    }
    answer_cache_destroy(cache);
}

static void test_bounds(void)
{
    char path[64];
    struct target target;
    struct answer answer;
    struct app_version version = {.stored = 1};
    CHECK_OK(answer_cache_create(&cache));
    for (int i = 0; i <= ANSWER_CACHE_ENTRIES; i++) {
        (void)snprintf(path, sizeof path, "/n?i=%d", i);
        put(path, 1, path);
    }
    CHECK_TEXT(found("/n?i=0", version), ""); /* the oldest gave way */
    CHECK_TEXT(found("/n?i=1", version), "/n?i=1");
    CHECK_TEXT(found(path, version), path);
    CHECK_OK(target_parse("/large", &target));
    static char large[ANSWER_CACHE_BODY + 2];
    memset(large, 'x', sizeof large - 1);
    answer_init(&answer);
    answer_text(&answer, 200, "application/json", large);
    answer_cache_put(cache, &target, &version, &answer);
    CHECK(!answer_cache_find(cache, &target, &version, &answer));
    answer_text(&answer, 404, "application/problem+json", "{}");
    answer_cache_put(cache, &target, &version, &answer);
    CHECK(!answer_cache_find(cache, &target, &version, &answer));
    answer_finish(&answer);
    answer_cache_destroy(cache);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"versions", test_versions}, {"keys", test_keys}, {"bounds", test_bounds}, {0}};
    return suite_run("answer_cache", cases);
}
