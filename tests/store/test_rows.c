/* Products, devices, packages, logs, tokens, answers: what goes in comes out, and cascades leave nothing. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "scratch.h"
#include "store/answer_rows.h"
#include "store/device_rows.h"
#include "store/log_rows.h"
#include "store/package_rows.h"
#include "store/plan_rows.h"
#include "store/product_rows.h"
#include "store/task_rows.h"
#include "store/token_rows.h"
#include "support/suite.h"

static struct scratch scratch;

/* Keys of a list, joined by commas; stops after `most`. */
struct joined {
    char text[512];
    int most;
};

static bool join(struct joined *joined, const char *key)
{
    size_t length = strlen(joined->text);
    (void)snprintf(joined->text + length, sizeof joined->text - length, "%s%s", length > 0 ? "," : "", key);
    return --joined->most != 0;
}

static bool join_product(void *context, const struct product *product)
{
    return join(context, product->key);
}

static bool join_device(void *context, const struct device *device)
{
    return join(context, device->device_key);
}

static bool join_package(void *context, const struct package *package)
{
    return join(context, package->name);
}

static bool join_log(void *context, const struct log_entry *entry)
{
    return join(context, entry->detail);
}

static bool join_token(void *context, const struct firmware_token *token, const struct package_file *file)
{
    return join(context, token->token) && join(context, file->stored);
}

static void test_products(void)
{
    static const struct {
        const char *name;
        struct page page;
        const char *expect;
        bool more;
    } rows[] = {{"all", {NULL, 10, NULL}, "a1,a2,b1", false},
                {"two", {NULL, 2, NULL}, "a1,a2", true},
                {"exactly all", {NULL, 3, NULL}, "a1,a2,b1", false},
                {"after", {"a1", 10, NULL}, "a2,b1", false},
                {"query, letter case aside", {NULL, 10, "A"}, "a1,a2", false},
                {"a percent sign is no wildcard", {NULL, 10, "%"}, "", false}};
    scratch_open(&scratch);
    scratch_product(&scratch, "b1");
    scratch_product(&scratch, "a2");
    scratch_product(&scratch, "a1");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct joined joined = {0};
        bool more = !rows[i].more;
        CHECK_ROW(rows[i].name, product_list(scratch.store, &rows[i].page, join_product, &joined, &more) == OK);
        CHECK_ROW(rows[i].name, strcmp(joined.text, rows[i].expect) == 0 && more == rows[i].more);
    }
    struct joined one = {.most = 1};
    bool more = false;
    CHECK_OK(product_list(scratch.store, &(struct page){.limit = 9}, join_product, &one, &more));
    CHECK_TEXT(one.text, "a1");
    struct product product = {.key = "a1"};
    CHECK(product_insert(scratch.store, &product) == E_EXISTS);
    CHECK_OK(product_find(scratch.store, "b1", &product));
    CHECK(strcmp(product.secret, "s") == 0 && strcmp(product.name, "n") == 0 && product.created_at == 1);
    CHECK(product_find(scratch.store, "c", &product) == E_NOT_FOUND && strcmp(product.key, "b1") == 0);
    CHECK(product_delete(scratch.store, "c") == E_NOT_FOUND);
    scratch_close(&scratch);
}

static struct device full_device(void)
{
    struct device device = {.product_key = "pk1",
                            .device_key = "DK1",
                            .secret = "ds",
                            .enabled = true,
                            .auth_mode = AUTH_TYPE_1,
                            .session_encrypted = true,
                            .first_seen_at = {true, 100},
                            .last_seen_at = {true, 200},
                            .battery = {true, 0},
                            .voltage = {true, 3.5},
                            .rsrp = {true, -113},
                            .flash_free = {true, 1LL << 40},
                            .module_type = "EC800",
                            .module_version = "v1",
                            .module_version_info = "v1_app",
                            .iccid = "89",
                            .imsi = "46",
                            .sdk_version = "2.9.2",
                            .data_protocol = "d",
                            .communication_protocol = "c",
                            .malformed_frames = 3,
                            .mcu_count = 2,
                            .mcus = {{"STM32", "1_0_0"}, {"GD32", "2"}}};
    return device;
}

static bool same_device(const struct device *a, const struct device *b)
{
    bool same = a->id == b->id && strcmp(a->product_key, b->product_key) == 0 &&
                strcmp(a->device_key, b->device_key) == 0 && strcmp(a->secret, b->secret) == 0 &&
                a->enabled == b->enabled && a->auth_mode == b->auth_mode &&
                a->session_encrypted == b->session_encrypted && a->first_seen_at.at == b->first_seen_at.at &&
                a->last_seen_at.at == b->last_seen_at.at && a->malformed_frames == b->malformed_frames;
    same = same && a->battery.known == b->battery.known && a->battery.value == b->battery.value &&
           a->voltage.known == b->voltage.known && a->voltage.value >= b->voltage.value &&
           a->voltage.value <= b->voltage.value && a->signal.known == b->signal.known &&
           a->rsrp.value == b->rsrp.value && a->rsrq.known == b->rsrq.known && a->snr.known == b->snr.known &&
           a->flash_free.value == b->flash_free.value;
    same = same && strcmp(a->module_type, b->module_type) == 0 && strcmp(a->module_version, b->module_version) == 0 &&
           strcmp(a->module_version_info, b->module_version_info) == 0 && strcmp(a->iccid, b->iccid) == 0 &&
           strcmp(a->imsi, b->imsi) == 0 && strcmp(a->sdk_version, b->sdk_version) == 0 &&
           strcmp(a->data_protocol, b->data_protocol) == 0 &&
           strcmp(a->communication_protocol, b->communication_protocol) == 0 && a->mcu_count == b->mcu_count;
    for (size_t i = 0; same && i < a->mcu_count; i++) {
        same = strcmp(a->mcus[i].component_no, b->mcus[i].component_no) == 0 &&
               strcmp(a->mcus[i].version, b->mcus[i].version) == 0;
    }
    return same;
}

static void test_device_goes_round(void)
{
    struct device device = full_device();
    struct device found;
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    CHECK_OK(store_begin(scratch.store));
    CHECK_OK(device_insert(scratch.store, &device));
    CHECK(device.id > 0 && device_insert(scratch.store, &device) == E_EXISTS);
    CHECK_OK(device_find(scratch.store, "pk1", "DK1", &found));
    CHECK(same_device(&device, &found));
    CHECK_OK(device_find_by_id(scratch.store, device.id, &found));
    CHECK(same_device(&device, &found));

    device.enabled = false;
    device.auth_mode = AUTH_TYPE_0;
    device.session_encrypted = false;
    device.first_seen_at = (struct maybe_instant){0};
    (void)snprintf(device.secret, sizeof device.secret, "other");
    CHECK_OK(device_update_identity(scratch.store, &device));
    device.battery = (struct maybe_int){0};
    device.snr = (struct maybe_int){true, 9};
    device.signal = (struct maybe_int){true, -80};
    device.rsrq = (struct maybe_int){true, -8};
    device.last_seen_at.at = 300;
    (void)snprintf(device.module_version, sizeof device.module_version, "v2");
    CHECK_OK(device_update_reported(scratch.store, &device));
    device.mcu_count = 1;
    (void)snprintf(device.mcus[0].version, sizeof device.mcus[0].version, "2_0_0");
    CHECK_OK(device_update_mcus(scratch.store, &device));
    CHECK_OK(device_count_malformed(scratch.store, device.id));
    device.malformed_frames++;
    CHECK_OK(device_find_by_id(scratch.store, device.id, &found));
    CHECK(same_device(&device, &found));
    CHECK_OK(device_touch(scratch.store, device.id, 400));
    device.last_seen_at.at = 400;
    CHECK_OK(device_find_by_id(scratch.store, device.id, &found));
    CHECK(same_device(&device, &found));
    CHECK_OK(store_commit(scratch.store));
    scratch_close(&scratch);
}

static void test_device_absent(void)
{
    struct device device = full_device();
    struct joined joined = {0};
    bool more = false;
    scratch_open(&scratch);
    CHECK(device_insert(scratch.store, &device) == E_NOT_FOUND); /* no such product */
    device.id = 5;
    CHECK(device_find(scratch.store, "pk1", "DK1", &device) == E_NOT_FOUND);
    CHECK(device_find_by_id(scratch.store, 5, &device) == E_NOT_FOUND);
    CHECK(device_update_identity(scratch.store, &device) == E_NOT_FOUND);
    CHECK(device_update_reported(scratch.store, &device) == E_NOT_FOUND);
    CHECK(device_touch(scratch.store, 5, 1) == E_NOT_FOUND);
    CHECK(device_count_malformed(scratch.store, 5) == E_NOT_FOUND);
    CHECK(device_delete(scratch.store, 5) == E_NOT_FOUND);
    CHECK(device_list(scratch.store, "pk1", &(struct page){.limit = 5}, join_device, &joined, &more) == E_NOT_FOUND);
    scratch_close(&scratch);
}

static void test_device_list(void)
{
    struct joined joined = {0};
    bool more = false;
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    scratch_product(&scratch, "pk2");
    (void)scratch_device(&scratch, "pk1", "B");
    (void)scratch_device(&scratch, "pk1", "A");
    int64_t last = scratch_device(&scratch, "pk2", "A");
    CHECK_OK(device_list(scratch.store, "pk1", &(struct page){.limit = 1}, join_device, &joined, &more));
    CHECK(strcmp(joined.text, "A") == 0 && more);
    CHECK_OK(device_list(scratch.store, "pk1", &(struct page){"A", INT_MAX, NULL}, join_device, &joined, &more));
    CHECK(strcmp(joined.text, "A,B") == 0 && !more);
    CHECK_OK(device_delete(scratch.store, last));
    CHECK(scratch_device(&scratch, "pk2", "A") > last); /* an id never names another device */
    scratch_close(&scratch);
}

static void test_package(void)
{
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    char sources[2][LIMIT_VERSION + 1] = {"1_0_0", "1_0_1"};
    struct package package = {.name = "P",
                              .product_key = "pk1",
                              .component_type = COMPONENT_MCU,
                              .package_type = PACKAGE_DELTA,
                              .target_version = "2",
                              .remarks = "r",
                              .created_at = 12,
                              .source_count = 2,
                              .sources = sources,
                              .file_count = 2};
    package.files[0] = (struct package_file){0, "a.bin", "fa.bin", 1, "m0", "s0", "c0"};
    package.files[1] = (struct package_file){1, "b.tar.gz", "fb.tar.gz", 1LL << 33, "m1", "s1", "c1"};
    struct package found = {0};
    CHECK_OK(store_begin(scratch.store));
    CHECK_OK(package_insert(scratch.store, &package));
    CHECK_OK(store_commit(scratch.store));
    CHECK_OK(package_find(scratch.store, package.id, &found));
    CHECK(strcmp(found.name, "P") == 0 && strcmp(found.product_key, "pk1") == 0 && found.created_at == 12);
    CHECK(found.component_type == COMPONENT_MCU && found.package_type == PACKAGE_DELTA);
    CHECK(strcmp(found.target_version, "2") == 0 && strcmp(found.remarks, "r") == 0 && found.source_count == 2);
    CHECK(strcmp(found.sources[0], "1_0_0") == 0 && strcmp(found.sources[1], "1_0_1") == 0);
    CHECK(found.file_count == 2 && found.files[1].index == 1 && found.files[1].size == 1LL << 33);
    CHECK(strcmp(found.files[1].stored, "fb.tar.gz") == 0 && strcmp(found.files[1].sha256, "s1") == 0);
    CHECK(strcmp(found.files[0].md5, "m0") == 0 && strcmp(found.files[0].crc32, "c0") == 0);
    package_finish(&found);
    CHECK_OK(store_begin(scratch.store));
    package.files[0].stored[0] = 'x';
    CHECK(package_insert(scratch.store, &package) == E_EXISTS);
    (void)snprintf(package.product_key, sizeof package.product_key, "pk2");
    CHECK(package_insert(scratch.store, &package) == E_NOT_FOUND);
    store_rollback(scratch.store);
    bool known = false;
    CHECK(package_file_is_known(scratch.store, "fa.bin", &known) == OK && known);
    CHECK(package_file_is_known(scratch.store, "xa.bin", &known) == OK && !known);
    struct joined joined = {0};
    bool more = false;
    CHECK_OK(package_list(scratch.store, "pk1", &(struct page){.limit = 5}, join_package, &joined, &more));
    CHECK_OK(package_list(scratch.store, NULL, &(struct page){.limit = 5}, join_package, &joined, &more));
    CHECK_OK(package_list(scratch.store, "pk2", &(struct page){.limit = 5}, join_package, &joined, &more));
    CHECK_TEXT(joined.text, "P,P");
    CHECK(package_list(scratch.store, NULL, &(struct page){"x", 5, NULL}, join_package, &joined, &more) == E_FORMAT);
    CHECK_OK(package_delete(scratch.store, package.id));
    CHECK(package_delete(scratch.store, package.id) == E_NOT_FOUND);
    scratch_close(&scratch);
}

/* A device in the middle of an upgrade: everything that can hang on a product does. */
static struct task house(void)
{
    scratch_product(&scratch, "pk1");
    int64_t device = scratch_device(&scratch, "pk1", "DK1");
    int64_t package = scratch_package(&scratch, "pk1", "P");
    int64_t plan = scratch_plan(&scratch, "pk1", "plan", package);
    const char *keys[] = {"DK1"};
    scratch_list(&scratch, plan, LIST_WHITE, keys, 1);
    struct task task = scratch_task(&scratch, plan, device, DEVICE_IN_UPGRADE);
    struct firmware_token token = {.token = "t1", .task_id = task.id, .attempt = 1, .created_at = 5};
    CHECK_OK(token_insert(scratch.store, &token));
    struct log_entry entry = {.at = 5, .kind = LOG_PLAN_ISSUED, .direction = LOG_FROM_SERVER, .detail = "one"};
    CHECK_OK(log_append(scratch.store, plan, device, &entry));
    return task;
}

static void test_cascades(void)
{
    static const char *const acts[] = {"product", "device"};
    for (size_t i = 0; i < 2; i++) {
        struct product product;
        struct joined left = {0};
        bool more = false;
        scratch_open(&scratch);
        struct task task = house();
        CHECK_ROW(acts[i], package_delete(scratch.store, task.components[0].package_id) == E_STATE);
        CHECK_ROW(acts[i], i == 0 ? product_delete(scratch.store, "pk1") == OK
                                  : device_delete(scratch.store, task.device_id) == OK);
        CHECK_ROW(acts[i], (product_find(scratch.store, "pk1", &product) == OK) == (i == 1));
        CHECK_ROW(acts[i], task_find_by_id(scratch.store, task.id, &task) == E_NOT_FOUND);
        CHECK_ROW(acts[i], token_each(scratch.store, join_token, &left) == OK);
        struct page page = {.limit = 5};
        CHECK_ROW(acts[i], log_list(scratch.store, task.plan_id, task.device_id, &page, join_log, &left, &more) == OK);
        CHECK_ROW(acts[i], left.text[0] == '\0');
        int64_t running = -1;
        enum status status = tasks_in_upgrade_count(scratch.store, task.plan_id, &running);
        CHECK_ROW(acts[i], i == 0 ? status == E_NOT_FOUND : status == OK && running == 0);
        scratch_close(&scratch);
    }
}

static void test_log(void)
{
    struct joined joined = {0};
    bool more = false;
    scratch_open(&scratch);
    struct task task = house();
    struct log_entry entry = {.at = 4,
                              .component_no = "C0",
                              .attempt = 2,
                              .direction = LOG_FROM_DEVICE,
                              .kind = LOG_PROTOCOL_WARNING,
                              .code = {true, -6},
                              .detail = "two"};
    CHECK_OK(log_append(scratch.store, task.plan_id, task.device_id, &entry));
    CHECK(log_append(scratch.store, task.plan_id, 99, &entry) == E_NOT_FOUND);
    struct page page = {.limit = 1};
    CHECK_OK(log_list(scratch.store, task.plan_id, task.device_id, &page, join_log, &joined, &more));
    CHECK(strcmp(joined.text, "one") == 0 && more); /* in the order of writing, whatever the clock said */
    page = (struct page){.after = "1", .limit = 1};
    CHECK_OK(log_list(scratch.store, task.plan_id, task.device_id, &page, join_log, &joined, &more));
    CHECK(strcmp(joined.text, "one,two") == 0 && !more);
    scratch_close(&scratch);
}

static void test_tokens(void)
{
    struct joined joined = {0};
    scratch_open(&scratch);
    struct task task = house();
    struct firmware_token token = {.token = "t2", .task_id = task.id, .attempt = 2, .created_at = 6};
    CHECK_OK(token_expire_of(scratch.store, task.id, 0, 1000));
    CHECK_OK(token_insert(scratch.store, &token));
    CHECK(token_insert(scratch.store, &token) == E_EXISTS);
    CHECK_OK(token_list(scratch.store, task.id, 0, join_token, &joined));
    CHECK_TEXT(joined.text, "t2,pk1-P.bin");
    CHECK_OK(token_list(scratch.store, task.id, 1, join_token, &joined));
    CHECK_OK(token_each_of_product(scratch.store, "pk2", join_token, &joined));
    CHECK_TEXT(joined.text, "t2,pk1-P.bin");
    joined.text[0] = '\0';
    CHECK_OK(token_each_of_product(scratch.store, "pk1", join_token, &joined));
    CHECK_OK(token_each_of_device(scratch.store, task.device_id, join_token, &joined));
    CHECK_TEXT(joined.text, "t2,pk1-P.bin,t2,pk1-P.bin");
    joined.text[0] = '\0';
    CHECK_OK(token_purge(scratch.store, 1000));
    CHECK_OK(token_each(scratch.store, join_token, &joined));
    CHECK_TEXT(joined.text, "t1,pk1-P.bin,t2,pk1-P.bin");
    joined.text[0] = '\0';
    CHECK_OK(token_purge(scratch.store, 1001));
    CHECK_OK(token_each(scratch.store, join_token, &joined));
    CHECK_TEXT(joined.text, "t2,pk1-P.bin");
    joined.text[0] = '\0';
    CHECK_OK(token_expire_of(scratch.store, task.id, -1, 2000));
    CHECK_OK(token_list(scratch.store, task.id, 0, join_token, &joined));
    CHECK_TEXT(joined.text, "");
    scratch_close(&scratch);
}

static void test_answers(void)
{
    char body[] = "{}";
    struct answer_row row = {
        .digest = "d", .http_status = 201, .location = "/x", .body = body, .at = 50, .product_key = ""};
    struct answer_row found = {0};
    scratch_open(&scratch);
    CHECK(answer_find(scratch.store, "POST /a", "k", &found) == E_NOT_FOUND);
    CHECK_OK(answer_insert(scratch.store, "POST /a", "k", &row));
    CHECK(answer_insert(scratch.store, "POST /a", "k", &row) == E_EXISTS);
    CHECK_OK(answer_insert(scratch.store, "POST /b", "k", &row));
    CHECK_OK(answer_find(scratch.store, "POST /a", "k", &found));
    CHECK(found.http_status == 201 && strcmp(found.digest, "d") == 0 && strcmp(found.location, "/x") == 0);
    CHECK(strcmp(found.body, "{}") == 0 && found.at == 50);
    free(found.body);
    CHECK_OK(answer_purge(scratch.store, 50));
    CHECK_OK(answer_find(scratch.store, "POST /b", "k", &found));
    free(found.body);
    CHECK_OK(answer_purge(scratch.store, 51));
    CHECK(answer_find(scratch.store, "POST /b", "k", &found) == E_NOT_FOUND);
    scratch_close(&scratch);
}

int main(void)
{
    static const struct test_case cases[] = {{"products", test_products},
                                             {"a device goes round", test_device_goes_round},
                                             {"a device that is absent", test_device_absent},
                                             {"devices in pages", test_device_list},
                                             {"a package", test_package},
                                             {"cascades", test_cascades},
                                             {"log", test_log},
                                             {"tokens", test_tokens},
                                             {"answers", test_answers},
                                             {0}};
    return suite_run("rows", cases);
}
