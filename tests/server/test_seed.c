/* --seed: fixtures before ready. */
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "support/suite.h"

static char folder[64];

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/mockdc-seed-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
}

static void put(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void remove_folder(void)
{
    const char *remove[] = {"rm", "-rf", folder, NULL};
    (void)process_wait(process_start(remove, NULL), 10);
}

static const char product[] =
    "{\"products\": [{\"name\": \"P\", \"productKey\": \"pk1\", \"productSecret\": \"secret1\","
    " \"devices\": [{\"deviceKey\": \"867123045678901\"}, {\"deviceKey\": \"second\"}]}]}";
static const char package[] =
    "{\"packages\": [{\"name\": \"two\", \"productKey\": \"pk1\", \"componentType\": \"mcu\", \"packageType\": "
    "\"full\","
    " \"targetVersion\": \"2_0_0\", \"files\": [{\"path\": \"image.bin\"}]},"
    " {\"name\": \"made up\", \"productKey\": \"pk1\", \"componentType\": \"mcu\", \"packageType\": \"full\", "
    "\"targetVersion\": \"3\", \"files\": [{\"name\": \"b.bin\", \"size\": 70001, "
    "\"seed\": 3}]}],"
    " \"plans\": [{\"name\": \"seeded\", \"productKey\": \"pk1\", \"mode\": \"silent\", \"timeZone\": "
    "\"Europe/Berlin\","
    " \"components\": [{\"componentNo\": \"STM32\", \"name\": \"c\", \"componentType\": \"mcu\", \"package\": \"two\","
    " \"sequence\": 1}], \"activate\": true}]}";

static void check_report(const struct server *server, const char *expected)
{
    json_t *ready = rest_expect(server, "GET", "/readyz?verbose", NULL, 200);
    char *text = json_dumps(json_object_get(ready, "seeds"), JSON_COMPACT | JSON_SORT_KEYS);
    CHECK_TEXT(text, expected);
    free(text);
    json_decref(ready);
}

/* In the order of the names; a device upgrades at once; a second start keeps what is there. */
static void test_seeded(void)
{
    struct server server;
    const char *const options[] = {"--seed", folder, NULL};
    make_folder();
    put("20-plan.json", package);
    put("10-product.json", product);
    put("image.bin", "some bytes of firmware");
    put("notes.txt", "no fixture");
    server_start(&server, options);
    check_report(&server, "[{\"created\":{\"devices\":2,\"packages\":0,\"plans\":0,\"products\":1},\"file\":\"10-"
                          "product.json\",\"kept\":0},"
                          "{\"created\":{\"devices\":0,\"packages\":2,\"plans\":1,\"products\":0},\"file\":\"20-plan."
                          "json\",\"kept\":0}]");
    json_t *packages = rest_expect(&server, "GET", "/api/v1/packages", NULL, 200);
    CHECK_TEXT(json_text_at(packages, "items.0.files.0.name"), "image.bin");
    CHECK_TEXT(json_text_at(packages, "items.1.files.0.name"), "b.bin");
    json_decref(packages);
    CU_ASSERT_EQUAL(process_wait(device_start(&server, (const char *const[]){NULL}, NULL), 30), 0);
    CHECK(rest_await_device(&server, 1, "867123045678901", "upgraded"));
    server_kill(&server);
    server_restart(&server);
    check_report(&server, "[]"); /* this start had no --seed */
    server_stop(&server);
    remove_folder();
}

static void test_kept(void)
{
    struct server server;
    const char *const options[] = {"--seed", folder, NULL};
    make_folder();
    put("a.json", product);
    put("b.json", product);
    server_start(&server, options);
    check_report(
        &server,
        "[{\"created\":{\"devices\":2,\"packages\":0,\"plans\":0,\"products\":1},\"file\":\"a.json\",\"kept\":0},"
        "{\"created\":{\"devices\":0,\"packages\":0,\"plans\":0,\"products\":0},\"file\":\"b.json\",\"kept\":3}]");
    server_stop(&server);
    remove_folder();
}

static void test_wrong(void)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"{", "a.json: line 1"},
        {"[]", "a.json: /: must be an object"},
        {"{\"plan\": []}", "a.json: /plan: unknown member"},
        {"{\"products\": {}}", "a.json: /products: must be an array"},
        {"{\"products\": [3]}", "a.json: /products/0: must be an object"},
        {"{\"products\": [{\"name\": 1}]}", "a.json: /products/0/name: "},
        {"{\"products\": [{\"name\": \"P\", \"devices\": []}]}", "/products/0/productKey: is needed"},
        {"{\"products\": [{\"name\": \"P\", \"productKey\": \"p\", \"devices\": [{\"deviceKey\": \"-\"}]}]}",
         "/products/0/devices/0/deviceKey: must be"},
        {"{\"packages\": [{\"name\": \"x\"}]}", "/packages/0/files: must be 1 to 5"},
        {"{\"packages\": [{\"name\": \"x\", \"files\": [{}]}]}", "/packages/0/files/0: must be"},
        {"{\"packages\": [{\"name\": \"x\", \"files\": [{\"path\": \"../x\"}]}]}",
         "/packages/0/files/0/path: must stay"},
        {"{\"packages\": [{\"name\": \"x\", \"files\": [{\"path\": \"absent.bin\"}]}]}",
         "/packages/0/files/0/path: No such"},
        {"{\"packages\": [{\"name\": \"x\", \"files\": [{\"name\": \"a.bin\", \"size\": 104857601}]}]}",
         "/packages/0/files/0/size: must be"},
        {"{\"packages\": [{\"name\": \"x\", \"files\": [{\"name\": \"a.exe\", \"size\": 1}]}]}",
         "a.json: /packages/0/"},
        {"{\"plans\": [{\"name\": \"x\", \"productKey\": \"p\", \"components\": [{\"package\": \"none\"}]}]}",
         "/plans/0/components/0/package: the product has no package"},
        {"{\"plans\": [{\"name\": \"x\", \"activate\": 1}]}", "/plans/0/activate: must be"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[128];
        char text[4096] = "";
        make_folder();
        put("a.json", rows[i].text);
        (void)snprintf(path, sizeof path, "%s/output", folder);
        const char *argv[] = {server_program(), "serve",       "--ephemeral", "--http", "127.0.0.1:0",
                              "--mqtt",         "127.0.0.1:0", "--seed",      folder,   NULL};
        CHECK_ROW(rows[i].text, process_wait(process_start(argv, path), 20) == 2);
        FILE *file = fopen(path, "re");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        (void)fclose(file);
        CHECK_ROW(rows[i].says, strstr(text, rows[i].says) != NULL);
        remove_folder();
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        {"seeded", test_seeded}, {"kept", test_kept}, {"wrong fixtures", test_wrong}, {0}};
    return suite_run("seed", cases);
}
