#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/instant.h"
#include "plan/internal.h"

/* What one check is explained from, and to. */
struct words {
    const struct eligibility_input *input;
    const struct eligibility *result;
    bool ok;
    char *expected; /* CHECK_TEXT bytes each */
    char *actual;
};

static void write_text(char *text, const char *format, ...) PRINTF_LIKE(2, 3);

static void write_text(char *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, CHECK_TEXT, format, arguments);
    va_end(arguments);
}

static void explain_online(const struct words *words)
{
    write_text(words->expected, "online");
    write_text(words->actual, "%s", words->ok ? "online" : "offline");
}

static void explain_plan_status(const struct words *words)
{
    write_text(words->expected, "activated or upgrading");
    write_text(words->actual, "%s", plan_status_name(words->input->plan->status));
}

static void write_now(const struct words *words)
{
    char now[INSTANT_TEXT];
    instant_format(words->input->moment->now, now);
    write_text(words->actual, "%s", now);
}

/* As the plan's author wrote it, in the plan's zone; what is, in UTC like all times of answers. */
static void explain_planned_time(const struct words *words)
{
    const struct plan *plan = words->input->plan;
    const char *start = plan->planned_start.local;
    const char *end = plan->planned_end.local;
    if (plan->planned_start.set && plan->planned_end.set) {
        write_text(words->expected, "from %s to %s (%s)", start, end, plan->time_zone);
    } else if (plan->planned_start.set) {
        write_text(words->expected, "from %s (%s)", start, plan->time_zone);
    } else if (plan->planned_end.set) {
        write_text(words->expected, "until %s (%s)", end, plan->time_zone);
    } else {
        write_text(words->expected, "at any time");
    }
    write_now(words);
}

static void explain_push_period(const struct words *words)
{
    const struct push_period *period = &words->input->plan->push_period;
    if (period->set) {
        write_text(words->expected, "%02d:00 to %02d:00 (%s)", period->start_hour, period->end_hour,
                   words->input->plan->time_zone);
    } else {
        write_text(words->expected, "at any time of day");
    }
    write_now(words);
}

static void explain_blacklist(const struct words *words)
{
    write_text(words->expected, "not on the blacklist");
    write_text(words->actual, "%s", words->ok ? "not on the blacklist" : "on the blacklist");
}

static void explain_whitelist(const struct words *words)
{
    const char *listed =
        words->input->plan->list_count[LIST_WHITE] == 0 ? "the plan has no whitelist" : "on the whitelist";
    write_text(words->expected, "on the whitelist, if there is one");
    write_text(words->actual, "%s", words->ok ? listed : "not on the whitelist");
}

static void explain_not_final(const struct words *words)
{
    write_text(words->expected, "neither upgraded nor failed in this plan");
    write_text(words->actual, "%s", device_status_name(words->input->standing->status));
}

static void explain_not_busy(const struct words *words)
{
    const struct maybe_int *id = &words->input->standing->busy_plan_id;
    write_text(words->expected, "in upgrade by no plan");
    if (words->ok) {
        write_text(words->actual, "in upgrade by no plan");
    } else if (id->value < 0) {
        write_text(words->actual, "in upgrade by verification %lld", -(long long)id->value);
    } else {
        write_text(words->actual, "in upgrade by plan %lld", (long long)id->value);
    }
}

static void explain_version(const struct words *words)
{
    size_t i = 0;
    enum fit fit = eligibility_find_fit(words->input, words->result, &i);
    const struct package *package = words->input->packages[i];
    const char *component_no = words->input->plan->components[i].component_no;
    const char *source = words->result->source[i];
    write_text(words->actual, "%s: %s", component_no, source == NULL ? "never reported" : source);
    if (fit == FIT_NO_SOURCE) {
        write_text(words->expected, "%s: a source version of the delta package (%s%s)", component_no,
                   package->source_count > 0 ? package->sources[0] : "none", package->source_count > 1 ? ", ..." : "");
    } else if (fit == FIT_REVOKED) {
        write_text(words->expected, "%s: a package that is not revoked", component_no);
        write_text(words->actual, "%s: '%.80s' is revoked", component_no, package->name);
    } else if (fit == FIT_UNKNOWN) {
        write_text(words->expected, "%s: a known version", component_no);
    } else {
        write_text(words->expected, "%s: another version than %s", component_no, package->target_version);
    }
}

static void write_reported(char *text, const struct maybe_int *value, const char *before, const char *unit)
{
    if (value->known) {
        write_text(text, "%s%lld %s", before, (long long)value->value, unit);
    } else {
        write_text(text, "never reported");
    }
}

static void explain_battery(const struct words *words)
{
    write_text(words->expected, "at least %d %%", words->input->plan->strategy.min_battery);
    write_reported(words->actual, &words->input->standing->battery, "", "%");
}

static void explain_signal(const struct words *words)
{
    const struct standing *standing = words->input->standing;
    bool has_rsrp = standing->rsrp.known;
    write_text(words->expected, "at least %d dBm", words->input->plan->strategy.min_signal);
    write_reported(words->actual, has_rsrp ? &standing->rsrp : &standing->signal, has_rsrp ? "RSRP " : "RSSI ", "dBm");
}

static void explain_space(const struct words *words)
{
    int64_t needed = eligibility_space_needed(words->input, words->result);
    if (needed == 0) {
        write_text(words->expected, "no module image to store");
    } else {
        write_text(words->expected, "at least %lld bytes free", (long long)needed);
    }
    write_reported(words->actual, &words->input->standing->flash_free, "", "bytes free");
}

static void write_confirmed_time(const struct words *words)
{
    const struct standing *standing = words->input->standing;
    char from[INSTANT_TEXT];
    char to[INSTANT_TEXT];
    instant_format(standing->confirm_from.at, from);
    instant_format(standing->confirm_to.at, to);
    if (standing->confirm_from.known && standing->confirm_to.known) {
        write_text(words->expected, "confirmed by the user, for %s to %s", from, to);
    } else if (standing->confirm_from.known) {
        write_text(words->expected, "confirmed by the user, from %s on", from);
    } else if (standing->confirm_to.known) {
        write_text(words->expected, "confirmed by the user, until %s", to);
    } else {
        write_text(words->expected, "confirmed by the user");
    }
}

static void explain_user_confirmed(const struct words *words)
{
    const struct standing *standing = words->input->standing;
    if (words->input->plan->mode == PLAN_SILENT) {
        write_text(words->expected, "confirmed by the user, in manual mode");
        write_text(words->actual, "silent mode asks nobody");
        return;
    }
    if (!standing->user_confirmed) {
        write_text(words->expected, "confirmed by the user");
        write_text(words->actual, "not confirmed");
        return;
    }
    write_confirmed_time(words);
    if (words->ok) {
        write_text(words->actual, "confirmed");
    } else if (standing->confirm_from.known && words->input->moment->now < standing->confirm_from.at) {
        write_text(words->actual, "confirmed for a time that has not begun");
    } else {
        write_text(words->actual, "confirmed for a time that is over");
    }
}

static void explain_slot(const struct words *words)
{
    write_text(words->expected, "fewer than %lld devices in upgrade", (long long)words->input->slots);
    write_text(words->actual, "%lld in upgrade", (long long)words->input->in_upgrade);
}

void eligibility_explain(const struct eligibility_input *input, const struct eligibility *result, enum reason check,
                         char expected[CHECK_TEXT], char actual[CHECK_TEXT])
{
    static void (*const explain[REASON_LAST_CHECK + 1])(const struct words *) = {
        [REASON_ONLINE] = explain_online,
        [REASON_PLAN_STATUS] = explain_plan_status,
        [REASON_PLANNED_TIME] = explain_planned_time,
        [REASON_PUSH_PERIOD] = explain_push_period,
        [REASON_BLACKLIST] = explain_blacklist,
        [REASON_WHITELIST] = explain_whitelist,
        [REASON_NOT_FINAL] = explain_not_final,
        [REASON_NOT_BUSY] = explain_not_busy,
        [REASON_VERSION] = explain_version,
        [REASON_BATTERY] = explain_battery,
        [REASON_SIGNAL] = explain_signal,
        [REASON_SPACE] = explain_space,
        [REASON_USER_CONFIRMED] = explain_user_confirmed,
        [REASON_SLOT] = explain_slot,
    };
    assert(check >= REASON_ONLINE && check <= REASON_LAST_CHECK);
    struct words words = {.input = input,
                          .result = result,
                          .ok = result->checks[check - REASON_ONLINE].ok,
                          .expected = expected,
                          .actual = actual};
    explain[check](&words);
}
