/* The cases about upgrades. */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/json.h"
#include "qualify/cases.h"
#include "qualify/excerpt.h"

enum { FIRST_RETRIES = 3, IN_A_ROW = 3 };

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
    text_copy_cut(suite->first_journal, sizeof suite->first_journal, suite->stand->journal);
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

/* What the referee and the session found, "statusOrder: status 9 right behind status 5"; "" when nothing. Borrowed. */
static const char *first_warning(const struct stand_outcome *outcome)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(outcome->log, i, entry)
    {
        if (strcmp(json_text_of(entry, "kind"), "protocolWarning") == 0) {
            return json_text_of(entry, "detail");
        }
    }
    return "";
}

void case_order(struct suite *suite, const struct qualify_case *self, struct result *result)
{
    const struct stand_outcome *first = &suite->first;
    unsigned warnings = stand_count(first, "protocolWarning", 0, 0);
    (void)self;
    if (warnings > 0) {
        result_fail(result, "%u breach%s of the protocol%s %s", warnings, warnings == 1 ? "" : "es",
                    warnings == 1 ? ":" : ", the first:", first_warning(first));
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
    struct stand *stand = suite->stand;
    struct error error = {0};
    (void)self;
    enum status status = stand_reconnect(stand, &error);
    if (status != OK) {
        result_fail(result, "%s", status == E_TIMEOUT ? "it did not come back after its link was cut" : error.text);
        return;
    }
    if (!stand_await_entry(stand, "frame", "command", "info", 0)) {
        result_fail(result, "it reported no versions on a new connection (0x0044)");
        return;
    }
    CLEANUP(cleanup_json) json_t *device = stand_device(stand);
    const char *version = stand->is_module ? json_text_of(device, "moduleVersion")
                                           : json_text_of(json_object_get(device, "mcuVersions"), stand->component_no);
    if (!text_starts_with(version, suite->first.target)) { /* an application may add to that of a module */
        result_fail(result, "it reports %s, not %s", version[0] != '\0' ? version : "no version", suite->first.target);
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
