/* White- and blacklists: what of a list is refused, by place or by line, and that a refused one leaves the old one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/plans.h"
#include "base/cleanup.h"
#include "fake_house.h"
#include "support/suite.h"

enum { MANY = 100000, KEY_ROOM = 8 };

static struct house house;

static int64_t open_house(void)
{
    house_open(&house, 10);
    struct plan plan;
    struct violations violations = {0};
    house_plan_init(&house, &plan, "plan", house_package(&house, "mcu", COMPONENT_MCU, "2", 1));
    CHECK_FATAL(app_plan_save(house.app, &plan, NULL, NULL, &violations) == OK);
    return plan.id;
}

static size_t read_words(char *text, const char *words[], size_t most)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL && count < most; word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    return count;
}

/* "pointer=detail|" of each. */
static void write_violations(const struct violations *violations, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < violations->count; i++) {
        size_t length = strlen(text);
        (void)snprintf(text + length, size - length, "%s=%s|", violations->items[i].pointer,
                       violations->items[i].detail);
    }
}

static void test_refused(void)
{
    static const uint32_t lines[] = {2, 3, 7, 8};
    static const struct {
        const char *name;
        const char *keys;
        bool of_file; /* the keys stand in `lines` */
        const char *expect;
    } rows[] = {
        {"one twice", "A B A", false, "/2=A is in the list already, at /0|"},
        {"thrice: each names the first", "A B A A", false,
         "/2=A is in the list already, at /0|/3=A is in the list already, at /0|"},
        {"two twice, in the order of the list", "B A A B", false,
         "/2=A is in the list already, at /1|/3=B is in the list already, at /0|"},
        {"case counts", "a A", false, ""},
        {"malformed", "A b-c", false, "/1=must be 1 to 16 letters and digits|"},
        {"17 characters", "1234567890123456 12345678901234567", false, "/1=must be 1 to 16 letters and digits|"},
        {"both", "b-c A A", false, "/0=must be 1 to 16 letters and digits|/2=A is in the list already, at /1|"},
        {"lines of a file", "A B A b-c", true,
         "/7=line 8: must be 1 to 16 letters and digits|/6=line 7: A is in the list already, in line 2|"},
    };
    int64_t plan = open_house();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128];
        char found[1024];
        const char *keys[8];
        struct violations violations = {0};
        (void)snprintf(text, sizeof text, "%s", rows[i].keys);
        struct key_list list = {.keys = keys, .lines = rows[i].of_file ? lines : NULL};
        list.count = read_words(text, keys, sizeof keys / sizeof keys[0]);
        enum status status = app_plan_list_put(house.app, plan, LIST_WHITE, &list, &violations);
        write_violations(&violations, found, sizeof found);
        CHECK_ROW(rows[i].name, status == (rows[i].expect[0] == '\0' ? OK : E_RULE));
        CHECK_ROW(rows[i].name, strcmp(found, rows[i].expect) == 0);
    }
    house_close(&house);
}

/* A plan's own members name their place in the plan; none of it is saved. */
static void test_in_a_plan(void)
{
    static const char *const keys[] = {"A", "B", "B"};
    const struct key_list repeated = {.keys = keys, .count = 3};
    char found[1024];
    struct violations violations = {0};
    int64_t id = open_house();
    CLEANUP(cleanup_plan) struct plan plan = {0};
    CHECK_FATAL(app_plan_find(house.app, id, &plan) == OK);
    CHECK(app_plan_save(house.app, &plan, &repeated, &repeated, &violations) == E_RULE);
    write_violations(&violations, found, sizeof found);
    CHECK_TEXT(found, "/whitelist/2=B is in the list already, at /whitelist/1|"
                      "/blacklist/2=B is in the list already, at /blacklist/1|");
    CLEANUP(cleanup_plan) struct plan stored = {0};
    CHECK_FATAL(app_plan_find(house.app, id, &stored) == OK);
    CHECK(stored.list_count[LIST_WHITE] == 0 && stored.list_count[LIST_BLACK] == 0);
    house_close(&house);
}

static void count_key(void *context, const char *device_key)
{
    (void)device_key;
    ++*(size_t *)context;
}

/* As many as a plan for a fleet names; one mistake at the end leaves the list that was there before. */
static void test_many(void)
{
    CLEANUP(cleanup_free) char(*texts)[KEY_ROOM] = calloc(MANY, sizeof *texts);
    CLEANUP(cleanup_free) const char **keys = calloc(MANY, sizeof *keys);
    CHECK_FATAL(texts != NULL && keys != NULL);
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "D%06zu", (i * 7919) % MANY);
        keys[i] = texts[i];
    }
    struct violations violations = {0};
    char found[1024];
    size_t count = 0;
    bool more = false;
    int64_t plan = open_house();
    const struct key_list list = {.keys = keys, .count = MANY};
    CHECK_OK(app_plan_list_put(house.app, plan, LIST_WHITE, &list, &violations));
    keys[MANY - 1] = keys[0];
    CHECK(app_plan_list_put(house.app, plan, LIST_WHITE, &list, &violations) == E_RULE);
    write_violations(&violations, found, sizeof found);
    CHECK_TEXT(found, "/99999=D000000 is in the list already, at /0|");
    CHECK_OK(
        app_plan_list_get(house.app, plan, LIST_WHITE, &(struct page){.limit = MANY + 1}, count_key, &count, &more));
    CU_ASSERT_EQUAL(count, MANY);
    CLEANUP(cleanup_plan) struct plan stored = {0};
    CHECK_FATAL(app_plan_find(house.app, plan, &stored) == OK);
    CU_ASSERT_EQUAL(stored.list_count[LIST_WHITE], MANY);
    house_close(&house);
}

/* One key a thousand times: the answer names as many as fit, the first ones. */
static void test_no_more_than_fit(void)
{
    const char *keys[1000];
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        keys[i] = "A";
    }
    struct violations violations = {0};
    int64_t plan = open_house();
    CHECK(app_plan_list_put(house.app, plan, LIST_BLACK, &(struct key_list){.keys = keys, .count = 1000},
                            &violations) == E_RULE);
    CU_ASSERT_EQUAL(violations.count, LIMIT_VIOLATIONS);
    CHECK_TEXT(violations.items[0].pointer, "/1");
    CHECK_TEXT(violations.items[LIMIT_VIOLATIONS - 1].pointer, "/50");
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"refused", test_refused},
                                             {"in a plan", test_in_a_plan},
                                             {"many", test_many},
                                             {"no more than fit", test_no_more_than_fit},
                                             {0}};
    return suite_run("white- and blacklists", cases);
}
