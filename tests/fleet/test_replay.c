/* A script played on a real link against a small Developer Center: what goes out, and how a divergence ends it. */
#include "fleet/replay.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "fleet/peer.h"
#include "support/suite.h"

enum { GUARD_MS = 20 * 1000, TEXT = 8192 };

struct run {
    struct loop *loop;
    struct loop_timer *guard;
    bool ended;
    bool all_made;
    char text[SCRIPT_TEXT];
};

static void on_note(void *context, const char *word, const char *text)
{
    (void)context;
    (void)word;
    (void)text;
}

static void on_end(void *context, bool all_made, const char *text)
{
    struct run *run = context;
    CHECK(!run->ended);
    run->ended = true;
    run->all_made = all_made;
    text_copy_cut(run->text, sizeof run->text, text);
    loop_stop(run->loop);
}

static void on_guard(void *context)
{
    struct run *run = context;
    loop_stop(run->loop);
}

/* "send:N" stands for a 0x0114 with that status of STM32; the peer looks at nothing else of it. */
static void expand(const char *text, char *script)
{
    script[0] = '\0';
    for (const char *at = text; *at != '\0'; at++) {
        size_t used = strlen(script);
        int status = 0;
        int length = 0;
        if (sscanf(at, "send:%d%n", &status, &length) == 1) {
            struct ota_status_message message = {.status = status, .component_type = {true, 1}};
            struct buffer payload = {.limit = LIMIT_FRAME_PAYLOAD};
            char hex[512];
            text_copy_cut(message.name, sizeof message.name, ota_status_name(status));
            text_copy_cut(message.component_no, sizeof message.component_no, "STM32");
            CHECK_OK(ota_status_encode(&message, &payload));
            hex_encode(payload.data, payload.length, hex);
            (void)snprintf(script + used, TEXT - used,
                           "{\"send\": {\"command\": \"otaStatus\", \"qos\": 2, \"payload\": \"%s\"}}", hex);
            buffer_finish(&payload);
            at += length - 1;
        } else {
            (void)snprintf(script + used, TEXT - used, "%c", *at);
        }
    }
}

static void play(struct run *run, struct peer *peer, const struct peer_plan *plan, const char *text)
{
    static char expanded[TEXT];
    static const struct replay_handlers handlers = {.on_note = on_note, .on_end = on_end};
    struct virtual_device_settings settings = {
        .product_key = "pk", .product_secret = "ps", .device_key = "dk1", .time_scale = 10};
    struct script script;
    struct violations wrong = {0};
    struct replay *replay = NULL;
    expand(text, expanded);
    json_t *array = json_loads(expanded, 0, NULL);
    CHECK_FATAL(array != NULL && script_read(array, &script, &wrong) == OK);
    json_decref(array);
    *run = (struct run){.ended = false};
    CHECK_FATAL(loop_create(&run->loop) == OK);
    CHECK_OK(loop_timer_create(run->loop, on_guard, run, &run->guard));
    loop_timer_arm(run->guard, GUARD_MS);
    peer_start(peer, run->loop, plan);
    text_copy_cut(settings.server.host, sizeof settings.server.host, "127.0.0.1");
    settings.server.port = peer->mqtt_port;
    CHECK_FATAL(replay_create(run->loop, NULL, NULL, &settings, &script, &handlers, run, &replay) == OK);
    replay_start(replay);
    CHECK_OK(loop_run(run->loop));
    replay_destroy(replay);
    peer_stop(peer);
    loop_timer_destroy(run->guard);
    loop_destroy(run->loop);
    script_finish(&script);
}

#define UPGRADE_BEGINS                                                                                                 \
    "{\"await\": {\"command\": \"configuration\"}}, "                                                                  \
    "{\"send\": {\"command\": \"otaRequest\", \"qos\": 2, \"payload\": \"00cb00034d5f31\"}}, "                         \
    "{\"await\": {\"command\": \"otaNotify\"}}, send:1, send:2, {\"await\": {\"command\": \"firmwareInfo\"}}, "        \
    "send:4, "

static const struct row {
    const char *name;
    struct peer_plan plan;
    const char *script;
    const char *statuses; /* that the peer heard */
    unsigned requests;
    const char *text; /* of the end */
    bool all_made;
} rows[] = {
    {"an upgrade",
     {.count = 1, .components = {{"STM32", "2_0_0", 1}}},
     "[{\"connect\": {}}, " UPGRADE_BEGINS "{\"download\": {\"range\": \"bytes=0-4999\"}}, send:5, "
     "{\"downloaded\": {\"bytes\": 5000}}, send:8, {\"wait\": 100}, send:9, send:11, {\"disconnect\": \"close\"}]",
     "1 2 4 5 8 9 11 ",
     1,
     "16 moves",
     true},
    {"encrypted",
     {.count = 1, .components = {{"STM32", "2_0_0", 1}}, .encrypts = true},
     "[{\"connect\": {\"encrypt\": true}}, {\"await\": {\"command\": \"configuration\"}}, {\"send\": {\"command\": "
     "\"otaRequest\", \"qos\": 2, \"payload\": \"00cb00034d5f31\", \"encrypted\": true}}, {\"await\": {\"command\": "
     "\"otaNotify\"}}, send:1]",
     "1 ",
     0,
     "5 moves",
     true},
    {"the device breaks its download off",
     {.count = 1, .components = {{"STM32", "2_0_0", 1}}},
     "[{\"connect\": {}}, " UPGRADE_BEGINS
     "{\"download\": {\"range\": \"bytes=0-4999\", \"stopAfter\": 100}}, {\"downloaded\": {\"complete\": "
     "false}}, send:6]",
     "1 2 4 6 ",
     1,
     "11 moves",
     true},
    {"a download is answered otherwise",
     {.count = 1, .components = {{"STM32", "2_0_0", 1}}, .http_errors = 1},
     "[{\"connect\": {}}, " UPGRADE_BEGINS "{\"download\": {\"range\": \"bytes=0-4999\"}}, {\"downloaded\": "
     "{\"status\": 206}}, send:8]",
     "1 2 4 ",
     1,
     "move 9 (downloaded): HTTP status 404 instead of 206",
     false},
    {"no URL was sent",
     {.count = 1, .components = {{"STM32", "2_0_0", 1}}},
     "[{\"connect\": {}}, {\"download\": {}}, {\"downloaded\": {}}]",
     "",
     0,
     "move 2 (downloaded): download: no URL was sent",
     false},
    {"the notify never comes",
     {.count = 1, .components = {{"STM32", "2_0_0", 1}}},
     "[{\"connect\": {}}, {\"await\": {\"command\": \"otaNotify\", \"within\": 200}}]",
     "",
     0,
     "move 1 (await otaNotify): not within 200 ms",
     false},
    {"refused, and expected to be", {.connack = 4}, "[{\"connect\": {\"refused\": true}}]", "", 0, "1 moves", true},
    {"refused", {.connack = 4}, "[{\"connect\": {}}]", "", 0, "move 0 (connect): refused with CONNACK 4", false},
    {"refused politely",
     {.error = 10423},
     "[{\"connect\": {}}]",
     "",
     0,
     "move 0 (connect): refused with error 10423",
     false},
    {"the server cuts the link",
     {.count = 1, .components = {{"STM32", "2_0_0", 1}}, .cut_at = 2},
     "[{\"connect\": {}}, {\"send\": {\"command\": \"otaRequest\", \"qos\": 2, \"payload\": \"00cb00034d5f31\"}}, "
     "{\"await\": {\"command\": \"otaNotify\"}}, send:1, send:2, {\"closed\": {}}, {\"connect\": {\"auth\": 1}}]",
     "1 ", /* the 2 is not counted */
     0,
     "7 moves",
     true},
};

static void test_table(void)
{
    static struct peer peer;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run run;
        play(&run, &peer, &rows[i].plan, rows[i].script);
        CHECK_ROW(rows[i].name, run.ended && run.all_made == rows[i].all_made);
        CHECK_ROW(rows[i].name, strcmp(run.text, rows[i].text) == 0);
        CHECK_ROW(rows[i].name, strcmp(peer.statuses, rows[i].statuses) == 0);
        CHECK_ROW(rows[i].name, peer.requests == rows[i].requests);
        CHECK_ROW(rows[i].name, peer.protocol_errors == 0);
        if (strcmp(run.text, rows[i].text) != 0 || strcmp(peer.statuses, rows[i].statuses) != 0) {
            (void)fprintf(stderr, "    '%s' '%s' %u\n", run.text, peer.statuses, peer.requests);
        }
        if (rows[i].plan.encrypts) {
            CHECK_ROW(rows[i].name, peer.encrypted == 2);
        }
    }
}

/* A secret that it was given is used, and the one that it is sent for the next connection. */
static void test_secret_is_kept(void)
{
    static struct peer peer;
    struct run run;
    const struct peer_plan plan = {.count = 0};
    play(&run, &peer, &plan, "[{\"connect\": {}}, {\"disconnect\": \"close\"}, {\"connect\": {\"auth\": 1}}]");
    CHECK(run.all_made);
    CHECK(peer.connects[0] == 1 && peer.connects[1] == 1);
    play(&run, &peer, &plan, "[{\"connect\": {\"auth\": 1}}]"); /* without one it authenticates first */
    CHECK(run.all_made);
    CHECK(peer.connects[0] == 1 && peer.connects[1] == 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"scripts on a link", test_table},
        {"the secret is kept", test_secret_is_kept},
        {0},
    };
    return suite_run("replay", cases);
}
