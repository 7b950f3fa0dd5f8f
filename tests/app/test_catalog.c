/* Products, devices, packages and kept answers through app/ (behaviour.md 1, 2, 10). */
#include "app/catalog.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/firmware_table.h"
#include "app/internal.h"
#include "app/remains.h"
#include "fake_house.h"
#include "store/device_rows.h"
#include "store/query.h"
#include "support/suite.h"

static struct house house;

/* The pointers of all violations, joined. */
static const char *pointers(const struct violations *violations)
{
    static char text[1024];
    text[0] = '\0';
    for (size_t i = 0; i < violations->count; i++) {
        size_t length = strlen(text);
        (void)snprintf(text + length, sizeof text - length, "%s ", violations->items[i].pointer);
    }
    return text;
}

static size_t count_files(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    CHECK_FATAL(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(dir);
    return count;
}

static enum status make_product(const char *key, const char *secret, const char *name, struct product *product,
                                struct violations *violations)
{
    *product = (struct product){0};
    *violations = (struct violations){0};
    (void)snprintf(product->key, sizeof product->key, "%s", key);
    (void)snprintf(product->secret, sizeof product->secret, "%s", secret);
    (void)snprintf(product->name, sizeof product->name, "%s", name);
    return app_product_create(house.app, product, violations);
}

/* Gives the same token twice, then others: with the signs of base64url in it. */
static enum status stubborn_token(void *context, char token[LIMIT_TOKEN + 1])
{
    struct house *of = context;
    static const char letters[] = "abcdefghij";
    char letter = letters[of->tokens++ / 2 % 10];
    (void)snprintf(token, LIMIT_TOKEN + 1, "-%c_%cX%c-%c9-_-_-_-_-_-_-", letter, letter, letter, letter);
    return OK;
}

static void test_product_create(void)
{
    static const struct {
        const char *name;
        const char *key;
        const char *secret;
        const char *title;
        enum status expect;
        const char *pointers;
    } rows[] = {{"given", "pk2", "s", "n", OK, ""},
                {"taken", "pk1", "s", "n", E_EXISTS, ""},
                {"all wrong", "p k", "a;b", "", E_RULE, "/name /productKey /productSecret "},
                {"key too long for the wire", "p-1", "s", "n", E_RULE, "/productKey "},
                {"generated secret", "pk3", "", "n", OK, ""},
                {"generated key, no name", "", "", "", E_RULE, "/name "}};
    house_open(&house, 10);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct product product;
        struct product found;
        struct violations violations;
        enum status status = make_product(rows[i].key, rows[i].secret, rows[i].title, &product, &violations);
        CHECK_ROW(rows[i].name, status == rows[i].expect && strcmp(pointers(&violations), rows[i].pointers) == 0);
        if (status == OK) {
            CHECK_ROW(rows[i].name, app_product_find(house.app, rows[i].key, &found) == OK);
            CHECK_ROW(rows[i].name, strcmp(found.secret, product.secret) == 0 && found.created_at == house.now);
        }
    }
    house_close(&house);
}

static void test_product_keys_are_made(void)
{
    struct product first;
    struct product second;
    struct violations violations;
    house_open(&house, 10);
    house.app->ports.token = stubborn_token;
    CHECK_OK(make_product("", "given", "n", &first, &violations));
    CHECK_TEXT(first.key, "paaxaa"); /* 'p' and five of the token's letters and digits, in lower case */
    CHECK_OK(make_product("", "given", "n", &second, &violations));
    CHECK(strcmp(second.key, first.key) != 0 && strlen(second.key) == 6); /* the first try was taken */
    CHECK_OK(make_product("other", "", "n", &second, &violations));
    CHECK(strlen(second.secret) == 20 && strpbrk(second.secret, "-_") == NULL);
    house_close(&house);
}

static void test_product_delete(void)
{
    char tmp[LIMIT_PATH];
    struct product product;
    const struct firmware_entry *entry = NULL;
    house_open(&house, 10);
    int64_t package = house_package(&house, "P", COMPONENT_MCU, "2", 2);
    int64_t single = house_package(&house, "Q", COMPONENT_MCU, "2", 1);
    (void)house_plan(&house, "plan", &single, 1, NULL, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_status(&house, device, 1, "C0", "1");
    house_status(&house, device, 2, "C0", "1");
    CHECK_FATAL(house.order_count == 2 && !house.orders[1].is_notify);
    const char *token = house.orders[1].firmware.files[0].token;
    CHECK_OK(firmware_table_take(house.app->table, token, &entry));
    CHECK(access(entry->path, R_OK) == 0);
    firmware_table_release(house.app->table, entry);
    CHECK(app_package_delete(house.app, single) == E_STATE && app_package_delete(house.app, 99) == E_NOT_FOUND);
    CHECK(count_files(house.app->files_dir) == 3);
    CHECK_OK(app_package_delete(house.app, package));
    CHECK(count_files(house.app->files_dir) == 1);
    CHECK_OK(app_product_delete(house.app, "pk1"));
    CHECK_OK(remains_finish(house.app)); /* files go behind the answer */
    CHECK(count_files(house.app->files_dir) == 0 && house.disconnects == 1);
    CHECK(firmware_table_take(house.app->table, token, &entry) == E_STATE);
    CHECK(app_product_find(house.app, "pk1", &product) == E_NOT_FOUND);
    CHECK(app_product_delete(house.app, "pk1") == E_NOT_FOUND);
    (void)snprintf(tmp, sizeof tmp, "%s", app_upload_dir(house.app));
    CHECK(count_files(tmp) == 0);
    house_close(&house);
}

/* An upload of `bytes` bytes that says it has `said`. */
static void upload(struct package *package, const char *name, size_t bytes, int64_t said)
{
    char path[LIMIT_PATH + 80];
    struct package_file *file = &package->files[package->file_count];
    file->index = (int)package->file_count++;
    file->size = said;
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    (void)snprintf(file->stored, sizeof file->stored, "upload-%d", file->index);
    (void)snprintf(path, sizeof path, "%s/%s", app_upload_dir(house.app), file->stored);
    FILE *stream = fopen(path, "we");
    CHECK_FATAL(stream != NULL);
    for (size_t i = 0; i < bytes; i++) {
        (void)fputc('x', stream);
    }
    CHECK_FATAL(fclose(stream) == 0);
    memset(file->md5, 'a', 32);
    memset(file->sha256, 'b', 64);
    memset(file->crc32, 'c', 8);
}

static void test_package_create(void)
{
    static const struct {
        const char *name;
        const char *product;
        const char *title;
        const char *file;
        int64_t said;
        enum status expect;
        const char *pointers;
    } rows[] = {{"made", "pk1", "A", "fw.tar.gz", 10, OK, ""},
                {"name is taken", "pk1", "A", "fw.bin", 10, E_EXISTS, ""},
                {"same name, other product", "pk2", "A", "fw.bin", 10, OK, ""},
                {"no such product, bad name and file", "pk9", "", "fw.exe", 10, E_RULE, NULL},
                {"shorter than it says", "pk1", "B", "fw.bin", 11, E_CORRUPT, ""}};
    struct product product;
    struct violations violations;
    size_t kept = 0;
    house_open(&house, 10);
    CHECK_OK(make_product("pk2", "s", "n", &product, &violations));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct package package = {.component_type = COMPONENT_MCU, .target_version = "2"};
        violations = (struct violations){0};
        (void)snprintf(package.name, sizeof package.name, "%s", rows[i].title);
        (void)snprintf(package.product_key, sizeof package.product_key, "%s", rows[i].product);
        upload(&package, rows[i].file, 10, rows[i].said);
        CHECK_ROW(rows[i].name, app_package_create(house.app, &package, &violations) == rows[i].expect);
        kept += rows[i].expect == OK ? 1 : 0;
        CHECK_ROW(rows[i].name, count_files(house.app->tmp_dir) == 0 && count_files(house.app->files_dir) == kept);
        if (rows[i].pointers != NULL) {
            CHECK_ROW(rows[i].name, strcmp(pointers(&violations), rows[i].pointers) == 0);
        } else {
            CHECK_ROW(rows[i].name, strstr(pointers(&violations), "/productKey ") != NULL &&
                                        strstr(pointers(&violations), "/name ") != NULL && violations.count >= 3);
        }
    }
    house_reopen(&house); /* what has a row stays */
    CHECK(count_files(house.app->files_dir) == kept);
    house_close(&house);
}

/* The disk is full when the row is written: the files have been moved already, and go again. */
static void test_package_on_a_full_disk(void)
{
    struct package package = {
        .component_type = COMPONENT_MCU, .name = "A", .product_key = "pk1", .target_version = "2"};
    struct violations violations = {0};
    house_open(&house, 10);
    package.package_type = PACKAGE_DELTA;
    package.source_count = LIMIT_SOURCE_VERSIONS;
    package.sources = calloc(LIMIT_SOURCE_VERSIONS, sizeof *package.sources);
    CHECK_FATAL(package.sources != NULL);
    for (size_t i = 0; i < LIMIT_SOURCE_VERSIONS; i++) {
        (void)snprintf(package.sources[i], sizeof *package.sources, "source-version-that-takes-room-%030zu", i);
    }
    upload(&package, "fw.bin", 10, 10);
    sqlite3 *db = store_connection(house.app->store);
    CHECK_FATAL(sqlite3_exec(db, "PRAGMA max_page_count = 1", NULL, NULL, NULL) == SQLITE_OK); /* = as it is now */
    CHECK(app_package_create(house.app, &package, &violations) == E_FULL);
    CHECK(count_files(house.app->tmp_dir) == 0 && count_files(house.app->files_dir) == 0);
    CHECK(app_package_find(house.app, 1, &package) == E_NOT_FOUND);
    CHECK_FATAL(sqlite3_exec(db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL) == SQLITE_OK);
    package.file_count = 0;
    upload(&package, "fw.bin", 10, 10);
    CHECK_OK(app_package_create(house.app, &package, &violations));
    package_finish(&package);
    house_close(&house);
}

/* Files that a crash left without a row, and the reverse of it, which must not happen. */
static void test_files_without_a_row(void)
{
    char path[LIMIT_PATH + 16];
    house_open(&house, 10);
    (void)house_package(&house, "P", COMPONENT_MCU, "2", 1);
    (void)snprintf(path, sizeof path, "%s/orphan", house.app->files_dir);
    FILE *stream = fopen(path, "we");
    CHECK_FATAL(stream != NULL && fclose(stream) == 0);
    CHECK(count_files(house.app->files_dir) == 2);
    house_reopen(&house);
    CHECK(count_files(house.app->files_dir) == 1);
    house_close(&house);
}

struct seen {
    char text[256];
    struct maybe_int active;
};

static void join_device(void *context, const struct device_view *view)
{
    struct seen *seen = context;
    size_t length = strlen(seen->text);
    (void)snprintf(seen->text + length, sizeof seen->text - length, "%s%s ", view->device->device_key,
                   view->online ? "+" : "");
    seen->active = view->active_plan_id;
}

static void test_devices(void)
{
    static const struct {
        const char *name;
        int online;
        struct page page;
        const char *expect;
        bool more;
    } rows[] = {
        {"all", -1, {NULL, 10, NULL}, "A B+ C D+ ", false},  {"online", 1, {NULL, 10, NULL}, "B+ D+ ", false},
        {"online, a page", 1, {NULL, 1, NULL}, "B+ ", true}, {"online, the last page", 1, {"B", 1, NULL}, "D+ ", false},
        {"offline", 0, {NULL, 10, NULL}, "A C ", false},     {"query", -1, {NULL, 10, "d"}, "D+ ", false}};
    struct violations violations = {0};
    bool more = false;
    struct seen one = {0};
    house_open(&house, 10);
    CHECK_OK(app_device_register(house.app, "pk1", "A", NULL, &violations));
    CHECK_OK(app_device_register(house.app, "pk1", "C", "secret", &violations));
    (void)house_device(&house, "B", "C0", "1");
    (void)house_device(&house, "D", "C0", "1");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seen seen = {0};
        more = !rows[i].more;
        CHECK_ROW(rows[i].name,
                  app_devices_list(house.app, "pk1", rows[i].online, &rows[i].page, join_device, &seen, &more) == OK);
        CHECK_ROW(rows[i].name, strcmp(seen.text, rows[i].expect) == 0 && more == rows[i].more);
    }
    CHECK(app_devices_list(house.app, "pk9", -1, &rows[0].page, join_device, &one, &more) == E_NOT_FOUND);
    CHECK(app_device_view(house.app, "pk1", "Z", join_device, &one) == E_NOT_FOUND);
    int64_t package = house_package(&house, "P", COMPONENT_MCU, "2", 1);
    int64_t plan = house_plan(&house, "plan", &package, 1, NULL, NULL);
    struct evaluation evaluation;
    CHECK_OK(app_evaluate(house.app, NULL, &evaluation));
    CHECK_OK(app_device_view(house.app, "pk1", "B", join_device, &one));
    CHECK(strcmp(one.text, "B+ ") == 0 && one.active.known && one.active.value == plan);
    house_close(&house);
}

static void test_device_register(void)
{
    static const struct {
        const char *name;
        const char *product;
        const char *key;
        const char *secret;
        enum status expect;
        const char *pointers;
    } rows[] = {{"new", "pk1", "868888", "s", OK, ""},
                {"again", "pk1", "868888", NULL, E_EXISTS, ""},
                {"no such product", "pk9", "A", NULL, E_NOT_FOUND, ""},
                {"both wrong", "pk1", "a-b", ";", E_RULE, "/deviceKey /deviceSecret "},
                {"too long", "pk1", "12345678901234567", NULL, E_RULE, "/deviceKey "},
                {"empty secret", "pk1", "B", "", E_RULE, "/deviceSecret "}};
    struct device device;
    house_open(&house, 10);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct violations violations = {0};
        CHECK_ROW(rows[i].name, app_device_register(house.app, rows[i].product, rows[i].key, rows[i].secret,
                                                    &violations) == rows[i].expect);
        CHECK_ROW(rows[i].name, strcmp(pointers(&violations), rows[i].pointers) == 0);
    }
    CHECK_OK(app_device_find(house.app, "pk1", "868888", &device));
    CHECK(device.enabled && strcmp(device.secret, "s") == 0 && !device.first_seen_at.known);
    house_close(&house);
}

static void test_device_acts(void)
{
    struct device device;
    house_open(&house, 10);
    int64_t id = house_device(&house, "A", "C0", "1");
    CHECK_OK(app_device_disconnect(house.app, "pk1", "A"));
    CHECK(house.disconnects == 1);
    CHECK_OK(app_device_enable(house.app, "pk1", "A", false));
    CHECK(house.disconnects == 2 && device_find_by_id(house.app->store, id, &device) == OK && !device.enabled);
    CHECK_OK(app_device_enable(house.app, "pk1", "A", true));
    CHECK(house.disconnects == 2 && device_find_by_id(house.app->store, id, &device) == OK && device.enabled);
    app_device_offline(house.app, id);
    CHECK_OK(app_device_disconnect(house.app, "pk1", "A")); /* nothing to cut */
    CHECK(house.disconnects == 2);
    CHECK_OK(app_device_delete(house.app, "pk1", "A"));
    CHECK(device_find_by_id(house.app->store, id, &device) == E_NOT_FOUND);
    CHECK(app_device_delete(house.app, "pk1", "A") == E_NOT_FOUND);
    CHECK(app_device_disconnect(house.app, "pk1", "A") == E_NOT_FOUND);
    house_close(&house);
}

static void test_answers(void)
{
    char body[] = "{\"a\":1}";
    struct kept_answer answer = {.http_status = 201, .location = "/api/v1/products/p", .body = body};
    struct kept_answer found = {0};
    house_open(&house, 10);
    CHECK(app_answer_find(house.app, "POST /a", "k", "d1", &found) == E_NOT_FOUND);
    CHECK_OK(app_answer_keep(house.app, "POST /a", "k", "d1", &answer));
    CHECK(app_answer_find(house.app, "POST /a", "k", "d2", &found) == E_STATE && found.body == NULL);
    CHECK(app_answer_find(house.app, "POST /b", "k", "d1", &found) == E_NOT_FOUND);
    CHECK_OK(app_answer_find(house.app, "POST /a", "k", "d1", &found));
    CHECK(found.http_status == 201 && strcmp(found.location, answer.location) == 0 && strcmp(found.body, body) == 0);
    free(found.body);
    house.now += 24LL * 3600 * 1000 + 1;
    CHECK(app_answer_find(house.app, "POST /a", "k", "d1", &found) == E_NOT_FOUND);
    CHECK_OK(app_answer_keep(house.app, "POST /a", "k", "d2", &answer)); /* the old one has gone */
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"product create", test_product_create},
                                             {"product keys are made", test_product_keys_are_made},
                                             {"product delete", test_product_delete},
                                             {"package create", test_package_create},
                                             {"package on a full disk", test_package_on_a_full_disk},
                                             {"files without a row", test_files_without_a_row},
                                             {"devices", test_devices},
                                             {"device register", test_device_register},
                                             {"device acts", test_device_acts},
                                             {"answers", test_answers},
                                             {0}};
    return suite_run("catalog", cases);
}
