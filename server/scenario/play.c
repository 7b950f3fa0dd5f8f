#include "scenario/play.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "cli/entries.h"
#include "cli/json.h"
#include "scenario/evidence.h"
#include "scenario/steps.h"

enum { REASON_MOST = 32 * 1024, DETAILS_MOST = 128 * 1024, DEVICE_LINES = 12, LOG_LINES = 16 };

const char *play_verdict_name(enum play_verdict verdict)
{
    static const char *const names[] = {"not played", "passed", "FAILED", "BROKEN"};
    return names[verdict];
}

void outcome_init(struct outcome *outcome)
{
    *outcome = (struct outcome){.verdict = PLAY_NOT_PLAYED};
    buffer_init(&outcome->reason, REASON_MOST);
    buffer_init(&outcome->details, DETAILS_MOST);
    transcript_init(&outcome->transcript, false);
}

void outcome_finish(struct outcome *outcome)
{
    buffer_finish(&outcome->reason);
    buffer_finish(&outcome->details);
    transcript_finish(&outcome->transcript);
    json_decref(outcome->archive);
    outcome->archive = NULL;
}

/* For the reader of a failure: what each device said last, and what the server wrote of it. */
static void append_details(struct stage *stage, struct buffer *details)
{
    struct error ignored;
    for (size_t i = 0; i < stage->actor_count; i++) {
        const struct actor *actor = &stage->actors[i];
        const char *name = NULL;
        const json_t *plan = NULL;
        if (!actor->real) {
            buffer_append_format(details, "the last lines of %s:\n", actor->key);
            actor_tail(actor, DEVICE_LINES, details);
        }
        json_object_foreach(stage->plans, name, plan)
        {
            CLEANUP(cleanup_json) json_t *log = NULL;
            if (stage_ask(stage, "GET", 200, NULL, &log, &ignored, "/api/v1/plans/%lld/devices/%s/logs?limit=1000",
                          json_integer_value(plan), actor->key) == OK &&
                json_array_size(json_object_get(log, "items")) > 0) {
                buffer_append_format(details, "the last entries of its log in '%s':\n", name);
                entries_append(details, json_object_get(log, "items"), LOG_LINES, "  | ", false);
            }
        }
    }
}

static void fail(struct outcome *outcome, enum play_verdict verdict, const struct error *error)
{
    outcome->verdict = verdict;
    buffer_append_format(&outcome->reason, "%s%s%s\n", error->place, error->place[0] != '\0' ? ": " : "", error->text);
}

/* A script may have moves left when all that is expected has come; one that could not go on is a failure. */
static bool devices_are_well(struct stage *stage, struct outcome *outcome)
{
    bool well = true;
    for (size_t i = 0; i < stage->actor_count; i++) {
        if (!actor_is_well(&stage->actors[i])) {
            well = false;
            outcome->verdict = PLAY_FAILED;
            buffer_append_format(&outcome->reason, "%s: %s\n", stage->actors[i].key, stage->actors[i].failure);
        }
    }
    return well;
}

static void judge_end(struct stage *stage, struct outcome *outcome)
{
    struct error error = {0};
    struct flaws *findings = calloc(1, sizeof *findings);
    const json_t *expect = json_object_get(stage->scenario->json, "expect");
    enum status status = findings == NULL ? E_NOMEM : evidence_judge(stage, expect, true, findings, &error);
    if (status != OK) {
        fail(outcome, PLAY_BROKEN, &error);
        free(findings);
        return;
    }
    outcome->verdict = findings->count == 0 ? PLAY_PASSED : PLAY_FAILED;
    for (size_t i = 0; i < findings->count; i++) {
        buffer_append_format(&outcome->reason, "%s: %s\n", findings->items[i].pointer, findings->items[i].text);
    }
    free(findings);
}

static void keep_archive(struct stage *stage, struct outcome *outcome)
{
    struct error error;
    if (stage->bench->wants_archive && stage->product_key[0] != '\0' &&
        stage_ask(stage, "GET", 200, NULL, &outcome->archive, &error, "/api/v1/journal?format=har&productKey=%s",
                  stage->product_key) != OK) {
        transcript_say(&outcome->transcript, "no archive: %s", error.text);
    }
}

/* Where the server itself is of no use, or the run is over, nothing is said about the device. */
static enum play_verdict verdict_of(const struct bench *bench, enum status status)
{
    bool broken = bench->interrupted || status == E_CLOSED || status == E_NOMEM || status == E_INTERNAL;
    return broken ? PLAY_BROKEN : PLAY_FAILED;
}

void play(const struct bench *bench, const struct scenario *scenario, bool live, struct outcome *outcome)
{
    struct stage stage;
    struct error error = {0};
    outcome->transcript.live = live;
    outcome->transcript.begin_ms = monotonic_ms();
    enum status status = stage_open(&stage, bench, scenario, &outcome->transcript, &error);
    if (status == OK) {
        status = stage_set_up(&stage, &error);
    }
    if (status != OK) {
        fail(outcome, PLAY_BROKEN, &error);
    } else if ((status = steps_play(&stage, &error)) != OK) {
        fail(outcome, verdict_of(bench, status), &error);
    } else if (devices_are_well(&stage, outcome)) {
        judge_end(&stage, outcome);
    }
    stage.quick = true; /* what follows is done even when the run was interrupted */
    if (outcome->verdict != PLAY_PASSED && stage.rest != NULL) {
        append_details(&stage, &outcome->details);
    }
    if (stage.rest != NULL) {
        keep_archive(&stage, outcome);
    }
    stage_close(&stage);
    outcome->seconds = (double)(monotonic_ms() - outcome->transcript.begin_ms) / 1000;
}
