#include "fleet/tally.h"

#include <jansson.h>

#include "base/instant.h"
#include "base/text.h"
#include "fleet/device_events.h"

void tally_add(struct tally *tally, const char *device_key, enum device_outcome outcome, const char *text)
{
    tally->by_outcome[outcome]++;
    if (outcome != DEVICE_UPGRADED && tally->failure_count < TALLY_FAILURES) {
        struct tally_failure *failure = &tally->failures[tally->failure_count++];
        failure->outcome = outcome;
        text_copy_cut(failure->device_key, sizeof failure->device_key, device_key);
        text_copy_cut(failure->text, sizeof failure->text, text);
    }
}

size_t tally_unfinished(const struct tally *tally)
{
    return tally->count - tally->by_outcome[DEVICE_UPGRADED] - tally->by_outcome[DEVICE_FAILED] -
           tally->by_outcome[DEVICE_SHUT_OUT];
}

enum device_outcome tally_outcome(const struct tally *tally)
{
    if (tally->by_outcome[DEVICE_SHUT_OUT] > 0) {
        return DEVICE_SHUT_OUT;
    }
    return tally->by_outcome[DEVICE_UPGRADED] == tally->count ? DEVICE_UPGRADED : DEVICE_FAILED;
}

void tally_show(FILE *terminal, const struct tally *tally, int64_t now_ms)
{
    (void)fprintf(terminal, "\r%zu of %zu switched on, %zu online, %zu upgraded, %zu failed, %lld s\033[K",
                  tally->started, tally->count, tally->online, tally->by_outcome[DEVICE_UPGRADED],
                  tally->by_outcome[DEVICE_FAILED] + tally->by_outcome[DEVICE_SHUT_OUT],
                  (long long)((now_ms - tally->start_ms) / 1000));
    (void)fflush(terminal);
}

static void print_json(FILE *file, const struct tally *tally, const char *outcome, double seconds)
{
    char at[INSTANT_TEXT];
    instant_format(instant_now(), at);
    json_t *failures = json_array();
    for (size_t i = 0; failures != NULL && i < tally->failure_count; i++) {
        const struct tally_failure *failure = &tally->failures[i];
        (void)json_array_append_new(failures, json_pack("{s:s, s:s, s:s}", "deviceKey", failure->device_key, "outcome",
                                                        device_outcome_name(failure->outcome), "text", failure->text));
    }
    json_t *line = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "at", at, "outcome", outcome,
                             "count", (json_int_t)tally->count, "online", (json_int_t)tally->online, "upgraded",
                             (json_int_t)tally->by_outcome[DEVICE_UPGRADED], "failed",
                             (json_int_t)tally->by_outcome[DEVICE_FAILED], "shutOut",
                             (json_int_t)tally->by_outcome[DEVICE_SHUT_OUT], "unfinished",
                             (json_int_t)tally_unfinished(tally), "seconds", seconds, "failures", failures);
    if (line != NULL) {
        (void)json_dumpf(line, file, JSON_COMPACT | JSON_REAL_PRECISION(6));
        (void)fputc('\n', file);
    }
    json_decref(line);
}

void tally_print(FILE *file, bool json, const struct tally *tally, const char *outcome, int64_t now_ms)
{
    double seconds = (double)(now_ms - tally->start_ms) / 1000.0;
    if (json) {
        print_json(file, tally, outcome, seconds);
    } else {
        for (size_t i = 0; i < tally->failure_count; i++) {
            (void)fprintf(file, "# %s %s: %s\n", device_outcome_name(tally->failures[i].outcome),
                          tally->failures[i].device_key, tally->failures[i].text);
        }
        (void)fprintf(file, "# fleet %s: %zu upgraded, %zu failed, %zu shut out, %zu unfinished of %zu in %.1f s\n",
                      outcome, tally->by_outcome[DEVICE_UPGRADED], tally->by_outcome[DEVICE_FAILED],
                      tally->by_outcome[DEVICE_SHUT_OUT], tally_unfinished(tally), tally->count, seconds);
    }
    (void)fflush(file);
}
