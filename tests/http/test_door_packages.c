/*
 * The rules of version packages over the door: names, versions, sources, files, remarks, and that they stay.
 */
#include "plans.h"

#include <stdlib.h>

#define FULL ", \"packageType\": \"full\", \"targetVersion\": \"2.0\""

static struct house house;

static void test_open(void)
{
    house_open(&house, NULL);
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"One\", \"productKey\": \"pk1\"}", 201));
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Two\", \"productKey\": \"pk2\"}", 201));
}

static void test_close(void)
{
    house_close(&house);
}

/* `unit` so many times. Static memory, one per `place`. */
static const char *repeat(int place, const char *unit, size_t count)
{
    static char texts[2][2048];
    size_t length = strlen(unit);
    CHECK_FATAL(count * length < sizeof texts[0]);
    for (size_t i = 0; i < count; i++) {
        memcpy(texts[place] + i * length, unit, length);
    }
    texts[place][count * length] = '\0';
    return texts[place];
}

/* Uploads; 422 must name `pointer` and nothing else. What is made is deleted; `keep`: its id. */
static void expect_files(const char *row, const char *product_key, const char *name, const char *more,
                         const struct upload_file *files, size_t count, long status, const char *pointer, int64_t *keep)
{
    char package[4096];
    (void)snprintf(package, sizeof package, "{\"productKey\": \"%s\", \"name\": \"%s\", \"componentType\": \"mcu\"%s}",
                   product_key, name, more);
    struct reply reply;
    upload(&house, package, files, count, NULL, &reply);
    if (reply.status != status) {
        (void)fprintf(stderr, "    %ld %s\n", reply.status, buffer_text(&reply.body));
    }
    CHECK_ROW(row, reply.status == status);
    json_t *answer = json_loadb((const char *)reply.body.data, reply.body.length, 0, NULL);
    if (reply.status == 201) {
        int64_t id = json_integer_value(json_object_get(answer, "id"));
        CHECK_ROW(row, strcmp(text_of(answer, "name"), name) == 0);
        CHECK_ROW(row, json_array_size(json_object_get(answer, "files")) == count);
        char path[64];
        (void)snprintf(path, sizeof path, "/api/v1/packages/%lld", (long long)id);
        CHECK_ROW(row, strcmp(reply_header(&reply, "Location"), path) == 0);
        if (keep != NULL) {
            *keep = id;
        } else {
            json_decref(rest(&house, "DELETE", path, NULL, 204));
        }
    } else if (status == 422 || status == 400) {
        CHECK_ROW(row, json_array_size(json_object_get(answer, "errors")) == 1);
        CHECK_ROW(row, strcmp(error_pointer(answer, 0), pointer) == 0);
    }
    json_decref(answer);
    reply_finish(&reply);
}

static void expect(const char *row, const char *name, const char *more, long status, const char *pointer)
{
    static const struct upload_file file = {"a.bin", "a", 1};
    expect_files(row, "pk1", name, more, &file, 1, status, pointer, NULL);
}

static void test_names(void)
{
    static const struct {
        const char *row;
        const char *unit;
        size_t count;
        long status;
    } rows[] = {
        {"none", "", 0, 422},
        {"1", "a", 1, 201},
        {"100", "a", 100, 201},
        {"101", "a", 101, 422},
        {"1 of three bytes", "\xe5\x86\xac", 1, 201},
        {"100 of three bytes", "\xe5\x86\xac", 100, 201},
        {"101 of three bytes", "\xe5\x86\xac", 101, 422},
        {"100 of four bytes", "\xf0\x9f\x98\x80", 100, 201},
        {"101 of four bytes", "\xf0\x9f\x98\x80", 101, 422},
        {"500", "a", 500, 422},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect(rows[i].row, repeat(0, rows[i].unit, rows[i].count), FULL, rows[i].status, "/name");
    }
    expect("a control character", "a\\u0007b", FULL, 422, "/name");
    expect("a zero", "a\\u0000b", FULL, 400, "");
}

/* Unique within a product, as it is written; another product may have it; it is free again when the package is gone. */
static void test_names_are_unique(void)
{
    static const struct upload_file file = {"a.bin", "a", 1};
    int64_t first = 0;
    int64_t second = 0;
    expect_files("first", "pk1", "Same", FULL, &file, 1, 201, "", &first);
    expect_files("again", "pk1", "Same", FULL, &file, 1, 409, "", NULL);
    expect_files("other versions", "pk1", "Same", ", \"packageType\": \"full\", \"targetVersion\": \"3.0\"", &file, 1,
                 409, "", NULL);
    expect_files("another case", "pk1", "same", FULL, &file, 1, 201, "", NULL);
    expect_files("another product", "pk2", "Same", FULL, &file, 1, 201, "", &second);
    CHECK(first != second);
    /* fixed once made: there is nothing that would change it */
    static const char *const methods[] = {"PUT", "PATCH", "POST"};
    char path[64];
    (void)snprintf(path, sizeof path, "/api/v1/packages/%lld", (long long)first);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        struct reply reply;
        ask(&house, methods[i], path, NULL, "{\"name\": \"New\"}", &reply);
        CHECK_ROW(methods[i], reply.status == 405);
        CHECK_ROW(methods[i], strstr(reply_header(&reply, "Allow"), "GET") != NULL);
        reply_finish(&reply);
    }
    json_t *seen = rest(&house, "GET", path, NULL, 200);
    CHECK_TEXT(text_of(seen, "name"), "Same");
    json_decref(seen);
    json_decref(rest(&house, "DELETE", path, NULL, 204));
    json_decref(rest(&house, "GET", path, NULL, 404));
    expect_files("after deletion", "pk1", "Same", FULL, &file, 1, 201, "", NULL);
}

static void test_versions(void)
{
    static const struct {
        const char *row;
        const char *unit;
        size_t count;
        bool good;
    } rows[] = {
        {"none", "", 0, false},     {"1", "1", 1, true},
        {"64", "v", 64, true},      {"65", "v", 65, false},
        {"200", "v", 200, false},   {"all characters", "aZ09_-.", 9, true},
        {"blank", "1 0", 1, false}, {"slash", "1/0", 1, false},
        {"plus", "1+0", 1, false},  {"umlaut", "1\xc3\xa4", 1, false},
        {"colon", "1:0", 1, false}, {"line end", "1\\n", 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char more[1024];
        const char *version = repeat(0, rows[i].unit, rows[i].count);
        long status = rows[i].good ? 201 : 422;
        (void)snprintf(more, sizeof more, ", \"packageType\": \"full\", \"targetVersion\": \"%s\"", version);
        expect(rows[i].row, "Version", more, status, "/targetVersion");
        (void)snprintf(more, sizeof more,
                       ", \"packageType\": \"delta\", \"targetVersion\": \"t\", \"sourceVersions\": [\"s\", \"%s\"]",
                       version);
        expect(rows[i].row, "Source", more, status, "/sourceVersions/1");
    }
}

static void test_sources(void)
{
#define DELTA(sources) ", \"packageType\": \"delta\", \"targetVersion\": \"2.0\", \"sourceVersions\": " sources
    static const struct {
        const char *row;
        const char *more;
        long status;
        const char *pointer;
    } rows[] = {
        {"delta with one", DELTA("[\"1\"]"), 201, ""},
        {"delta with several", DELTA("[\"1\", \"1.1\", \"1_2\"]"), 201, ""},
        {"delta with none", DELTA("[]"), 422, "/sourceVersions"},
        {"delta with null", DELTA("null"), 422, "/sourceVersions"},
        {"delta with one twice", DELTA("[\"1\", \"1.1\", \"1\"]"), 422, "/sourceVersions/2"},
        {"no list", DELTA("\"1\""), 400, "/sourceVersions"},
        {"no text", DELTA("[\"1\", null]"), 400, "/sourceVersions/1"},
        {"full with one", FULL ", \"sourceVersions\": [\"1\"]", 422, "/sourceVersions"},
        {"full with none", FULL ", \"sourceVersions\": []", 201, ""},
        {"neither", ", \"packageType\": \"half\", \"targetVersion\": \"2.0\"", 422, "/packageType"},
        {"no type", ", \"targetVersion\": \"2.0\"", 422, "/packageType"},
        {"unknown member", FULL ", \"sourceVersion\": \"1\"", 400, "/sourceVersion"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect(rows[i].row, "Sources", rows[i].more, rows[i].status, rows[i].pointer);
    }
    static const struct upload_file file = {"a.bin", "a", 1};
    int64_t id = 0;
    char path[64];
    expect_files("shown", "pk1", "Shown", DELTA("[\"b\", \"a\"]"), &file, 1, 201, "", &id);
    (void)snprintf(path, sizeof path, "/api/v1/packages/%lld", (long long)id);
    json_t *seen = rest(&house, "GET", path, NULL, 200);
    const json_t *sources = json_object_get(seen, "sourceVersions");
    CU_ASSERT_EQUAL(json_array_size(sources), 2);
    CHECK_TEXT(text_of(seen, "packageType"), "delta");
    bool has_a = false;
    bool has_b = false;
    for (size_t i = 0; i < 2; i++) {
        has_a |= strcmp(json_string_value(json_array_get(sources, i)), "a") == 0;
        has_b |= strcmp(json_string_value(json_array_get(sources, i)), "b") == 0;
    }
    CHECK(has_a && has_b);
    json_decref(seen);
#undef DELTA
}

static void test_remarks(void)
{
    static const struct {
        const char *row;
        const char *unit;
        size_t count;
        long status;
    } rows[] = {
        {"none", "", 0, 201},
        {"200", "a", 200, 201},
        {"201", "a", 201, 422},
        {"200 of three bytes", "\xe5\x86\xac", 200, 201},
        {"201 of three bytes", "\xe5\x86\xac", 201, 422},
        {"200 of four bytes", "\xf0\x9f\x98\x80", 200, 201},
        {"201 of four bytes", "\xf0\x9f\x98\x80", 201, 422},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char more[1200];
        (void)snprintf(more, sizeof more, FULL ", \"remarks\": \"%s\"", repeat(1, rows[i].unit, rows[i].count));
        expect(rows[i].row, "Remarks", more, rows[i].status, "/remarks");
    }
    expect("no text", "Remarks", FULL ", \"remarks\": 7", 400, "/remarks");
}

static void test_files(void)
{
    static const struct upload_file files[] = {{"a.bin", "a", 1}, {"b.bin", "b", 1}, {"c.bin", "c", 1},
                                               {"d.bin", "d", 1}, {"e.bin", "e", 1}, {"f.bin", "f", 1}};
    for (size_t count = 0; count <= 6; count++) {
        char row[16];
        (void)snprintf(row, sizeof row, "%zu files", count);
        expect_files(row, "pk1", "Files", FULL, files, count, count >= 1 && count <= 5 ? 201 : 422, "/files", NULL);
    }
    static const struct upload_file third[] = {{"a.bin", "a", 1}, {"b.bin", "b", 1}, {"c.bin", "", 0}};
    expect_files("the third is empty", "pk1", "Files", FULL, third, 3, 422, "/files/2", NULL);
    static const struct {
        const char *name;
        bool good;
    } rows[] = {
        {"fw.bin", true},     {"fw.zip", true},       {"fw.rar", true},    {"fw.pack", true},    {"fw.mini_1", true},
        {"fw.mini_2", true},  {"fw.py", true},        {"fw.tar", true},    {"fw.tar.gz", true},  {"fw.s19", true},
        {"fw.bin_1", true},   {"fw.bin_2", true},     {"fw.bin_3", false}, {"fw.mini_3", false}, {"fw.gz", false},
        {"fw.exe", false},    {"fw.bin.exe", false},  {"fw", false},       {"fw.", false},       {"bin", false},
        {"fw.s19.bin", true}, {"fw.tar.gzip", false}, {"fw.bin ", false},  {"fw_bin", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct upload_file file = {rows[i].name, "x", 1};
        expect_files(rows[i].name, "pk1", "Files", FULL, &file, 1, rows[i].good ? 201 : 422, "/files/0", NULL);
    }
}

/* 100 MiB to the byte are taken (one more: test_door_uploads.c). */
static void test_the_largest_file(void)
{
    char *bytes = calloc(1, (size_t)LIMIT_FILE);
    CHECK_FATAL(bytes != NULL);
    struct upload_file file = {"large.bin", bytes, (size_t)LIMIT_FILE};
    expect_files("100 MiB", "pk1", "Large", FULL, &file, 1, 201, "", NULL);
    free(bytes);
}

/* A plan in any state keeps its packages; a saved plan that is deleted lets them go. */
static void test_used_by_a_plan(void)
{
    int64_t used = plans_package(&house, "pk1", "Used");
    int64_t plan = plans_save(&house, "User", "pk1", used, "");
    char package_path[64];
    char plan_path[64];
    (void)snprintf(package_path, sizeof package_path, "/api/v1/packages/%lld", (long long)used);
    (void)snprintf(plan_path, sizeof plan_path, "/api/v1/plans/%lld", (long long)plan);
    json_t *problem = rest(&house, "DELETE", package_path, NULL, 409);
    CHECK_TEXT(text_of(problem, "type"), "urn:mockdc:problem:wrong-state");
    CHECK_TEXT(text_of(problem, "detail"), "a plan or a verification uses this package");
    json_decref(problem);
    json_decref(rest(&house, "DELETE", plan_path, NULL, 204));
    json_decref(rest(&house, "DELETE", package_path, NULL, 204));
    used = plans_package(&house, "pk1", "Used");
    plan = plans_save(&house, "User", "pk1", used, "");
    (void)snprintf(package_path, sizeof package_path, "/api/v1/packages/%lld", (long long)used);
    static const char *const acts[] = {"activate", "suspend", "resume", "terminate"};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        json_decref(plans_act(&house, plan, acts[i], 200));
        json_decref(rest(&house, "DELETE", package_path, NULL, 409));
    }
    json_decref(rest(&house, "GET", package_path, NULL, 200));
    json_decref(rest(&house, "DELETE", "/api/v1/packages/999999", NULL, 404));
}

/* What was refused left nothing behind: the files are those of the packages. */
static void test_nothing_is_left(void)
{
    size_t files = 0;
    size_t i = 0;
    const json_t *package = NULL;
    json_t *list = rest(&house, "GET", "/api/v1/packages?limit=1000", NULL, 200);
    json_array_foreach(json_object_get(list, "items"), i, package)
    {
        files += json_array_size(json_object_get(package, "files"));
    }
    json_decref(list);
    CHECK(files > 0);
    CU_ASSERT_EQUAL(files_in(&house, "files"), files);
    CU_ASSERT_EQUAL(files_in(&house, "tmp"), 0);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"names", test_names},
                                             {"names are unique", test_names_are_unique},
                                             {"versions", test_versions},
                                             {"sources", test_sources},
                                             {"remarks", test_remarks},
                                             {"files", test_files},
                                             {"the largest file", test_the_largest_file},
                                             {"used by a plan", test_used_by_a_plan},
                                             {"nothing is left", test_nothing_is_left},
                                             {"closes", test_close},
                                             {0}};
    return suite_run("http door: packages", cases);
}
