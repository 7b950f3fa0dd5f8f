#include "session/referee.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "support/suite.h"

/* One device, and what it breached. */
struct play {
    struct referee referee;
    int64_t now;
    uint16_t package_id;
    char found[256];
};

static void happen(struct play *play, const struct referee_event *event)
{
    struct breaches breaches;
    if (event->kind == REFEREE_TIME && play->now < referee_due(&play->referee)) {
        return;
    }
    referee_step(&play->referee, event, play->now, &breaches);
    for (size_t i = 0; i < breaches.count; i++) {
        size_t used = strlen(play->found);
        (void)snprintf(play->found + used, sizeof play->found - used, "%s%s%s", used > 0 ? " " : "",
                       breaches.items[i].told ? "" : "+", protocol_rule_name(breaches.items[i].rule));
    }
}

static void send_frame(struct play *play, uint16_t command)
{
    struct frame_conduct frame = {.command = command,
                                  .package_id = ++play->package_id,
                                  .qos = command == 0x0114 ? 2 : 1,
                                  .right_kind = true,
                                  .known = true};
    happen(play, &(struct referee_event){.kind = REFEREE_FRAME, .frame = &frame});
}

static void connect_and_report(struct play *play)
{
    struct connect_conduct connect = {.flags = 0x42, .keep_alive_s = 120};
    happen(play, &(struct referee_event){.kind = REFEREE_CONNECTED, .connect = &connect});
    happen(play, &(struct referee_event){.kind = REFEREE_SUBSCRIBED});
    send_frame(play, 0x0034);
    send_frame(play, 0x0044);
}

static void send_status(struct play *play, const char *word)
{
    struct upgrade_report upgrade = {.status_name = "X",
                                     .right_name = true,
                                     .component_no = "C",
                                     .component_type = {true, word[0] == 'M' ? 0 : 1},
                                     .versions = {.module_version = "M1", .mcu_count = 1}};
    upgrade.status = (int)strtol(word[0] == 'M' ? word + 1 : word, NULL, 10);
    send_frame(play, 0x0114);
    happen(play, &(struct referee_event){.kind = REFEREE_STATUS, .upgrade = &upgrade});
}

/*
 * "c" connects and reports, "n" notify, "i" firmware information, "a" one that a fault altered, "t" a timeout, "x" the link goes, "d" a fault of ours, "(" and ")" a
 * request begins and ends, "=n" so many seconds pass; a number is a status, "M4" one of a module.
 */
static void play_word(struct play *play, const char *word)
{
    static const char letters[] = "nixd()";
    static const enum referee_event_kind kinds[] = {REFEREE_NOTIFY,    REFEREE_FIRMWARE, REFEREE_GONE,
                                                    REFEREE_DISTURBED, REFEREE_REQUEST,  REFEREE_SERVED};
    const char *letter = strchr(letters, word[0]);
    if (word[0] == 'c') {
        connect_and_report(play);
    } else if (word[0] == '=') {
        play->now += 1000 * strtol(word + 1, NULL, 10);
        happen(play, &(struct referee_event){.kind = REFEREE_TIME});
    } else if (word[0] == 'a') {
        happen(play, &(struct referee_event){.kind = REFEREE_FIRMWARE, .altered = true});
    } else if (word[0] == 't') {
        happen(play, &(struct referee_event){.kind = REFEREE_GAVE_UP});
    } else if (letter != NULL) {
        struct request_conduct request = {.size = 100, .ranged = true, .last = 99};
        if (play->referee.has_piece && kinds[letter - letters] == REFEREE_REQUEST) {
            request.first = play->referee.piece_first;
        }
        happen(play, &(struct referee_event){.kind = kinds[letter - letters], .request = &request, .complete = true});
    } else {
        send_status(play, word);
    }
}

static void play_script(struct play *play, const char *script)
{
    char words[256];
    char *rest = NULL;
    referee_init(&play->referee);
    text_copy_cut(words, sizeof words, script);
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        play_word(play, word);
    }
}

static void test_stories(void)
{
    static const struct {
        const char *script;
        const char *expect;
    } rows[] = {
        /* what a right device does */
        {"c n 1 2 i 4 ( 5 ) 8 9 11", ""},
        {"c n 1 2 i 4 ( 5 ) 8 4 ( 5 ) 8 4 ( 5 ) 8 9 11", ""},
        {"c n M1 M2 i M4 ( M5 ) M8 M9 x c M11", ""},
        {"c n 1 2 i 4 6 i 4 6 i 4 6 i 4 6 i 4 6 i 4 12", ""},
        {"c n 1 2 i 4 ( 5 =4 5 =5 5 =7 5 ) 8 9 11", ""},
        {"c n 1 2 i 4 x c 8 9 11", ""},
        {"c n 1 n 1 2 1", ""},
        {"c n 1 3 n 1 3 i 4 5 8 9 11 n 1 2", ""},
        {"c n 1 2 =30 12 i 4 5 8 9 12", ""},
        {"c n 1 2 i 4 ( =5 6 5 8", ""},
        {"c n M1 M2 i M4 ( M5 ) M8 M6 i M4 M5", ""},
        {"c n 1 2 i 4 5 11", ""},
        {"c n 1 2 d i 5 4 9 =3000", ""},
        {"c 8 4 ( 5 ) 8 9 11", ""}, /* the server began anew while the device loaded pieces */
        {"c 1 1 2 i 4", ""},
        /* what a wrong one does */
        {"c n 1 2 i 5 4", "statusOrder +statusOrder"},
        {"c n 1 2 i 4 8", "statusOrder"},
        {"c n 1 2 i 4 5 9", "statusOrder"},
        {"c n 1 2 i 4 5 8 11 i 9", "statusOrder"},
        {"c n M1 M2 i M4 M5 M8 M4", "statusOrder"},
        {"c n M1 M2 i M4 M11", "statusOrder"},
        {"c 3 1", "receivedWithoutNotify"},
        {"c n 1 4", "downloadWithoutInfo"},
        {"c n 1 7", "statusNumber"},
        {"c n 1 2 i 4 6 4 6 4 6 4 6 4 6 4 6", "tooManyAttempts"},
        {"c n 1 2 i 4 ( 5 =8", "progressEvery5s"},
        {"c n 1 2 =36", "confirmedTimer"},
        {"c n 1 2 i 4 =8", "startTimer"},
        {"c n 1 2 i 4 5 8 9 =1261", "updatingTimer"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct play play = {.now = 1000000};
        play_script(&play, rows[i].script);
        CHECK_ROW(rows[i].script, strcmp(play.found, rows[i].expect) == 0);
    }
}

/* Whether what it reports about its plan may be judged. */
static void test_excused(void)
{
    static const struct {
        const char *script;
        bool excused;
    } rows[] = {
        {"c n 1 2 i 4", false},
        {"c n 1 x c n", true},        /* its 2 may be lost: then it waits for firmware information, and says 12 */
        {"c n 1 x c n 12", true},     /* as here */
        {"c n 1 x c n 1", false},     /* it is not */
        {"c n 1 2 i 4 x c", true},    /* statuses may be lost */
        {"c n 1 2 i 4 x c i", false}, /* what it says now belongs to this */
        {"c n 1 2 i 4 5 8 9 11 x c", false},
        {"c n x c", true},
        {"c", false},
        {"c n 1 2 i 4 t", true}, /* the server gave the attempt up, the device did not */
        {"c n 1 2 i 4 t i", false},
        {"c n 1 2 a", true},    /* a fault altered the order ... */
        {"c n 1 2 a i", false}, /* ... and this is the next */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct play play = {.now = 1000000};
        play_script(&play, rows[i].script);
        CHECK_ROW(rows[i].script, referee_excuses(&play.referee) == rows[i].excused);
    }
}

/* One event for a device that is subscribed and has reported; the only rule that it breaches, or "". */
static const char *judge(struct referee *referee, struct referee_event event)
{
    struct breaches breaches;
    referee_step(referee, &event, 5000, &breaches);
    CHECK(breaches.count <= 1);
    return breaches.count == 0 ? "" : protocol_rule_name(breaches.items[0].rule);
}

static void test_link(void)
{
    struct referee referee;
    referee_init(&referee);
    struct connect_conduct right = {.flags = 0x42, .keep_alive_s = 21};
    struct connect_conduct flags = {.flags = 0xC2, .keep_alive_s = 120};
    struct connect_conduct alive = {.flags = 0x42, .keep_alive_s = 20};
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_CONNECTED, .connect = &right}), "");
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_CONNECTED, .connect = &flags}), "connectFlags");
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_CONNECTED, .connect = &alive}), "keepAlive");
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_FAREWELL}), "noDisconnect");
    struct breaches breaches;
    referee_step(&referee, &(struct referee_event){.kind = REFEREE_SUBSCRIBED}, 5000, &breaches);
    CU_ASSERT_EQUAL(referee_due(&referee), 15000);
    referee_step(&referee, &(struct referee_event){.kind = REFEREE_TIME}, 15000, &breaches);
    CU_ASSERT_EQUAL_FATAL(breaches.count, 1);
    CU_ASSERT_EQUAL(breaches.items[0].rule, RULE_FIRST_FRAMES);
    CU_ASSERT_EQUAL(referee_due(&referee), REFEREE_NEVER);
}

static void test_frames(void)
{
    static const struct {
        struct frame_conduct frame;
        const char *expect;
    } rows[] = {
        {{.command = 0x0114, .qos = 2, .right_kind = true, .known = true}, "firstFrames"},
        {{.command = 0x0034, .qos = 1, .right_kind = true, .known = true}, ""},
        {{.command = 0x0044, .qos = 1, .right_kind = true, .known = true}, ""},
        {{.command = 0x0114, .qos = 2, .right_kind = true, .known = true}, ""},
        {{.command = 0x0114, .qos = 1, .right_kind = true, .known = true}, "statusQos"},
        {{.command = 0x0115, .qos = 0, .right_kind = true, .known = true}, "statusQos"},
        {{.command = 0x0115, .qos = -1, .right_kind = true, .known = true}, ""},
        {{.command = 0x0034, .qos = 2, .right_kind = true, .known = true}, "reportQos"},
        {{.command = 0x0012, .qos = 1, .right_kind = true, .known = true}, "reportQos"},
        {{.command = 0x0024, .qos = 2, .right_kind = true, .known = true}, ""},
        {{.command = 0x0024, .qos = 0, .right_kind = false, .known = true}, "topicKind"},
        {{.command = 0x0111, .qos = 0, .right_kind = true}, "knownCommand"},
        {{.command = 0x0024, .right_kind = true, .known = true, .id_reused = true}, "packageId"},
        {{.command = 0x0024, .right_kind = true, .known = true, .package_id = 0xFFFF}, "packageId"},
        {{.command = 0x0024, .right_kind = true, .known = true, .package_id = 0xFFFE}, ""},
        {{.command = 0x0024, .right_kind = true, .known = true, .encrypted = true}, ""},
        {{.command = 0x0024, .right_kind = true, .known = true}, "encryption"},
    };
    struct referee referee;
    referee_init(&referee);
    struct connect_conduct connect = {.flags = 0x42, .keep_alive_s = 120};
    (void)judge(&referee, (struct referee_event){.kind = REFEREE_CONNECTED, .connect = &connect});
    (void)judge(&referee, (struct referee_event){.kind = REFEREE_SUBSCRIBED});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame_conduct frame = rows[i].frame;
        frame.package_id = frame.package_id == 0 ? 7 : frame.package_id;
        CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_FRAME, .frame = &frame}), rows[i].expect);
    }
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_MALFORMED, .why = "no frame"}), "malformedFrame");
    (void)judge(&referee, (struct referee_event){.kind = REFEREE_DISTURBED});
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_MALFORMED, .why = "no frame"}), "");
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_FRAME, .frame = &rows[4].frame}), "");
}

static struct upgrade_report right_status(int status)
{
    struct upgrade_report report = {.status = status,
                                    .status_name = "X",
                                    .right_name = true,
                                    .component_no = "STM32",
                                    .component_type = {true, 1},
                                    .versions = {.module_version = "M1", .mcu_count = 1}};
    return report;
}

static const char *judge_members(struct upgrade_report report)
{
    struct referee referee;
    struct connect_conduct connect = {.flags = 0x42, .keep_alive_s = 120};
    referee_init(&referee);
    (void)judge(&referee, (struct referee_event){.kind = REFEREE_CONNECTED, .connect = &connect});
    return judge(&referee, (struct referee_event){.kind = REFEREE_STATUS, .upgrade = &report});
}

static void test_members(void)
{
    struct upgrade_report report = right_status(11);
    CHECK_TEXT(judge_members(report), "");
    report.component_type.known = false;
    CHECK_TEXT(judge_members(report), "requiredMember");
    report = right_status(4);
    report.component_no[0] = '\0';
    CHECK_TEXT(judge_members(report), "requiredMember");
    report.status = 1; /* of a plan that it could not read */
    CHECK_TEXT(judge_members(report), "");
    report = right_status(4);
    report.status_name[0] = '\0';
    CHECK_TEXT(judge_members(report), "requiredMember");
    report = right_status(4);
    report.right_name = false;
    CHECK_TEXT(judge_members(report), "statusName");
    report = right_status(4);
    report.has_digest = report.wants_sha256 = true;
    CHECK_TEXT(judge_members(report), "sha256Requested");
    report.status = 2;
    CHECK_TEXT(judge_members(report), "");
    report = right_status(12);
    report.versions.module_version[0] = '\0';
    CHECK_TEXT(judge_members(report), "versionsIn11");
    report = right_status(11);
    report.versions.mcu_count = 0;
    CHECK_TEXT(judge_members(report), "versionsIn11");
    report.status = 12;
    CHECK_TEXT(judge_members(report), "");
}

static const char *ask(struct referee *referee, const char *token, int64_t first, int64_t last, bool complete)
{
    struct request_conduct request = {.size = 100, .ranged = true, .first = first, .last = last};
    text_copy_cut(request.token, sizeof request.token, token);
    const char *found = judge(referee, (struct referee_event){.kind = REFEREE_REQUEST, .request = &request});
    (void)judge(referee, (struct referee_event){.kind = REFEREE_SERVED, .complete = complete});
    return found;
}

static void test_requests(void)
{
    struct referee referee;
    referee_init(&referee);
    CHECK_TEXT(ask(&referee, "a", 0, 39, true), "");
    CHECK_TEXT(ask(&referee, "a", 40, 79, false), "");
    CHECK_TEXT(ask(&referee, "a", 80, 99, true), "resumeByRange"); /* behind a piece that did not arrive */
    CHECK_TEXT(ask(&referee, "b", 0, 39, true), "");
    CHECK_TEXT(ask(&referee, "b", 0, 39, true), "");
    CHECK_TEXT(ask(&referee, "b", 41, 79, true), "resumeByRange");
    CHECK_TEXT(ask(&referee, "c", 0, 100, true), "resumeByRange");
    struct request_conduct whole = {.size = 100};
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_REQUEST, .request = &whole}), "rangeAlways");
    (void)judge(&referee, (struct referee_event){.kind = REFEREE_FLASH, .flash_free = 0});
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_REQUEST, .request = &whole}), "");
    struct request_conduct odd = {.size = 100, .ranged = true, .last = 99, .wrong = "no Host"};
    CHECK_TEXT(judge(&referee, (struct referee_event){.kind = REFEREE_REQUEST, .request = &odd}), "firmwareHeader");
}

int main(void)
{
    static const struct test_case cases[] = {
        {"stories: a right device breaches nothing, a wrong one its rule", test_stories},
        {"excused", test_excused},
        {"link: flags, keep alive, farewell, first reports", test_link},
        {"frames: QoS, topic, command, package id, encryption, order", test_frames},
        {"members of 0x0114", test_members},
        {"requests for firmware: form and range", test_requests},
        {0}};
    return suite_run("referee", cases);
}
