#include "plan/eligibility.h"

#include <string.h>

#include "base/text.h"
#include "plan/internal.h"

static struct eligibility_check *check_of(struct eligibility *result, enum reason reason)
{
    return &result->checks[reason - REASON_ONLINE];
}

static bool is_ok(const struct eligibility *result, enum reason reason)
{
    return result->checks[reason - REASON_ONLINE].ok;
}

/* Called in the order of the checks: the first that fails is the reason. */
static void set_check(struct eligibility *result, enum reason reason, bool ok)
{
    struct eligibility_check *check = check_of(result, reason);
    check->check = reason;
    check->ok = ok;
    if (!ok && result->reason == REASON_NONE) {
        result->reason = reason;
    }
}

static void set_time_check(struct eligibility *result, enum reason reason, bool ok, struct maybe_instant next_at)
{
    set_check(result, reason, ok);
    if (!ok) {
        check_of(result, reason)->next_at = next_at;
    }
}

/* A value that was never reported passes with a warning, or fails where the gates are strict. */
static void set_gate(const struct eligibility_input *input, struct eligibility *result, enum reason reason,
                     const struct maybe_int *value, int least)
{
    set_check(result, reason, value->known ? value->value >= least : !input->strict_gates);
    check_of(result, reason)->warning = !value->known && !input->strict_gates;
}

/* What does not depend on the device's reports: online .. notBusy. */
static void check_standing(const struct eligibility_input *input, struct eligibility *result)
{
    const struct plan *plan = input->plan;
    const struct plan_moment *moment = input->moment;
    const struct standing *standing = input->standing;
    set_check(result, REASON_ONLINE, input->online);
    set_check(result, REASON_PLAN_STATUS, plan->status == PLAN_ACTIVATED || plan->status == PLAN_UPGRADING);
    set_time_check(result, REASON_PLANNED_TIME, moment->planned_ok, moment->planned_next);
    set_time_check(result, REASON_PUSH_PERIOD, moment->push_ok, moment->push_next);
    set_check(result, REASON_BLACKLIST, !standing->blacklisted);
    set_check(result, REASON_WHITELIST, standing->whitelisted);
    set_check(result, REASON_NOT_FINAL, standing->status != DEVICE_UPGRADED && standing->status != DEVICE_FAILED);
    set_check(result, REASON_NOT_BUSY, !standing->busy_plan_id.known);
}

const char *component_version(const struct standing *standing, const struct plan *plan, size_t i, const char *target)
{
    const char *version = NULL;
    if (plan->components[i].type == COMPONENT_MCU) {
        version = standing->mcu_version[i];
    } else if (standing->module_version[0] != '\0') {
        version = standing->module_version;
    } else {
        const char *info = standing->module_version_info;
        bool may_hide_target = text_starts_with(info, target) && strcmp(info, target) != 0;
        version = may_hide_target ? NULL : info;
    }
    return version == NULL || version[0] == '\0' ? NULL : version;
}

static enum fit component_fit(const char *source, const struct package *package)
{
    if (source == NULL) {
        return FIT_UNKNOWN;
    }
    if (strcmp(source, package->target_version) == 0) {
        return FIT_AT_TARGET;
    }
    if (package->revoked) {
        return FIT_REVOKED;
    }
    return package_applies_to(package, source) ? FIT_TO_DO : FIT_NO_SOURCE;
}

enum fit eligibility_find_fit(const struct eligibility_input *input, const struct eligibility *result,
                              size_t *component)
{
    enum fit found = FIT_AT_TARGET;
    *component = 0;
    for (size_t i = 0; i < input->plan->component_count; i++) {
        enum fit fit = component_fit(result->source[i], input->packages[i]);
        if (fit == FIT_UNKNOWN || fit == FIT_NO_SOURCE || fit == FIT_REVOKED) {
            *component = i;
            return fit;
        }
        if (fit == FIT_TO_DO && found == FIT_AT_TARGET) {
            *component = i;
            found = fit;
        }
    }
    return found;
}

static void check_version(const struct eligibility_input *input, struct eligibility *result)
{
    for (size_t i = 0; i < input->plan->component_count; i++) {
        const char *target = input->packages[i]->target_version;
        const char *source = component_version(input->standing, input->plan, i, target);
        result->source[i] = source;
        result->skip[i] = source != NULL && strcmp(source, target) == 0;
    }
    size_t component = 0;
    enum fit fit = eligibility_find_fit(input, result, &component);
    result->at_target = result->reason == REASON_NONE && fit == FIT_AT_TARGET;
    set_check(result, REASON_VERSION, fit == FIT_TO_DO);
}

/* An MCU image is fetched in pieces and needs no room. */
int64_t eligibility_space_needed(const struct eligibility_input *input, const struct eligibility *result)
{
    int64_t most = 0;
    for (size_t i = 0; i < input->plan->component_count; i++) {
        if (input->plan->components[i].type != COMPONENT_MODULE || result->skip[i]) {
            continue;
        }
        const struct package *package = input->packages[i];
        int64_t size = 0;
        for (size_t file = 0; file < package->file_count; file++) {
            size += package->files[file].size;
        }
        most = size > most ? size : most;
    }
    return most;
}

/* battery, signal, space. The signal's limit is an RSRP; a device whose application reports none is judged by its RSSI
 * (protocol.md, 6). */
static void check_gates(const struct eligibility_input *input, struct eligibility *result)
{
    const struct standing *standing = input->standing;
    const struct strategy *strategy = &input->plan->strategy;
    set_gate(input, result, REASON_BATTERY, &standing->battery, strategy->min_battery);
    const struct maybe_int *strength = standing->rsrp.known ? &standing->rsrp : &standing->signal;
    set_gate(input, result, REASON_SIGNAL, strength, strategy->min_signal);
    int64_t needed = eligibility_space_needed(input, result);
    const struct maybe_int *flash_free = &standing->flash_free;
    set_check(result, REASON_SPACE, needed == 0 || !flash_free->known || flash_free->value >= needed);
}

/* Within the time that the user chose: its start inclusive, its end exclusive. */
static void check_user(const struct eligibility_input *input, struct eligibility *result)
{
    const struct standing *standing = input->standing;
    int64_t now = input->moment->now;
    bool ahead = standing->confirm_from.known && now < standing->confirm_from.at;
    bool over = standing->confirm_to.known && now >= standing->confirm_to.at;
    bool ok = input->plan->mode == PLAN_SILENT || (standing->user_confirmed && !ahead && !over);
    struct maybe_instant never = {.known = false};
    set_time_check(result, REASON_USER_CONFIRMED, ok,
                   standing->user_confirmed && ahead ? standing->confirm_from : never);
}

static bool waits_for_user(const struct eligibility_input *input, const struct eligibility *result)
{
    return input->plan->mode == PLAN_MANUAL && input->standing->status != DEVICE_IN_UPGRADE &&
           is_ok(result, REASON_PLAN_STATUS) && is_ok(result, REASON_PLANNED_TIME) && is_ok(result, REASON_BLACKLIST) &&
           is_ok(result, REASON_WHITELIST) && is_ok(result, REASON_NOT_FINAL) && is_ok(result, REASON_VERSION);
}

void eligibility_decide(const struct eligibility_input *input, struct eligibility *result)
{
    *result = (struct eligibility){0};
    check_standing(input, result);
    check_version(input, result);
    check_gates(input, result);
    check_user(input, result);
    set_check(result, REASON_SLOT, input->in_upgrade < input->slots);
    result->eligible = result->reason == REASON_NONE;
    result->waits = waits_for_user(input, result);
}
