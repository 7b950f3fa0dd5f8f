/* An import is whole or nothing: a full disk, what is missing, what collides. */
#include "app/exchange.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "app/catalog.h"
#include "app/internal.h"
#include "app/remains.h"
#include "fake_house.h"
#include "store/query.h"
#include "support/suite.h"

static struct house house;

static struct state_value *add(struct state_of_product *state, enum state_table_id table)
{
    struct state_value *row = NULL;
    CHECK_FATAL(state_rows_add(&state->tables[table], table, &row) == OK);
    for (size_t i = 0; i < state_table(table)->column_count; i++) {
        row[i] = (struct state_value){.known = !state_table(table)->columns[i].optional, .text = ""};
    }
    return row;
}

static struct state_value *at(struct state_value *row, enum state_table_id table, const char *column)
{
    return &row[state_column_index(table, column)];
}

/* Devices with keys of their own. */
static void make_product(struct state_of_product *state, const char *key, size_t devices, char (*keys)[24])
{
    *state = (struct state_of_product){.secret = "s", .name = "n"};
    (void)snprintf(state->product_key, sizeof state->product_key, "%s", key);
    for (size_t i = 0; i < devices; i++) {
        struct state_value *row = add(state, STATE_DEVICES);
        (void)snprintf(keys[i], sizeof keys[i], "%zu", i);
        at(row, STATE_DEVICES, "id")->number = (int64_t)i + 1;
        at(row, STATE_DEVICES, "device_key")->text = keys[i];
    }
}

static size_t files_in(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    CHECK_FATAL(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(dir);
    return count;
}

static void test_full_disk(void)
{
    static char keys[4000][24];
    struct state_of_product state;
    struct violations violations = {0};
    struct product product;
    house_open(&house, 10);
    make_product(&state, "big", 4000, keys);
    struct import import = {.products = &state, .product_count = 1};
    sqlite3 *db = store_connection(house.app->store);
    CHECK_FATAL(sqlite3_exec(db, "PRAGMA max_page_count = 1", NULL, NULL, NULL) == SQLITE_OK); /* = as it is now */
    CHECK(app_import(house.app, &import, &violations) == E_FULL);
    CHECK(app_product_find(house.app, "big", &product) == E_NOT_FOUND);
    CHECK_FATAL(sqlite3_exec(db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL) == SQLITE_OK);
    CHECK_OK(app_import(house.app, &import, &violations));
    CHECK_OK(app_product_find(house.app, "big", &product));
    CHECK(violations.count == 0);
    state_finish(&state);
    house_close(&house);
}

/* Two products, the second of which is wrong: nothing of the first is there, nor does what was to be replaced go. */
static void test_whole_or_nothing(void)
{
    static char keys[2][24];
    struct state_of_product states[2];
    struct violations violations = {0};
    struct product product;
    char sha256[65];
    house_open(&house, 10);
    int64_t package = house_package(&house, "P", COMPONENT_MCU, "2", 1);
    struct package stored = {0};
    CHECK_OK(app_package_find(house.app, package, &stored));
    memcpy(sha256, stored.files[0].sha256, sizeof sha256);
    make_product(&states[0], "pk1", 1, keys);
    make_product(&states[1], "pk9", 1, keys);
    for (size_t i = 0; i < 2; i++) {
        struct state_value *row = add(&states[i], STATE_PACKAGES);
        at(row, STATE_PACKAGES, "id")->number = 1;
        at(row, STATE_PACKAGES, "name")->text = "copy";
        at(row, STATE_PACKAGES, "target_version")->text = "3";
        struct state_value *file = add(&states[i], STATE_FILES);
        at(file, STATE_FILES, "package_id")->number = 1;
        at(file, STATE_FILES, "name")->text = "fw.bin";
        at(file, STATE_FILES, "size")->number = stored.files[0].size;
        at(file, STATE_FILES, "sha256")->text = i == 0 ? sha256 : "nowhere";
    }
    struct import import = {.products = states, .product_count = 2};
    CHECK(app_import(house.app, &import, &violations) == E_EXISTS);
    CHECK_TEXT(violations.items[0].pointer, "/products/0/productKey");
    violations.count = 0;
    import.replace = true;
    CHECK(app_import(house.app, &import, &violations) == E_RULE);
    CHECK(violations.count == 1);
    CHECK_TEXT(violations.items[0].pointer, "/products/1/packageFiles/0/sha256");
    CHECK(files_in(house.app->files_dir) == 1 && files_in(house.app->tmp_dir) == 0);
    CHECK(app_product_find(house.app, "pk9", &product) == E_NOT_FOUND);
    package_finish(&stored);
    CHECK_OK(app_package_find(house.app, package, &stored)); /* pk1 is as it was */
    package_finish(&stored);
    /* right now: the content of the product that is replaced serves both */
    at(&states[1].tables[STATE_FILES].values[0], STATE_FILES, "sha256")->text = sha256;
    violations.count = 0;
    house.event_count = 0;
    CHECK_OK(app_import(house.app, &import, &violations));
    CHECK_FATAL(house.event_count == 3); /* what waits for the past of pk1 shall not be answered by it */
    CHECK(house.events[0].kind == EVENT_PRODUCT && house.events[0].what == WHAT_DELETED);
    CHECK(house.events[1].what == WHAT_CREATED && house.events[2].what == WHAT_CREATED);
    CHECK_OK(remains_finish(house.app));
    CHECK(files_in(house.app->files_dir) == 2 && files_in(house.app->tmp_dir) == 0);
    CHECK(app_package_find(house.app, package, &stored) == E_NOT_FOUND);
    state_finish(&states[0]);
    state_finish(&states[1]);
    house_close(&house);
}

/* Rows that no server could have made are named. */
static void test_rules(void)
{
    static char keys[2][24];
    struct state_of_product state;
    static struct violations violations;
    house_open(&house, 10);
    make_product(&state, "bad key", 2, keys);
    at(&state.tables[STATE_DEVICES].values[0], STATE_DEVICES, "device_key")->text = "not a key";
    struct state_value *package = add(&state, STATE_PACKAGES);
    at(package, STATE_PACKAGES, "id")->number = 1;
    at(package, STATE_PACKAGES, "target_version")->text = "1 2";
    struct state_value *plan = add(&state, STATE_PLANS);
    at(plan, STATE_PLANS, "id")->number = 1;
    at(plan, STATE_PLANS, "time_zone")->text = "Mars/Olympus";
    at(plan, STATE_PLANS, "status")->number = PLAN_ACTIVATED;
    struct state_value *task = add(&state, STATE_TASKS);
    at(task, STATE_TASKS, "id")->number = 1;
    at(task, STATE_TASKS, "plan_id")->number = 1;
    at(task, STATE_TASKS, "current")->number = 3;
    exchange_check(house.app, &state, "/products/0", &violations);
    static const char *const wanted[] = {"/products/0/productKey",         "/products/0/devices/0/deviceKey",
                                         "/products/0/packages/0/name",    "/products/0/packages/0/targetVersion",
                                         "/products/0/plans/0/name",       "/products/0/plans/0/timeZone",
                                         "/products/0/plans/0/activation", "/products/0/planDevices/0/current"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        size_t found = 0;
        for (size_t k = 0; k < violations.count; k++) {
            found += strcmp(violations.items[k].pointer, wanted[i]) == 0;
        }
        CHECK_ROW(wanted[i], found > 0);
    }
    state_finish(&state);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"a full disk", test_full_disk}, {"whole or nothing", test_whole_or_nothing}, {"rules", test_rules}, {0}};
    return suite_run("exchange", cases);
}
