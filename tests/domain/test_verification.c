#include "domain/verification.h"

#include "support/suite.h"

static void test_names(void)
{
    static const char *const words[VERIFICATION_STATUS_COUNT] = {"running", "succeeded", "failed"};
    for (size_t i = 0; i < VERIFICATION_STATUS_COUNT; i++) {
        enum verification_status status = VERIFICATION_STATUS_COUNT;
        CHECK_ROW(words[i], strcmp(verification_status_name((enum verification_status)i), words[i]) == 0);
        CHECK_ROW(words[i],
                  verification_status_parse(words[i], &status) == OK && status == (enum verification_status)i);
    }
    enum verification_status status = VERIFICATION_FAILED;
    CHECK(verification_status_parse("upgraded", &status) == E_FORMAT);
    CHECK(status == VERIFICATION_FAILED);
}

static void test_of_device_status(void)
{
    static const enum verification_status expect[DEVICE_STATUS_COUNT] = {
        [DEVICE_NON_UPGRADED] = VERIFICATION_RUNNING,
        [DEVICE_IN_UPGRADE] = VERIFICATION_RUNNING,
        [DEVICE_UPGRADED] = VERIFICATION_SUCCEEDED,
        [DEVICE_FAILED] = VERIFICATION_FAILED,
    };
    for (size_t i = 0; i < DEVICE_STATUS_COUNT; i++) {
        enum device_status status = (enum device_status)i;
        CHECK_ROW(device_status_name(status), verification_status_of(status) == expect[i]);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"names", test_names}, {"of a device status", test_of_device_status}, {0}};
    return suite_run("verification", cases);
}
