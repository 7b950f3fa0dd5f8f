#include "fleet/sdk_retry.h"

#include <stddef.h>

enum { RETRY_MOST = 6, LONG_MS = 600 * 1000, MIDDLE_MS = 30 * 1000 };

/* Event and wait by cause and the range of its detail; the first row that fits counts. */
static const struct {
    enum sdk_cause cause;
    int least;
    int most;
    struct sdk_verdict verdict; /* code 0: the detail */
} rows[] = {
    {SDK_CAUSE_CONNACK, 1, 1, {2, 10471, SDK_WAIT_LONG}},
    {SDK_CAUSE_CONNACK, 2, 5, {2, 10430, SDK_WAIT_NEVER}},
    {SDK_CAUSE_CONNACK, 6, 255, {2, 10500, SDK_WAIT_SHORT}},
    {SDK_CAUSE_LOST, 0, 0, {2, 10474, SDK_WAIT_SHORT}},
    {SDK_CAUSE_PING, 0, 0, {2, 10473, SDK_WAIT_SHORT}},
    {SDK_CAUSE_NO_SUBACK, 0, 0, {3, 10300, SDK_WAIT_SHORT}},
    {SDK_CAUSE_CONFIGURATION, 0, 0, {2, 10475, SDK_WAIT_SHORT}},
    {SDK_CAUSE_ERROR, INT32_MIN, 10200, {0, 0, SDK_WAIT_NONE}},
    {SDK_CAUSE_ERROR, 10422, 10422, {1, 0, SDK_WAIT_LONG}},
    {SDK_CAUSE_ERROR, 10426, 10426, {1, 0, SDK_WAIT_LONG}},
    {SDK_CAUSE_ERROR, 10430, 10430, {1, 0, SDK_WAIT_LONG}},
    {SDK_CAUSE_ERROR, 10423, 10425, {1, 0, SDK_WAIT_MIDDLE}},
    {SDK_CAUSE_ERROR, 10427, 10427, {1, 0, SDK_WAIT_MIDDLE}},
    {SDK_CAUSE_ERROR, 10431, 10432, {1, 0, SDK_WAIT_SHORT}},
    {SDK_CAUSE_ERROR, 10201, INT32_MAX, {8, 0, SDK_WAIT_NONE}},
};

struct sdk_verdict sdk_verdict_of(enum sdk_cause cause, int detail)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].cause == cause && rows[i].least <= detail && detail <= rows[i].most) {
            struct sdk_verdict verdict = rows[i].verdict;
            verdict.code = verdict.code == 0 ? detail : verdict.code;
            return verdict;
        }
    }
    return (struct sdk_verdict){0, 0, SDK_WAIT_NONE};
}

int64_t sdk_retry_fail(struct sdk_retry *retry, enum sdk_wait wait, uint32_t random)
{
    if (retry->failures == RETRY_MOST) {
        retry->failures = 0;
        return SDK_RETRY_PAUSE_MS;
    }
    retry->failures++;
    int64_t unit = SDK_RETRY_SHORT_LEAST_MS + random % (SDK_RETRY_SHORT_SPAN_MS + 1);
    if (wait == SDK_WAIT_LONG) {
        unit = LONG_MS;
    } else if (wait == SDK_WAIT_MIDDLE) {
        unit = MIDDLE_MS;
    }
    return unit * retry->failures;
}

void sdk_retry_succeed(struct sdk_retry *retry)
{
    retry->failures = 0;
}
