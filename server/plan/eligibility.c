#include "plan/eligibility.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void write_text(char text[CHECK_TEXT], const char *format, ...) PRINTF_LIKE(2, 3);

/* Cut when too long: it is for people. */
static void write_text(char text[CHECK_TEXT], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, CHECK_TEXT, format, arguments);
    va_end(arguments);
}

/* Adds the check; the caller writes expected and actual. */
static struct eligibility_check *add_check(struct eligibility *result, enum reason reason, bool ok)
{
    assert(result->count < sizeof result->checks / sizeof result->checks[0]);
    struct eligibility_check *check = &result->checks[result->count++];
    check->check = reason;
    check->ok = ok;
    if (!ok && result->reason == REASON_NONE) {
        result->reason = reason;
    }
    return check;
}

static void add_words(struct eligibility *result, enum reason reason, bool ok, const char *expected, const char *actual)
{
    struct eligibility_check *check = add_check(result, reason, ok);
    write_text(check->expected, "%s", expected);
    write_text(check->actual, "%s", actual);
}

/* What does not depend on the device's reports: online .. notBusy. */
static void check_standing(const struct eligibility_input *input, struct eligibility *result)
{
    const struct plan *plan = input->plan;
    add_words(result, REASON_ONLINE, input->online, "online", input->online ? "online" : "offline");
    add_words(result, REASON_PLAN_STATUS, plan->status == PLAN_ACTIVATED || plan->status == PLAN_UPGRADING,
              "activated or upgrading", plan_status_name(plan->status));
    add_words(result, REASON_BLACKLIST, !input->blacklisted, "not on the blacklist",
              input->blacklisted ? "on the blacklist" : "not on the blacklist");
    const char *listed = plan->list_count[LIST_WHITE] == 0 ? "the plan has no whitelist" : "on the whitelist";
    add_words(result, REASON_WHITELIST, input->whitelisted, "on the whitelist, if there is one",
              input->whitelisted ? listed : "not on the whitelist");
    enum device_status status = input->task == NULL ? DEVICE_NON_UPGRADED : input->task->status;
    add_words(result, REASON_NOT_FINAL, status != DEVICE_UPGRADED && status != DEVICE_FAILED,
              "neither upgraded nor failed in this plan", device_status_name(status));
    struct eligibility_check *busy = add_check(result, REASON_NOT_BUSY, input->busy_plan_id == 0);
    write_text(busy->expected, "in upgrade by no other plan");
    if (busy->ok) {
        write_text(busy->actual, "in upgrade by no other plan");
    } else {
        write_text(busy->actual, "in upgrade by plan %lld", (long long)input->busy_plan_id);
    }
}

const char *component_version(const struct device *device, enum component_type type, const char *component_no,
                              const char *target)
{
    const char *version = NULL;
    if (type == COMPONENT_MCU) {
        version = device_mcu_version(device, component_no);
    } else if (device->module_version[0] != '\0') {
        version = device->module_version;
    } else {
        const char *info = device->module_version_info;
        bool may_hide_target = text_starts_with(info, target) && strcmp(info, target) != 0;
        version = may_hide_target ? NULL : info;
    }
    return version == NULL || version[0] == '\0' ? NULL : version;
}

/* How a component stands to its package. */
enum fit { FIT_TO_DO, FIT_AT_TARGET, FIT_UNKNOWN, FIT_NO_SOURCE };

static enum fit component_fit(const char *source, const struct package *package)
{
    if (source == NULL) {
        return FIT_UNKNOWN;
    }
    if (strcmp(source, package->target_version) == 0) {
        return FIT_AT_TARGET;
    }
    return package_applies_to(package, source) ? FIT_TO_DO : FIT_NO_SOURCE;
}

static void write_fit(struct eligibility_check *check, const char *component_no, const char *source,
                      const struct package *package, enum fit fit)
{
    write_text(check->actual, "%s: %s", component_no, source == NULL ? "never reported" : source);
    if (fit == FIT_NO_SOURCE) {
        write_text(check->expected, "%s: a source version of the delta package (%s%s)", component_no,
                   package->source_count > 0 ? package->sources[0] : "none", package->source_count > 1 ? ", ..." : "");
    } else if (fit == FIT_UNKNOWN) {
        write_text(check->expected, "%s: a known version", component_no);
    } else {
        write_text(check->expected, "%s: another version than %s", component_no, package->target_version);
    }
}

/* One component that cannot be judged or has no way to its target fails the device; the texts name the first such one,
 * else the first that has something to do. */
static void check_version(const struct eligibility_input *input, struct eligibility *result)
{
    bool standing_ok = result->reason == REASON_NONE;
    const struct plan *plan = input->plan;
    enum fit worst = FIT_AT_TARGET;
    size_t named = 0;
    for (size_t i = 0; i < plan->component_count; i++) {
        const struct plan_component *component = &plan->components[i];
        const struct package *package = input->packages[i];
        result->source[i] =
            component_version(input->device, component->type, component->component_no, package->target_version);
        enum fit fit = component_fit(result->source[i], package);
        result->skip[i] = fit == FIT_AT_TARGET;
        bool first_to_do = fit == FIT_TO_DO && worst == FIT_AT_TARGET;
        bool first_bad = (fit == FIT_UNKNOWN || fit == FIT_NO_SOURCE) && (worst == FIT_AT_TARGET || worst == FIT_TO_DO);
        if (first_to_do || first_bad) {
            worst = fit;
            named = i;
        }
    }
    struct eligibility_check *check = add_check(result, REASON_VERSION, worst == FIT_TO_DO);
    write_fit(check, plan->components[named].component_no, result->source[named], input->packages[named], worst);
    result->at_target = standing_ok && worst == FIT_AT_TARGET;
}

static void check_battery(const struct eligibility_input *input, struct eligibility *result)
{
    const struct maybe_int *battery = &input->device->battery;
    int least = input->plan->strategy.min_battery;
    bool ok = battery->known ? battery->value >= least : !input->strict_gates;
    struct eligibility_check *check = add_check(result, REASON_BATTERY, ok);
    check->warning = ok && !battery->known;
    write_text(check->expected, "at least %d %%", least);
    if (battery->known) {
        write_text(check->actual, "%lld %%", (long long)battery->value);
    } else {
        write_text(check->actual, "never reported");
    }
}

/* The limit is an RSRP; a device whose application reports none is judged by its RSSI (protocol.md, 6). */
static void check_signal(const struct eligibility_input *input, struct eligibility *result)
{
    bool has_rsrp = input->device->rsrp.known;
    const struct maybe_int *strength = has_rsrp ? &input->device->rsrp : &input->device->signal;
    int least = input->plan->strategy.min_signal;
    bool ok = strength->known ? strength->value >= least : !input->strict_gates;
    struct eligibility_check *check = add_check(result, REASON_SIGNAL, ok);
    check->warning = ok && !strength->known;
    write_text(check->expected, "at least %d dBm", least);
    if (strength->known) {
        write_text(check->actual, "%s %lld dBm", has_rsrp ? "RSRP" : "RSSI", (long long)strength->value);
    } else {
        write_text(check->actual, "never reported");
    }
}

/* Bytes of the largest module image that is to be installed; an MCU image is fetched in pieces and needs no room. */
static int64_t space_needed(const struct eligibility_input *input, const struct eligibility *result)
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

static void check_space(const struct eligibility_input *input, struct eligibility *result)
{
    int64_t needed = space_needed(input, result);
    const struct maybe_int *flash_free = &input->device->flash_free;
    bool ok = needed == 0 || !flash_free->known || flash_free->value >= needed;
    struct eligibility_check *check = add_check(result, REASON_SPACE, ok);
    if (needed == 0) {
        write_text(check->expected, "no module image to store");
    } else {
        write_text(check->expected, "at least %lld bytes free", (long long)needed);
    }
    if (flash_free->known) {
        write_text(check->actual, "%lld bytes free", (long long)flash_free->value);
    } else {
        write_text(check->actual, "never reported");
    }
}

static void check_slot(const struct eligibility_input *input, struct eligibility *result)
{
    struct eligibility_check *check = add_check(result, REASON_SLOT, input->in_upgrade < input->slots);
    write_text(check->expected, "fewer than %lld devices in upgrade", (long long)input->slots);
    write_text(check->actual, "%lld in upgrade", (long long)input->in_upgrade);
}

void eligibility_decide(const struct eligibility_input *input, struct eligibility *result)
{
    *result = (struct eligibility){0};
    check_standing(input, result);
    check_version(input, result);
    check_battery(input, result);
    check_signal(input, result);
    check_space(input, result);
    check_slot(input, result);
    result->eligible = result->reason == REASON_NONE;
}
