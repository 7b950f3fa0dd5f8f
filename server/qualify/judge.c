/* The cases about the connection, and those by hand. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "cli/json.h"
#include "qualify/cases.h"
#include "qualify/excerpt.h"

/*
 * REPORT_MS: 0x0034 and 0x0044 come at once; SHUT_MS: the SDK tries again at most 15 s (6 x 2.5 s) after a lost link.
 * SILENCE_MS: a device that had not given up would try again within that time.
 */
enum { REPORT_MS = 10000, SILENCE_MS = 30000, SHUT_MS = 20000 };

void case_connect(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    (void)self;
    suite->online = stand_await_online(suite->stand, NULL, suite->stand->patience_ms);
    if (!suite->online) {
        result_fail(result, "no device %s came online within %lld s: check server address, product key and secret",
                    suite->stand->device_key, (long long)suite->stand->patience_ms / 1000);
    }
}

/* The first of the members that is null; NULL: all are there. */
static const char *missing(const json_t *device)
{
    static const char *const members[] = {"battery", "flashFree", "moduleType", "moduleVersion", "sdkVersion"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const json_t *value = json_object_get(device, members[i]);
        if (value == NULL || json_is_null(value)) {
            return members[i];
        }
    }
    return NULL;
}

/* The first member that it has not reported within REPORT_MS; NULL: all are there. A device that reports has its secret. */
static const char *await_reports(struct suite *suite)
{
    int64_t end = monotonic_ms() + REPORT_MS;
    for (;;) {
        CLEANUP(cleanup_json) json_t *device = stand_device(suite->stand);
        const char *member = missing(device);
        int64_t left = end - monotonic_ms();
        if (member == NULL || left <= 0) {
            return member;
        }
        stand_wait(suite->stand, left);
    }
}

/* The server forgets the device: its type 1 password is that of an unknown device then. */
void case_lost_secret(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    struct error error = {0};
    (void)self;
    if (stand_call(suite->stand, "DELETE", 204, NULL, NULL, &error, "/api/v1/products/%s/devices/%s",
                   suite->stand->product_key, suite->stand->device_key) != OK) {
        result_skip(result, "the server does not forget the device: %s", error.text);
    } else if (!stand_await_online(suite->stand, "type0", suite->stand->patience_ms)) {
        result_fail(result, "it did not authenticate again with the product secret (password type 0)");
    } else if (await_reports(suite) != NULL) {
        result_fail(result, "it was let in, but never reported: did it take its new secret (0x00B4 {5})?");
    }
}

void case_reconnect(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    struct error error = {0};
    (void)self;
    (void)await_reports(suite); /* before that it may not have got its secret yet */
    enum status status = stand_reconnect(suite->stand, &error);
    if (status == E_TIMEOUT) {
        result_fail(result, "it did not connect again");
    } else if (status != OK) {
        result_skip(result, "the server does not cut the link: %s", error.text);
    } else if (!stand_await_online(suite->stand, "type1", 0)) {
        result_fail(result, "it did not come back with its device secret (password type 1)");
    }
}

void case_reports(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    const char *member = await_reports(suite);
    (void)self;
    if (member != NULL) {
        result_fail(result, "'%s' was not reported within 10 s (0x0034, 0x0044)", member);
    }
}

/*
 * The reports of the first upgrade: the key was there long before most of them. The first of a link may be in clear
 * (protocol.md, 5); one in clear behind an encrypted one is a breach that the referee finds.
 */
void case_session(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    CLEANUP(cleanup_json) json_t *device = stand_device(suite->stand);
    (void)self;
    if (!json_is_true(json_object_get(device, "sessionEncrypted"))) {
        result_skip(result, "the device does not announce session encryption");
        return;
    }
    text_copy_cut(suite->stand->journal, sizeof suite->stand->journal, suite->first_journal);
    CLEANUP(cleanup_json) json_t *frames = stand_journal(suite->stand, "frame");
    unsigned reports = 0;
    unsigned encrypted = 0;
    size_t i = 0;
    json_t *frame = NULL;
    json_array_foreach(frames, i, frame)
    {
        bool is_report = strcmp(json_text_of(frame, "command"), "otaStatus") == 0;
        reports += is_report ? 1 : 0;
        encrypted += is_report && json_is_true(json_object_get(frame, "encrypted")) ? 1 : 0;
    }
    if (reports == 0) {
        result_skip(result, "the journal has no report of the first upgrade any more");
    } else if (encrypted == 0) {
        result_fail(result, "all of its %u reports went out in clear, although it had the key", reports);
    }
}

void case_frames(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    CLEANUP(cleanup_json) json_t *device = stand_device(suite->stand);
    json_int_t malformed = json_integer_value(json_object_get(device, "malformedFrames"));
    (void)self;
    if (malformed > 0) {
        result_fail(result, "%lld frames could not be read", (long long)malformed);
        excerpt_of_malformed(suite->stand, &result->excerpt);
    }
}

static enum status enable(const struct stand *stand, bool enabled, struct error *error)
{
    return stand_call(stand, "PUT", 200, json_pack("{s:b}", "enabled", enabled ? 1 : 0), NULL, error,
                      "/api/v1/products/%s/devices/%s/enabled", stand->product_key, stand->device_key);
}

/* Disabled until it has been refused once, then enabled again: whoever comes by itself has not given up. */
void case_shut_out(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    struct stand *stand = suite->stand;
    struct error error = {0};
    (void)self;
    if (enable(stand, false, &error) != OK) {
        result_skip(result, "the server does not disable the device: %s", error.text);
        return;
    }
    bool refused = stand_await_entry(stand, "refuse", "kind", "refuse", SHUT_MS);
    if (enable(stand, true, &error) != OK) {
        result_skip(result, "the server does not enable the device: %s", error.text);
        return;
    }
    if (!refused) {
        result_fail(result, "it did not try to connect again within %d s after its link was cut", SHUT_MS / 1000);
        return;
    }
    if (stand_await_online(stand, NULL, SILENCE_MS)) {
        result_fail(result, "it connected again by itself, instead of waiting for its restart");
        return;
    }
    (void)printf("    >>> Restart the device now.\n");
    (void)fflush(stdout);
    if (!stand_await_online(stand, NULL, stand->patience_ms)) {
        result_fail(result, "it did not come back after its restart");
    }
}
