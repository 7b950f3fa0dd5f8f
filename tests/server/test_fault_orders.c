/* Firmware information that comes too early, and a package that is revoked: over real sockets. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "faults.h"
#include "support/suite.h"

enum { LARGE = 24 * 1024 * 1024 };

#define SHA256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* The information comes with the notify, once more behind the confirm, and names the same link. */
static void test_early(void)
{
    struct server server;
    struct test_device device = {0};
    struct notify_message notify;
    struct firmware_message early;
    struct firmware_message regular;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    int64_t id = faults_arm(&server, "ota.url", "{\"type\": \"early\"}", ", \"match\": {\"attempt\": 1}");
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK(device_expect_notify(&device, 5000, &notify));
    CHECK(device_expect_firmware(&device, 2000, &early));
    CHECK(faults_fired(&server, id) == 1);
    CHECK(device_status(&device, 1, "STM32", 1, NULL, NULL));
    CHECK(!device_expect_firmware(&device, 300, &regular));
    CHECK(device_status(&device, 2, "STM32", 1, NULL, NULL));
    CHECK(device_expect_firmware(&device, 5000, &regular));
    CHECK_TEXT(regular.files[0].url, early.files[0].url);
    CHECK(faults_fired(&server, id) == 1 && early.files[0].size == 5000);
    json_decref(rest_expect(&server, "GET", strstr(regular.files[0].url, "/firmware/"), NULL, 200));
    device_go_offline(&device);
    server_stop(&server);
}

/* It comes with each notify; its link ends with a refusal. */
static void test_early_refused(void)
{
    struct server server;
    struct test_device device = {0};
    struct firmware_message early;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    int64_t id = faults_arm(&server, "ota.url", "{\"type\": \"early\"}", "");
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK(device_expect_firmware(&device, 5000, &early));
    CHECK(device_status(&device, 1, "STM32", 1, NULL, NULL) && device_status(&device, 3, "STM32", 1, NULL, NULL));
    const char *path = strstr(early.files[0].url, "/firmware/");
    for (int i = 0, code = 0; i < 100 && code != 410; i++) {
        json_decref(rest_call(&server, "GET", path, NULL, &code));
        sleep_ms(10);
    }
    json_decref(rest_expect(&server, "GET", path, NULL, 410));
    json_decref(rest_expect(&server, "POST", "/api/v1/evaluations", "{}", 200));
    CHECK(device_expect_firmware(&device, 5000, &early));
    CHECK(faults_fired(&server, id) == 2);
    device_go_offline(&device);
    server_stop(&server);
}

static void set(const struct server *server, const char *point, const char *field, const char *value)
{
    char action[256];
    (void)snprintf(action, sizeof action, "{\"type\": \"set\", \"field\": \"%s\", \"value\": %s}", field, value);
    (void)faults_arm(server, point, action, "");
}

/* Every member that can be set, all at once: what the device gets. */
static void test_each_field(void)
{
    struct server server;
    struct test_device device = {0};
    struct notify_message notify;
    struct firmware_message firmware;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    set(&server, "ota.notify", "componentNo", "\"A_COMPONENT_OF_32_LETTERS_AND_NO\"");
    set(&server, "ota.notify", "sourceVersion", "\"0_0_1\"");
    set(&server, "ota.notify", "targetVersion", "\"8_8_8\"");
    set(&server, "ota.notify", "componentType", "0");
    set(&server, "ota.notify", "batteryLimit", "101");
    set(&server, "ota.notify", "useSpace", "2000000000");
    set(&server, "ota.notify", "minSignalIntensity", "-1");
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK_FATAL(device_expect_notify(&device, 5000, &notify));
    const struct notify_task *task = &notify.tasks[0];
    CHECK_TEXT(task->component_no, "A_COMPONENT_OF_32_LETTERS_AND_NO");
    CHECK_TEXT(task->source_version, "0_0_1");
    CHECK_TEXT(task->target_version, "8_8_8");
    CHECK(task->component_type == 0 && task->battery.value == 101);
    CHECK(task->space.value == 2000000000 && task->signal.value == -1);
    faults_clear(&server);
    set(&server, "ota.url", "componentNo", "\"ESP\"");
    set(&server, "ota.url", "targetVersion", "\"9_9_9\"");
    set(&server, "ota.url", "componentType", "0");
    set(&server, "ota.url", "url", "\"http://a.b/c\"");
    set(&server, "ota.url", "size", "4999");
    set(&server, "ota.url", "md5", "\"0123456789abcdef0123456789ABCDEF\"");
    set(&server, "ota.url", "crc", "\"deadbeef\"");
    set(&server, "ota.url", "sha256", "\"" SHA256 "\"");
    CHECK(device_status(&device, 1, "STM32", 1, NULL, NULL) && device_status(&device, 2, "STM32", 1, NULL, NULL));
    CHECK_FATAL(device_expect_firmware(&device, 5000, &firmware));
    CHECK_TEXT(firmware.component_no, "ESP");
    CHECK_TEXT(firmware.target_version, "9_9_9");
    CHECK(firmware.component_type == 0 && firmware.files[0].size == 4999);
    CHECK_TEXT(firmware.files[0].url, "http://a.b/c");
    CHECK_TEXT(firmware.files[0].md5, "0123456789abcdef0123456789ABCDEF");
    CHECK_TEXT(firmware.crc, "deadbeef");
    CHECK_TEXT(firmware.sha256, SHA256); /* although it did not ask for one */
    CHECK(faults_in_journal(&server, "frame", "verdict", "altered") == 2);
    device_go_offline(&device);
    server_stop(&server);
}

/* A plan with package 1: its answer's status; 422 names the package. */
static int plan_with_package(const struct server *server)
{
    int code = 0;
    json_t *json = rest_call(server, "POST", "/api/v1/plans",
                             "{\"name\":\"next\",\"productKey\":\"pk1\",\"mode\":\"silent\",\"timeZone\":\"UTC\","
                             "\"components\":[{\"componentNo\":\"STM32\",\"name\":\"c\",\"componentType\":\"mcu\","
                             "\"packageId\":1,\"sequence\":1}]}",
                             &code);
    CHECK(code != 422 || strcmp(json_text_at(json, "errors.0.pointer"), "/components/0/packageId") == 0);
    json_decref(json);
    return code;
}

static bool is_revoked(const struct server *server)
{
    json_t *package = rest_expect(server, "GET", "/api/v1/packages/1", NULL, 200);
    bool revoked = json_is_true(json_object_get(package, "revoked"));
    CHECK(json_is_boolean(json_object_get(package, "revoked")));
    json_decref(package);
    return revoked;
}

/* Why another device of the product does not get the package. */
static void check_not_eligible(const struct server *server, int64_t plan)
{
    char path[96];
    struct test_device other = {0};
    CHECK_FATAL(device_go_online(server, &other, "867123045678902", false));
    CHECK(device_report(&other, "MODULE_V1", "STM32:1_0_0"));
    CHECK(!device_expect(&other, COMMAND_OTA_NOTIFY, 500, &(struct frame){0}));
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/867123045678902/eligibility", (long long)plan);
    json_t *answer = rest_expect(server, "GET", path, NULL, 200);
    json_t *check = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(answer, "checks"), i, check)
    {
        if (strcmp(json_text_at(check, "check"), "version") == 0) {
            CHECK(json_is_false(json_object_get(check, "ok")));
            CHECK_TEXT(json_text_at(check, "actual"), "STM32: 'STM32 2' is revoked");
        }
    }
    json_decref(answer);
    device_go_offline(&other);
}

/* From then on nobody gets the package: not by the link, not by a new plan, not by a verification, not after a restart. */
static void test_revoke(void)
{
    struct server server;
    struct test_device device = {0};
    struct firmware_message firmware;
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    int64_t id = faults_arm(&server, "plan", "{\"type\": \"revokePackage\", \"atStep\": \"downloading\"}", "");
    CHECK_FATAL(faults_confirm(&server, &device));
    CHECK(device_expect_firmware(&device, 5000, &firmware));
    const char *path = strstr(firmware.files[0].url, "/firmware/");
    json_decref(rest_expect(&server, "GET", path, NULL, 200));
    CHECK(!is_revoked(&server) && plan_with_package(&server) == 201);
    CHECK(device_status(&device, 4, "STM32", 1, NULL, NULL));
    for (int i = 0; i < 100 && !is_revoked(&server); i++) {
        sleep_ms(10);
    }
    CHECK(is_revoked(&server) && faults_fired(&server, id) == 1);
    CHECK(plan_with_package(&server) == 422);
    json_decref(rest_expect(&server, "GET", path, NULL, 410));
    CHECK(faults_in_journal(&server, "firmware", "deviceKey", TEST_DK) == 2); /* the one that came too late, too */
    json_decref(rest_expect(&server, "POST", "/api/v1/packages/1/verifications",
                            "{\"productKey\":\"pk1\",\"deviceKey\":\"" TEST_DK "\",\"componentNo\":\"STM32\"}", 409));
    json_decref(rest_expect(&server, "DELETE", "/api/v1/faults", NULL, 204)); /* does not bring it back */
    device_go_offline(&device);
    server_kill(&server);
    server_restart(&server);
    CHECK(is_revoked(&server));
    json_decref(rest_expect(&server, "GET", path, NULL, 410));
    check_not_eligible(&server, plan);
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK(device_status(&device, 6, "STM32", 1, NULL, NULL));
    CHECK(!device_expect_firmware(&device, 500, &firmware));
    CHECK(rest_await_device(&server, plan, TEST_DK, "failed"));
    device_go_offline(&device);
    server_stop(&server);
}

/* Asks for the whole file as a device does and takes the first bytes. */
static int begin_download(const struct server *server, const char *path)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(server->http_port)};
    char request[512];
    char first[100];
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_FATAL(fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost:127.0.0.1:80\r\nAccept-Ranges: bytes\r\nRange: bytes=0-%d\r\n\r\n",
                          path, LARGE - 1);
    CHECK(send(fd, request, (size_t)length, 0) == length);
    CHECK(recv(fd, first, sizeof first, MSG_WAITALL) == (ssize_t)sizeof first);
    return fd;
}

/* What comes until the connection ends. */
static int64_t rest_of_download(int fd)
{
    static char sink[65536];
    int64_t total = 0;
    ssize_t got = 0;
    while ((got = recv(fd, sink, sizeof sink, 0)) > 0) {
        total += got;
    }
    (void)close(fd);
    return total;
}

/* A download that is open ends, whoever serves it. */
static void test_revoked_download(void)
{
    static const char *const others[] = {NULL, "{\"type\": \"throttle\", \"bytesPerSecond\": 50000000}"};
    for (size_t i = 0; i < 2; i++) {
        struct server server;
        struct test_device device = {0};
        struct firmware_message firmware;
        server_start(&server, NULL);
        (void)rest_simple_plan(&server, LARGE, NULL);
        (void)faults_arm(&server, "plan", "{\"type\": \"revokePackage\", \"atStep\": \"downloading\"}", "");
        if (others[i] != NULL) {
            (void)faults_arm(&server, "http.firmware", others[i], "");
        }
        CHECK_FATAL(faults_confirm(&server, &device));
        CHECK(device_expect_firmware(&device, 5000, &firmware));
        int fd = begin_download(&server, strstr(firmware.files[0].url, "/firmware/"));
        CHECK(device_status(&device, 4, "STM32", 1, NULL, NULL));
        for (int k = 0; k < 100 && !is_revoked(&server); k++) {
            sleep_ms(10);
        }
        sleep_ms(100); /* the download is ended by another thread */
        CHECK(rest_of_download(fd) < LARGE);
        for (int k = 0; k < 100 && faults_in_journal(&server, "firmware", "ended", "cut") == 0; k++) {
            sleep_ms(10);
        }
        CHECK(faults_in_journal(&server, "firmware", "ended", "cut") == 1);
        device_go_offline(&device);
        server_stop(&server);
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        {"each field of an order", test_each_field},          {"firmware information before the confirm", test_early},
        {"its link ends with a refusal", test_early_refused}, {"a revoked package", test_revoke},
        {"a revoked download", test_revoked_download},        {0}};
    return suite_run("server fault orders", cases);
}
