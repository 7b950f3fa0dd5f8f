#include "domain/fault.h"

#include <string.h>

#include "support/suite.h"

static struct fault fault_of(struct fault_trigger trigger)
{
    struct fault fault = {.id = 7, .point = FAULT_HTTP_FIRMWARE, .action = {.type = FAULT_CUT}, .trigger = trigger};
    fault_begin(&fault);
    return fault;
}

/* The uses that fire, as text: "..x.x". */
static void play(struct fault *fault, size_t uses, char *text)
{
    for (size_t i = 0; i < uses; i++) {
        text[i] = fault_use(fault) ? 'x' : '.';
    }
    text[uses] = '\0';
}

static void test_trigger_counts(void)
{
    static const struct {
        const char *name;
        struct fault_trigger trigger;
        const char *fires;
    } rows[] = {
        {"none", {.every_nth = 1, .probability = 1}, "xxxxxxxxxx"},
        {"times 2", {.times = {true, 2}, .every_nth = 1, .probability = 1}, "xx........"},
        {"skip 3", {.skip = 3, .every_nth = 1, .probability = 1}, "...xxxxxxx"},
        {"every 3rd", {.every_nth = 3, .probability = 1}, "..x..x..x."},
        {"skip 1, every 2nd, twice", {.times = {true, 2}, .skip = 1, .every_nth = 2, .probability = 1}, "..x.x....."},
        {"never", {.every_nth = 1, .probability = 0}, ".........."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[16];
        struct fault fault = fault_of(rows[i].trigger);
        play(&fault, 10, text);
        CHECK_ROW(rows[i].name, strcmp(text, rows[i].fires) == 0);
        CU_ASSERT_EQUAL(fault.seen, 10);
    }
}

static void test_seed_repeats(void)
{
    char first[201];
    char again[201];
    char other[201];
    struct fault_trigger trigger = {.every_nth = 1, .probability = 0.3, .seed = 42};
    struct fault fault = fault_of(trigger);
    play(&fault, 200, first);
    CU_ASSERT(fault.fired > 35 && fault.fired < 85);
    fault = fault_of(trigger);
    play(&fault, 200, again);
    CU_ASSERT_STRING_EQUAL(first, again);
    trigger.seed = 43;
    fault = fault_of(trigger);
    play(&fault, 200, other);
    CU_ASSERT_STRING_NOT_EQUAL(first, other);
}

static void test_match(void)
{
    struct fault_subject subject = {
        .plan_id = 3, .attempt = 2, .product_key = "demo", .device_key = "8671", .component_no = "STM32"};
    static const struct {
        const char *name;
        struct fault_match match;
        bool matches;
    } rows[] = {
        {"all", {.device_key = ""}, true},
        {"product", {.product_key = "demo"}, true},
        {"other product", {.product_key = "dem"}, false},
        {"device", {.device_key = "8671"}, true},
        {"other device", {.device_key = "8672"}, false},
        {"plan", {.plan_id = {true, 3}}, true},
        {"other plan", {.plan_id = {true, 4}}, false},
        {"component", {.component_no = "STM32"}, true},
        {"other component", {.component_no = "ESP"}, false},
        {"attempt", {.attempt = {true, 2}}, true},
        {"other attempt", {.attempt = {true, 1}}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fault fault = {.match = rows[i].match};
        CHECK_ROW(rows[i].name, fault_matches(&fault, &subject) == rows[i].matches);
    }
}

static void test_place(void)
{
    CU_ASSERT_EQUAL(fault_place_in(&(struct fault_place){true, 50}, 1001), 500);
    CU_ASSERT_EQUAL(fault_place_in(&(struct fault_place){true, 100}, 1001), 1001);
    CU_ASSERT_EQUAL(fault_place_in(&(struct fault_place){false, 512}, 1001), 512);
    CU_ASSERT_EQUAL(fault_place_in(&(struct fault_place){false, 5000}, 1001), 1001);
}

static void test_every_action_has_a_point(void)
{
    for (int type = 0; type < FAULT_TYPE_COUNT; type++) {
        bool found = false;
        for (int point = 0; point < FAULT_POINT_COUNT; point++) {
            unsigned required = 0;
            unsigned allowed = 0;
            found = fault_members((enum fault_point)point, (enum fault_type)type, &required, &allowed) || found;
            CU_ASSERT_EQUAL(required & ~allowed, 0);
        }
        CHECK_ROW(fault_type_name((enum fault_type)type), found);
    }
}

static void test_describe(void)
{
    struct fault fault = {
        .id = 3,
        .point = FAULT_HTTP_FIRMWARE,
        .action = {
            .type = FAULT_STALL, .given = FAULT_HAS_AT_BYTE | FAULT_HAS_SECONDS, .at_byte = {true, 50}, .ms = 7000}};
    char text[FAULT_TEXT];
    fault_describe(&fault, text);
    CU_ASSERT_STRING_EQUAL(text, "fault 3: http.firmware stall, 7000 ms, at byte 50 %");
}

int main(void)
{
    static const struct test_case cases[] = {{"the trigger counts uses", test_trigger_counts},
                                             {"the same seed fires the same", test_seed_repeats},
                                             {"match", test_match},
                                             {"a place in a file", test_place},
                                             {"each action belongs to a point", test_every_action_has_a_point},
                                             {"a fault in words", test_describe},
                                             {0}};
    return suite_run("fault", cases);
}
