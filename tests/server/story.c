#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"

int64_t story_package(const struct server *server)
{
    json_decref(rest_expect(server, "POST", "/api/v1/products",
                            "{\"name\":\"one\",\"productKey\":\"pk1\",\"productSecret\":\"secret1\"}", 201));
    return rest_package(server,
                        "{\"name\":\"STM32 2\",\"productKey\":\"pk1\",\"componentType\":\"mcu\","
                        "\"packageType\":\"full\",\"targetVersion\":\"2_0_0\"}",
                        "fw.bin", test_bytes(5000, 1), 5000);
}

int64_t story_plan(const struct server *server, int64_t package, const char *members)
{
    char body[1024];
    (void)snprintf(body, sizeof body,
                   "{%s\"name\":\"plan\",\"productKey\":\"pk1\",\"timeZone\":\"Asia/Shanghai\",\"components\":["
                   "{\"componentNo\":\"STM32\",\"name\":\"mcu\",\"componentType\":\"mcu\",\"packageId\":%lld,"
                   "\"sequence\":1}]}",
                   members, (long long)package);
    json_t *plan = rest_expect(server, "POST", "/api/v1/plans", body, 201);
    int64_t id = json_integer_value(json_object_get(plan, "id"));
    json_decref(plan);
    return id;
}

void story_act(const struct server *server, int64_t plan, const char *act)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/%s", (long long)plan, act);
    json_decref(rest_expect(server, "POST", path, NULL, 200));
}

void story_go_online(const struct server *server, struct test_device *device)
{
    *device = (struct test_device){0};
    CHECK_FATAL(device_go_online(server, device, TEST_DK, false));
    CHECK_FATAL(device_report(device, "MODULE_V1", "STM32:1_0_0"));
    for (int i = 0; i < 500; i++) {
        json_t *row = story_get(server, "products/pk1/devices/" TEST_DK);
        bool arrived = json_text_at(row, "mcuVersions.STM32")[0] != '\0';
        json_decref(row);
        if (arrived) {
            return;
        }
        sleep_ms(10);
    }
    CHECK_FATAL(false);
}

void story_accept(struct test_device *device)
{
    struct firmware_message firmware;
    CHECK(device_status(device, 1, "STM32", 1, NULL, NULL));
    CHECK(device_status(device, 2, "STM32", 1, NULL, NULL));
    CHECK_FATAL(device_expect_firmware(device, 3000, &firmware));
}

void story_finish(struct test_device *device)
{
    static const int steps[] = {4, 5, 8, 9};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        CHECK(device_status(device, steps[i], "STM32", 1, NULL, NULL));
    }
    CHECK(device_status(device, 11, "STM32", 1, "MODULE_V1", "STM32:2_0_0"));
}

void story_set_clock(const struct server *server, const char *now)
{
    char body[96];
    (void)snprintf(body, sizeof body, "{\"mode\":\"manual\",\"now\":\"%s\"}", now);
    json_decref(rest_expect(server, "PUT", "/api/v1/products/pk1/clock", body, 200));
}

json_t *story_advance(const struct server *server, const char *body)
{
    return rest_expect(server, "POST", "/api/v1/products/pk1/clock/advance", body, 200);
}

void story_evaluate(const struct server *server)
{
    json_decref(rest_expect(server, "POST", "/api/v1/evaluations", "{}", 200));
}

json_t *story_get(const struct server *server, const char *path, ...)
{
    char whole[256] = "/api/v1/";
    va_list arguments;
    va_start(arguments, path);
    (void)vsnprintf(whole + strlen(whole), sizeof whole - strlen(whole), path, arguments);
    va_end(arguments);
    return rest_expect(server, "GET", whole, NULL, 200);
}
