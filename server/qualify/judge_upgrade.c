/* The cases about upgrades. */
#include <string.h>

#include "base/cleanup.h"
#include "qualify/cases.h"
#include "qualify/excerpt.h"

/* RECONNECT_MS: how long the SDK waits after a lost link (at most 2.5 s), and its reports. */
enum { FIRST_RETRIES = 3, IN_A_ROW = 3, RECONNECT_MS = 3500 };

static void cleanup_json(json_t **json)
{
    json_decref(*json);
}

static void cleanup_outcome(struct stand_outcome *outcome)
{
    stand_outcome_finish(outcome);
}

static bool is_upgraded(const struct stand_outcome *outcome)
{
    return strcmp(outcome->status, "upgraded") == 0;
}

/* Plays the undisturbed upgrade that five cases judge; its own verdict is whether the plan was accepted. */
void case_accept(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    struct error error = {0};
    const struct stand_order order = {.retries = FIRST_RETRIES};
    enum status status = stand_upgrade(suite->stand, self->id, &order, &suite->first, &error);
    suite->has_first = status == OK;
    if (status != OK) {
        result_fail(result, "%s: %s", error.place, error.text);
    } else if (stand_count(&suite->first, "refused", 0, 0) > 0) {
        result_fail(result, "it refused the plan (status 3)");
    } else if (stand_count(&suite->first, "planReceived", 0, 0) == 0) {
        result_fail(result, "it did not report that it received the plan (status 1)");
    } else if (stand_count(&suite->first, "confirmed", 0, 0) == 0) {
        result_fail(result, "it received the plan and never answered it (status 2)");
    } else {
        suite->accepts = true;
        return;
    }
    excerpt_of_outcome(suite->stand, &suite->first, &result->excerpt);
}

void case_order(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    const struct stand_outcome *first = &suite->first;
    unsigned warnings = stand_count(first, "protocolWarning", 0, 0);
    (void)self;
    if (warnings > 0) {
        result_fail(result, "%u reports did not fit the step the upgrade was in", warnings);
        excerpt_of_outcome(suite->stand, first, &result->excerpt);
    }
}

void case_first_attempt(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    const struct stand_outcome *first = &suite->first;
    unsigned notifies = stand_count(first, "planIssued", 0, 0);
    (void)self;
    if (first->attempts > 1 || stand_count(first, "attemptFailed", 0, 0) > 0 ||
        stand_count(first, "failed", 0, 0) > 0) {
        result_fail(result, "the first attempt failed, with nothing in its way");
    } else if (notifies > 1) {
        result_fail(result, "it lost the plan and had to be notified %u times", notifies);
    } else if (!is_upgraded(first)) {
        result_fail(result, "the first attempt had not ended after %.0f s", first->seconds);
    } else {
        return;
    }
    excerpt_of_outcome(suite->stand, first, &result->excerpt);
}

void case_upgrade(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    const struct stand_outcome *first = &suite->first;
    (void)self;
    suite->upgrades = is_upgraded(first);
    if (!suite->upgrades) {
        result_fail(result, "after %.0f s and %lld attempts: %s%s%s", first->seconds, (long long)first->attempts,
                    first->status, first->reason[0] != '\0' ? ", " : "", first->reason);
        excerpt_of_outcome(suite->stand, first, &result->excerpt);
    }
}

/* On a new connection, so that it is not only what status 11 said. */
void case_version(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    const struct stand *stand = suite->stand;
    struct error ignored;
    if (stand_call(stand, "POST", 204, NULL, NULL, &ignored, "/api/v1/products/%s/devices/%s/disconnect",
                   stand->product_key, stand->device_key) == OK) {
        stand_pause(RECONNECT_MS);
    }
    if (!stand_await_online(stand, NULL, stand->patience_ms)) {
        result_fail(result, "it did not come back after its link was cut");
        return;
    }
    CLEANUP(cleanup_json) json_t *device = stand_device(stand);
    const json_t *value = stand->is_module
                              ? json_object_get(device, "moduleVersion")
                              : json_object_get(json_object_get(device, "mcuVersions"), stand->component_no);
    const char *version = json_string_value(value);
    (void)self;
    if (version == NULL || strncmp(version, suite->first.target, strlen(suite->first.target)) != 0) {
        result_fail(result, "it reports %s, not %s", version != NULL ? version : "no version", suite->first.target);
        excerpt_of_outcome(stand, &suite->first, &result->excerpt);
    }
}

static void judge_disturbed(const struct qualify_case *self, const struct stand_outcome *outcome, struct result *result)
{
    unsigned attempts = (unsigned)outcome->attempts;
    if (outcome->unapplied && is_upgraded(outcome)) {
        result_skip(result, "the server had no occasion to apply the fault");
    } else if (!is_upgraded(outcome)) {
        result_fail(result, "it was not upgraded: %s%s%s after %u attempts", outcome->status,
                    outcome->reason[0] != '\0' ? ", " : "", outcome->reason, attempts);
    } else if (attempts < self->attempts_least || attempts > self->attempts_most) {
        result_fail(result, "upgraded after %u attempts: %s", attempts, self->otherwise);
    } else if (self->order.cut_link && !outcome->cut) {
        result_skip(result, "the download was over before the link could be cut");
    } else if (self->code != 0 && stand_count(outcome, "downloading", self->code, 0) < self->code_least) {
        result_fail(result, "it reported %d only %u times in %.0f s", self->code,
                    stand_count(outcome, "downloading", self->code, 0), outcome->seconds);
    }
}

void case_disturbed(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    CLEANUP(cleanup_outcome) struct stand_outcome outcome = {.attempts = 0};
    struct error error = {0};
    enum status status = stand_upgrade(suite->stand, self->id, &self->order, &outcome, &error);
    if (status == E_NOT_FOUND) {
        result_skip(result, "this server has no faults: %s", error.text);
    } else if (status != OK) {
        result_fail(result, "%s: %s", error.place, error.text);
    } else {
        judge_disturbed(self, &outcome, result);
    }
    if (result->verdict == VERDICT_FAILED) {
        excerpt_of_outcome(suite->stand, &outcome, &result->excerpt);
    }
}

void case_three(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    const struct stand_order order = {.retries = 0};
    for (int i = 1; i <= IN_A_ROW && result->verdict == VERDICT_PASSED; i++) {
        CLEANUP(cleanup_outcome) struct stand_outcome outcome = {.attempts = 0};
        struct error error = {0};
        if (stand_upgrade(suite->stand, self->id, &order, &outcome, &error) != OK) {
            result_fail(result, "%s: %s", error.place, error.text);
        } else if (!is_upgraded(&outcome)) {
            result_fail(result, "upgrade %d of %d: %s %s", i, IN_A_ROW, outcome.status, outcome.reason);
            excerpt_of_outcome(suite->stand, &outcome, &result->excerpt);
        }
    }
}
