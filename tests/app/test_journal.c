/* The journal: what is kept, what gives way, who reads what; and how faults that fire get there. */
#include "app/internal.h"
#include "app/journal.h"

#include <stdio.h>

#include "app/faults.h"
#include "fake_house.h"
#include "support/suite.h"

static void add(struct house *house, const char *product_key, enum journal_kind kind, size_t bytes)
{
    static const uint8_t raw[8192] = {0xAA, 0xAA};
    struct journal_entry entry = {
        .kind = kind, .word = "ok", .name = "q/2/d/x/ota", .text = "text", .raw = raw, .raw_length = bytes};
    (void)snprintf(entry.product_key, sizeof entry.product_key, "%s", product_key);
    app_journal(house->app, &entry);
}

struct read {
    size_t count;
    uint64_t last;
    size_t most;
};

static bool count_entry(void *context, const struct journal_entry *entry)
{
    struct read *read = context;
    if (read->count == read->most) {
        return false;
    }
    CHECK(entry->number > read->last);
    CHECK_TEXT(entry->range, "");
    read->last = entry->number;
    read->count++;
    return true;
}

static struct read read_all(struct house *house, const struct journal_filter *filter)
{
    struct read read = {.most = SIZE_MAX};
    uint64_t from = 0;
    CHECK(!app_journal_read(house->app, filter, LIMIT_JOURNAL, count_entry, &read, &from));
    return read;
}

static void test_filters(void)
{
    struct house house;
    house_open(&house, 10);
    add(&house, "pk1", JOURNAL_FRAME, 10);
    add(&house, "pk2", JOURNAL_FRAME, 10);
    house.now += 1000;
    add(&house, "pk1", JOURNAL_CONNECT, 0);
    CHECK(read_all(&house, &(struct journal_filter){0}).count == 3);
    CHECK(read_all(&house, &(struct journal_filter){.product_key = "pk1"}).count == 2);
    CHECK(read_all(&house, &(struct journal_filter){.kinds = 1U << JOURNAL_CONNECT}).count == 1);
    CHECK(read_all(&house, &(struct journal_filter){.since = house.now}).count == 1);
    CHECK(read_all(&house, &(struct journal_filter){.until = house.now}).count == 2);
    CHECK(read_all(&house, &(struct journal_filter){.device_key = "nobody"}).count == 0);
    house_close(&house);
}

static void test_pages(void)
{
    struct house house;
    house_open(&house, 10);
    for (int i = 0; i < 5; i++) {
        add(&house, "pk1", JOURNAL_FRAME, 10);
    }
    struct journal_filter all = {0};
    struct read read = {.most = 2};
    uint64_t from = 0;
    CHECK(app_journal_read(house.app, &all, 100, count_entry, &read, &from) && read.count == 2);
    read.most = 100;
    CHECK(app_journal_read(house.app, &all, 1, count_entry, &read, &from) && read.count == 3); /* looks at one */
    CHECK(!app_journal_read(house.app, &all, 100, count_entry, &read, &from) && read.count == 5);
    house_close(&house);
}

static void test_oldest_gives_way(void)
{
    struct house house;
    struct journal_counts counts;
    house_open(&house, 10);
    for (int i = 0; i < 4096; i++) {
        add(&house, "pk1", JOURNAL_FRAME, 8192);
    }
    app_journal_counts(house.app, &counts);
    CHECK(counts.bytes <= LIMIT_JOURNAL_BYTES && counts.bytes > LIMIT_JOURNAL_BYTES - 16384);
    CHECK(counts.dropped > 0 && counts.dropped + counts.kept == 4096);
    CHECK(counts.first == counts.dropped + 1);
    CHECK(read_all(&house, &(struct journal_filter){0}).count == counts.kept);
    house_close(&house);
}

static void test_forget(void)
{
    struct house house;
    struct journal_counts counts;
    house_open(&house, 10);
    add(&house, "pk1", JOURNAL_FRAME, 10);
    add(&house, "pk2", JOURNAL_FRAME, 10);
    CHECK(app_journal_forget(house.app, "pk1") == 1);
    CHECK(read_all(&house, &(struct journal_filter){0}).count == 1);
    CHECK(app_journal_forget(house.app, NULL) == 1);
    CHECK(read_all(&house, &(struct journal_filter){0}).count == 0);
    add(&house, "pk1", JOURNAL_FRAME, 10); /* comes behind what was forgotten, and is seen */
    CHECK(read_all(&house, &(struct journal_filter){0}).count == 1);
    CHECK(!journal_tidy(house.app->journal, 100)); /* memory follows */
    CHECK(app_journal_forget(house.app, "pk1") == 1);
    CHECK(!journal_tidy(house.app->journal, 100));
    app_journal_counts(house.app, &counts);
    CHECK(counts.kept == 0 && counts.bytes == 0 && counts.dropped == 0);
    house_close(&house);
}

static void test_fault_is_told(void)
{
    struct house house;
    struct fault fault = {.point = FAULT_MQTT_LINK,
                          .action = {.type = FAULT_CUT},
                          .match = {.product_key = "pk1"},
                          .trigger = {.times = {true, 1}, .every_nth = 1, .probability = 1}};
    struct fault_subject subject = {.product_key = "pk1", .device_key = "8671"};
    struct fault_hit hits[FAULT_HITS];
    house_open(&house, 10);
    struct faults *faults = app_faults(house.app);
    CHECK(!faults_armed(faults, FAULT_MQTT_LINK));
    uint64_t version = faults_version(faults);
    house.event_count = 0;
    CHECK_OK(app_fault_arm(house.app, &fault));
    CHECK(fault.id > 0 && faults_armed(faults, FAULT_MQTT_LINK) && faults_version(faults) != version);
    CHECK(faults_look(faults, FAULT_MQTT_CONNECT, &subject, hits) == 0);
    CHECK(faults_take(faults, FAULT_MQTT_LINK, &subject, hits) == 1 && hits[0].id == fault.id);
    CHECK(faults_take(faults, FAULT_MQTT_LINK, &subject, hits) == 0); /* once */
    CHECK(read_all(&house, &(struct journal_filter){.kinds = 1U << JOURNAL_FAULT}).count == 0);
    app_faults_tell(house.app);
    CHECK(read_all(&house, &(struct journal_filter){.kinds = 1U << JOURNAL_FAULT, .device_key = "8671"}).count == 1);
    CHECK_FATAL(house.event_count == 2);
    CHECK(house.events[0].what == WHAT_ARMED && house.events[1].what == WHAT_FIRED);
    CHECK(app_faults_fired(house.app, FAULT_MQTT_LINK) == 1);
    CHECK(app_faults_remove(house.app, "pk2") == 0 && app_faults_remove(house.app, "pk1") == 1);
    CHECK(!faults_armed(faults, FAULT_MQTT_LINK) && app_fault_remove(house.app, fault.id) == E_NOT_FOUND);
    house_close(&house);
}

static void test_bounded(void)
{
    struct house house;
    struct fault fault = {.point = FAULT_PLAN, .action = {.type = FAULT_END}};
    house_open(&house, 10);
    for (int i = 0; i < LIMIT_FAULTS; i++) {
        CHECK_OK(app_fault_arm(house.app, &fault));
    }
    CHECK(app_fault_arm(house.app, &fault) == E_LIMIT);
    bool more = false;
    struct fault found[3];
    CHECK(app_faults_list(house.app, NULL, 997, 3, found, &more) == 3 && found[0].id == 998 && !more);
    CHECK(app_faults_list(house.app, NULL, 0, 3, found, &more) == 3 && found[2].id == 3 && more);
    CHECK(app_faults_remove(house.app, NULL) == LIMIT_FAULTS);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"filters", test_filters},
                                             {"pages", test_pages},
                                             {"the oldest gives way", test_oldest_gives_way},
                                             {"a product is forgotten", test_forget},
                                             {"a fault that fires is told", test_fault_is_told},
                                             {"faults are bounded", test_bounded},
                                             {0}};
    return suite_run("app journal", cases);
}
