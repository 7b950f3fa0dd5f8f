/*
 * Every state times every event: what changes, and that nothing else does.
 *
 *   .  nothing changes, nothing is said             W waiting      C confirmed, attempt 1   S upgraded
 *   !  nothing changes, one protocolWarning         N notified     c confirmed, attempt 2   F failed
 *   n  notified again                               R received     D downloading
 *   u  the same URL again                                          U upgrading
 *   A capital letter or `c` is the state that is entered; a warning may go with it.
 */
#include "story.h"

enum { STATES = 8 };

struct state {
    const char *name;
    const char *events[6];
};

static const struct state states[STATES] = {
    {"waiting", {NULL}},
    {"notified", {"issue"}},
    {"received", {"issue", "1"}},
    {"confirmed", {"issue", "1", "2"}},
    {"downloading", {"issue", "1", "2", "5 STM32 p=40"}},
    {"upgrading", {"issue", "1", "2", "9 STM32"}},
    {"upgraded", {"issue", "1", "2", "11 STM32 v=STM32:2_0_0"}},
    {"failed", {"issue", "1", "2", "6 STM32", "6 STM32"}},
};

/* One attempt and one retry, so that both outcomes of a failure are near. */
static void enter(struct story *story, const struct state *state)
{
    story_init(story, "STM32", 1);
    for (size_t i = 0; i < sizeof state->events / sizeof state->events[0] && state->events[i] != NULL; i++) {
        story_play(story, state->events[i]);
    }
}

static size_t count_effects(const struct story *story, enum session_effect_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < story->effects.count; i++) {
        count += story->effects.items[i].kind == kind;
    }
    return count;
}

static char letter_of_state(const struct task *task)
{
    switch (task->phase) {
    case TASK_WAITING:
        return 'W';
    case TASK_NOTIFIED:
        return 'N';
    case TASK_RECEIVED:
        return 'R';
    case TASK_DONE:
        return task->status == DEVICE_UPGRADED ? 'S' : 'F';
    default:
        break;
    }
    switch (task->components[0].step) {
    case STEP_CONFIRMED:
        return task->components[0].attempts == 1 ? 'C' : 'c';
    case STEP_DOWNLOADING:
        return 'D';
    case STEP_UPGRADING:
        return 'U';
    default:
        return '?';
    }
}

static bool is_same(const struct task *before, const struct task *after)
{
    char was[STORY_TEXT];
    char is[STORY_TEXT];
    story_state_text(before, was);
    story_state_text(after, is);
    return strcmp(was, is) == 0 && before->status == after->status && before->current == after->current &&
           before->deadline.known == after->deadline.known && before->deadline.at == after->deadline.at &&
           before->ended_at.at == after->ended_at.at && before->url_sent == after->url_sent &&
           before->wants_sha256 == after->wants_sha256 &&
           before->components[0].unconfirmed == after->components[0].unconfirmed;
}

/* Plays the event 1 ms later, so that a deadline that moves is a change. */
static char outcome(struct story *story, const char *event)
{
    struct task before = story->task;
    char later[256];
    (void)snprintf(later, sizeof later, "+1 %s", event);
    story_play(story, event[0] == '+' ? event : later);
    const struct session_effects *effects = &story->effects;
    if (!is_same(&before, &story->task)) {
        return letter_of_state(&story->task);
    }
    if (effects->count == 0) {
        return '.';
    }
    if (effects->count == 1 && story_entry(story, LOG_PROTOCOL_WARNING) != NULL) {
        return '!';
    }
    if (effects->count == 2 && count_effects(story, EFFECT_SEND_NOTIFY) == 1) {
        return 'n';
    }
    if (effects->count == 2 && count_effects(story, EFFECT_SEND_URL) == 1) {
        return 'u';
    }
    return '?';
}

struct matrix_row {
    const char *event;
    const char *expect; /* per state */
};

static void check_matrix(const struct matrix_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK_ROW(rows[i].event, strlen(rows[i].expect) == STATES);
        for (size_t s = 0; s < STATES; s++) {
            struct story story;
            char row[128];
            (void)snprintf(row, sizeof row, "'%s' in %s", rows[i].event, states[s].name);
            enter(&story, &states[s]);
            char found = outcome(&story, rows[i].event);
            if (found != rows[i].expect[s]) {
                (void)fprintf(stderr, "    %s: found %c, expected %c\n", row, found, rows[i].expect[s]);
            }
            CHECK_ROW(row, found == rows[i].expect[s]);
            story_check_invariants(&story, row);
        }
    }
}

/*                                  waiting   received downloading upgraded
 *                                      notified  confirmed  upgrading  failed   */
static const struct matrix_row status_rows[] = {
    {"0 STM32", "!!!!!!!!"},
    {"1 STM32", "!R.R!!!!"},
    {"2 STM32", "!CC!!!!!"},
    {"3 STM32", "!WW!!!!!"},
    {"4 STM32", "!!!DD!!!"},
    {"5 STM32 p=60", "!!!DD!!!"},
    {"6 STM32", "!!Nccc!!"},
    {"7 STM32", "!!!!!!!!"},
    {"8 STM32", "!!!DD!!!"},
    {"9 STM32", "!!!UU!!!"},
    {"10 STM32", "!!!!!!!!"},
    {"11 STM32", "!!NSSS!!"},
    {"11 STM32 v=STM32:1_0_0", "!!Nccc!!"},
    {"11 STM32 v=STM32:1_5_0", "!!Nccc!!"},
    {"11 STM32 v=STM32:2_0_0", "!SSSSS!!"},
    {"12 STM32", "!!Nccc!!"},
    {"12 STM32 v=STM32:1_0_0", "!!Nccc!!"},
    {"12 STM32 v=STM32:2_0_0", "!SSSSS!!"},
    {"6 STM32 v=STM32:2_0_0", "!SSSSS!!"},
    {"13 STM32", "!!!!!!!!"},
    {"1000000 STM32", "!!!!!!!!"},
    {"4 ESP", "!!!!!!!!"},
    {"9", "!!!!!!!!"},
    {"11 ESP v=ESP:2_0_0", "!!!!!!!!"},
    {"9 STM32 t=0", "!!!!!!!!"},
    {"9 STM32 t=1", "!!!UU!!!"},
};

static const struct matrix_row event_rows[] = {
    {"issue", "N......."},
    {"request", ".n......"},
    {"online", "...C...."},
    {"offline", "........"},
    {"reported", ".nN....."},
    {"settled", "........"},
    {"tick", ".n......"},
    {"timeout", "........"},
    {"+3599999 timeout", "........"},
    {"+3600000 timeout", "...ccc.."},
    {"versions v=STM32:1_0_0", "........"},
    {"versions v=STM32:2_0_0", ".SSSSS.."},
    {"versions v=ESP:2_0_0 m=M2", "........"},
    {"versions", "........"},
    {"abort declined", "FFFFFF.."},
    {"abort planTerminated", "FFFFFF.."},
    {"abort planEnded", "FFFFFF.."},
    {"abort timeout", "FFFFFF.."},
};

static void test_statuses(void)
{
    check_matrix(status_rows, sizeof status_rows / sizeof status_rows[0]);
}

static void test_events(void)
{
    check_matrix(event_rows, sizeof event_rows / sizeof event_rows[0]);
}

/* The same events to a device whose link is gone: no order goes out. */
static void test_offline(void)
{
    static const char *const events[] = {"issue",   "request",          "reported", "settled",        "tick",
                                         "2 STM32", "+3600000 timeout", "6 STM32",  "abort planEnded"};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        for (size_t s = 0; s < STATES; s++) {
            struct story story;
            char row[128];
            (void)snprintf(row, sizeof row, "offline: '%s' in %s", events[i], states[s].name);
            enter(&story, &states[s]);
            story_play(&story, "offline");
            story_play(&story, events[i]);
            CHECK_ROW(row, !story_has_effect(&story, EFFECT_SEND_URL));
            CHECK_ROW(row, !story_has_effect(&story, EFFECT_SETTLE));
            CHECK_ROW(row, i == 0 || !story_has_effect(&story, EFFECT_SEND_NOTIFY));
            story_check_invariants(&story, row);
        }
    }
}

static void test_event_names(void)
{
    for (int kind = 0; kind < SESSION_EVENT_COUNT; kind++) {
        for (int other = 0; other < kind; other++) {
            CHECK(strcmp(session_event_name((enum session_event_kind)kind),
                         session_event_name((enum session_event_kind)other)) != 0);
        }
    }
    CHECK_TEXT(session_event_name(SESSION_ISSUE), "issue");
    CHECK_TEXT(session_event_name(SESSION_TIMEOUT), "timeout");
    CHECK_TEXT(session_event_name(SESSION_ABORT), "abort");
}

int main(void)
{
    static const struct test_case cases[] = {{"statuses", test_statuses},
                                             {"other events", test_events},
                                             {"offline", test_offline},
                                             {"names of events", test_event_names},
                                             {0}};
    return suite_run("session matrix", cases);
}
