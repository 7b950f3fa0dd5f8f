/*
 * Random events in random order, from fixed seeds: what must always hold does (story_check_invariants), DONE is final,
 * a task finishes once.
 */
#include "story.h"

enum { STEPS = 20000, STEPS_OF_A_TASK = 120 };

/* xorshift64: the same on every machine. */
struct dice {
    uint64_t state;
};

static uint32_t dice_below(struct dice *dice, uint32_t limit)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (uint32_t)(dice->state >> 33) % limit;
}

#define PICK(dice, words) ((words)[dice_below((dice), sizeof(words) / sizeof((words)[0]))])

static void roll_status(struct dice *dice, char event[256])
{
    static const char *const numbers[] = {"1", "2", "2 sha", "3",  "4",  "5",  "5", "6", "8",
                                          "9", "9", "11",    "11", "11", "12", "0", "7", "13"};
    static const char *const components[] = {"STM32", "STM32", "ESP", "MOD", "MOD", "", "OTHER"};
    static const char *const versions[] = {"",
                                           "",
                                           "",
                                           "",
                                           "",
                                           "m=M3",
                                           "v=STM32:9",
                                           "v=STM32:1_0_0 m=M1",
                                           "v=STM32:2_0_0",
                                           "m=M2",
                                           "v=ESP:2_0_0 v=STM32:2_0_0"};
    static const char *const types[] = {"", "", "", "", "t=0", "t=1", "t=2"};
    (void)snprintf(event, 256, "%s %s %s %s p=%d", PICK(dice, numbers), PICK(dice, components), PICK(dice, versions),
                   PICK(dice, types), (int)dice_below(dice, 130) - 5);
}

static void roll_abort(struct dice *dice, char event[256])
{
    static const char *const aborts[] = {"declined", "planTerminated", "planEnded", "timeout"};
    (void)snprintf(event, 256, "abort %s", PICK(dice, aborts));
}

static void roll_event(struct dice *dice, char event[256])
{
    static const char *const others[] = {"issue",
                                         "issue",
                                         "issue",
                                         "issue",
                                         "request",
                                         "online",
                                         "online",
                                         "offline",
                                         "reported",
                                         "settled",
                                         "tick",
                                         "timeout",
                                         "+3600000 timeout",
                                         "versions v=STM32:1_0_0 m=M1",
                                         "versions v=STM32:9 v=ESP:9",
                                         "versions i=M2_x",
                                         "versions m=M2",
                                         "versions v=ESP:2_0_0"};
    if (dice_below(dice, 100) == 0) {
        roll_abort(dice, event);
    } else if (dice_below(dice, 3) == 0) {
        (void)snprintf(event, 256, "%s", PICK(dice, others));
    } else {
        roll_status(dice, event);
    }
}

static void new_task(struct dice *dice, struct story *story)
{
    static const char *const plans[] = {"STM32",      "MOD",         "STM32 MOD",     "MOD STM32",     "STM32! MOD",
                                        "STM32 MOD!", "STM32! MOD!", "STM32 ESP MOD", "MOD ESP! STM32"};
    story_init(story, PICK(dice, plans), (int)dice_below(dice, 6));
    story->strategy.timeout_minutes = (int)dice_below(dice, 60) + 1;
    story->task.user_confirmed = dice_below(dice, 2) == 1;
    story->task.confirm_from = (struct maybe_instant){.known = story->task.user_confirmed, .at = STORY_START_MS};
    story->task.confirm_to =
        (struct maybe_instant){.known = story->task.user_confirmed, .at = STORY_START_MS + 3600000};
}

/* What its user said is not the session's business. */
static bool same_consent(const struct task *before, const struct task *after)
{
    return before->user_confirmed == after->user_confirmed && before->confirm_from.known == after->confirm_from.known &&
           before->confirm_from.at == after->confirm_from.at && before->confirm_to.known == after->confirm_to.known &&
           before->confirm_to.at == after->confirm_to.at;
}

/* Nothing of it changes but that a late confirmation has come. */
static bool same_but_unconfirmed(const struct task *before, const struct task *after)
{
    char was[STORY_TEXT];
    char is[STORY_TEXT];
    story_state_text(before, was);
    story_state_text(after, is);
    return strcmp(was, is) == 0 && before->ended_at.at == after->ended_at.at && before->status == after->status;
}

static void check_step(const struct story *story, const struct task *before, unsigned *finished, const char *row)
{
    const struct task *task = &story->task;
    story_check_invariants(story, row);
    CHECK_ROW(row, same_consent(before, task));
    CHECK_ROW(row, strstr(row, ": abort") == NULL || task->phase == TASK_DONE);
    *finished += story_has_effect(story, EFFECT_FINISHED) ? 1 : 0;
    CHECK_ROW(row, *finished == (task->phase == TASK_DONE ? 1U : 0U));
    CHECK_ROW(row, before->phase != TASK_DONE || same_but_unconfirmed(before, task));
    CHECK_ROW(row, story_has_effect(story, EFFECT_RELEASED) ==
                       (before->phase != TASK_WAITING && task->phase == TASK_WAITING));
    for (size_t i = 0; i < task->component_count; i++) {
        int more = task->components[i].attempts - before->components[i].attempts;
        CHECK_ROW(row, more == 0 || more == 1 || task->phase == TASK_WAITING);
        CHECK_ROW(row, before->components[i].step != STEP_SUCCESSFUL || task->phase == TASK_WAITING ||
                           task->components[i].step == STEP_SUCCESSFUL);
    }
}

static void run_seed(uint64_t seed)
{
    struct dice dice = {.state = seed * 0x9E3779B97F4A7C15ULL + 1};
    struct story story;
    unsigned finished = 0;
    unsigned upgraded = 0;
    unsigned failed = 0;
    new_task(&dice, &story);
    for (int step = 0; step < STEPS; step++) {
        char event[256];
        char row[320];
        if (step % STEPS_OF_A_TASK == 0) {
            upgraded += story.task.status == DEVICE_UPGRADED;
            failed += story.task.status == DEVICE_FAILED;
            new_task(&dice, &story);
            finished = 0;
        }
        roll_event(&dice, event);
        (void)snprintf(row, sizeof row, "seed %llu, step %d: %s", (unsigned long long)seed, step, event);
        struct task before = story.task;
        story_play(&story, event);
        check_step(&story, &before, &finished, row);
    }
    CHECK(upgraded >= 5 && failed >= 5); /* the dice reach both ends, or nothing was tested */
}

static void test_random_events(void)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        run_seed(seed);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"random events", test_random_events}, {0}};
    return suite_run("session property", cases);
}
