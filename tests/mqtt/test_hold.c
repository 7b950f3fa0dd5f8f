#include "mqtt/hold.h"

#include "mqtt/recent.h"
#include "support/suite.h"

/* Steps in words: P<id> publish, A<id> ack from the broker, C<id> committed, F<id> failed, T time passes (overdue). */
struct row {
    const char *name;
    const char *steps;
    const char *acks; /* what went to the device, in order */
};

static const struct row rows[] = {
    {"ack first", "P7 A7 C7", "7"},
    {"message first", "P7 C7 A7", "7"},
    {"not before the commit", "P7 A7", ""},
    {"not before the broker", "P7 C7", ""},
    {"failed, ack later: dropped", "P7 F7 A7", ""},
    {"ack, then failed: dropped", "P7 A7 F7", ""},
    {"failed, repeated, committed", "P7 F7 A7 P7 A7 C7", "7"},
    {"repeated before the first ack", "P7 P7 C7 A7 C7 A7", "77"},
    {"overdue", "P7 A7 T", "7"},
    {"overdue only once", "P7 A7 T T C7", "7"},
    {"failed is never overdue", "P7 A7 F7 T", ""},
    {"two messages", "P1 P2 A1 A2 C2 C1", "21"},
    {"unknown ack passes", "A9", "9"},
};

static void step(struct hold *hold, char what, uint16_t id, char *acks)
{
    uint8_t ack = 0;
    uint16_t packet_id = 0;
    bool due = false;
    switch (what) {
    case 'P':
        hold_note_publish(hold, id, 1000U + id);
        break;
    case 'A':
        packet_id = id;
        due = hold_note_ack(hold, MQTT_PUBACK, id, 10);
        break;
    case 'C':
    case 'F':
        due = hold_note_message(hold, 1000U + id, what == 'C', &ack, &packet_id);
        break;
    default:
        due = hold_take_overdue(hold, 10, &ack, &packet_id);
        break;
    }
    if (due) {
        size_t used = strlen(acks);
        acks[used] = (char)('0' + packet_id);
        acks[used + 1] = '\0';
    }
}

static void test_orders(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hold hold = {0};
        char acks[16] = "";
        for (const char *at = rows[i].steps; *at != '\0'; at++) {
            if (*at != ' ' && (*at < '0' || *at > '9')) {
                step(&hold, *at, *at == 'T' ? 0 : (uint16_t)(at[1] - '0'), acks);
            }
        }
        CHECK_ROW(rows[i].name, strcmp(acks, rows[i].acks) == 0);
    }
}

static void test_not_overdue_yet(void)
{
    struct hold hold = {0};
    uint8_t ack;
    uint16_t packet_id;
    hold_note_publish(&hold, 5, 77);
    CHECK(!hold_keeps_acks(&hold));
    CHECK(!hold_note_ack(&hold, MQTT_PUBCOMP, 5, 100));
    CHECK(hold_keeps_acks(&hold));
    CHECK(!hold_take_overdue(&hold, 99, &ack, &packet_id));
    CHECK(hold_take_overdue(&hold, 100, &ack, &packet_id));
    CHECK(ack == MQTT_PUBCOMP && packet_id == 5);
    CHECK(!hold_keeps_acks(&hold));
}

static void test_full_table_lets_the_oldest_pass(void)
{
    struct hold hold = {0};
    for (uint16_t id = 1; id <= HOLD_ENTRIES + 1; id++) {
        hold_note_publish(&hold, id, id);
    }
    CHECK(hold_note_ack(&hold, MQTT_PUBACK, 1, 0)); /* no longer followed */
    CHECK(!hold_note_ack(&hold, MQTT_PUBACK, 2, 0));
    CHECK(!hold_note_ack(&hold, MQTT_PUBACK, HOLD_ENTRIES + 1, 0));
}

static void test_recent(void)
{
    static const uint8_t one[] = {1};
    static const uint8_t two[] = {2};
    struct frame frame = {.package_id = 5, .command = COMMAND_STATUS, .payload = one, .payload_length = 1};
    struct recent recent = {0};
    struct recent_key key = recent_key_of(&frame);
    CHECK(!recent_has(&recent, &key));
    recent_add(&recent, &key);
    CHECK(recent_has(&recent, &key));
    frame.payload = two;
    struct recent_key other = recent_key_of(&frame);
    CHECK(!recent_has(&recent, &other)); /* another payload */
    frame.payload = one;
    frame.command = COMMAND_INFO;
    other = recent_key_of(&frame);
    CHECK(!recent_has(&recent, &other)); /* another command */
    recent_forget(&recent, &key);
    CHECK(!recent_has(&recent, &key));
    recent_add(&recent, &key);
    for (uint16_t id = 100; id < 100 + RECENT_FRAMES - 1; id++) {
        frame.package_id = id;
        other = recent_key_of(&frame);
        recent_add(&recent, &other);
    }
    CHECK(recent_has(&recent, &key)); /* the oldest of 32 */
    frame.package_id = 999;
    other = recent_key_of(&frame);
    recent_add(&recent, &other);
    CHECK(!recent_has(&recent, &key));
}

int main(void)
{
    static const struct test_case cases[] = {
        {"orders of events", test_orders},
        {"not overdue yet", test_not_overdue_yet},
        {"a full table lets the oldest pass", test_full_table_lets_the_oldest_pass},
        {"recent frames", test_recent},
        {0}};
    return suite_run("hold", cases);
}
