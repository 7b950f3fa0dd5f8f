/* The MQTT habits of protocol.md 2 on a clock of the test's own. */
#include "fleet/sdk_link.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"
#include "codec/mqtt_packet.h"
#include "support/suite.h"

/*
 * What happened, one word each: the device's packets as "CONNECT", "PUBLISH:<id>" ("PUBLISH:<id>!" with DUP) ..., the
 * handlers as "subscribed", "message:<text>" ("message:<text>/" when it splits), "sent:<tag>", "received:<tag>",
 * "ended:<tag>", "dropped:<tag>", "failed:<cause>".
 */
struct play {
    struct sdk_link link;
    int64_t now_ms;
    char words[1024];
    bool closes_on_message;
};

static void say(struct play *play, const char *word)
{
    size_t length = strlen(play->words);
    (void)snprintf(play->words + length, sizeof play->words - length, "%s ", word);
}

static void on_write(void *context, const uint8_t *bytes, size_t count)
{
    struct mqtt_packet packet;
    uint16_t id = 0;
    char word[64];
    if (mqtt_packet_read(bytes, count, count, &packet) != OK) {
        say(context, "?");
        return;
    }
    if (packet.type == MQTT_PUBLISH) {
        struct mqtt_publish publish = {.qos = 0};
        (void)(mqtt_publish_read(&packet, &publish) == OK);
        (void)snprintf(word, sizeof word, "PUBLISH:%u%s", publish.packet_id, publish.dup ? "!" : "");
    } else if (packet.type != MQTT_CONNECT && packet.type != MQTT_PINGREQ && mqtt_packet_id_read(&packet, &id) == OK) {
        (void)snprintf(word, sizeof word, "%s:%u", mqtt_packet_name(packet.type), id);
    } else {
        (void)snprintf(word, sizeof word, "%s", mqtt_packet_name(packet.type));
    }
    say(context, word);
}

static void say_number(struct play *play, const char *word, int number)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s:%d", word, number);
    say(play, text);
}

static void on_subscribed(void *context)
{
    say(context, "subscribed");
}

static void on_message(void *context, const uint8_t *payload, size_t length, bool splits)
{
    struct play *play = context;
    char word[64];
    (void)snprintf(word, sizeof word, "message:%.*s%s", (int)length, (const char *)payload, splits ? "/" : "");
    say(play, word);
    if (play->closes_on_message) {
        sdk_link_closed(&play->link);
    }
}

static void on_sent(void *context, int tag)
{
    say_number(context, "sent", tag);
}

static void on_received(void *context, int tag)
{
    say_number(context, "received", tag);
}

static void on_ended(void *context, int tag, bool acknowledged)
{
    say_number(context, acknowledged ? "ended" : "dropped", tag);
}

static void on_failed(void *context, enum sdk_cause cause, int detail)
{
    struct play *play = context;
    (void)detail;
    say_number(play, "failed", (int)cause);
    sdk_link_closed(&play->link);
}

static void begin(struct play *play, unsigned keep_alive_s)
{
    static const struct sdk_link_handlers handlers = {on_write,    on_subscribed, on_message, on_sent,
                                                      on_received, on_ended,      on_failed};
    *play = (struct play){.now_ms = 1000000};
    sdk_link_init(&play->link, &handlers, play, "qdpkdk", keep_alive_s);
    CHECK_OK(sdk_link_opened(&play->link, "1;0000;x;y", play->now_ms));
}

/* Lets the clock run until `play->now_ms + span_ms`, from deadline to deadline. */
static void run_for(struct play *play, int64_t span_ms)
{
    int64_t end = play->now_ms + span_ms;
    while (sdk_link_deadline(&play->link) <= end) {
        play->now_ms = sdk_link_deadline(&play->link);
        sdk_link_tick(&play->link, play->now_ms);
    }
    play->now_ms = end;
}

static void feed(struct play *play, struct buffer *packet)
{
    CHECK(buffer_status(packet) == OK);
    size_t used = sdk_link_receive(&play->link, packet->data, packet->length, play->now_ms);
    CHECK(used == packet->length);
    buffer_clear(packet);
}

static void give_connack(struct play *play, uint8_t code)
{
    struct buffer packet;
    buffer_init(&packet, 4096);
    mqtt_connack_write(&packet, false, code);
    feed(play, &packet);
    buffer_finish(&packet);
}

static void give_suback(struct play *play, uint8_t code)
{
    struct buffer packet;
    buffer_init(&packet, 4096);
    mqtt_suback_write(&packet, 1, code);
    feed(play, &packet);
    buffer_finish(&packet);
}

static void give_ack(struct play *play, enum mqtt_packet_type type, uint16_t packet_id)
{
    struct buffer packet;
    buffer_init(&packet, 4096);
    mqtt_ack_write(&packet, type, packet_id);
    feed(play, &packet);
    buffer_finish(&packet);
}

static void give_message(struct play *play, const char *topic, unsigned qos, uint16_t packet_id)
{
    struct buffer packet;
    buffer_init(&packet, 4096);
    struct mqtt_publish publish = {.qos = qos,
                                   .topic = {topic, strlen(topic)},
                                   .packet_id = packet_id,
                                   .payload = (const uint8_t *)"hey",
                                   .payload_length = 3};
    mqtt_publish_write(&packet, &publish);
    feed(play, &packet);
    buffer_finish(&packet);
}

static void go_up(struct play *play)
{
    give_connack(play, 0);
    give_suback(play, 1);
    play->words[0] = '\0';
}

static void publish(struct play *play, unsigned qos, int tag)
{
    CHECK_OK(sdk_link_publish(&play->link, "ota", qos, (const uint8_t *)"up", 2, tag, play->now_ms));
}

static void expect(struct play *play, const char *words)
{
    CHECK_ROW(words, strcmp(play->words, words) == 0);
    if (strcmp(play->words, words) != 0) {
        (void)fprintf(stderr, "    got '%s'\n", play->words);
    }
    play->words[0] = '\0';
}

static void test_connect_repeats(void)
{
    struct play play;
    begin(&play, 120);
    expect(&play, "CONNECT ");
    run_for(&play, 4999);
    expect(&play, "");
    run_for(&play, 1);
    expect(&play, "CONNECT ");
    run_for(&play, 5000);
    expect(&play, "CONNECT ");
    run_for(&play, 4999);
    expect(&play, "");
    run_for(&play, 1);
    expect(&play, "failed:1 ");
    CHECK(sdk_link_deadline(&play.link) == INT64_MAX);
    sdk_link_finish(&play.link);
}

static void test_subscribe_repeats(void)
{
    struct play play;
    begin(&play, 120);
    give_connack(&play, 0);
    expect(&play, "CONNECT SUBSCRIBE:1 ");
    run_for(&play, 10000);
    expect(&play, "SUBSCRIBE:1 SUBSCRIBE:1 ");
    run_for(&play, 5000);
    expect(&play, "failed:3 ");
    sdk_link_finish(&play.link);
}

static void test_answers(void)
{
    struct play play;
    begin(&play, 120);
    run_for(&play, 5000);
    give_connack(&play, 0);
    give_connack(&play, 0); /* the answer to the repeat */
    give_suback(&play, 0x80);
    give_suback(&play, 0x80);
    expect(&play, "CONNECT CONNECT SUBSCRIBE:1 subscribed ");
    sdk_link_finish(&play.link);
    begin(&play, 120);
    give_connack(&play, 4);
    expect(&play, "CONNECT failed:0 ");
    sdk_link_finish(&play.link);
}

static void test_qos1(void)
{
    struct play play;
    begin(&play, 120);
    go_up(&play);
    publish(&play, 1, 7);
    publish(&play, 1, 8);
    expect(&play, "PUBLISH:2 sent:7 ");
    give_ack(&play, MQTT_PUBACK, 9);
    expect(&play, "");
    give_ack(&play, MQTT_PUBACK, 2);
    expect(&play, "ended:7 PUBLISH:3 sent:8 ");
    give_ack(&play, MQTT_PUBACK, 3);
    expect(&play, "ended:8 ");
    publish(&play, 0, 9);
    expect(&play, "PUBLISH:0 sent:9 ended:9 ");
    sdk_link_finish(&play.link);
}

static void test_qos2(void)
{
    struct play play;
    begin(&play, 120);
    go_up(&play);
    publish(&play, 2, 11);
    give_ack(&play, MQTT_PUBREC, 2);
    expect(&play, "PUBLISH:2 sent:11 received:11 PUBREL:2 ");
    run_for(&play, 2000); /* PUBCOMP lost: the whole cycle again */
    give_ack(&play, MQTT_PUBREC, 2);
    give_ack(&play, MQTT_PUBCOMP, 2);
    expect(&play, "PUBLISH:2 received:11 PUBREL:2 ended:11 ");
    sdk_link_finish(&play.link);
}

static void test_repeats_end(void)
{
    struct play play;
    begin(&play, 120);
    go_up(&play);
    publish(&play, 2, 4);
    publish(&play, 2, 5);
    run_for(&play, 1999);
    expect(&play, "PUBLISH:2 sent:4 ");
    run_for(&play, 1);
    expect(&play, "PUBLISH:2 ");
    run_for(&play, 2000);
    expect(&play, "PUBLISH:2 ");
    run_for(&play, 1999);
    expect(&play, "");
    run_for(&play, 1);
    expect(&play, "dropped:4 PUBLISH:3 sent:5 ");
    sdk_link_finish(&play.link);
}

static void test_repeat_waits_for_silence(void)
{
    struct play play;
    begin(&play, 120);
    go_up(&play);
    publish(&play, 1, 4);
    run_for(&play, 1500);
    give_ack(&play, MQTT_PUBACK, 99);
    expect(&play, "PUBLISH:2 sent:4 ");
    run_for(&play, 999);
    expect(&play, "");
    run_for(&play, 1);
    expect(&play, "PUBLISH:2 ");
    sdk_link_finish(&play.link);
}

static void test_pings(void)
{
    struct play play;
    struct buffer answer;
    buffer_init(&answer, 16);
    begin(&play, 120);
    go_up(&play);
    for (int i = 0; i < 3; i++) { /* 50, 150, 250 s */
        run_for(&play, i == 0 ? 49999 : 99999);
        expect(&play, "");
        run_for(&play, 1);
        expect(&play, "PINGREQ ");
        mqtt_empty_write(&answer, MQTT_PINGRESP);
        feed(&play, &answer);
    }
    run_for(&play, 100000);
    expect(&play, "PINGREQ ");
    run_for(&play, 5000);
    expect(&play, "PINGREQ ");
    run_for(&play, 4999);
    expect(&play, "");
    run_for(&play, 1);
    expect(&play, "failed:2 ");
    buffer_finish(&answer);
    sdk_link_finish(&play.link);
}

static void test_least_keep_alive(void)
{
    struct play play;
    begin(&play, 10);
    CHECK(play.link.keep_alive_s == 21);
    sdk_link_finish(&play.link);
    begin(&play, 65535);
    CHECK(play.link.keep_alive_s == 65535);
    sdk_link_finish(&play.link);
}

static void test_downlinks(void)
{
    static const struct {
        const char *name;
        const char *topic;
        unsigned qos;
        uint16_t packet_id;
        const char *words;
    } rows[] = {
        {"QoS 0", "q/1/d/qdpkdk/ota", 0, 0, "message:hey/ "},
        {"QoS 1, small id", "q/1/d/qdpkdk/ota", 1, 5, "message:hey PUBACK:5 "},
        {"QoS 1, 255", "q/1/d/qdpkdk/ota", 1, 255, "message:hey PUBACK:255 "},
        {"QoS 1, 257", "q/1/d/qdpkdk/ota", 1, 257, "message:hey/ PUBACK:257 "},
        {"QoS 1, 256: the low byte ends the search", "q/1/d/qdpkdk/ota", 1, 256, "message:hey PUBACK:256 "},
        {"QoS 2", "q/1/d/qdpkdk/ota", 2, 6, "message:hey PUBREC:6 "},
        {"any word", "q/1/d/qdpkdk/xyz", 1, 5, "message:hey PUBACK:5 "},
        {"two levels", "q/1/d/qdpkdk/bus/app1", 1, 5, "message:hey PUBACK:5 "},
        {"three levels", "q/1/d/qdpkdk/a/b/c", 1, 5, "PUBACK:5 "},
        {"no level", "q/1/d/qdpkdk", 1, 5, "PUBACK:5 "},
        {"another device's", "q/1/d/qdpkdk2/ota", 1, 5, "PUBACK:5 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct play play;
        begin(&play, 120);
        go_up(&play);
        give_message(&play, rows[i].topic, rows[i].qos, rows[i].packet_id);
        CHECK_ROW(rows[i].name, strcmp(play.words, rows[i].words) == 0);
        sdk_link_finish(&play.link);
    }
}

/* Before the SUBACK, even before the SUBSCRIBE; one byte at a time; and a link closed by the handler. */
static void test_downlink_order(void)
{
    struct play play;
    begin(&play, 120);
    give_message(&play, "q/1/d/qdpkdk/sys", 1, 1);
    expect(&play, "CONNECT message:hey PUBACK:1 ");
    struct buffer packets;
    buffer_init(&packets, 64);
    mqtt_connack_write(&packets, false, 0);
    mqtt_suback_write(&packets, 1, 1);
    size_t start = 0;
    for (size_t end = 1; end <= packets.length; end++) {
        start += sdk_link_receive(&play.link, packets.data + start, end - start, play.now_ms);
    }
    CHECK(start == packets.length);
    expect(&play, "SUBSCRIBE:1 subscribed ");
    play.closes_on_message = true;
    give_message(&play, "q/1/d/qdpkdk/sys", 1, 1);
    expect(&play, "message:hey ");
    buffer_finish(&packets);
    sdk_link_finish(&play.link);
}

/* A PUBREL of the server is not understood: no PUBCOMP (protocol.md, 2.4). */
static void test_no_pubcomp(void)
{
    struct play play;
    begin(&play, 120);
    go_up(&play);
    give_message(&play, "q/1/d/qdpkdk/sys", 2, 3);
    give_ack(&play, MQTT_PUBREL, 3);
    expect(&play, "message:hey PUBREC:3 ");
    sdk_link_finish(&play.link);
}

static void test_queue(void)
{
    struct play play;
    begin(&play, 120);
    CHECK(sdk_link_publish(&play.link, "sys", 1, (const uint8_t *)"x", 1, 1, play.now_ms) == E_STATE);
    go_up(&play);
    for (int i = 0; i < SDK_LINK_QUEUE; i++) {
        publish(&play, 1, i);
    }
    CHECK(sdk_link_publish(&play.link, "sys", 1, (const uint8_t *)"x", 1, 1, play.now_ms) == E_LIMIT);
    sdk_link_closed(&play.link);
    CHECK(play.link.queued == 0);
    expect(&play, "PUBLISH:2 sent:0 ");
    sdk_link_finish(&play.link);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"CONNECT repeats", test_connect_repeats},
        {"SUBSCRIBE repeats", test_subscribe_repeats},
        {"answers", test_answers},
        {"QoS 1", test_qos1},
        {"QoS 2", test_qos2},
        {"repeats end", test_repeats_end},
        {"a repeat waits for silence", test_repeat_waits_for_silence},
        {"pings", test_pings},
        {"least keep alive", test_least_keep_alive},
        {"downlinks", test_downlinks},
        {"downlink order", test_downlink_order},
        {"no PUBCOMP", test_no_pubcomp},
        {"queue", test_queue},
        {0},
    };
    return suite_run("sdk_link", cases);
}
