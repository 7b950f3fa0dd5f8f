/* The tables of protocol.md 2.6 and 4.5. */
#include "fleet/sdk_retry.h"

#include <stdbool.h>

#include "support/suite.h"

static void test_verdicts(void)
{
    static const struct {
        const char *name;
        enum sdk_cause cause;
        int detail;
        struct sdk_verdict verdict;
    } rows[] = {
        {"CONNACK 1", SDK_CAUSE_CONNACK, 1, {2, 10471, SDK_WAIT_LONG}},
        {"CONNACK 2", SDK_CAUSE_CONNACK, 2, {2, 10430, SDK_WAIT_NEVER}},
        {"CONNACK 3", SDK_CAUSE_CONNACK, 3, {2, 10430, SDK_WAIT_NEVER}},
        {"CONNACK 4", SDK_CAUSE_CONNACK, 4, {2, 10430, SDK_WAIT_NEVER}},
        {"CONNACK 5", SDK_CAUSE_CONNACK, 5, {2, 10430, SDK_WAIT_NEVER}},
        {"CONNACK 6", SDK_CAUSE_CONNACK, 6, {2, 10500, SDK_WAIT_SHORT}},
        {"CONNACK 255", SDK_CAUSE_CONNACK, 255, {2, 10500, SDK_WAIT_SHORT}},
        {"lost", SDK_CAUSE_LOST, 0, {2, 10474, SDK_WAIT_SHORT}},
        {"ping", SDK_CAUSE_PING, 0, {2, 10473, SDK_WAIT_SHORT}},
        {"no SUBACK", SDK_CAUSE_NO_SUBACK, 0, {3, 10300, SDK_WAIT_SHORT}},
        {"0x00B4", SDK_CAUSE_CONFIGURATION, 0, {2, 10475, SDK_WAIT_SHORT}},
        {"10200", SDK_CAUSE_ERROR, 10200, {0, 10200, SDK_WAIT_NONE}},
        {"10422", SDK_CAUSE_ERROR, 10422, {1, 10422, SDK_WAIT_LONG}},
        {"10423", SDK_CAUSE_ERROR, 10423, {1, 10423, SDK_WAIT_MIDDLE}},
        {"10424", SDK_CAUSE_ERROR, 10424, {1, 10424, SDK_WAIT_MIDDLE}},
        {"10425", SDK_CAUSE_ERROR, 10425, {1, 10425, SDK_WAIT_MIDDLE}},
        {"10426", SDK_CAUSE_ERROR, 10426, {1, 10426, SDK_WAIT_LONG}},
        {"10427", SDK_CAUSE_ERROR, 10427, {1, 10427, SDK_WAIT_MIDDLE}},
        {"10428", SDK_CAUSE_ERROR, 10428, {8, 10428, SDK_WAIT_NONE}},
        {"10430", SDK_CAUSE_ERROR, 10430, {1, 10430, SDK_WAIT_LONG}},
        {"10431", SDK_CAUSE_ERROR, 10431, {1, 10431, SDK_WAIT_SHORT}},
        {"10432", SDK_CAUSE_ERROR, 10432, {1, 10432, SDK_WAIT_SHORT}},
        {"10434", SDK_CAUSE_ERROR, 10434, {8, 10434, SDK_WAIT_NONE}},
        {"10500", SDK_CAUSE_ERROR, 10500, {8, 10500, SDK_WAIT_NONE}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sdk_verdict verdict = sdk_verdict_of(rows[i].cause, rows[i].detail);
        CHECK_ROW(rows[i].name, verdict.event == rows[i].verdict.event);
        CHECK_ROW(rows[i].name, verdict.code == rows[i].verdict.code);
        CHECK_ROW(rows[i].name, verdict.wait == rows[i].verdict.wait);
    }
}

static void test_waits_grow(void)
{
    struct sdk_retry retry = {0};
    for (int n = 1; n <= 6; n++) {
        CHECK(sdk_retry_fail(&retry, SDK_WAIT_LONG, 0) == n * 600000);
    }
    CHECK(sdk_retry_fail(&retry, SDK_WAIT_LONG, 0) == SDK_RETRY_PAUSE_MS);
    CHECK(sdk_retry_fail(&retry, SDK_WAIT_MIDDLE, 0) == 30000);
    CHECK(sdk_retry_fail(&retry, SDK_WAIT_MIDDLE, 0) == 60000);
    sdk_retry_succeed(&retry);
    CHECK(sdk_retry_fail(&retry, SDK_WAIT_MIDDLE, 0) == 30000);
}

static void test_short_wait_is_drawn(void)
{
    for (uint32_t random = 0; random < 10000; random += 7) {
        struct sdk_retry retry = {0};
        int64_t wait = sdk_retry_fail(&retry, SDK_WAIT_SHORT, random);
        CHECK(wait >= 500 && wait <= 2500);
    }
    struct sdk_retry least = {0};
    struct sdk_retry most = {0};
    CHECK(sdk_retry_fail(&least, SDK_WAIT_SHORT, 0) == 500);
    CHECK(sdk_retry_fail(&most, SDK_WAIT_SHORT, 2000) == 2500);
}

int main(void)
{
    static const struct test_case cases[] = {{"verdicts", test_verdicts},
                                             {"waits grow", test_waits_grow},
                                             {"short wait is drawn", test_short_wait_is_drawn},
                                             {0}};
    return suite_run("sdk_retry", cases);
}
