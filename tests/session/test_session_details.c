/*
 * What people read in the upgrade log, and the instants and flags that the store keeps.
 */
#include "story.h"

struct entry_row {
    const char *name;
    const char *plan;
    int retries;
    const char *events[8]; /* the entry is among the effects of the last */
    enum log_kind kind;
    const char *component_no;
    int attempt;
    enum log_direction direction;
    int code; /* -1: none */
    const char *detail;
};

static const struct entry_row entry_rows[] = {
    {"issued", "STM32", 5, {"issue"}, LOG_PLAN_ISSUED, "STM32", 0, LOG_FROM_SERVER, -1, "from 1_0_0 to 2_0_0"},
    {"skipped",
     "STM32! MOD",
     5,
     {"issue"},
     LOG_SUCCEEDED,
     "STM32",
     0,
     LOG_FROM_SERVER,
     -1,
     "is at its target version 2_0_0 already"},
    {"issued again at a tick",
     "STM32",
     5,
     {"issue", "tick"},
     LOG_PLAN_ISSUED,
     "",
     0,
     LOG_FROM_SERVER,
     -1,
     "sent again: the device has not answered yet"},
    {"issued again after a reconnect",
     "STM32",
     5,
     {"issue", "1", "reported"},
     LOG_PLAN_ISSUED,
     "",
     0,
     LOG_FROM_SERVER,
     -1,
     "sent again: the device has a new connection"},
    {"received",
     "STM32",
     5,
     {"issue", "1 STM32"},
     LOG_PLAN_RECEIVED,
     "",
     0,
     LOG_FROM_DEVICE,
     1,
     "the device received the plan"},
    {"refused",
     "STM32",
     5,
     {"issue", "3 STM32"},
     LOG_REFUSED,
     "",
     0,
     LOG_FROM_DEVICE,
     3,
     "the device refused the plan"},
    {"confirmed",
     "STM32",
     5,
     {"issue", "1", "2 STM32"},
     LOG_CONFIRMED,
     "",
     0,
     LOG_FROM_DEVICE,
     2,
     "the device confirmed the plan"},
    {"confirmed in mode 1",
     "STM32",
     5,
     {"issue", "1", "2 STM32 sha"},
     LOG_CONFIRMED,
     "",
     0,
     LOG_FROM_DEVICE,
     2,
     "the device confirmed the plan and wants SHA-256"},
    {"first URL", "STM32", 5, {"issue", "1", "2"}, LOG_URL_ISSUED, "STM32", 1, LOG_FROM_SERVER, -1, "attempt 1 of 6"},
    {"waiting",
     "STM32",
     5,
     {"issue", "1", "2"},
     LOG_WAITING_DOWNLOAD,
     "STM32",
     1,
     LOG_FROM_SERVER,
     -1,
     "waiting for the device to download"},
    {"only URL", "STM32", 0, {"issue", "1", "2"}, LOG_URL_ISSUED, "STM32", 1, LOG_FROM_SERVER, -1, "attempt 1 of 1"},
    {"second URL",
     "STM32",
     5,
     {"issue", "2", "6 STM32"},
     LOG_URL_ISSUED,
     "STM32",
     2,
     LOG_FROM_SERVER,
     -1,
     "attempt 2 of 6"},
    {"same URL again",
     "STM32",
     5,
     {"issue", "2", "online", "settled"},
     LOG_URL_ISSUED,
     "STM32",
     1,
     LOG_FROM_SERVER,
     -1,
     "attempt 1 of 6, sent again"},
    {"download starts", "STM32", 5, {"issue", "2", "4 STM32"}, LOG_DOWNLOADING, "STM32", 1, LOG_FROM_DEVICE, 4, "0 %"},
    {"downloading",
     "STM32",
     5,
     {"issue", "2", "5 STM32 p=40"},
     LOG_DOWNLOADING,
     "STM32",
     1,
     LOG_FROM_DEVICE,
     5,
     "40 %"},
    {"downloaded",
     "STM32",
     5,
     {"issue", "2", "8 STM32 p=100"},
     LOG_DOWNLOADED,
     "STM32",
     1,
     LOG_FROM_DEVICE,
     8,
     "100 %"},
    {"a piece", "STM32", 5, {"issue", "2", "8 STM32 p=33"}, LOG_DOWNLOADED, "STM32", 1, LOG_FROM_DEVICE, 8, "33 %"},
    {"upgrading",
     "STM32",
     5,
     {"issue", "2", "9 STM32"},
     LOG_UPGRADING,
     "STM32",
     1,
     LOG_FROM_DEVICE,
     9,
     "the device installs the new version"},
    {"succeeded",
     "STM32",
     5,
     {"issue", "2", "11 STM32 v=STM32:2_0_0"},
     LOG_SUCCEEDED,
     "STM32",
     1,
     LOG_FROM_DEVICE,
     11,
     "the device reports its target version 2_0_0"},
    {"succeeded by version",
     "MOD",
     5,
     {"issue", "2", "versions m=M2"},
     LOG_SUCCEEDED,
     "MOD",
     1,
     LOG_FROM_DEVICE,
     -1,
     "the device reports its target version M2"},
    {"succeeded by its word",
     "STM32",
     5,
     {"issue", "2", "11 STM32"},
     LOG_SUCCEEDED,
     "STM32",
     1,
     LOG_FROM_DEVICE,
     11,
     "success reported by the device"},
    {"version",
     "STM32",
     5,
     {"issue", "2", "versions v=STM32:1_5_0"},
     LOG_VERSION_REPORTED,
     "STM32",
     1,
     LOG_FROM_DEVICE,
     -1,
     "1_5_0, target 2_0_0"},
    {"download error",
     "STM32",
     5,
     {"issue", "2", "6 STM32"},
     LOG_ATTEMPT_FAILED,
     "STM32",
     1,
     LOG_FROM_DEVICE,
     6,
     "attempt 1 of 6: download error reported by the device, retrying"},
    {"second download error",
     "STM32",
     5,
     {"issue", "2", "6 STM32", "6 STM32"},
     LOG_ATTEMPT_FAILED,
     "STM32",
     2,
     LOG_FROM_DEVICE,
     6,
     "attempt 2 of 6: download error reported by the device, retrying"},
    {"upgrade error",
     "STM32",
     5,
     {"issue", "2", "12 STM32"},
     LOG_ATTEMPT_FAILED,
     "STM32",
     1,
     LOG_FROM_DEVICE,
     12,
     "attempt 1 of 6: upgrade error reported by the device, retrying"},
    {"wrong version",
     "STM32",
     5,
     {"issue", "2", "11 STM32 v=STM32:1_5_0"},
     LOG_ATTEMPT_FAILED,
     "STM32",
     1,
     LOG_FROM_DEVICE,
     11,
     "attempt 1 of 6: the device reports version 1_5_0 instead of 2_0_0, retrying"},
    {"timeout",
     "STM32",
     5,
     {"issue", "2", "+3600000 timeout"},
     LOG_ATTEMPT_FAILED,
     "STM32",
     1,
     LOG_FROM_SERVER,
     -1,
     "attempt 1 of 6: nothing was reported in time, retrying"},
    {"timeout offline",
     "STM32",
     5,
     {"issue", "2", "offline", "+3600000 timeout"},
     LOG_ATTEMPT_FAILED,
     "STM32",
     1,
     LOG_FROM_SERVER,
     -1,
     "attempt 1 of 6: nothing was reported in time, retrying when the device is back"},
    {"failed",
     "STM32",
     1,
     {"issue", "2", "6 STM32", "6 STM32"},
     LOG_FAILED,
     "STM32",
     2,
     LOG_FROM_DEVICE,
     6,
     "attempt 2 of 2: download error reported by the device, no attempt left"},
    {"warning: nothing sent",
     "STM32",
     5,
     {"1 STM32"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     1,
     "status 1 (plan received) does not fit: no plan was sent"},
    {"warning: too early",
     "STM32",
     5,
     {"issue", "4 STM32"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     4,
     "status 4 (download started) does not fit: the plan waits for 1, 2 or 3"},
    {"warning: twice",
     "STM32",
     5,
     {"issue", "2", "2 STM32"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     2,
     "status 2 (confirmed) does not fit: expected is 4, 5, 6, 8, 9, 11 or 12"},
    {"warning: backwards",
     "STM32",
     5,
     {"issue", "2", "9 STM32", "5 STM32"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     5,
     "status 5 (downloading) does not fit: expected is 6, 11 or 12"},
    {"warning: over",
     "STM32",
     0,
     {"issue", "2", "6 STM32", "9 STM32"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     9,
     "status 9 (upgrading) does not fit: the upgrade is over"},
    {"warning: unknown",
     "STM32",
     5,
     {"issue", "2", "13 STM32"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     13,
     "status 13 (unknown) does not fit: expected is 4, 5, 6, 8, 9, 11 or 12"},
    {"warning: not its turn",
     "STM32 MOD",
     5,
     {"issue", "2", "4 MOD"},
     LOG_PROTOCOL_WARNING,
     "MOD",
     0,
     LOG_FROM_DEVICE,
     4,
     "status 4 (download started) of a component that is not in progress; that is STM32"},
    {"warning: not in the plan",
     "STM32",
     5,
     {"issue", "2", "4 ESP"},
     LOG_PROTOCOL_WARNING,
     "ESP",
     0,
     LOG_FROM_DEVICE,
     4,
     "status 4 (download started) of a component that is not in the plan"},
    {"warning: type",
     "STM32",
     5,
     {"issue", "2", "4 STM32 t=0"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     4,
     "status 4 (download started) names type 0 instead of 1 (mcu)"},
    {"warning: 2 without 1",
     "STM32",
     5,
     {"issue", "2 STM32"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     2,
     "status 2 came without the status 1 before it"},
    {"warning: 1 after 2",
     "STM32",
     5,
     {"issue", "2", "1 STM32"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     1,
     "status 1 after 2: the device waits for its user again"},
    {"warning: old attempt",
     "STM32",
     5,
     {"issue", "2", "offline", "+3600000 timeout", "6 STM32"},
     LOG_PROTOCOL_WARNING,
     "STM32",
     0,
     LOG_FROM_DEVICE,
     6,
     "download error reported by the device, before this attempt's firmware information was sent: costs no attempt"},
};

static void play_all(struct story *story, const char *const events[8])
{
    for (size_t i = 0; i < 8 && events[i] != NULL; i++) {
        story_play(story, events[i]);
    }
}

static void test_entries(void)
{
    for (size_t i = 0; i < sizeof entry_rows / sizeof entry_rows[0]; i++) {
        const struct entry_row *row = &entry_rows[i];
        struct story story;
        story_init(&story, row->plan, row->retries);
        play_all(&story, row->events);
        const struct log_entry *entry = story_entry(&story, row->kind);
        CHECK_ROW(row->name, entry != NULL);
        if (entry == NULL) {
            continue;
        }
        if (strcmp(entry->detail, row->detail) != 0) {
            (void)fprintf(stderr, "    row '%s': '%s'\n", row->name, entry->detail);
        }
        CHECK_ROW(row->name, strcmp(entry->detail, row->detail) == 0);
        CHECK_ROW(row->name, strcmp(entry->component_no, row->component_no) == 0);
        CHECK_ROW(row->name, entry->attempt == row->attempt);
        CHECK_ROW(row->name, entry->direction == row->direction);
        CHECK_ROW(row->name, entry->code.known == (row->code >= 0));
        CHECK_ROW(row->name, !entry->code.known || entry->code.value == row->code);
        CHECK_ROW(row->name, entry->id == 0 && entry->at == 0);
    }
}

static void test_instants(void)
{
    struct story story;
    story_init(&story, "STM32 MOD", 5);
    const struct task *task = &story.task;
    story_play(&story, "+10 issue");
    CHECK(task->started_at.known && task->started_at.at == STORY_START_MS + 10);
    CHECK(!task->components[0].started_at.known);
    story_play(&story, "+10 2");
    CHECK(task->components[0].started_at.known && task->components[0].started_at.at == STORY_START_MS + 20);
    story_play(&story, "+10 6 STM32");
    CHECK(task->components[0].started_at.at == STORY_START_MS + 20); /* the first attempt's */
    CHECK(!task->components[0].ended_at.known);
    story_play(&story, "+10 11 STM32 v=STM32:2_0_0");
    CHECK(task->components[0].ended_at.known && task->components[0].ended_at.at == STORY_START_MS + 40);
    CHECK(task->components[1].started_at.at == STORY_START_MS + 40);
    CHECK(!task->ended_at.known);
    story_play(&story, "+10 11 MOD m=M2");
    CHECK(task->components[1].ended_at.at == STORY_START_MS + 50);
    CHECK(task->ended_at.known && task->ended_at.at == STORY_START_MS + 50);
}

static void test_release_clears(void)
{
    struct story story;
    story_init(&story, "STM32 MOD!", 5);
    story_play(&story, "issue");
    story_play(&story, "2 sha");
    story_play(&story, "1");
    story_play(&story, "3");
    char text[STORY_TEXT];
    story_state_text(&story.task, text);
    CHECK_TEXT(text, "waiting:refused waiting waiting");
    CHECK(!story.task.started_at.known && !story.task.wants_sha256 && !story.task.url_sent && !story.task.url_pending);
    for (size_t i = 0; i < 2; i++) { /* `skipped` too: judged anew by the next evaluation */
        const struct task_component *component = &story.task.components[i];
        CHECK(!component->skipped && !component->started_at.known && !component->ended_at.known);
        CHECK(component->attempts == 0 && component->progress == 0 && !component->unconfirmed);
    }
}

static void test_sha256_is_remembered(void)
{
    static const struct {
        const char *name;
        const char *event;
        bool wants;
    } rows[] = {{"mode 0", "2 STM32", false}, {"mode 1", "2 STM32 sha", true}};
    for (size_t i = 0; i < 2; i++) {
        struct story story;
        story_init(&story, "STM32", 5);
        story_play(&story, "issue");
        story_play(&story, rows[i].event);
        CHECK_ROW(rows[i].name, story.task.wants_sha256 == rows[i].wants);
        story_play(&story, "6 STM32");
        CHECK_ROW(rows[i].name, story.task.wants_sha256 == rows[i].wants);
    }
}

static void test_deadline_follows_the_strategy(void)
{
    static const int minutes[] = {1, 60, 1440};
    for (size_t i = 0; i < 3; i++) {
        struct story story;
        char row[32];
        (void)snprintf(row, sizeof row, "%d minutes", minutes[i]);
        story_init(&story, "STM32", 5);
        story.strategy.timeout_minutes = minutes[i];
        story_play(&story, "issue");
        CHECK_ROW(row, !story.task.deadline.known);
        story_play(&story, "2");
        CHECK_ROW(row, story.task.deadline.at == STORY_START_MS + (int64_t)minutes[i] * 60000);
        story_play(&story, "+5 4 STM32");
        CHECK_ROW(row, story.task.deadline.at == STORY_START_MS + 5 + (int64_t)minutes[i] * 60000);
    }
}

/* Names of 32 bytes and versions of 64: nothing is cut, nothing overflows. */
static void test_longest_names(void)
{
    struct story story;
    story_init(&story, "01234567890123456789012345678901 MOD", 0);
    struct task_component *component = &story.task.components[0];
    memset(component->source_version, 's', LIMIT_VERSION);
    memset(component->target_version, 't', LIMIT_VERSION);
    story_play(&story, "issue");
    CHECK(strlen(story_entry(&story, LOG_PLAN_ISSUED)->detail) > 0);
    CHECK_TEXT(story.effects.items[0].entry.component_no, "01234567890123456789012345678901");
    CHECK(strlen(story.effects.items[0].entry.detail) == strlen("from  to ") + 2UL * LIMIT_VERSION);
    story_play(&story, "2");
    struct upgrade_report report = {.status = 11};
    (void)snprintf(report.component_no, sizeof report.component_no, "%s", component->component_no);
    report.versions.mcu_count = 1;
    (void)snprintf(report.versions.mcus[0].component_no, sizeof report.versions.mcus[0].component_no, "%s",
                   component->component_no);
    memset(report.versions.mcus[0].version, 'w', LIMIT_VERSION);
    struct session_event event = {.kind = SESSION_STATUS, .device_online = true, .upgrade = &report, .progress = -1};
    session_step(&story.task, &story.strategy, &event, story.now, &story.effects);
    CHECK(story.task.reason == REASON_WRONG_VERSION);
    CHECK(story_entry(&story, LOG_FAILED) != NULL);
}

int main(void)
{
    static const struct test_case cases[] = {{"log entries", test_entries},
                                             {"instants", test_instants},
                                             {"a release clears", test_release_clears},
                                             {"SHA-256", test_sha256_is_remembered},
                                             {"deadline", test_deadline_follows_the_strategy},
                                             {"longest names", test_longest_names},
                                             {0}};
    return suite_run("session details", cases);
}
