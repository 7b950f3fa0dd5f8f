#include "fleet/device_flash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/suite.h"

static void test_round_trip(void)
{
    char folder[] = "/tmp/mockdc-flash-XXXXXX";
    CHECK_FATAL(mkdtemp(folder) != NULL);
    char path[64];
    (void)snprintf(path, sizeof path, "%s/state", folder);
    struct device_flash flash = {
        .device_secret = "ds",
        .product_key = "pk",
        .product_secret = "ps",
        .setting = {"10.0.0.1", 1884, false},
        .server = {"127.0.0.1", 1883, true},
        .module_version = "M1",
        .mcus = {"STM32:1_0_0"},
        .upgrade = {SDK_OTA_UPDATING, 1, "STM32", "2_0_0"},
    };
    struct device_flash read = {.module_version = "?"};
    struct error error = {0};
    CHECK(device_flash_load(path, &read, &error) == E_NOT_FOUND);
    CHECK_TEXT(read.module_version, "?");
    CHECK_OK(device_flash_store(path, &flash));
    CHECK_OK(device_flash_load(path, &read, &error));
    CHECK_TEXT(read.device_secret, "ds");
    CHECK_TEXT(read.product_key, "pk");
    CHECK_TEXT(read.product_secret, "ps");
    CHECK_TEXT(read.server.host, "127.0.0.1");
    CHECK(read.server.port == 1883 && read.server.tls);
    CHECK_TEXT(read.setting.host, "10.0.0.1");
    CHECK(read.setting.port == 1884 && !read.setting.tls);
    CHECK_TEXT(read.module_version, "M1");
    CHECK_TEXT(read.mcus.text, "STM32:1_0_0");
    CHECK(read.upgrade.state == SDK_OTA_UPDATING && read.upgrade.type == 1);
    CHECK_TEXT(read.upgrade.component_no, "STM32");
    CHECK_TEXT(read.upgrade.target_version, "2_0_0");
    struct stat entry;
    CHECK(stat(path, &entry) == 0 && (entry.st_mode & 077) == 0);
    (void)unlink(path);
    (void)rmdir(folder);
}

static void test_corrupt_files(void)
{
    static const char *const contents[] = {"", "{}", "[1]", "{\"deviceSecret\": 5}"};
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        char path[] = "/tmp/mockdc-flash-XXXXXX";
        int fd = mkstemp(path);
        CHECK_FATAL(fd >= 0);
        CHECK(write(fd, contents[i], strlen(contents[i])) == (ssize_t)strlen(contents[i]));
        (void)close(fd);
        struct device_flash flash = {.module_version = "?"};
        struct error error = {0};
        CHECK_ROW(contents[i], device_flash_load(path, &flash, &error) == E_CORRUPT);
        CHECK_ROW(contents[i], strstr(error.text, path) != NULL);
        CHECK_TEXT(flash.module_version, "?");
        (void)unlink(path);
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        {"round trip", test_round_trip}, {"corrupt files", test_corrupt_files}, {0}};
    return suite_run("device_flash", cases);
}
