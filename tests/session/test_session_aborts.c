/*
 * What ends a task without the device's doing: declined, the plan's end and termination, a verification's 60 minutes
 * (behaviour.md, 2, 3 and 6).
 */
#include "story.h"

static const struct told_story aborts[] = {
    {"declined before anything was sent",
     "STM32 MOD",
     5,
     {{"abort declined", "failed FINISHED", "done:failed:declined waiting waiting"},
      {"issue", "", "done:failed:declined waiting waiting"}}},
    {"the plan ends for a waiting device",
     "STM32",
     5,
     {{"abort planEnded", "ended FINISHED", "done:failed:planEnded waiting"}}},
    {"the plan is terminated after the device refused",
     "STM32",
     5,
     {ISSUE,
      {"3", "refused RELEASED", "waiting:refused waiting"},
      {"abort planTerminated", "terminated FINISHED", "done:failed:planTerminated waiting"}}},
    {"in `notified`",
     "STM32 MOD!",
     5,
     {{"issue", NULL, "notified start successful"},
      {"abort timeout", "failed FINISHED", "done:failed:timeout waiting successful"},
      {"2", "protocolWarning", "done:failed:timeout waiting successful"}}},
    {"in `received`",
     "STM32",
     5,
     {ISSUE, RECEIVE, {"abort timeout", "failed FINISHED", "done:failed:timeout waiting"}}},
    {"in `received` after 2 and 1: its URL lives no longer",
     "STM32",
     5,
     {OPENING,
      {"1 STM32", "protocolWarning/STM32", "received start#1"},
      {"abort timeout", "EXPIRE/STM32 failed FINISHED", "done:failed:timeout waiting#1"}}},
    {"while it downloads: what it reports then does not fit",
     "STM32 MOD",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"5 STM32 p=40", NULL, "running downloading#1@40 start"},
      {"abort timeout", "EXPIRE/STM32 failed/STM32 FINISHED", "done:failed:timeout failed#1@40 waiting"},
      {"5 STM32 p=50", "protocolWarning/STM32", "done:failed:timeout failed#1@40 waiting"},
      {"11 STM32 v=STM32:2_0_0", "protocolWarning/STM32", "done:failed:timeout failed#1@40 waiting"},
      {"versions v=STM32:2_0_0 m=M2", "", "done:failed:timeout failed#1@40 waiting"},
      {"+3600000 timeout", "", "done:failed:timeout failed#1@40 waiting"}}},
    {"while it installs",
     "STM32",
     0,
     {OPENING, INSTALL, {"abort timeout", "EXPIRE/STM32 failed/STM32 FINISHED", "done:failed:timeout failed#1@100"}}},
    {"the second component: the first stays successful",
     "STM32 MOD ESP",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"11 STM32 v=STM32:2_0_0", NULL, "running successful#1 confirmed#1 start"},
      {"abort planTerminated", "EXPIRE/MOD terminated/MOD FINISHED",
       "done:failed:planTerminated successful#1 failed#1 waiting"}}},
    {"while a retry waits for the reconnect",
     "STM32",
     5,
     {OPENING,
      {"offline", "", NULL},
      {"+3600000 timeout", NULL, "running,pending confirmed#2"},
      {"abort timeout", "EXPIRE/STM32 failed/STM32 FINISHED", "done:failed:timeout failed#2"},
      {"online", "", NULL},
      {"settled", "", "done:failed:timeout failed#2"}}},
    {"an upgraded device stays upgraded",
     "STM32",
     5,
     {OPENING, SUCCESS, {"abort planTerminated", "", "done:upgraded successful#1"}}},
    {"a failed device keeps its reason",
     "STM32",
     0,
     {OPENING, {"6 STM32", GIVE_UP, NULL}, {"abort planEnded", "", "done:failed:downloadFailed failed#1"}}},
    {"the first abort counts",
     "STM32",
     0,
     {{"abort declined", "failed FINISHED", NULL}, {"abort planEnded", "", "done:failed:declined waiting"}}},
};

static void test_aborts(void)
{
    STORY_TELL(aborts);
}

/* The words, whose they are, and of which component and attempt: as the one who aborts says. */
static void test_entries(void)
{
    static const struct {
        const char *name;
        const char *before[4];
        const char *event;
        enum log_kind kind;
        enum log_direction direction;
        const char *component_no;
        int attempt;
        const char *detail;
    } rows[] = {
        {"declined", {NULL}, "abort declined", LOG_FAILED, LOG_FROM_DEVICE, "", 0, "declined by the user"},
        {"terminated",
         {NULL},
         "abort planTerminated",
         LOG_TERMINATED,
         LOG_FROM_SERVER,
         "",
         0,
         "the plan was terminated"},
        {"ended", {"issue", "1"}, "abort planEnded", LOG_ENDED, LOG_FROM_SERVER, "", 0, "the plan has ended"},
        {"verification, first attempt",
         {"issue", "2", "5 STM32"},
         "abort timeout",
         LOG_FAILED,
         LOG_FROM_SERVER,
         "STM32",
         1,
         "not verified within 60 minutes"},
        {"verification, second attempt",
         {"issue", "2", "6 STM32"},
         "abort timeout",
         LOG_FAILED,
         LOG_FROM_SERVER,
         "STM32",
         2,
         "not verified within 60 minutes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct story story;
        story_init(&story, "STM32 MOD", 1);
        for (size_t e = 0; e < 4 && rows[i].before[e] != NULL; e++) {
            story_play(&story, rows[i].before[e]);
        }
        story_play(&story, rows[i].event);
        const struct log_entry *entry = story_entry(&story, rows[i].kind);
        CHECK_ROW(rows[i].name, entry != NULL);
        if (entry == NULL) {
            continue;
        }
        CHECK_ROW(rows[i].name, entry->direction == rows[i].direction && !entry->code.known);
        CHECK_ROW(rows[i].name, strcmp(entry->component_no, rows[i].component_no) == 0);
        CHECK_ROW(rows[i].name, entry->attempt == rows[i].attempt);
        CHECK_ROW(rows[i].name, strcmp(entry->detail, rows[i].detail) == 0);
    }
}

/* Ended now: the task, and the component that was in progress; nothing else was ever begun or ended. */
static void test_instants(void)
{
    struct story story;
    story_init(&story, "STM32 MOD", 0);
    story_play(&story, "issue");
    story_play(&story, "+10 2 sha");
    story_play(&story, "+20 abort timeout");
    const struct task *task = &story.task;
    CHECK(task->started_at.known && task->started_at.at == STORY_START_MS);
    CHECK(task->ended_at.known && task->ended_at.at == STORY_START_MS + 30);
    CHECK(task->components[0].started_at.at == STORY_START_MS + 10);
    CHECK(task->components[0].ended_at.known && task->components[0].ended_at.at == STORY_START_MS + 30);
    CHECK(!task->components[1].started_at.known && !task->components[1].ended_at.known);
    story_init(&story, "STM32", 0);
    story_play(&story, "+40 abort planEnded");
    CHECK(!story.task.started_at.known && story.task.ended_at.at == STORY_START_MS + 40);
    CHECK(!story.task.components[0].ended_at.known);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"aborts", test_aborts}, {"log entries", test_entries}, {"instants", test_instants}, {0}};
    return suite_run("session aborts", cases);
}
