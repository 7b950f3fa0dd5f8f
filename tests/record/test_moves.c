/* From a journal to the moves of a script. */
#include "record/moves.h"

#include <stdio.h>

#include "record/journal.h"
#include "support/suite.h"

enum { TEXT = 2048, LONGEST_MS = 10000 };

static const struct row {
    const char *name;
    const char *journal;
    const char *moves;
    const char *doubt; /* part of the only one; NULL: there is none */
} rows[] = {
    {"an upgrade",
     "C0 @2 >configuration @5 <otaRequest <status <info @9 >otaNotify <1 @10 <2 >firmwareInfo @12 <4 "
     "G(bytes=0-4999,206,5000,complete,20) @14 <5 @40 <8 <9 @2040 <11 @2050 X(closed_by_us)",
     "connect:0 await:configuration send:otaRequest send:status send:info await:otaNotify send:1 send:2 "
     "await:firmwareInfo send:4 download:bytes=0-4999 send:5 downloaded:206:complete send:8 send:9 wait:2000 send:11 "
     "closed ",
     NULL},
    {"the entry of a download comes behind the 8 about it",
     "C0 >firmwareInfo G(bytes=0-9,206,10,complete,50) @1 <4 @2 <5 @30 <8 @90 <9",
     "connect:0 await:firmwareInfo download:bytes=0-9 send:4 send:5 downloaded:206:complete wait:28 send:8 wait:60 "
     "send:9 ",
     NULL},
    {"the answer of a download that is late stays behind the 6",
     "C0 >firmwareInfo G(bytes=0-9,206,10,complete,9000) <4 @5000 <6 @9500 <12",
     "connect:0 await:firmwareInfo send:4 download:bytes=0-9 wait:5000 send:6 downloaded:0:somehow wait:500 send:12 ",
     NULL},
    {"a progress report in the middle", "C0 G(bytes=0-9,206,10,complete,7000) <4 <5 @5000 <5 @7001 <8",
     "connect:0 send:4 send:5 download:bytes=0-9 wait:5000 send:5 downloaded:206:complete send:8 ", NULL},
    {"answered with 404", "C0 G(bytes=0-9,404,18,complete,1) <4 @3 <6",
     "connect:0 send:4 download:bytes=0-9 downloaded:404:broken send:6 ", NULL},
    {"sent as a whole, and the power failed",
     "C0 G(bytes=0-9,206,10,complete,10) @30 X(closed_by_the_other_side) @900 C1 <12",
     "connect:0 download:bytes=0-9 downloaded:0:somehow wait:20 disconnect:close wait:870 connect:1 send:12 ", NULL},
    {"closed before the header", "C0 G(bytes=0-9,0,0,cut,1) @3 <6",
     "connect:0 download:bytes=0-9 downloaded:0:broken send:6 ", NULL},
    {"the device breaks a download off", "C0 G(bytes=0-9999,206,4096,clientClosed,100) <5 @50 X(closed_by_us)",
     "connect:0 send:5 download:bytes=0-9999:4096 closed downloaded:0:broken ", NULL},
    {"... of which all was under way", "C0 G(bytes=0-9,206,10,clientClosed,10)",
     "connect:0 download:bytes=0-9:9 downloaded:0:broken ", NULL},
    {"the whole file, without a range", "C0 G(,200,10,complete,10) @30 <8",
     "connect:0 download: downloaded:200:complete wait:20 send:8 ", NULL},
    {"a piece whose entry comes behind the next request",
     "C0 G(bytes=0-9,206,10,complete,20) @1 <8 @5 G(bytes=10-19,206,10,complete,1) @30 <8",
     "connect:0 download:bytes=0-9 downloaded:206:complete send:8 download:bytes=10-19 downloaded:206:complete wait:24 "
     "send:8 ",
     NULL},
    {"two at once: the first is not heeded any more",
     "C0 G(bytes=0-9,206,10,complete,9000) @100 G(bytes=0-9,206,10,complete,10) @200 <8",
     "connect:0 download:bytes=0-9 wait:100 download:bytes=0-9 downloaded:206:complete wait:90 send:8 ", NULL},
    {"a long wait is cut", "C0 @3600000 <info", "connect:0 wait:10000 send:info ", NULL},
    {"a repeat comes by itself", "C0 <4 @2000 =4 <5", "connect:0 send:4 wait:2000 send:5 ", NULL},
    {"no frame", "C0 ?", "connect:0 raw:sys:0102 ", NULL},
    {"a notify with a wrong checksum reaches nobody", "C0 !otaNotify >otaNotify", "connect:0 await:otaNotify ", NULL},
    {"a frame that a fault dropped is not awaited", "C0 >otaNotify @1 F(mqtt.link,dropFrame,1) @100 >firmwareInfo",
     "connect:0 await:firmwareInfo ", NULL},
    {"a frame that a fault corrupted is sent as it was", "C0 @50 ~4 F(mqtt.link,corruptFrame,1)",
     "connect:0 wait:50 send:4 ", NULL},
    {"... without that fault it was the device", "C0 ~4",
     "connect:0 raw:ota:aaaa0027ac00070114006a00040073000d444f574e4c4f41445354415254003a00010023000553544d3333 ", NULL},
    {"a fault cuts the link behind a message that is in no journal",
     "C0 >configuration <info @5 F(mqtt.link,cut,1,cut_after_3_frames) X(a_fault_cut_it) C1",
     "connect:0 await:configuration send:info send:transparentUp closed connect:1 ", NULL},
    {"... behind one that is", "C0 >configuration <info @5 F(mqtt.link,cut,1,cut_after_2_frames) X(a_fault_cut_it) C1",
     "connect:0 await:configuration send:info closed connect:1 ", NULL},
    {"a frame that a fault made unreadable", "C0 @50 ? @51 F(mqtt.link,corruptFrame,1)",
     "connect:0 wait:50 raw:sys:0102 ", "as it arrived"},
    {"refused, and in again", "R(a,fault) @1500 C0", "connect:0:refused wait:1500 connect:0 ", NULL},
    {"refused with its secret", "C0 X(a) R(a) @1500 C1", "connect:0 closed connect:1:refused wait:1500 connect:1 ",
     NULL},
    {"a device that the server does not know begins anew", "R(unknown_device) @1500 C0 <info", "connect:0 send:info ",
     NULL},
    {"... in the middle of the session", "C0 X(x) R(unknown_device) @9 C0", "connect:0 closed connect:0 ",
     "forgot the device"},
    {"encrypted, and one in clear", "E1 <4", "connect:1:encrypt send:4:clear ", NULL},
    {"a fault cuts the link", "C0 X(a_fault_cut_it) @2000 C1", "connect:0 closed wait:2000 connect:1 ", NULL},
    {"a new connection takes the old one's place", "C0 X(a_new_connection_of_the_same_device) C1",
     "connect:0 disconnect:close connect:1 ", NULL},
    {"it says goodbye", "C0 W(noDisconnect) X(the_broker_closed_it)", "connect:0 disconnect:goodbye ", NULL},
    {"a device that fell silent", "C0 @300000 X(the_broker_closed_it)", "connect:0 wait:10000 disconnect:close ", NULL},
    {"... in a black hole", "C0 @9 F(mqtt.link,blackhole,1) @180000 X(the_broker_closed_it)", "connect:0 closed ",
     NULL},
    {"what came before the first connect", "<info >otaNotify X(x) C0", "connect:0 ", NULL},
};

static void test_table(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[TEXT] = "";
        json_t *moves = NULL;
        struct doubts doubts = {0};
        json_t *entries = journal_make(rows[i].journal);
        CHECK_ROW(rows[i].name, moves_make(entries, LONGEST_MS, &moves, &doubts) == OK);
        moves_text(moves, text, sizeof text);
        CHECK_ROW(rows[i].name, strcmp(text, rows[i].moves) == 0);
        if (strcmp(text, rows[i].moves) != 0) {
            (void)fprintf(stderr, "    '%s'\n", text);
        }
        CHECK_ROW(rows[i].name, doubts.count == (rows[i].doubt != NULL ? 1 : 0));
        CHECK_ROW(rows[i].name, rows[i].doubt == NULL || strstr(doubts.items[0], rows[i].doubt) != NULL);
        json_decref(moves);
        json_decref(entries);
    }
}

/* How long the device lets its link be silent is repeated as well. */
static void test_keep_alive(void)
{
    json_t *moves = NULL;
    struct doubts doubts = {0};
    json_t *entries = journal_make("C0 <info");
    (void)json_object_set_new(json_array_get(entries, 0), "keepAlive", json_integer(33));
    CHECK_FATAL(moves_make(entries, LONGEST_MS, &moves, &doubts) == OK);
    const json_t *connect = json_object_get(json_array_get(moves, 0), "connect");
    CHECK(json_integer_value(json_object_get(connect, "keepAlive")) == 33);
    json_decref(moves);
    json_decref(entries);
}

/* Nothing that the device did, nothing to repeat. */
static void test_nothing(void)
{
    json_t *moves = NULL;
    struct doubts doubts = {0};
    json_t *entries = journal_make("<info >otaNotify");
    CHECK(moves_make(entries, LONGEST_MS, &moves, &doubts) == E_NOT_FOUND);
    CHECK(moves == NULL);
    json_decref(entries);
}

/* Each doubt once, and no more than there is room for. */
static void test_doubts(void)
{
    struct doubts doubts = {0};
    doubt(&doubts, "same");
    doubt(&doubts, "same");
    CHECK(doubts.count == 1);
    for (int i = 0; i < 2 * DOUBTS_MOST; i++) {
        doubt(&doubts, "number %d", i);
    }
    CHECK(doubts.count == DOUBTS_MOST);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"journals and their moves", test_table},
        {"keep alive", test_keep_alive},
        {"nothing to repeat", test_nothing},
        {"doubts", test_doubts},
        {0},
    };
    return suite_run("moves", cases);
}
