/*
 * Whether stored files still are what was uploaded: asked for, at the start, and what it means for downloads.
 */
#include "plans.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices.h"
#include "raw.h"

enum { LARGE = 64 * 1024 * 1024, PATIENCE_S = 20, PACKAGES = 40 };

static struct house house;

static void test_open(void)
{
    house_open(&house, NULL);
    house.takes_orders = true;
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Meter\", \"productKey\": \"pk1\"}", 201));
    json_decref(rest(&house, "PUT", "/api/v1/products/pk1/clock",
                     "{\"mode\": \"manual\", \"now\": \"2027-03-01T03:00:00Z\"}", 200));
}

static int64_t package_of(const char *name, const struct upload_file *files, size_t count)
{
    char package[256];
    (void)snprintf(package, sizeof package,
                   "{\"name\": \"%s\", \"productKey\": \"pk1\", \"componentType\": \"%s\", \"packageType\": \"full\", "
                   "\"targetVersion\": \"2_0_0\"}",
                   name, count > 1 ? "module" : "mcu");
    struct reply reply;
    upload(&house, package, files, count, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 201);
    json_t *made = json_loadb((const char *)reply.body.data, reply.body.length, 0, NULL);
    CHECK(json_is_null(json_object_get(made, "checkedAt")));
    int64_t id = json_integer_value(json_object_get(made, "id"));
    json_decref(made);
    reply_finish(&reply);
    return id;
}

/* Packages that are checked have files of sizes of their own: by them the stored one is known. Static memory. */
static const char *stored_path(size_t size)
{
    static char path[160];
    char command[160];
    (void)snprintf(command, sizeof command, "find %s/files -type f -size %zuc", house.folder, size);
    FILE *found = popen(command, "r");
    CHECK_FATAL(found != NULL);
    CHECK_FATAL(fgets(path, sizeof path, found) != NULL);
    CHECK_FATAL(fgetc(found) == EOF);
    (void)pclose(found);
    path[strcspn(path, "\n")] = '\0';
    return path;
}

static void flip(const char *path, off_t at)
{
    unsigned char byte = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    CHECK_FATAL(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= 1;
    CHECK(pwrite(fd, &byte, 1, at) == 1);
    (void)close(fd);
}

static void flip_first(const char *path)
{
    flip(path, 0);
}

static void cut(const char *path)
{
    struct stat about;
    CHECK(stat(path, &about) == 0 && truncate(path, about.st_size - 1) == 0);
}

static void empty(const char *path)
{
    CHECK(truncate(path, 0) == 0);
}

static void lengthen(const char *path)
{
    struct stat about;
    CHECK(stat(path, &about) == 0 && truncate(path, about.st_size + 1) == 0);
}

static void take_away(const char *path)
{
    CHECK(unlink(path) == 0);
}

/* A link to a file with the very content is not the stored file. */
static void link_elsewhere(const char *path)
{
    char elsewhere[200];
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/tmp/elsewhere", house.folder);
    CHECK(rename(path, elsewhere) == 0 && symlink(elsewhere, path) == 0);
}

static void package_path(char *path, size_t capacity, int64_t id, const char *below)
{
    (void)snprintf(path, capacity, "/api/v1/packages/%lld%s", (long long)id, below);
}

static json_t *check(int64_t id, long expected)
{
    char path[80];
    package_path(path, sizeof path, id, "/check");
    return rest(&house, "POST", path, NULL, expected);
}

/* What the package says of its file `i` since the last check. */
static bool is_damaged(int64_t id, size_t i)
{
    char path[80];
    package_path(path, sizeof path, id, "");
    json_t *package = rest(&house, "GET", path, NULL, 200);
    const json_t *damaged = json_object_get(json_array_get(json_object_get(package, "files"), i), "damaged");
    CHECK(json_is_boolean(damaged));
    bool yes = json_is_true(damaged);
    json_decref(package);
    return yes;
}

static void test_a_good_package(void)
{
    static const struct upload_file files[] = {{"a.bin", "0123456", 7}, {"b.bin", "01234567", 8}};
    int64_t id = package_of("Good", files, 2);
    json_t *found = check(id, 200);
    CHECK(json_is_true(json_object_get(found, "intact")));
    CHECK_TEXT(text_of(found, "checkedAt"), "2027-03-01T03:00:00.000Z");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(found, "files")), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *file = json_array_get(json_object_get(found, "files"), i);
        CU_ASSERT_EQUAL(json_integer_value(json_object_get(file, "index")), (json_int_t)i);
        CHECK_TEXT(text_of(file, "name"), files[i].name);
        CHECK(json_is_true(json_object_get(file, "intact")) && json_is_null(json_object_get(file, "detail")));
        CHECK(!is_damaged(id, i));
    }
    json_decref(found);
    char path[80];
    package_path(path, sizeof path, id, "");
    json_t *package = rest(&house, "GET", path, NULL, 200);
    CHECK_TEXT(text_of(package, "checkedAt"), "2027-03-01T03:00:00.000Z");
    json_decref(package);
    json_decref(check(999999, 404));
    json_decref(rest(&house, "GET", "/api/v1/packages/1/check", NULL, 405));
}

/* A device of its own is brought as far as the link to the package's file; NULL-ended static memory. */
static const char *link_to(const char *name, int64_t package)
{
    char more[64];
    (void)snprintf(more, sizeof more, ", \"whitelist\": [\"%s\"]", name);
    int64_t plan = plans_save(&house, name, "pk1", package, more);
    json_decref(plans_act(&house, plan, "activate", 200));
    int64_t device_id = devices_connect(&house, "pk1", name, "1_0_0");
    json_decref(rest(&house, "POST", "/api/v1/evaluations", "{\"productKey\": \"pk1\"}", 200));
    devices_status(&house, device_id, 1, NULL);
    house.link[0] = '\0';
    devices_status(&house, device_id, 2, NULL);
    CHECK_FATAL(house.link[0] != '\0');
    return house.link;
}

/* GET, HEAD and a piece of it: `status`, or 206 for the piece of a good one. */
static void expect_download(const char *row, const char *link, long status, const char *content)
{
    static const char *const piece[] = {"Range: bytes=1-2", NULL};
    static const struct {
        const char *method;
        const char *const *headers;
        long good;
    } rows[] = {{"GET", NULL, 200}, {"HEAD", NULL, 200}, {"GET", piece, 206}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply reply;
        ask(&house, rows[i].method, link, rows[i].headers, NULL, &reply);
        CHECK_ROW(row, reply.status == (status == 200 ? rows[i].good : status));
        bool is_problem = strcmp(reply_header(&reply, "Content-Type"), "application/problem+json") == 0;
        CHECK_ROW(row, is_problem == (status != 200));
        CHECK_ROW(row, status == 200 || reply_header(&reply, "ETag")[0] == '\0');
        if (i == 0 && status == 200) {
            CHECK_ROW(row, strcmp(buffer_text(&reply.body), content) == 0);
        }
        reply_finish(&reply);
    }
}

/* Each harm is found, told by the package, and ends all downloads; what is put right is good again. */
static void test_harm(void)
{
    static const struct {
        const char *name;
        void (*harm)(const char *path);
        const char *detail; /* its beginning */
    } rows[] = {
        {"H0", flip_first, "SHA-256 is "},
        {"H1", cut, "is 1001 bytes long instead of 1002"},
        {"H2", empty, "is 0 bytes long instead of 1004"},
        {"H3", lengthen, "is 1007 bytes long instead of 1006"},
        {"H4", take_away, "cannot be opened: No such file"},
        {"H5", link_elsewhere, "cannot be opened: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char content[1100];
        struct upload_file file = {"h.bin", content, 1000 + 2 * i};
        memset(content, 'a' + (int)i, sizeof content);
        content[file.size] = '\0';
        int64_t id = package_of(rows[i].name, &file, 1);
        char link[64];
        (void)snprintf(link, sizeof link, "%s", link_to(rows[i].name, id));
        if (i % 2 == 0) {
            expect_download(rows[i].name, link, 200, content); /* it is mapped now: that must not help */
        }
        char path[160];
        (void)snprintf(path, sizeof path, "%s", stored_path(file.size));
        rows[i].harm(path);
        json_t *found = check(id, 200);
        CHECK_ROW(rows[i].name, json_is_false(json_object_get(found, "intact")));
        const json_t *told = json_array_get(json_object_get(found, "files"), 0);
        CHECK_ROW(rows[i].name, json_is_false(json_object_get(told, "intact")));
        CHECK_ROW(rows[i].name, strncmp(text_of(told, "detail"), rows[i].detail, strlen(rows[i].detail)) == 0);
        json_decref(found);
        CHECK_ROW(rows[i].name, is_damaged(id, 0));
        if (rows[i].harm != link_elsewhere) {
            expect_download(rows[i].name, link, 500, NULL);
        }
        (void)unlink(path);
        FILE *again = fopen(path, "wb");
        CHECK_FATAL(again != NULL && fwrite(content, 1, file.size, again) == file.size && fclose(again) == 0);
        found = check(id, 200);
        CHECK_ROW(rows[i].name, json_is_true(json_object_get(found, "intact")));
        json_decref(found);
        CHECK_ROW(rows[i].name, !is_damaged(id, 0));
        expect_download(rows[i].name, link, 200, content);
    }
}

/* Of several files the one that is damaged is named, and the last byte counts as the first does. */
static void test_one_of_five(void)
{
    static const char text[] = "0123456789012345678901234567890123456789";
    static const struct upload_file files[] = {
        {"0.bin", text, 31}, {"1.bin", text, 32}, {"2.bin", text, 33}, {"3.bin", text, 34}, {"4.bin", text, 35}};
    int64_t id = package_of("Five", files, 5);
    flip(stored_path(34), 33);
    json_t *found = check(id, 200);
    CHECK(json_is_false(json_object_get(found, "intact")));
    for (size_t i = 0; i < 5; i++) {
        const json_t *file = json_array_get(json_object_get(found, "files"), i);
        CHECK_ROW(files[i].name, json_is_true(json_object_get(file, "intact")) == (i != 3));
        CHECK_ROW(files[i].name, is_damaged(id, i) == (i == 3));
    }
    json_decref(found);
}

static void start_checks(struct house *which, void *context)
{
    (void)context;
    http_server_check_packages(which->server);
}

/* Counts packages of the product that were checked, and those that are damaged. */
static void count_checked(const char *product_key, int *checked, int *damaged)
{
    char path[80];
    (void)snprintf(path, sizeof path, "/api/v1/packages?limit=1000&productKey=%s", product_key);
    json_t *list = rest(&house, "GET", path, NULL, 200);
    size_t i = 0;
    const json_t *package = NULL;
    *checked = 0;
    *damaged = 0;
    json_array_foreach(json_object_get(list, "items"), i, package)
    {
        const json_t *file = json_array_get(json_object_get(package, "files"), 0);
        *checked += json_is_string(json_object_get(package, "checkedAt"));
        *damaged += json_is_true(json_object_get(file, "damaged"));
    }
    json_decref(list);
}

/* All packages, in more than one page of the scan; calls are answered meanwhile. */
static void test_at_the_start(void)
{
    static const char body[] = "{\"name\": \"Many\", \"productKey\": \"many\"}";
    json_decref(rest(&house, "POST", "/api/v1/products", body, 201));
    int64_t last = 0;
    for (int i = 0; i < PACKAGES; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "M%d", i);
        last = plans_package(&house, "many", name);
    }
    CHECK_FATAL(last > 0);
    (void)unlink(stored_path(31)); /* of "Five": the product of another one is looked at, too */
    int checked = -1;
    int damaged = -1;
    count_checked("many", &checked, &damaged);
    CU_ASSERT_EQUAL(checked, 0);
    house_run(&house, start_checks, NULL);
    long long until = house_ns() + PATIENCE_S * 1000000000LL;
    while (checked < PACKAGES && house_ns() < until) {
        count_checked("many", &checked, &damaged);
    }
    CU_ASSERT_EQUAL(checked, PACKAGES);
    CU_ASSERT_EQUAL(damaged, 0);
    count_checked("pk1", &checked, &damaged);
    CU_ASSERT_EQUAL(damaged, 1);
}

static bool is_answered(const struct raw *raw)
{
    struct pollfd waits = {.fd = raw->fd, .events = POLLIN};
    return poll(&waits, 1, 0) > 0;
}

static int64_t large_package(const char *name)
{
    char *bytes = calloc(1, LARGE);
    CHECK_FATAL(bytes != NULL);
    struct upload_file file = {"large.bin", bytes, LARGE};
    int64_t id = package_of(name, &file, 1);
    free(bytes);
    return id;
}

/* A large file takes its time: others do not wait for it, and two may ask for the same. */
static void test_others_meanwhile(void)
{
    static struct raw checks[2];
    int64_t id = large_package("Large");
    char path[80];
    package_path(path, sizeof path, id, "/check");
    raw_start(&house, "POST", path, NULL, &checks[0]);
    raw_start(&house, "POST", path, NULL, &checks[1]);
    int answered = 0;
    while (!is_answered(&checks[0]) && !is_answered(&checks[1])) {
        json_decref(rest(&house, "GET", "/api/v1/products/pk1", NULL, 200));
        answered += !is_answered(&checks[0]) && !is_answered(&checks[1]);
    }
    CHECK(answered > 0);
    for (int i = 0; i < 2; i++) {
        raw_finish(&checks[i]);
        CHECK(raw_says(&checks[i], 200, "\"intact\":true"));
    }
    /* who leaves takes nothing along */
    raw_start(&house, "POST", path, NULL, &checks[0]);
    raw_leave(&checks[0]);
    json_t *found = check(id, 200);
    CHECK(json_is_true(json_object_get(found, "intact")));
    json_decref(found);
    /* deleted while it is read */
    raw_start(&house, "POST", path, NULL, &checks[0]);
    package_path(path, sizeof path, id, "");
    json_decref(rest(&house, "DELETE", path, NULL, 204));
    raw_finish(&checks[0]);
    CHECK(raw_says(&checks[0], 404, "urn:mockdc:problem:not-found"));
}

/* The first answer says that the others, sent with it, wait in the queue; then all ends. */
static void test_the_end_of_the_server(void)
{
    enum { CALLS = 5 };
    static struct raw checks[CALLS];
    char path[80];
    package_path(path, sizeof path, large_package("Last"), "/check");
    for (int i = 0; i < CALLS; i++) {
        raw_start(&house, "POST", path, NULL, &checks[i]);
    }
    struct pollfd all[CALLS];
    for (int i = 0; i < CALLS; i++) {
        all[i] = (struct pollfd){.fd = checks[i].fd, .events = POLLIN};
    }
    CHECK(poll(all, CALLS, PATIENCE_S * 1000) > 0);
    house_close(&house);
    int stopped = 0;
    for (int i = 0; i < CALLS; i++) {
        raw_finish(&checks[i]);
        stopped += strstr(checks[i].reply, "urn:mockdc:problem:stopping") != NULL;
    }
    CHECK(stopped > 0);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"a good package", test_a_good_package},
                                             {"harm", test_harm},
                                             {"one of five", test_one_of_five},
                                             {"at the start", test_at_the_start},
                                             {"others meanwhile", test_others_meanwhile},
                                             {"the end of the server", test_the_end_of_the_server},
                                             {0}};
    return suite_run("http door: checks", cases);
}
