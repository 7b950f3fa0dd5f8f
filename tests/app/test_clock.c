/* Clocks that a test sets, and what falls due on them (behaviour.md 3, 4 and 10). */
#include "app/clock.h"

#include <stdio.h>
#include <string.h>

#include "app/catalog.h"
#include "base/instant.h"
#include "fake_house.h"
#include "support/suite.h"

static const int64_t minute = 60000;
static const int64_t hour = 60 * 60000LL;
static const int64_t day = 24 * 60 * 60000LL;

static struct house house;

static int64_t instant(const char *text)
{
    int64_t at = 0;
    CU_ASSERT_EQUAL_FATAL(instant_parse(text, &at), OK);
    return at;
}

static void set(const char *product_key, enum clock_mode mode, const char *now)
{
    struct clock_view view = {0};
    struct maybe_instant at = {.known = now != NULL, .at = now != NULL ? instant(now) : 0};
    CU_ASSERT_EQUAL_FATAL(app_clock_set(house.app, product_key, mode, at, &view), OK);
    CU_ASSERT_EQUAL(view.mode, mode);
    CU_ASSERT_TRUE(now == NULL || view.now == at.at);
}

static void expect_now(const char *row, const char *product_key, const char *now)
{
    struct clock_view view = {0};
    char text[INSTANT_TEXT];
    CU_ASSERT_EQUAL_FATAL(app_clock_view(house.app, product_key, &view), OK);
    instant_format(view.now, text);
    CHECK_ROW(row, strcmp(text, now) == 0);
}

/* What an advance answered, as words: "10:10 evaluation 1/0" and so on, joined by "; ". */
struct answer {
    int calls;
    enum status status;
    int64_t now;
    int64_t total;
    size_t listed;
    char words[2000];
};

static void keep_answer(void *context, enum status status, const struct advance_result *result)
{
    struct answer *answer = context;
    answer->calls++;
    answer->status = status;
    answer->words[0] = '\0';
    if (result == NULL) {
        return;
    }
    answer->now = result->now;
    answer->total = result->fired_total;
    answer->listed = result->fired_count;
    size_t used = 0;
    for (size_t i = 0; i < result->fired_count && used < sizeof answer->words; i++) {
        const struct fired *fired = &result->fired[i];
        char at[INSTANT_TEXT];
        instant_format(fired->at, at);
        used += (size_t)snprintf(answer->words + used, sizeof answer->words - used, "%s%.5s %s%s%s", i > 0 ? "; " : "",
                                 at + 11, fired_kind_name(fired->kind), fired->device_key[0] != '\0' ? " " : "",
                                 fired->device_key);
        if (fired->kind == FIRED_EVALUATION && fired->devices_checked > 0 && used < sizeof answer->words) {
            used += (size_t)snprintf(answer->words + used, sizeof answer->words - used, " %lld/%lld",
                                     (long long)fired->devices_checked, (long long)fired->notified);
        }
    }
}

static struct answer advance(const char *product_key, bool relative, int64_t to)
{
    struct answer answer = {0};
    CU_ASSERT_EQUAL_FATAL(app_clock_advance(house.app, product_key, relative, to, keep_answer, &answer), OK);
    CU_ASSERT_EQUAL(answer.calls, 1);
    CU_ASSERT_EQUAL(answer.status, OK);
    return answer;
}

static void expect_words(const char *row, const struct answer *answer, const char *words)
{
    if (strcmp(answer->words, words) != 0) {
        (void)fprintf(stderr, "    %s: fired %s\n", row, answer->words);
    }
    CHECK_ROW(row, strcmp(answer->words, words) == 0);
}

/* --- the modes -------------------------------------------------------------------------------------------------- */

static void test_modes(void)
{
    house_open(&house, 100);
    expect_now("real at first", NULL, "2026-11-23T10:03:00.000Z");
    set(NULL, CLOCK_MANUAL, "2027-03-01T00:00:00Z");
    house_advance(&house, minute);
    expect_now("manual stands still", NULL, "2027-03-01T00:00:00.000Z");
    set(NULL, CLOCK_OFFSET, NULL);
    house_advance(&house, minute);
    expect_now("offset runs on", NULL, "2027-03-01T00:01:00.000Z");
    set(NULL, CLOCK_REAL, NULL);
    expect_now("real is the wall's", NULL, "2026-11-23T10:05:00.000Z");
    struct clock_view view;
    CU_ASSERT_EQUAL(app_clock_set(house.app, NULL, CLOCK_REAL, (struct maybe_instant){true, 5}, &view), E_RULE);
    CU_ASSERT_EQUAL(app_clock_set(house.app, "nobody", CLOCK_MANUAL, (struct maybe_instant){0}, &view), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_clock_view(house.app, "nobody", &view), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_clock_drop(house.app, "nobody"), E_NOT_FOUND);
    house_close(&house);
}

/* A product with its own clock does not follow the server's; without it, it does. */
static void test_own_clock(void)
{
    struct clock_view view;
    house_open(&house, 100);
    CU_ASSERT_EQUAL(app_clock_view(house.app, "pk1", &view), OK);
    CU_ASSERT_FALSE(view.own);
    set(NULL, CLOCK_MANUAL, "2027-01-01T00:00:00Z");
    expect_now("follows", "pk1", "2027-01-01T00:00:00.000Z");
    set("pk1", CLOCK_MANUAL, "2028-01-01T00:00:00Z");
    set(NULL, CLOCK_MANUAL, "2027-01-02T00:00:00Z");
    expect_now("its own", "pk1", "2028-01-01T00:00:00.000Z");
    CU_ASSERT_EQUAL(app_clock_view(house.app, "pk1", &view), OK);
    CU_ASSERT_TRUE(view.own);
    house_reopen(&house);
    expect_now("kept over a restart", "pk1", "2028-01-01T00:00:00.000Z");
    expect_now("the server's, too", NULL, "2027-01-02T00:00:00.000Z");
    CU_ASSERT_EQUAL(app_clock_drop(house.app, "pk1"), OK);
    expect_now("given back", "pk1", "2027-01-02T00:00:00.000Z");
    CU_ASSERT_EQUAL(app_clock_drop(house.app, "pk1"), OK); /* has none: nothing to do */
    (void)advance("pk1", true, minute);
    expect_now("advancing makes it its own", "pk1", "2027-01-02T00:01:00.000Z");
    expect_now("and moves no other", NULL, "2027-01-02T00:00:00.000Z");
    CU_ASSERT_EQUAL(app_product_delete(house.app, "pk1"), OK);
    house_close(&house);
}

static void test_advance_modes(void)
{
    struct answer answer = {0};
    house_open(&house, 100);
    (void)advance(NULL, true, hour); /* real becomes offset */
    house_advance(&house, minute);
    expect_now("runs on", NULL, "2026-11-23T11:04:00.000Z");
    set(NULL, CLOCK_MANUAL, NULL);
    answer = advance(NULL, false, instant("2026-11-23T12:00:00Z"));
    CU_ASSERT_EQUAL(answer.now, instant("2026-11-23T12:00:00Z"));
    house_advance(&house, minute);
    expect_now("manual still", NULL, "2026-11-23T12:00:00.000Z");
    CU_ASSERT_EQUAL(advance(NULL, true, 0).now, instant("2026-11-23T12:00:00Z"));
    CU_ASSERT_EQUAL(app_clock_advance(house.app, NULL, true, -1, keep_answer, &answer), E_RANGE);
    CU_ASSERT_EQUAL(
        app_clock_advance(house.app, NULL, false, instant("2026-11-23T11:59:59.999Z"), keep_answer, &answer), E_RANGE);
    CU_ASSERT_EQUAL(app_clock_advance(house.app, NULL, true, LIMIT_ADVANCE_MS + 1, keep_answer, &answer), E_RANGE);
    CU_ASSERT_EQUAL(app_clock_advance(house.app, "nobody", true, 1, keep_answer, &answer), E_NOT_FOUND);
    house_close(&house);
}

/* --- what fires ------------------------------------------------------------------------------------------------- */

static void test_ticks_in_order(void)
{
    house_open(&house, 100);
    struct answer answer = advance(NULL, true, 27 * minute);
    expect_words("three ticks, the last at the end itself", &answer,
                 "10:10 evaluation; 10:20 evaluation; 10:30 evaluation");
    answer = advance(NULL, true, 10 * minute - 1);
    expect_words("1 ms before", &answer, "");
    answer = advance(NULL, true, 1);
    expect_words("on it", &answer, "10:40 evaluation");
    house_close(&house);
}

/* Behind a PUT nothing of what lay on the way fires; a tick that fired is not repeated. */
static void test_set_fires_nothing(void)
{
    house_open(&house, 100);
    set("pk1", CLOCK_MANUAL, "2027-03-01T10:05:00Z");
    (void)house_device(&house, "DK1", "C0", "1");
    int64_t package = house_mcu_package(&house, "2");
    (void)house_plan(&house, "p", &package, 1, NULL, NULL);
    set("pk1", CLOCK_MANUAL, "2027-03-01T12:00:00Z");
    CU_ASSERT_EQUAL(house.order_count, 0);
    set("pk1", CLOCK_MANUAL, "2027-03-01T10:05:00Z");
    struct answer answer = advance("pk1", true, 10 * minute);
    expect_words("fires", &answer, "10:10 evaluation 1/1");
    CU_ASSERT_EQUAL(house.order_count, 1);
    set("pk1", CLOCK_MANUAL, "2027-03-01T10:05:00Z");
    answer = advance("pk1", true, 20 * minute);
    expect_words("10:10 fired already", &answer, "10:20 evaluation 1/0");
    set("pk1", CLOCK_MANUAL, "2027-02-28T23:55:00Z");
    answer = advance("pk1", true, 10 * minute);
    CU_ASSERT_EQUAL(answer.total, 1); /* an earlier one did not */
    house_close(&house);
}

static void test_timeouts(void)
{
    static const struct strategy strategy = {
        .retries = 1, .min_signal = -113, .min_battery = 30, .timeout_minutes = 25};
    house_open(&house, 100);
    set("pk1", CLOCK_MANUAL, "2027-03-01T10:01:00Z");
    int64_t package = house_mcu_package(&house, "2");
    int64_t plan = house_plan(&house, "p", &package, 1, &strategy, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_status(&house, device, 1, "C0", NULL);
    house_status(&house, device, 2, "C0", NULL);
    struct answer answer = advance("pk1", true, 25 * minute - 1);
    expect_words("1 ms before", &answer, "10:10 evaluation 1/0; 10:20 evaluation");
    answer = advance("pk1", true, 1);
    expect_words("on it: the second attempt begins", &answer, "10:26 timeout DK1");
    set("pk1", CLOCK_MANUAL, "2027-03-02T00:01:00Z"); /* over the end of the second: it starts anew */
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "inUpgrade");
    answer = advance("pk1", true, 25 * minute - 1);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "inUpgrade");
    answer = advance("pk1", true, 1);
    expect_words("the full time after the jump", &answer, "00:26 timeout DK1");
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "failed");
    CU_ASSERT_STRING_EQUAL(house_reason_of(&house, plan, "DK1"), "timeout");
    house_close(&house);
}

/* Giving the clock back is a jump, too. */
static void test_timeout_after_drop(void)
{
    static const struct strategy strategy = {
        .retries = 0, .min_signal = -113, .min_battery = 30, .timeout_minutes = 25};
    house_open(&house, 100);
    set("pk1", CLOCK_MANUAL, "2020-03-01T10:01:00Z");
    int64_t package = house_mcu_package(&house, "2");
    int64_t plan = house_plan(&house, "p", &package, 1, &strategy, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_status(&house, device, 2, "C0", NULL);
    CU_ASSERT_EQUAL(app_clock_drop(house.app, "pk1"), OK);
    house_advance(&house, 25 * minute - 1);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "inUpgrade");
    house_advance(&house, 1);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "failed");
    house_close(&house);
}

/* Planned start, push period and planned end of one plan in Shanghai, with a device that is offline. */
static void test_edges(void)
{
    struct plan plan;
    house_open(&house, 100);
    set("pk1", CLOCK_MANUAL, "2027-03-01T00:00:00Z"); /* 08:00 there */
    house_plan_init(&house, &plan, "p", house_mcu_package(&house, "2"));
    (void)snprintf(plan.time_zone, sizeof plan.time_zone, "Asia/Shanghai");
    house_set_planned(&plan.planned_start, "2027-03-01T08:15");
    house_set_planned(&plan.planned_end, "2027-03-01T12:25");
    plan.push_period = (struct push_period){.set = true, .start_hour = 9, .end_hour = 10};
    int64_t id = house_plan_start(&house, &plan, NULL);
    struct answer answer = advance("pk1", true, 5 * hour);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.words, "00:10 evaluation; 00:15 plannedStart; 00:20 evaluation"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.words, "00:50 evaluation; 01:00 windowOpened; 01:00 evaluation"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.words, "01:50 evaluation; 02:00 windowClosed; 02:00 evaluation"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.words, "04:20 evaluation; 04:25 plannedEnd; 04:30 evaluation"));
    CU_ASSERT_EQUAL(house_plan_status(&house, id), PLAN_ENDED);
    house_close(&house);
}

/* A device that is online is notified at the first tick within the window, not at its edge and not before. */
static void test_window_tick(void)
{
    struct plan plan;
    house_open(&house, 100);
    set("pk1", CLOCK_MANUAL, "2027-03-01T00:00:00Z");
    house_plan_init(&house, &plan, "p", house_mcu_package(&house, "2"));
    (void)snprintf(plan.time_zone, sizeof plan.time_zone, "Asia/Kathmandu"); /* +5:45: hours begin at xx:15 */
    plan.push_period = (struct push_period){.set = true, .start_hour = 7, .end_hour = 8};
    int64_t id = house_plan_start(&house, &plan, NULL);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_STRING_EQUAL(house_reason_of(&house, id, "DK1"), "pushPeriod");
    (void)advance("pk1", false, instant("2027-03-01T01:19:59.999Z"));
    CU_ASSERT_EQUAL(house.order_count, 0);
    struct answer answer = advance("pk1", true, 1);
    expect_words("the tick in it", &answer, "01:20 evaluation 1/1");
    CU_ASSERT_EQUAL(house.order_count, 1);
    house_close(&house);
}

/* Set behind the planned end: the plan is over, without any tick in between. */
static void test_set_past_the_end(void)
{
    struct plan plan;
    house_open(&house, 100);
    set("pk1", CLOCK_MANUAL, "2027-03-01T00:00:00Z");
    house_plan_init(&house, &plan, "p", house_mcu_package(&house, "2"));
    house_set_planned(&plan.planned_end, "2027-03-02T00:00");
    int64_t id = house_plan_start(&house, &plan, NULL);
    set("pk1", CLOCK_MANUAL, "2027-03-01T23:59:59.999Z");
    CU_ASSERT_EQUAL(house_plan_status(&house, id), PLAN_ACTIVATED);
    set("pk1", CLOCK_MANUAL, "2027-03-02T00:00:00Z");
    CU_ASSERT_EQUAL(house_plan_status(&house, id), PLAN_ENDED);
    set("pk1", CLOCK_MANUAL, "2027-03-01T00:00:00Z");
    CU_ASSERT_EQUAL(house_plan_status(&house, id), PLAN_ENDED); /* there is no way back */
    house_close(&house);
}

/* The same by time alone, on a running clock. */
static void test_end_on_running_clock(void)
{
    struct plan plan;
    house_open(&house, 100);
    house_plan_init(&house, &plan, "p", house_mcu_package(&house, "2"));
    house_set_planned(&plan.planned_end, "2026-11-23T10:05:00");
    int64_t id = house_plan_start(&house, &plan, NULL);
    house_advance(&house, 2 * minute - 1);
    CU_ASSERT_EQUAL(house_plan_status(&house, id), PLAN_ACTIVATED);
    house_advance(&house, 1);
    CU_ASSERT_EQUAL(house_plan_status(&house, id), PLAN_ENDED);
    house_close(&house);
}

/* --- slices ----------------------------------------------------------------------------------------------------- */

/* A long advance lets others have their turn, and refuses a second one meanwhile. */
static void test_slices(void)
{
    struct answer answer = {0};
    struct answer other = {0};
    struct clock_view view;
    house_open(&house, 100);
    house.monotonic_step = LIMIT_SLICE_MS; /* each look at the clock ends a slice */
    CU_ASSERT_EQUAL(app_clock_advance(house.app, "pk1", true, hour, keep_answer, &answer), OK);
    CU_ASSERT_EQUAL(answer.calls, 0);
    CU_ASSERT_EQUAL(house.delay, 0);
    CU_ASSERT_EQUAL(app_clock_view(house.app, "pk1", &view), OK);
    CU_ASSERT_EQUAL(view.now, instant("2026-11-23T10:10:00Z")); /* where it has come to */
    CU_ASSERT_EQUAL(app_clock_advance(house.app, "pk1", true, hour, keep_answer, &other), E_STATE);
    CU_ASSERT_EQUAL(app_clock_set(house.app, "pk1", CLOCK_MANUAL, (struct maybe_instant){0}, &view), E_STATE);
    CU_ASSERT_EQUAL(app_clock_drop(house.app, "pk1"), E_STATE);
    for (int i = 0; i < 6; i++) {
        app_alarm(house.app);
    }
    CU_ASSERT_EQUAL(answer.calls, 1);
    CU_ASSERT_EQUAL(answer.total, 6);
    CU_ASSERT_EQUAL(other.calls, 0);
    CU_ASSERT_TRUE(house.delay > 0);
    house_close(&house);
}

/* Of several advances one has a slice per alarm, each in its turn. */
static void test_slices_take_turns(void)
{
    static const char *const keys[] = {"pk1", "pk2", NULL};
    struct answer answers[3] = {0};
    struct product product = {.key = "pk2", .secret = "s", .name = "n"};
    struct violations violations = {0};
    int64_t starts[3];
    struct clock_view view;
    house_open(&house, 100);
    CU_ASSERT_EQUAL_FATAL(app_product_create(house.app, &product, &violations), OK);
    house.monotonic_step = LIMIT_SLICE_MS;
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(app_clock_advance(house.app, keys[i], true, hour, keep_answer, &answers[i]), OK);
    }
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(app_clock_view(house.app, keys[i], &view), OK);
        starts[i] = view.now;
    }
    for (int turn = 1; turn <= 9; turn++) {
        app_alarm(house.app);
        int64_t moved = 0;
        for (size_t i = 0; i < 3; i++) {
            CU_ASSERT_EQUAL(app_clock_view(house.app, keys[i], &view), OK);
            int64_t ticks = (view.now - starts[i]) / (hour / 6);
            CU_ASSERT_TRUE(ticks == turn / 3 || ticks == turn / 3 + 1);
            moved += ticks;
        }
        CU_ASSERT_EQUAL(moved, turn);
    }
    house_close(&house);
}

static void test_slices_end_early(void)
{
    struct answer gone = {0};
    struct answer closed = {0};
    house_open(&house, 100);
    house.monotonic_step = LIMIT_SLICE_MS;
    CU_ASSERT_EQUAL(app_clock_advance(house.app, "pk1", true, hour, keep_answer, &gone), OK);
    CU_ASSERT_EQUAL(app_product_delete(house.app, "pk1"), OK);
    CU_ASSERT_EQUAL(gone.calls, 1);
    CU_ASSERT_EQUAL(gone.status, E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_clock_advance(house.app, NULL, true, hour, keep_answer, &closed), OK);
    house_reopen(&house); /* goes down in the middle */
    CU_ASSERT_EQUAL(closed.calls, 1);
    CU_ASSERT_EQUAL(closed.status, E_CLOSED);
    expect_now("goes on from where it had come to", NULL, "2026-11-23T10:10:00.000Z");
    house_close(&house);
}

/* Ten years of nothing: every tick is there, the list has its limit and says so. */
static void test_long_advance(void)
{
    house_open(&house, 100);
    (void)house_device(&house, "DK1", "C0", "1");
    struct answer answer = advance(NULL, true, 100 * day);
    CU_ASSERT_EQUAL(answer.total, 100 * 144);
    CU_ASSERT_EQUAL(answer.listed, LIMIT_FIRED);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"modes", test_modes},
                                             {"own clock", test_own_clock},
                                             {"advance and modes", test_advance_modes},
                                             {"ticks in order", test_ticks_in_order},
                                             {"set fires nothing", test_set_fires_nothing},
                                             {"timeouts", test_timeouts},
                                             {"timeout after drop", test_timeout_after_drop},
                                             {"edges", test_edges},
                                             {"tick in the window", test_window_tick},
                                             {"set past the end", test_set_past_the_end},
                                             {"planned end on a running clock", test_end_on_running_clock},
                                             {"slices", test_slices},
                                             {"slices take turns", test_slices_take_turns},
                                             {"slices end early", test_slices_end_early},
                                             {"long advance", test_long_advance},
                                             {0}};
    return suite_run("clock", cases);
}
