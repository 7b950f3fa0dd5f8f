/*
 * A power cut of the device at every step, a crash of the server at every step: the upgrade ends well all the same
 * (protocol.md, 9.5). After the cut the device does what it is told; where it was told nothing, time passes.
 */
#include "story.h"

/* What the device was told since its link came back. */
struct orders {
    bool notified;
    bool has_url;
    size_t component;
};

static void collect(const struct story *story, struct orders *orders)
{
    for (size_t i = 0; i < story->effects.count; i++) {
        const struct session_effect *effect = &story->effects.items[i];
        orders->notified |= effect->kind == EFFECT_SEND_NOTIFY;
        if (effect->kind == EFFECT_SEND_URL) {
            orders->has_url = true;
            orders->component = effect->component;
        }
    }
}

static void play(struct story *story, struct orders *orders, const char *row, const char *event)
{
    story_expect(story, row, event, NULL, NULL);
    collect(story, orders);
}

static void follow_url(struct story *story, struct orders *orders, const char *row)
{
    const struct task_component *component = &story->task.components[orders->component];
    bool module = component->type == COMPONENT_MODULE;
    char event[128];
    orders->has_url = false;
    (void)snprintf(event, sizeof event, "4 %s", component->component_no);
    play(story, orders, row, event);
    (void)snprintf(event, sizeof event, "9 %s", component->component_no);
    play(story, orders, row, event);
    (void)snprintf(event, sizeof event, module ? "11 %s m=M2" : "11 %s v=%s:2_0_0", component->component_no,
                   component->component_no);
    play(story, orders, row, event);
}

/* The device obeys until the task is DONE, or nothing more happens. */
static void obey(struct story *story, struct orders *orders, const char *row)
{
    for (int i = 0; i < 20 && story->task.phase != TASK_DONE; i++) {
        if (orders->has_url) {
            follow_url(story, orders, row);
        } else if (orders->notified) {
            orders->notified = false;
            play(story, orders, row, "1");
            play(story, orders, row, "2");
        } else {
            play(story, orders, row, "+3600000 tick");
            play(story, orders, row, "timeout");
        }
    }
}

/* --- the device loses power ------------------------------------------------------------------------------------- */

enum arrival { BEFORE_REPORTED, BEFORE_SETTLED, AFTER_SETTLED, LOST, ARRIVALS };
static const char *const arrival_names[ARRIVALS] = {"at once", "after the notify", "after the URL", "never"};

struct cut_row {
    const char *killed_in;
    const char *events[6];  /* "%s" is the component */
    const char *mcu_status; /* after the restart; NULL: none */
    const char *module_status;
    bool at_target;    /* after the restart */
    int attempts;      /* in the end, when the status arrives */
    int attempts_lost; /* ... when it does not */
};

/* A lost 6 or 12 after a confirm costs nothing: the same firmware information is sent again after the reconnect. */
static const struct cut_row cut_rows[] = {
    {"nothing received", {"issue"}, NULL, NULL, false, 1, 1},
    {"1", {"issue", "1 %s"}, NULL, NULL, false, 1, 1},
    {"2", {"issue", "1 %s", "2 %s"}, "12", "6", false, 2, 1},
    {"4", {"issue", "1 %s", "2 %s", "4 %s"}, "12", "6", false, 2, 2},
    {"5", {"issue", "1 %s", "2 %s", "4 %s", "5 %s p=40"}, "12", "6", false, 2, 2},
    {"8", {"issue", "1 %s", "2 %s", "4 %s", "8 %s"}, "12", "6", false, 2, 2},
    {"9, old version", {"issue", "1 %s", "2 %s", "4 %s", "9 %s"}, "12", "12", false, 2, 2},
    {"9, new version", {"issue", "1 %s", "2 %s", "4 %s", "9 %s"}, "11", "11", true, 1, 1},
};

static void report_after_restart(struct story *story, struct orders *orders, const char *row, const struct cut_row *cut,
                                 bool module)
{
    const char *status = module ? cut->module_status : cut->mcu_status;
    if (status == NULL) {
        return;
    }
    char event[128];
    const char *version = module ? (cut->at_target ? "MOD m=M2" : "MOD m=M1")
                                 : (cut->at_target ? "STM32 v=STM32:2_0_0" : "STM32 v=STM32:1_0_0");
    (void)snprintf(event, sizeof event, "%s %s", status, version);
    if (strcmp(status, "6") == 0) {
        (void)snprintf(event, sizeof event, "6 MOD"); /* no versions in a 6 */
    }
    play(story, orders, row, event);
}

static void cut_once(const struct cut_row *cut, bool module, enum arrival arrival)
{
    struct story story;
    char row[128];
    (void)snprintf(row, sizeof row, "%s killed in %s, its report comes %s", module ? "module" : "MCU", cut->killed_in,
                   arrival_names[arrival]);
    story_init(&story, module ? "MOD" : "STM32", 5);
    struct orders orders = {0};
    for (size_t i = 0; i < 6 && cut->events[i] != NULL; i++) {
        char event[64];
        size_t length = strcspn(cut->events[i], "%");
        const char *rest = cut->events[i] + length;
        (void)snprintf(event, sizeof event, "%.*s%s%s", (int)length, cut->events[i],
                       rest[0] == '\0' ? "" : story.task.components[0].component_no, rest[0] == '\0' ? "" : rest + 2);
        play(&story, &orders, row, event);
    }
    orders = (struct orders){0};
    play(&story, &orders, row, "offline");
    play(&story, &orders, row, "+60000 online");
    if (!(cut->at_target && arrival == LOST)) {
        play(&story, &orders, row, module ? "versions i=M1_app" : "versions v=ESP:1");
    } else {
        play(&story, &orders, row, module ? "versions m=M2" : "versions v=STM32:2_0_0");
    }
    for (enum arrival at = BEFORE_REPORTED; at <= AFTER_SETTLED; at++) {
        if (at == arrival) {
            report_after_restart(&story, &orders, row, cut, module);
        }
        if (at != AFTER_SETTLED) {
            play(&story, &orders, row, at == BEFORE_REPORTED ? "reported" : "settled");
        }
    }
    obey(&story, &orders, row);
    CHECK_ROW(row, story.task.status == DEVICE_UPGRADED);
    CHECK_ROW(row, story.task.components[0].attempts == (arrival == LOST ? cut->attempts_lost : cut->attempts));
}

static void test_device_loses_power(void)
{
    for (size_t i = 0; i < sizeof cut_rows / sizeof cut_rows[0]; i++) {
        for (enum arrival arrival = BEFORE_REPORTED; arrival < ARRIVALS; arrival++) {
            cut_once(&cut_rows[i], false, arrival);
            cut_once(&cut_rows[i], true, arrival);
        }
    }
}

/* --- the server dies -------------------------------------------------------------------------------------------- */

static const char *const happy_path[] = {
    "issue", "1",          "2",     "4 STM32", "5 STM32 p=40", "8 STM32 p=100", "9 STM32", "11 STM32 v=STM32:2_0_0",
    "4 MOD", "5 MOD p=10", "8 MOD", "9 MOD"};
enum { PATH = sizeof happy_path / sizeof happy_path[0] };

/* The first `done` events are stored. Lost are the orders of the last one, or the event itself, with the server. */
static void crash_at(size_t done, bool with_event)
{
    struct story story;
    char row[128];
    (void)snprintf(row, sizeof row, "server dies %s '%s'", with_event ? "before it has stored" : "after the commit of",
                   happy_path[done - 1]);
    story_init(&story, "STM32 MOD", 5);
    struct orders orders = {0};
    for (size_t i = 0; i < done - (with_event ? 1 : 0); i++) {
        play(&story, &orders, row, happy_path[i]);
    }
    orders = (struct orders){0};
    if (story.task.phase == TASK_WAITING) {
        play(&story, &orders, row, "issue"); /* the next evaluation finds it waiting */
    }
    play(&story, &orders, row, "offline");
    play(&story, &orders, row, "+5000 online");
    play(&story, &orders, row, "reported");
    play(&story, &orders, row, "settled");
    obey(&story, &orders, row);
    CHECK_ROW(row, story.task.status == DEVICE_UPGRADED);
    for (size_t i = 0; i < 2; i++) {
        CHECK_ROW(row, story.task.components[i].attempts >= 1 && story.task.components[i].attempts <= 2);
    }
}

static void test_server_dies(void)
{
    for (size_t done = 1; done <= PATH; done++) {
        crash_at(done, false);
        crash_at(done, true);
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        {"the device loses power", test_device_loses_power}, {"the server dies", test_server_dies}, {0}};
    return suite_run("session power cut", cases);
}
