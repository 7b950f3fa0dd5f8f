#include "domain/device.h"

#include "support/suite.h"

static void test_keys(void)
{
    static const struct {
        const char *name;
        const char *key;
        bool ok;
    } rows[] = {
        {"empty", "", false},
        {"IMEI", "867198050000001", true},
        {"MAC", "A0B1C2D3E4F5", true},
        {"16 characters", "0123456789abcdef", true},
        {"17 characters", "0123456789abcdefg", false},
        {"sign", "8671-9805", false},
        {"blank", "8671 9805", false},
        {"above ASCII", "86\xC3\xA4", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].name, device_key_is_valid(rows[i].key) == rows[i].ok);
    }
}

static void test_secret(void)
{
    CHECK(device_secret_is_valid("0123456789abcdef0123456789abcdef"));
    CHECK(!device_secret_is_valid("0123456789abcdef0123456789abcdef0"));
    CHECK(!device_secret_is_valid(""));
    CHECK(!device_secret_is_valid("a;b"));
}

static void test_auth_names(void)
{
    CHECK_TEXT(auth_mode_name(AUTH_NONE), "none");
    CHECK_TEXT(auth_mode_name(AUTH_TYPE_0), "type0");
    CHECK_TEXT(auth_mode_name(AUTH_TYPE_1), "type1");
}

static void test_mcu_versions(void)
{
    static struct device device;
    CHECK(device_mcu_version(&device, "STM32") == NULL);
    device_set_mcu_version(&device, "STM32", "1_0_0");
    device_set_mcu_version(&device, "ESP", "7");
    CHECK_TEXT(device_mcu_version(&device, "STM32"), "1_0_0");
    CHECK_TEXT(device_mcu_version(&device, "ESP"), "7");
    device_set_mcu_version(&device, "STM32", "2_0_0");
    CHECK(device.mcu_count == 2);
    CHECK_TEXT(device_mcu_version(&device, "STM32"), "2_0_0");
    CHECK(device_mcu_version(&device, "STM3") == NULL);
    CHECK(device_mcu_version(&device, "STM321") == NULL);
}

static void test_long_component_number(void)
{
    static struct device device;
    device_set_mcu_version(&device, "0123456789012345678901234567890123456789", "1");
    CHECK_TEXT(device.mcus[0].component_no, "01234567890123456789012345678901");
    CHECK_TEXT(device_mcu_version(&device, "01234567890123456789012345678901"), "1");
    CHECK_TEXT(device_mcu_version(&device, "01234567890123456789012345678901xyz"), "1");
}

static void test_full_list_forgets_the_oldest(void)
{
    static struct device device;
    char name[16];
    for (int i = 0; i < LIMIT_MCUS; i++) {
        (void)snprintf(name, sizeof name, "c%d", i);
        device_set_mcu_version(&device, name, "1");
    }
    CHECK(device.mcu_count == LIMIT_MCUS);
    device_set_mcu_version(&device, "c0", "2"); /* heard of again: c1 is the oldest now */
    CHECK(device.mcu_count == LIMIT_MCUS);
    device_set_mcu_version(&device, "new", "1");
    CHECK(device.mcu_count == LIMIT_MCUS);
    CHECK(device_mcu_version(&device, "c1") == NULL);
    CHECK_TEXT(device_mcu_version(&device, "c0"), "2");
    CHECK_TEXT(device_mcu_version(&device, "c2"), "1");
    CHECK_TEXT(device_mcu_version(&device, "new"), "1");
}

int main(void)
{
    static const struct test_case cases[] = {{"keys", test_keys},
                                             {"secret", test_secret},
                                             {"names of modes", test_auth_names},
                                             {"MCU versions", test_mcu_versions},
                                             {"long component number", test_long_component_number},
                                             {"full list", test_full_list_forgets_the_oldest},
                                             {0}};
    return suite_run("device", cases);
}
