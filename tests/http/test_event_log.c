/*
 * The event log: numbers, filters, bounds.
 */
#include "http/event_log.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

static struct event_log *events;

static void add(enum event_kind kind, int64_t plan_id, const char *product_key, const char *device_key)
{
    struct event event = {.kind = kind, .what = WHAT_CHANGED, .plan_id = plan_id};
    (void)snprintf(event.product_key, sizeof event.product_key, "%s", product_key);
    (void)snprintf(event.device_key, sizeof event.device_key, "%s", device_key);
    event_log_add(events, &event);
}

/* Reads all from `from` on; returns how many messages. *last: the number to go on with. */
static int read_all(const struct event_filter *filter, uint64_t from, uint64_t *last)
{
    struct buffer text;
    int messages = 0;
    enum status status = E_AGAIN;
    while (status == E_AGAIN) {
        buffer_init(&text, 1 << 20);
        status = event_log_read(events, filter, 4096, &text, &from);
        for (const char *at = buffer_text(&text); (at = strstr(at, "data: ")) != NULL; at++) {
            messages++;
        }
        buffer_finish(&text);
    }
    *last = from;
    return status == OK ? messages : -1;
}

static const struct event_filter everything = {0};

static void test_numbers(void)
{
    CHECK_OK(event_log_create(&events));
    uint64_t begin = event_log_next(events);
    uint64_t last = 0;
    CHECK(read_all(&everything, begin, &last) == 0 && last == begin);
    add(EVENT_PLAN, 7, "pk", "");
    add(EVENT_LOG, 7, "pk", "d1");
    CHECK(read_all(&everything, begin, &last) == 2 && last == begin + 2);
    CHECK(read_all(&everything, begin + 1, &last) == 1);
    char id[EVENT_ID];
    uint64_t from = 0;
    event_log_id(events, begin, id);
    CHECK(event_log_parse(events, id, &from) == OK && from == begin + 1);
    event_log_destroy(events);
}

static void test_ids(void)
{
    static const struct {
        const char *id;
        enum status status;
    } rows[] = {{"", E_FORMAT},           {"12", E_FORMAT},        {"00000000-1", E_STATE}, {"00000000-", E_FORMAT},
                {"00000000-x", E_FORMAT}, {"0000000-1", E_FORMAT}, {"-1", E_FORMAT}};
    CHECK_OK(event_log_create(&events));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t from = 99;
        CHECK_ROW(rows[i].id, event_log_parse(events, rows[i].id, &from) == rows[i].status && from == 99);
    }
    char id[EVENT_ID];
    uint64_t from = 0;
    event_log_id(events, event_log_next(events), id); /* not there yet */
    CHECK(event_log_parse(events, id, &from) == E_STATE);
    event_log_destroy(events);
}

static void test_filters(void)
{
    static const struct {
        const char *name;
        struct event_filter filter;
        int messages;
    } rows[] = {{"all", {0}, 5},
                {"plans", {.kinds = 1U << EVENT_PLAN}, 2},
                {"plans and logs", {.kinds = 1U << EVENT_PLAN | 1U << EVENT_LOG}, 3},
                {"plan 8", {.plan_id = 8}, 2},
                {"device d1", {.device_key = "d1"}, 2},
                {"product pk2", {.product_key = "pk2"}, 1},
                {"none", {.product_key = "pk2", .plan_id = 7}, 0}};
    CHECK_OK(event_log_create(&events));
    uint64_t begin = event_log_next(events);
    add(EVENT_PLAN, 7, "pk", "");
    add(EVENT_PLAN, 8, "pk", "");
    add(EVENT_LOG, 8, "pk", "d1");
    add(EVENT_DEVICE, 0, "pk", "d1");
    add(EVENT_PRODUCT, 0, "pk2", "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t last = 0;
        CHECK_ROW(rows[i].name, read_all(&rows[i].filter, begin, &last) == rows[i].messages);
        CHECK_ROW(rows[i].name, last == begin + 5);
    }
    event_log_destroy(events);
}

/* What falls off is told as such, and the newest LIMIT_EVENTS - 1 or more are there. */
static void test_bounds(void)
{
    CHECK_OK(event_log_create(&events));
    uint64_t begin = event_log_next(events);
    for (int i = 0; i < 2 * LIMIT_EVENTS; i++) {
        add(EVENT_LOG, 7, "pk", "d1");
    }
    uint64_t last = 0;
    struct buffer text;
    buffer_init(&text, 1 << 20);
    uint64_t from = begin;
    CHECK(event_log_read(events, &everything, 4096, &text, &from) == E_STATE && from == begin && text.length == 0);
    buffer_finish(&text);
    from = event_log_next(events) - 1000;
    CHECK(read_all(&everything, from, &last) == 1000);
    event_log_destroy(events);
}

/* Large events push out by their bytes. */
static void test_bytes(void)
{
    enum { PARTS = 20, COUNT = LIMIT_EVENTS - 1 };
    CHECK_OK(event_log_create(&events));
    struct event *event = calloc(1, event_size(PARTS));
    CHECK_FATAL(event != NULL);
    event->kind = EVENT_DEVICE;
    event->what = WHAT_UPGRADE;
    event->part_count = PARTS;
    uint64_t begin = event_log_next(events);
    for (int i = 0; i < COUNT; i++) {
        event_log_add(events, event);
    }
    struct buffer text;
    buffer_init(&text, 1 << 20);
    uint64_t from = begin;
    CHECK(event_log_read(events, &everything, 4096, &text, &from) == E_STATE);
    from = event_log_next(events) - (size_t)LIMIT_EVENT_BYTES / event_size(PARTS) / 2;
    CHECK(event_log_read(events, &everything, 4096, &text, &from) == E_AGAIN && text.length >= 4096);
    buffer_finish(&text);
    free(event);
    event_log_destroy(events);
}

static size_t count_items(bool leaves_gone, const char *product_key)
{
    struct event_filter filter = {0};
    struct event_reading reading = {.from = event_log_oldest(events), .most = 1000, .leaves_gone = leaves_gone};
    struct buffer text;
    (void)snprintf(filter.product_key, sizeof filter.product_key, "%s", product_key);
    buffer_init(&text, 1 << 20);
    enum status status = E_AGAIN;
    while (status == E_AGAIN) {
        status = event_log_read_items(events, &filter, &reading, &text);
    }
    CHECK_OK(status);
    buffer_finish(&text);
    return reading.count;
}

static void end_product(enum event_what what, const char *product_key)
{
    struct event event = {.kind = EVENT_PRODUCT, .what = what};
    (void)snprintf(event.product_key, sizeof event.product_key, "%s", product_key);
    event_log_add(events, &event);
}

/* Of a product what came behind its last reset or deletion, whatever the other products do; until that is forgotten. */
static void test_products_that_went(void)
{
    CHECK_OK(event_log_create(&events));
    add(EVENT_PLAN, 7, "pk1", "");
    add(EVENT_PLAN, 8, "pk2", "");
    end_product(WHAT_RESET, "pk1");
    add(EVENT_PLAN, 9, "pk1", "");
    CHECK(count_items(true, "pk1") == 2 && count_items(false, "pk1") == 3);
    CHECK(count_items(true, "pk2") == 1 && count_items(true, "") == 3 && count_items(false, "") == 4);
    end_product(WHAT_DELETED, "pk1");
    CHECK(count_items(true, "pk1") == 1 && count_items(false, "pk1") == 4);
    for (int i = 0; i < 2 * LIMIT_EVENTS;
         i++) { /* of ever new products: none is remembered for longer than its event */
        char key[16];
        (void)snprintf(key, sizeof key, "k%d", i);
        end_product(WHAT_DELETED, key);
    }
    CHECK(count_items(true, "pk1") == 0);
    CHECK(count_items(true, "k39999") == 1);
    event_log_destroy(events);
}

/* Device data is only ever text: what would end a message or a line is escaped. */
static void test_one_line(void)
{
    CHECK_OK(event_log_create(&events));
    struct event event = {.kind = EVENT_PACKAGE, .what = WHAT_CREATED};
    (void)snprintf(event.of.package.name, sizeof event.of.package.name, "a\n\ndata: b\r</script>\"");
    uint64_t from = event_log_next(events);
    event_log_add(events, &event);
    struct buffer text;
    buffer_init(&text, 1 << 20);
    CHECK_OK(event_log_read(events, &everything, 4096, &text, &from));
    const char *data = strstr(buffer_text(&text), "data: ");
    CHECK_FATAL(data != NULL);
    size_t length = strcspn(data, "\r\n");
    CHECK(strcmp(data + length, "\n\n") == 0);
    json_t *json = json_loadb(data + 6, length - 6, 0, NULL);
    CHECK(json != NULL && strcmp(json_string_value(json_object_get(json, "name")), event.of.package.name) == 0);
    json_decref(json);
    buffer_finish(&text);
    event_log_destroy(events);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"numbers", test_numbers},   {"ids", test_ids},
        {"filters", test_filters},   {"bounds", test_bounds},
        {"bytes", test_bytes},       {"products that went", test_products_that_went},
        {"one line", test_one_line}, {0}};
    return suite_run("http: event log", cases);
}
