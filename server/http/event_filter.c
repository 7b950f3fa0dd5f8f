#include "http/event_filter.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "http/request.h"
#include "http/words.h"

/* device statuses, then plan statuses: no word is in both */
enum { STATUS_WORDS = DEVICE_STATUS_COUNT + PLAN_STATUS_COUNT };

const char *event_filter_member_name(enum event_filter_member member)
{
    static const char *const names[FILTER_MEMBER_COUNT] = {"kind",   "what",    "productKey", "deviceKey",
                                                           "planId", "logKind", "status",     "step"};
    assert(member < FILTER_MEMBER_COUNT);
    return names[member];
}

/* --- an event ---------------------------------------------------------------------------------------------------- */

static bool has(uint32_t set, unsigned value)
{
    return (set & (1U << value)) != 0;
}

static bool status_fits(const struct event_filter *filter, const struct event *event, unsigned traits)
{
    if ((traits & TRAIT_STATUS) == 0) {
        return false;
    }
    return event->kind == EVENT_PLAN ? has(filter->plan_statuses, event->of.plan.status)
                                     : has(filter->device_statuses, event->of.task.status);
}

static bool step_fits(const struct event_filter *filter, const struct event *event, unsigned traits)
{
    bool fits = false;
    for (size_t i = 0; (traits & TRAIT_STEP) != 0 && i < event->part_count; i++) {
        fits = fits || has(filter->steps, event->parts[i].step);
    }
    return fits;
}

static bool filters_status(const struct event_filter *filter)
{
    return (filter->device_statuses | filter->plan_statuses) != 0;
}

unsigned event_filter_misses(const struct event_filter *filter, const struct event *event)
{
    unsigned traits = event_traits(event->kind, event->what);
    const bool misses[FILTER_MEMBER_COUNT] = {
        [FILTER_KIND] = filter->kinds == 0 ? event->kind == EVENT_FRAME : !has(filter->kinds, event->kind),
        [FILTER_WHAT] = filter->whats != 0 && !has(filter->whats, event->what),
        [FILTER_PRODUCT_KEY] = filter->product_key[0] != '\0' && strcmp(filter->product_key, event->product_key) != 0,
        [FILTER_DEVICE_KEY] = filter->device_key[0] != '\0' && strcmp(filter->device_key, event->device_key) != 0,
        [FILTER_PLAN_ID] = filter->plan_id != 0 && filter->plan_id != event->plan_id,
        [FILTER_LOG_KIND] =
            filter->log_kinds != 0 && ((traits & TRAIT_LOG_KIND) == 0 || !has(filter->log_kinds, event->of.entry.kind)),
        [FILTER_STATUS] = filters_status(filter) && !status_fits(filter, event, traits),
        [FILTER_STEP] = filter->steps != 0 && !step_fits(filter, event, traits),
    };
    unsigned bits = 0;
    for (unsigned i = 0; i < FILTER_MEMBER_COUNT; i++) {
        bits |= misses[i] ? 1U << i : 0;
    }
    return bits;
}

bool event_filter_takes(const struct event_filter *filter, const struct event *event)
{
    return event_filter_misses(filter, event) == 0;
}

int event_filter_size(const struct event_filter *filter)
{
    return (filter->kinds != 0) + (filter->whats != 0) + (filter->product_key[0] != '\0') +
           (filter->device_key[0] != '\0') + (filter->plan_id != 0) + (filter->log_kinds != 0) +
           filters_status(filter) + (filter->steps != 0);
}

/* --- the question ------------------------------------------------------------------------------------------------ */

static const char *kind_word(unsigned number)
{
    return event_kind_name((enum event_kind)number);
}

static const char *what_word(unsigned number)
{
    return event_what_name((enum event_what)number);
}

static const char *log_word(unsigned number)
{
    return log_kind_name((enum log_kind)number);
}

static const char *status_word(unsigned number)
{
    return number < DEVICE_STATUS_COUNT ? device_status_name((enum device_status)number)
                                        : plan_status_name((enum plan_status)(number - DEVICE_STATUS_COUNT));
}

static const char *step_word(unsigned number)
{
    return component_step_name((enum component_step)number);
}

static void check_words(struct request *request, enum event_filter_member member, word_name *word, unsigned count,
                        uint32_t *bits)
{
    const char *name = event_filter_member_name(member);
    const char *text = target_parameter(&request->target, name);
    if (text != NULL) {
        words_check(request, name, text, word, count, bits);
    }
}

static void check_key(struct request *request, enum event_filter_member member, char *target, size_t capacity)
{
    const char *name = event_filter_member_name(member);
    const char *value = target_parameter(&request->target, name);
    if (value != NULL && text_copy(target, capacity, value) != OK) {
        request_wrong_parameter(request, name, "is longer than any key");
    }
}

/* Whether an event of this kind and what could pass the filter as far as `member`, the keys not looked at. */
static bool could_pass(const struct event_filter *filter, enum event_filter_member member, enum event_kind kind,
                       enum event_what what)
{
    unsigned traits = event_traits(kind, what);
    unsigned status = kind == EVENT_PLAN ? filter->plan_statuses : filter->device_statuses;
    const bool passes[FILTER_MEMBER_COUNT] = {
        [FILTER_KIND] = traits != 0 && (filter->kinds == 0 ? kind != EVENT_FRAME : has(filter->kinds, kind)),
        [FILTER_WHAT] = filter->whats == 0 || has(filter->whats, what),
        [FILTER_PRODUCT_KEY] = true,
        [FILTER_DEVICE_KEY] = filter->device_key[0] == '\0' || (traits & TRAIT_DEVICE) != 0,
        [FILTER_PLAN_ID] = filter->plan_id == 0 || (traits & TRAIT_PLAN) != 0,
        [FILTER_LOG_KIND] = filter->log_kinds == 0 || (traits & TRAIT_LOG_KIND) != 0,
        [FILTER_STATUS] = !filters_status(filter) || ((traits & TRAIT_STATUS) != 0 && status != 0),
        [FILTER_STEP] = filter->steps == 0 || (traits & TRAIT_STEP) != 0,
    };
    bool all = true;
    for (unsigned i = 0; i <= member; i++) {
        all = all && passes[i];
    }
    return all;
}

/* Names the first member that leaves nothing to take. */
static void check_possible(struct request *request)
{
    const struct event_filter *filter = &request->input.events;
    for (unsigned member = 0; member < FILTER_MEMBER_COUNT; member++) {
        bool possible = false;
        for (unsigned i = 0; i < EVENT_KIND_COUNT * EVENT_WHAT_COUNT && !possible; i++) {
            possible = could_pass(filter, (enum event_filter_member)member, (enum event_kind)(i / EVENT_WHAT_COUNT),
                                  (enum event_what)(i % EVENT_WHAT_COUNT));
        }
        if (!possible) {
            request_wrong_parameter(request, event_filter_member_name((enum event_filter_member)member),
                                    "together with the other filters it can never match");
            return;
        }
    }
}

/* Whoever waits for what is told to live listeners only would wait in vain. */
static void check_kept(struct request *request)
{
    const struct event_filter *filter = &request->input.events;
    if (has(filter->kinds, EVENT_FRAME)) {
        request_wrong_parameter(request, "kind", "frames are not kept: only the stream tells them, and the journal");
    }
    if (has(filter->whats, WHAT_PROGRESS)) {
        request_wrong_parameter(request, "what", "progress is not kept: only the stream tells it");
    }
}

void event_filter_check(struct request *request, bool kept)
{
    struct event_filter *filter = &request->input.events;
    const char *plan = target_parameter(&request->target, "planId");
    uint32_t statuses = 0;
    check_words(request, FILTER_KIND, kind_word, EVENT_KIND_COUNT, &filter->kinds);
    check_words(request, FILTER_WHAT, what_word, EVENT_WHAT_COUNT, &filter->whats);
    check_words(request, FILTER_LOG_KIND, log_word, LOG_KIND_COUNT, &filter->log_kinds);
    check_words(request, FILTER_STATUS, status_word, STATUS_WORDS, &statuses);
    check_words(request, FILTER_STEP, step_word, COMPONENT_STEP_COUNT, &filter->steps);
    filter->device_statuses = statuses & ((1U << DEVICE_STATUS_COUNT) - 1);
    filter->plan_statuses = statuses >> DEVICE_STATUS_COUNT;
    if (plan != NULL && text_parse_int(plan, 1, INT64_MAX, &filter->plan_id) != OK) {
        request_wrong_parameter(request, "planId", "must be the id of a plan");
    }
    check_key(request, FILTER_PRODUCT_KEY, filter->product_key, sizeof filter->product_key);
    check_key(request, FILTER_DEVICE_KEY, filter->device_key, sizeof filter->device_key);
    if (request->verdict.wrong.count == 0 && kept) {
        check_kept(request);
    }
    if (request->verdict.wrong.count == 0) {
        check_possible(request);
    }
}
