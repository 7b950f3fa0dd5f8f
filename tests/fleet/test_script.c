/* Scripts: what is a move and what is not, and when a move is done, pure. */
#include "fleet/script.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/frame.h"
#include "fleet/script_run.h"
#include "support/suite.h"

static enum status read_text(const char *text, struct script *script, struct violations *wrong)
{
    json_t *array = json_loads(text, JSON_DECODE_ANY, NULL);
    CHECK_FATAL(array != NULL);
    *wrong = (struct violations){0};
    enum status status = script_read(array, script, wrong);
    json_decref(array);
    return status;
}

/* Each wrong member is named, alone and in its place. */
static void test_wrong_members(void)
{
    static const struct {
        const char *text;
        const char *pointer;
    } rows[] = {
        {"{}", ""},
        {"[1]", "/0"},
        {"[{}]", "/0"},
        {"[{\"about\": \"x\"}]", "/0"},
        {"[{\"wait\": 1}, {\"send\": {\"command\": \"info\", \"payload\": \"\"}, \"wait\": 1}]", "/1"},
        {"[{\"await\": {\"command\": \"error\"}, \"about\": 1}]", "/0/about"},
        {"[{\"jump\": {}}]", "/0/jump"},
        {"[{\"connect\": 1}]", "/0/connect"},
        {"[{\"connect\": {\"auth\": 2}}]", "/0/connect/auth"},
        {"[{\"connect\": {\"auth\": \"0\"}}]", "/0/connect/auth"},
        {"[{\"connect\": {\"encrypt\": 1}}]", "/0/connect/encrypt"},
        {"[{\"connect\": {\"keepAlive\": 0}}]", "/0/connect/keepAlive"},
        {"[{\"connect\": {\"keepAlive\": 65536}}]", "/0/connect/keepAlive"},
        {"[{\"connect\": {\"refused\": 1}}]", "/0/connect/refused"},
        {"[{\"connect\": {\"within\": 0}}]", "/0/connect/within"},
        {"[{\"connect\": {\"within\": 86400001}}]", "/0/connect/within"},
        {"[{\"connect\": {\"secret\": \"x\"}}]", "/0/connect/secret"},
        {"[{\"send\": {\"payload\": \"00\"}}]", "/0/send/command"},
        {"[{\"send\": {\"command\": 1, \"payload\": \"00\"}}]", "/0/send/command"},
        {"[{\"send\": {\"command\": \"otaStat\", \"payload\": \"00\"}}]", "/0/send/command"},
        {"[{\"send\": {\"command\": \"0x011\", \"payload\": \"00\"}}]", "/0/send/command"},
        {"[{\"send\": {\"command\": \"info\"}}]", "/0/send/payload"},
        {"[{\"send\": {\"command\": \"info\", \"payload\": \"0\"}}]", "/0/send/payload"},
        {"[{\"send\": {\"command\": \"info\", \"payload\": \"0g\"}}]", "/0/send/payload"},
        {"[{\"send\": {\"command\": \"info\", \"payload\": \"\", \"qos\": 3}}]", "/0/send/qos"},
        {"[{\"send\": {\"command\": \"info\", \"payload\": \"\", \"encrypted\": 0}}]", "/0/send/encrypted"},
        {"[{\"send\": {\"command\": \"info\", \"payload\": \"\", \"topicKind\": \"a/b\"}}]", "/0/send/topicKind"},
        {"[{\"send\": {\"raw\": \"aa\"}}]", "/0/send/topicKind"},
        {"[{\"send\": {\"raw\": \"a\", \"topicKind\": \"sys\"}}]", "/0/send/raw"},
        {"[{\"send\": {\"raw\": \"aa\", \"topicKind\": \"sys\", \"payload\": \"\"}}]", "/0/send/payload"},
        {"[{\"send\": {\"raw\": \"aa\", \"topicKind\": \"sys\", \"command\": \"info\"}}]", "/0/send/command"},
        {"[{\"await\": {}}]", "/0/await/command"},
        {"[{\"await\": {\"command\": \"error\", \"qos\": 1}}]", "/0/await/qos"},
        {"[{\"wait\": -1}]", "/0/wait"},
        {"[{\"wait\": 1.5}]", "/0/wait"},
        {"[{\"wait\": 86400001}]", "/0/wait"},
        {"[{\"download\": {\"range\": \"\"}}]", "/0/download/range"},
        {"[{\"download\": {\"range\": \"bytes=0-1\\r\\nX: y\"}}]", "/0/download/range"},
        {"[{\"download\": {\"file\": 5}}]", "/0/download/file"},
        {"[{\"download\": {\"stopAfter\": -1}}]", "/0/download/stopAfter"},
        {"[{\"download\": {\"within\": 1}}]", "/0/download/within"},
        {"[{\"downloaded\": {\"status\": 99}}]", "/0/downloaded/status"},
        {"[{\"downloaded\": {\"complete\": 1}}]", "/0/downloaded/complete"},
        {"[{\"downloaded\": {\"bytes\": -1}}]", "/0/downloaded/bytes"},
        {"[{\"disconnect\": \"bye\"}]", "/0/disconnect"},
        {"[{\"closed\": {\"by\": \"server\"}}]", "/0/closed/by"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct script script;
        struct violations wrong;
        CHECK_ROW(rows[i].text, read_text(rows[i].text, &script, &wrong) == E_FORMAT);
        CHECK_ROW(rows[i].text, wrong.count == 1 && strcmp(wrong.items[0].pointer, rows[i].pointer) == 0);
        CHECK_ROW(rows[i].text, wrong.items[0].detail[0] != '\0');
        CHECK_ROW(rows[i].text, script.moves == NULL);
    }
}

/* All of them at once, not the first alone. */
static void test_every_wrong_member_is_named(void)
{
    struct script script;
    struct violations wrong;
    CHECK(read_text("[{\"wait\": -1}, {\"connect\": {\"auth\": 2, \"keepAlive\": 0}}, {\"jump\": 1}]", &script,
                    &wrong) == E_FORMAT);
    CHECK(wrong.count == 4);
}

static void test_every_member_is_read(void)
{
    struct script script;
    struct violations wrong;
    CHECK_FATAL(read_text("[{\"connect\": {\"auth\": 1, \"encrypt\": true, \"keepAlive\": 60, \"refused\": true, "
                          "\"within\": 5}, \"about\": \"first\"},"
                          " {\"send\": {\"command\": \"0x0114\", \"qos\": 2, \"payload\": \"0102\", \"topicKind\": "
                          "\"bus\", \"encrypted\": false}},"
                          " {\"send\": {\"raw\": \"ff\", \"topicKind\": \"sys\"}},"
                          " {\"await\": {\"command\": \"otaNotify\"}}, {\"wait\": 1500},"
                          " {\"download\": {\"range\": \"bytes=5-9\", \"file\": 1, \"stopAfter\": 3}},"
                          " {\"downloaded\": {\"status\": 206, \"complete\": false, \"bytes\": 3, \"within\": 9}},"
                          " {\"disconnect\": \"goodbye\"}, {\"closed\": {}}]",
                          &script, &wrong) == OK);
    CHECK_FATAL(script.count == 9);
    const struct script_move *moves = script.moves;
    CHECK(moves[0].auth == 1 && moves[0].announces && moves[0].keep_alive_s == 60 && moves[0].refused);
    CHECK(moves[0].within_ms == 5);
    CHECK(moves[1].command == COMMAND_OTA_STATUS && moves[1].qos == 2 && moves[1].length == 2);
    CHECK(moves[1].bytes[1] == 2 && moves[1].cipher == SCRIPT_CLEAR && !moves[1].is_raw);
    CHECK_TEXT(moves[1].topic_kind, "bus");
    CHECK(moves[2].is_raw && moves[2].length == 1 && moves[2].bytes[0] == 0xFF && moves[2].qos == 1);
    CHECK(moves[3].command == COMMAND_OTA_NOTIFY && moves[3].within_ms == LIMIT_SCRIPT_WITHIN_MS);
    CHECK(moves[4].wait_ms == 1500);
    CHECK(moves[5].file == 1 && moves[5].stop_after == 3);
    CHECK_TEXT(moves[5].range, "bytes=5-9");
    CHECK(moves[6].status == 206 && moves[6].ended == SCRIPT_BROKEN && moves[6].expected_bytes == 3 &&
          moves[6].within_ms == 9);
    CHECK(moves[7].says_goodbye && moves[8].kind == SCRIPT_CLOSED);
    script_finish(&script);
    CHECK_OK(read_text("[]", &script, &wrong));
    script_finish(&script);
}

/* --- steps -------------------------------------------------------------------------------------------------------- */

/*
 * Events: S start   s SUBACK   d secret   k key   n otaNotify   f firmwareInfo   a acknowledged   u given up   l lost
 * x refused   c download complete (206, 5 bytes)   b broken off (206, 3)   e answered with 404   t +1 s   T +100 s
 * Actions: C connect   M send   D download   X disconnect; a blank after each event
 */
static const struct row {
    const char *name;
    const char *script;
    const char *events;
    const char *actions;
    enum script_end end;
    const char *text; /* of the divergence */
} rows[] = {
    {"nothing", "[]", "S", " ", SCRIPT_OVER, ""},
    {"connect needs SUBACK and secret", "[{\"connect\": {}}]", "Ssd", "C   ", SCRIPT_OVER, ""},
    {"secret before SUBACK", "[{\"connect\": {}}]", "Sds", "C   ", SCRIPT_OVER, ""},
    {"connect without an answer", "[{\"connect\": {}}]", "StT", "C   ", SCRIPT_DIVERGED,
     "move 0 (connect): not within 60000 ms"},
    {"connect is refused", "[{\"connect\": {}}]", "Sl", "C  ", SCRIPT_DIVERGED, "move 0 (connect): gone"},
    {"a refusal that is expected", "[{\"connect\": {\"refused\": true}}, {\"connect\": {}}]", "Slsd", "C XC   ",
     SCRIPT_OVER, ""},
    {"a polite refusal that is expected", "[{\"connect\": {\"refused\": true}}]", "Ssx", "C  X ", SCRIPT_OVER, ""},
    {"a refusal that does not come", "[{\"connect\": {\"refused\": true}}]", "SsdT", "C    ", SCRIPT_DIVERGED,
     "move 0 (connect): not within 60000 ms"},
    {"send ends with its acknowledgement",
     "[{\"connect\": {}}, {\"send\": {\"command\": \"info\", \"payload\": \"\"}}, {\"disconnect\": \"close\"}]", "Ssda",
     "C  M X ", SCRIPT_OVER, ""},
    {"send is given up", "[{\"connect\": {}}, {\"send\": {\"command\": \"info\", \"payload\": \"\"}}]", "Ssdu",
     "C  M  ", SCRIPT_OVER, ""},
    {"send without a link", "[{\"send\": {\"command\": \"info\", \"payload\": \"\"}}]", "S", " ", SCRIPT_DIVERGED,
     "move 0 (send info): there is no link"},
    {"send waits for the key",
     "[{\"connect\": {\"encrypt\": true}}, {\"send\": {\"command\": \"info\", \"payload\": \"\", \"encrypted\": "
     "true}}]",
     "Ssdka", "C   M  ", SCRIPT_OVER, ""},
    {"the key never comes",
     "[{\"connect\": {}}, {\"send\": {\"command\": \"info\", \"payload\": \"\", \"encrypted\": true, \"within\": 9}}]",
     "SsdT", "C    ", SCRIPT_DIVERGED, "move 1 (send info): not within 9 ms"},
    {"the link goes while it sends",
     "[{\"connect\": {}}, {\"send\": {\"command\": \"info\", \"payload\": \"\"}}, "
     "{\"closed\": {}}]",
     "Ssdl", "C  M  ", SCRIPT_OVER, ""},
    {"what came before is awaited",
     "[{\"connect\": {}}, {\"send\": {\"command\": \"info\", \"payload\": \"\"}}, {\"await\": {\"command\": "
     "\"otaNotify\"}}]",
     "Ssdna", "C  M   ", SCRIPT_OVER, ""},
    {"each downlink once",
     "[{\"connect\": {}}, {\"await\": {\"command\": \"otaNotify\"}}, {\"await\": {\"command\": \"otaNotify\"}}]",
     "SsdnfT", "C      ", SCRIPT_DIVERGED, "move 2 (await otaNotify): not within 60000 ms"},
    {"the inbox is empty on a new link",
     "[{\"connect\": {}}, {\"disconnect\": \"close\"}, {\"connect\": {\"auth\": 1}}, {\"await\": {\"command\": "
     "\"otaNotify\"}}]",
     "SnsdsT", "C   XC   ", SCRIPT_DIVERGED, "move 3 (await otaNotify): not within 60000 ms"},
    {"the link goes while it awaits", "[{\"connect\": {}}, {\"await\": {\"command\": \"otaNotify\"}}]", "Ssdl", "C    ",
     SCRIPT_DIVERGED, "move 1 (await otaNotify): the link has gone"},
    {"what was under way when the server closed need not come",
     "[{\"connect\": {}}, {\"await\": {\"command\": \"otaNotify\"}}, {\"await\": {\"command\": \"firmwareInfo\"}}, "
     "{\"closed\": {}}]",
     "Ssdl", "C    ", SCRIPT_OVER, ""},
    {"closed does not come", "[{\"connect\": {}}, {\"closed\": {\"within\": 500}}]", "Ssdt", "C    ", SCRIPT_DIVERGED,
     "move 1 (closed): not within 500 ms"},
    {"wait, scaled", "[{\"wait\": 1500}, {\"disconnect\": \"close\"}]", "St", " X ", SCRIPT_OVER, ""},
    {"wait, longer", "[{\"wait\": 2500}, {\"disconnect\": \"close\"}]", "St", "  ", SCRIPT_GOES_ON, ""},
    {"a download goes on beside",
     "[{\"connect\": {}}, {\"download\": {}}, {\"send\": {\"command\": \"info\", \"payload\": \"\"}}, "
     "{\"downloaded\": {\"status\": 206, \"bytes\": 5}}]",
     "Ssdac", "C  DM   ", SCRIPT_OVER, ""},
    {"it ended before it is asked for",
     "[{\"connect\": {}}, {\"download\": {}}, {\"send\": {\"command\": \"info\", \"payload\": \"\"}}, "
     "{\"downloaded\": {\"complete\": false}}]",
     "Ssdba", "C  DM   ", SCRIPT_OVER, ""},
    {"another status", "[{\"download\": {}}, {\"downloaded\": {\"status\": 206}}]", "Se", "D  ", SCRIPT_DIVERGED,
     "move 1 (downloaded): HTTP status 404 instead of 206"},
    {"any end", "[{\"download\": {}}, {\"downloaded\": {}}]", "Sb", "D  ", SCRIPT_OVER, ""},
    {"broken off", "[{\"download\": {}}, {\"downloaded\": {\"complete\": true}}]", "Sb", "D  ", SCRIPT_DIVERGED,
     "move 1 (downloaded): it broke off after 3 bytes"},
    {"not broken off", "[{\"download\": {}}, {\"downloaded\": {\"complete\": false}}]", "Sc", "D  ", SCRIPT_DIVERGED,
     "move 1 (downloaded): it was complete after 5 bytes"},
    {"of another length", "[{\"download\": {}}, {\"downloaded\": {\"bytes\": 6}}]", "Sc", "D  ", SCRIPT_DIVERGED,
     "move 1 (downloaded): 5 bytes instead of 6"},
    {"a download that never ends", "[{\"download\": {}}, {\"downloaded\": {}}]", "ST", "D  ", SCRIPT_DIVERGED,
     "move 1 (downloaded): not within 60000 ms"},
    {"downloaded without a download", "[{\"downloaded\": {}}]", "S", " ", SCRIPT_DIVERGED,
     "move 0 (downloaded): no download was begun"},
};

static struct script_event event_of(char letter)
{
    switch (letter) {
    case 'S':
        return (struct script_event){.kind = SCRIPT_START};
    case 's':
        return (struct script_event){.kind = SCRIPT_SUBSCRIBED};
    case 'd':
        return (struct script_event){.kind = SCRIPT_SECRET};
    case 'k':
        return (struct script_event){.kind = SCRIPT_KEY};
    case 'n':
        return (struct script_event){.kind = SCRIPT_RECEIVED, .command = COMMAND_OTA_NOTIFY};
    case 'f':
        return (struct script_event){.kind = SCRIPT_RECEIVED, .command = COMMAND_FIRMWARE_INFO};
    case 'a':
        return (struct script_event){.kind = SCRIPT_ENDED, .good = true};
    case 'u':
        return (struct script_event){.kind = SCRIPT_ENDED};
    case 'l':
        return (struct script_event){.kind = SCRIPT_LOST, .text = "gone"};
    case 'x':
        return (struct script_event){.kind = SCRIPT_REFUSED, .text = "no"};
    case 'c':
        return (struct script_event){.kind = SCRIPT_DOWNLOAD_ENDED, .good = true, .status = 206, .bytes = 5};
    case 'b':
        return (struct script_event){.kind = SCRIPT_DOWNLOAD_ENDED, .status = 206, .bytes = 3};
    case 'e':
        return (struct script_event){.kind = SCRIPT_DOWNLOAD_ENDED, .status = 404, .bytes = 0};
    default:
        return (struct script_event){.kind = SCRIPT_TIMER};
    }
}

static void play(const struct row *row)
{
    static const char letters[] = {
        [SCRIPT_DO_CONNECT] = 'C', [SCRIPT_DO_SEND] = 'M', [SCRIPT_DO_DOWNLOAD] = 'D', [SCRIPT_DO_DISCONNECT] = 'X'};
    struct script script;
    struct violations wrong;
    struct script_run run;
    char done[64] = "";
    int64_t now = 1000;
    CHECK_FATAL(read_text(row->script, &script, &wrong) == OK);
    script_run_init(&run, &script, false, 2);
    for (const char *event = row->events; *event != '\0'; event++) {
        struct script_actions actions;
        struct script_event made = event_of(*event);
        now += *event == 't' ? 1000 : *event == 'T' ? 100000 : 1;
        script_step(&run, &made, now, &actions);
        for (size_t i = 0; i < actions.count; i++) {
            if (actions.items[i].kind != SCRIPT_DO_TELL) {
                (void)strncat(done, &letters[actions.items[i].kind], 1);
            }
        }
        (void)strcat(done, " ");
    }
    CHECK_ROW(row->name, strcmp(done, row->actions) == 0);
    CHECK_ROW(row->name, run.end == row->end);
    CHECK_ROW(row->name, strcmp(run.text, row->text) == 0);
    if (strcmp(done, row->actions) != 0 || strcmp(run.text, row->text) != 0) {
        (void)fprintf(stderr, "    '%s' '%s'\n", done, run.text);
    }
    CHECK_ROW(row->name, run.end == SCRIPT_GOES_ON || run.deadline_ms == SCRIPT_NEVER);
    script_finish(&script);
}

static void test_steps(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        play(&rows[i]);
    }
}

/* Downlinks that nobody awaits do not pile up: the oldest gives way. */
static void test_inbox_is_bounded(void)
{
    struct script script;
    struct violations wrong;
    struct script_run run;
    struct script_actions actions;
    CHECK_FATAL(read_text("[{\"connect\": {}}, {\"await\": {\"command\": \"otaNotify\"}}]", &script, &wrong) == OK);
    script_run_init(&run, &script, true, 1);
    struct script_event start = event_of('S');
    struct script_event notify = event_of('n');
    struct script_event info = event_of('f');
    script_step(&run, &start, 0, &actions);
    script_step(&run, &notify, 0, &actions);
    for (int i = 0; i < LIMIT_SCRIPT_INBOX; i++) {
        script_step(&run, &info, 0, &actions);
    }
    CHECK(run.inbox_count == LIMIT_SCRIPT_INBOX);
    CHECK(run.inbox[0] == COMMAND_FIRMWARE_INFO);
    script_finish(&script);
}

/* More moves at once than actions fit: the deadline is now, nothing is lost. */
static void test_many_moves_at_once(void)
{
    enum { MOVES = 200 };
    static char text[32 * MOVES];
    struct script script;
    struct violations wrong;
    struct script_run run;
    struct script_actions actions;
    int downloads = 0;
    (void)strcpy(text, "[");
    for (int i = 0; i < MOVES; i++) {
        (void)strcat(text, i == 0 ? "{\"download\": {}}" : ", {\"download\": {}}");
    }
    (void)strcat(text, "]");
    CHECK_FATAL(read_text(text, &script, &wrong) == OK);
    script_run_init(&run, &script, false, 1);
    struct script_event event = event_of('S');
    for (int turns = 0; run.end == SCRIPT_GOES_ON && turns < MOVES; turns++) {
        script_step(&run, &event, 5, &actions);
        CHECK(run.end != SCRIPT_GOES_ON || run.deadline_ms == 5);
        for (size_t i = 0; i < actions.count; i++) {
            downloads += actions.items[i].kind == SCRIPT_DO_DOWNLOAD ? 1 : 0;
        }
        event = event_of('t');
    }
    CHECK(run.end == SCRIPT_OVER && downloads == MOVES);
    script_finish(&script);
}

static void test_files(void)
{
    char path[] = "/tmp/mockdc-script-XXXXXX";
    struct script script;
    struct violations wrong = {0};
    struct error error = {0};
    int fd = mkstemp(path);
    CHECK_FATAL(fd >= 0 && write(fd, "[{\"wait\": 1},\n{\"wait\": 1.5}]", 28) == 28);
    CHECK(script_read_file(path, &script, &wrong, &error) == E_FORMAT);
    CHECK(wrong.count == 1 && strstr(error.text, "1 of its members is wrong") != NULL);
    CHECK_FATAL(ftruncate(fd, 20) == 0);
    CHECK(script_read_file(path, &script, &wrong, &error) == E_FORMAT);
    CHECK(strstr(error.text, "line 2") != NULL);
    CHECK(ftruncate(fd, LIMIT_SCRIPT_BYTES + 1) == 0);
    CHECK(script_read_file(path, &script, &wrong, &error) == E_LIMIT);
    (void)close(fd);
    (void)unlink(path);
    CHECK(script_read_file(path, &script, &wrong, &error) == E_IO);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"a wrong member is named", test_wrong_members},
        {"all wrong members are named", test_every_wrong_member_is_named},
        {"every member is read", test_every_member_is_read},
        {"when a move is done", test_steps},
        {"the inbox is bounded", test_inbox_is_bounded},
        {"many moves at once", test_many_moves_at_once},
        {"files", test_files},
        {0},
    };
    return suite_run("script", cases);
}
