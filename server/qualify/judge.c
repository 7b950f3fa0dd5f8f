/* The cases about the connection, and those by hand. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "qualify/cases.h"

enum { REPORT_MS = 10000, SILENCE_MS = 30000, SHUT_MS = 5000 };

static void cleanup_json(json_t **json)
{
    json_decref(*json);
}

void case_connect(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    (void)self;
    suite->online = stand_await_online(suite->stand, NULL, suite->stand->patience_ms);
    if (!suite->online) {
        result_fail(result, "no device %s came online within %lld s: check server address, product key and secret",
                    suite->stand->device_key, (long long)suite->stand->patience_ms / 1000);
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
    }
}

void case_reconnect(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    struct error error = {0};
    (void)self;
    if (stand_call(suite->stand, "POST", 204, NULL, NULL, &error, "/api/v1/products/%s/devices/%s/disconnect",
                   suite->stand->product_key, suite->stand->device_key) != OK) {
        result_skip(result, "the server does not cut the link: %s", error.text);
    } else if (!stand_await_online(suite->stand, "type1", suite->stand->patience_ms)) {
        result_fail(result, "it did not come back with its device secret (password type 1)");
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

void case_reports(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    int64_t end = monotonic_ms() + REPORT_MS;
    (void)self;
    for (;;) {
        CLEANUP(cleanup_json) json_t *device = stand_device(suite->stand);
        const char *member = missing(device);
        if (member == NULL) {
            return;
        }
        if (monotonic_ms() >= end) {
            result_fail(result, "'%s' was not reported within 10 s (0x0034, 0x0044)", member);
            return;
        }
        stand_pause(100);
    }
}

void case_session(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    CLEANUP(cleanup_json) json_t *device = stand_device(suite->stand);
    (void)self;
    if (!json_is_true(json_object_get(device, "sessionEncrypted"))) {
        result_skip(result, "the device does not announce session encryption");
    } else if (missing(device) != NULL) {
        result_fail(result, "it announced encryption, but what it sent since could not be read");
    }
}

void case_frames(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    CLEANUP(cleanup_json) json_t *device = stand_device(suite->stand);
    json_int_t malformed = json_integer_value(json_object_get(device, "malformedFrames"));
    (void)self;
    if (malformed > 0) {
        result_fail(result, "%lld frames could not be read", (long long)malformed);
    }
}

static enum status enable(const struct stand *stand, bool enabled, struct error *error)
{
    return stand_call(stand, "PUT", 200, json_pack("{s:b}", "enabled", enabled ? 1 : 0), NULL, error,
                      "/api/v1/products/%s/devices/%s/enabled", stand->product_key, stand->device_key);
}

/* Disabled long enough for the SDK's first tries, then enabled again: whoever comes by itself has not given up. */
void case_shut_out(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    const struct stand *stand = suite->stand;
    struct error error = {0};
    (void)self;
    if (enable(stand, false, &error) != OK) {
        result_skip(result, "the server does not disable the device: %s", error.text);
        return;
    }
    stand_pause(SHUT_MS);
    if (enable(stand, true, &error) != OK) {
        result_skip(result, "the server does not enable the device: %s", error.text);
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
