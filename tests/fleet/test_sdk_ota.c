/* Every row of protocol.md 9.2 to 9.5: a script of events, the statuses that must come out. */
#include "fleet/sdk_ota.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/text.h"
#include "support/suite.h"

enum { FIRMWARE_SIZE = 100, PLENTY = 1000 };

/*
 * n notify (g: broken)   a accept   x refuse   f firmware info (b: broken)   h header   d done   e failed
 * r read   p next piece   u updating   v target set   o old version set   w other component's version set
 * m md5 fits   M md5 wrong   F flash failed   t the deadline is reached   s PUBREC   R restart   U restart with the
 * target
 */
static const struct row {
    const char *name;
    int32_t type;
    uint32_t size;
    uint32_t flash_free;
    const char *script;
    const char *statuses; /* "1 2 4 " */
    enum sdk_ota_state end;
} rows[] = {
    {"MCU in one piece", 1, 100, PLENTY, "nafhdruvs", "1 2 4 5 8 9 11 ", SDK_OTA_IDLE},
    {"MCU in three pieces", 1, 100, 40, "nafhdrphdrphdruvs", "1 2 4 5 8 4 5 8 4 5 8 9 11 ", SDK_OTA_IDLE},
    {"module", 0, 100, PLENTY, "nafhdmtU", "1 2 4 5 8 9 11 ", SDK_OTA_CLOSING},
    {"module, wrong version behind the flash", 0, 100, PLENTY, "nafhdmtR", "1 2 4 5 8 9 12 ", SDK_OTA_CLOSING},
    {"module, flash failed", 0, 100, PLENTY, "nafhdmtF", "1 2 4 5 8 9 12 ", SDK_OTA_CLOSING},
    {"module, silent for ever", 0, 100, PLENTY, "nafhdmtttt", "1 2 4 5 8 9 ", SDK_OTA_UPDATING},
    {"refused", 1, 100, PLENTY, "nx", "1 3 ", SDK_OTA_CLOSING},
    {"firmware info after a refusal needs no consent", 1, 100, PLENTY, "nxsf", "1 3 4 ", SDK_OTA_DOWNLOAD_START},
    {"firmware info in idle", 1, 100, PLENTY, "f", "4 ", SDK_OTA_DOWNLOAD_START},
    {"firmware info in received is ignored", 1, 100, PLENTY, "nf", "1 ", SDK_OTA_RECEIVED},
    {"second notify in received", 1, 100, PLENTY, "nna", "1 1 2 ", SDK_OTA_ACCEPTED},
    {"notify in accepted is ignored", 1, 100, PLENTY, "nan", "1 2 ", SDK_OTA_ACCEPTED},
    {"notify and firmware info while downloading are ignored", 1, 100, PLENTY, "fnfhnf", "4 5 ", SDK_OTA_DOWNLOADING},
    {"notify and firmware info in 8 are ignored", 1, 100, PLENTY, "fhdnf", "4 5 8 ", SDK_OTA_DOWNLOADED},
    {"notify and firmware info in 9 are ignored", 1, 100, PLENTY, "fhdrunf", "4 5 8 9 ", SDK_OTA_UPDATING},
    {"idle race: lost before the PUBREC", 1, 100, PLENTY, "fhenf", "4 5 6 ", SDK_OTA_CLOSING},
    {"idle race: taken after it", 1, 100, PLENTY, "fhesf", "4 5 6 4 ", SDK_OTA_DOWNLOAD_START},
    {"idle race: without a PUBREC a moment later", 1, 100, PLENTY, "fhetf", "4 5 6 4 ", SDK_OTA_DOWNLOAD_START},
    {"accept without a plan", 1, 100, PLENTY, "a", "", SDK_OTA_IDLE},
    {"accept twice", 1, 100, PLENTY, "naa", "1 2 ", SDK_OTA_ACCEPTED},
    {"refuse after accept", 1, 100, PLENTY, "nax", "1 2 ", SDK_OTA_ACCEPTED},
    {"broken notify reports 1 all the same", 1, 100, PLENTY, "g", "1 ", SDK_OTA_RECEIVED},
    {"broken firmware info", 1, 100, PLENTY, "nab", "1 2 12 ", SDK_OTA_CLOSING},
    {"broken firmware info in idle", 1, 100, PLENTY, "b", "12 ", SDK_OTA_CLOSING},
    {"state 1 has no limit", 1, 100, PLENTY, "nttt", "1 ", SDK_OTA_RECEIVED},
    {"state 2: 30 s", 1, 100, PLENTY, "nat", "1 2 12 ", SDK_OTA_CLOSING},
    {"state 2: a late firmware info is taken", 1, 100, PLENTY, "natsf", "1 2 12 4 ", SDK_OTA_DOWNLOAD_START},
    {"state 4: no header in 5 s", 1, 100, PLENTY, "ft", "4 6 ", SDK_OTA_CLOSING},
    {"state 5: a report each 5 s", 1, 100, PLENTY, "fhttt", "4 5 5 5 5 ", SDK_OTA_DOWNLOADING},
    {"state 8: 60 s without a read", 1, 100, PLENTY, "fhdt", "4 5 8 12 ", SDK_OTA_CLOSING},
    {"state 8: a read starts the 60 s anew", 1, 100, PLENTY, "fhdrt", "4 5 8 12 ", SDK_OTA_CLOSING},
    {"state 9, MCU: 20 minutes", 1, 100, PLENTY, "fhdrut", "4 5 8 9 12 ", SDK_OTA_CLOSING},
    {"old version in 2", 1, 100, PLENTY, "nao", "1 2 12 ", SDK_OTA_CLOSING},
    {"target version in 2", 1, 100, PLENTY, "nav", "1 2 11 ", SDK_OTA_CLOSING},
    {"version in 1 changes nothing", 1, 100, PLENTY, "nv", "1 ", SDK_OTA_RECEIVED},
    {"target version in the middle of a download", 1, 100, PLENTY, "fhv", "4 5 11 ", SDK_OTA_CLOSING},
    {"old version in 9", 1, 100, PLENTY, "fhdruo", "4 5 8 9 12 ", SDK_OTA_CLOSING},
    {"another component's version", 1, 100, PLENTY, "fhw", "4 5 ", SDK_OTA_DOWNLOADING},
    {"the sixth failure is 12", 1, 100, PLENTY, "fesfesfesfesfesfe", "4 6 4 6 4 6 4 6 4 6 4 12 ", SDK_OTA_CLOSING},
    {"12 resets the count", 1, 100, PLENTY, "fesfesfesfesfesfesfe", "4 6 4 6 4 6 4 6 4 6 4 12 4 6 ", SDK_OTA_CLOSING},
    {"11 resets the count", 1, 100, PLENTY, "fesfesfesfesfesfvsfe", "4 6 4 6 4 6 4 6 4 6 4 11 4 6 ", SDK_OTA_CLOSING},
    {"a restart resets the count", 0, 100, PLENTY, "fesfesfesfesfesRfe", "4 6 4 6 4 6 4 6 4 6 4 6 ", SDK_OTA_CLOSING},
    {"a notify instead of a firmware info after 6", 1, 100, PLENTY, "fesnaf", "4 6 1 2 4 ", SDK_OTA_DOWNLOAD_START},
    {"module md5 wrong", 0, 100, PLENTY, "fhdM", "4 5 8 6 ", SDK_OTA_CLOSING},
    {"module larger than the flash", 0, 100, 99, "naf", "1 2 12 ", SDK_OTA_CLOSING},
    {"module as large as the flash", 0, 100, 100, "naf", "1 2 4 ", SDK_OTA_DOWNLOAD_START},
    {"no flash at all: the whole file for ever", 1, 100, 0, "fhdrphdrphdru", "4 5 8 4 5 8 4 5 8 ", SDK_OTA_DOWNLOADED},
    {"updating before all is read", 1, 100, 40, "fhdru", "4 5 8 ", SDK_OTA_DOWNLOADED},
    {"next piece when there is none", 1, 100, PLENTY, "fhdrp", "4 5 8 ", SDK_OTA_DOWNLOADED},
    {"size 0 is stuck in 8", 1, 0, PLENTY, "fhdtttnf", "4 5 8 ", SDK_OTA_STUCK},
    {"type 2 is stuck in 8", 2, 100, PLENTY, "fhdtttnf", "4 5 8 ", SDK_OTA_STUCK},
    {"late header: 5 and 8 after the 6, then stuck", 1, 100, PLENTY, "ftshdnf", "4 6 5 8 ", SDK_OTA_STUCK},
    {"late header behind a new firmware info", 0, 100, PLENTY, "ftsfhdmhdmtU", "4 6 4 5 8 9 5 8 9 11 ",
     SDK_OTA_CLOSING},
    {"module killed in 1", 0, 100, PLENTY, "nRn", "1 1 ", SDK_OTA_RECEIVED},
    {"module killed in 2", 0, 100, PLENTY, "naR", "1 2 6 ", SDK_OTA_CLOSING},
    {"module killed in 4", 0, 100, PLENTY, "fR", "4 6 ", SDK_OTA_CLOSING},
    {"module killed in 5", 0, 100, PLENTY, "fhR", "4 5 6 ", SDK_OTA_CLOSING},
    {"module killed in 8", 0, 100, PLENTY, "fhdR", "4 5 8 6 ", SDK_OTA_CLOSING},
    {"module killed in 9", 0, 100, PLENTY, "fhdmR", "4 5 8 9 12 ", SDK_OTA_CLOSING},
    {"MCU killed in 1", 1, 100, PLENTY, "nRo", "1 ", SDK_OTA_IDLE},
    {"MCU killed in 2", 1, 100, PLENTY, "naRo", "1 2 12 ", SDK_OTA_CLOSING},
    {"MCU killed in 4", 1, 100, PLENTY, "fRo", "4 12 ", SDK_OTA_CLOSING},
    {"MCU killed in 5", 1, 100, PLENTY, "fhRo", "4 5 12 ", SDK_OTA_CLOSING},
    {"MCU killed in 8", 1, 100, PLENTY, "fhdRo", "4 5 8 12 ", SDK_OTA_CLOSING},
    {"MCU killed in 9", 1, 100, PLENTY, "fhdruRo", "4 5 8 9 12 ", SDK_OTA_CLOSING},
    {"MCU killed in 9, flashed", 1, 100, PLENTY, "fhdruRv", "4 5 8 9 11 ", SDK_OTA_CLOSING},
    {"stuck, restarted", 0, 0, PLENTY, "fhdR", "4 5 8 6 ", SDK_OTA_CLOSING},
    {"two components, the second without a notify", 1, 100, PLENTY, "nafhdruvsfhdruvs", "1 2 4 5 8 9 11 4 5 8 9 11 ",
     SDK_OTA_IDLE},
};

struct play {
    struct sdk_ota ota;
    struct sdk_ota_actions actions;
    int64_t now_ms;
    struct notify_message notify;
    struct sdk_firmware firmware;
    char statuses[256];
};

static void begin(struct play *play, int32_t type, uint32_t size, uint32_t flash_free)
{
    *play = (struct play){.now_ms = 1000};
    sdk_ota_init(&play->ota, flash_free, false, SDK_OTA_FLASH_PAUSE_MS);
    play->notify.count = 1;
    struct notify_task *task = &play->notify.tasks[0];
    text_copy_cut(task->component_no, sizeof task->component_no, "STM32");
    text_copy_cut(task->target_version, sizeof task->target_version, "2_0_0");
    task->component_type = type;
    play->firmware = (struct sdk_firmware){.component_no = "STM32",
                                           .target_version = "2_0_0",
                                           .type = type,
                                           .url = "http://127.0.0.1:1/f.bin",
                                           .size = size,
                                           .md5 = "00000000000000000000000000000000"};
}

static void collect(struct play *play)
{
    for (size_t i = 0; i < play->actions.count; i++) {
        if (play->actions.items[i].kind == SDK_OTA_REPORT) {
            size_t length = strlen(play->statuses);
            (void)snprintf(play->statuses + length, sizeof play->statuses - length, "%d ", play->actions.items[i].code);
        }
    }
}

static void restart(struct play *play, const char *module_version)
{
    struct sdk_ota_saved saved;
    sdk_ota_save(&play->ota, &saved);
    sdk_ota_init(&play->ota, play->ota.flash_free, play->ota.wants_sha256, SDK_OTA_FLASH_PAUSE_MS);
    sdk_ota_restore(&play->ota, &saved, module_version, play->now_ms, &play->actions);
}

static struct sdk_ota_event event_of(const struct play *play, char letter)
{
    static const struct {
        char letter;
        struct sdk_ota_event event;
    } table[] = {
        {'g', {.kind = SDK_OTA_NOTIFY}},
        {'a', {.kind = SDK_OTA_APP_ACCEPT}},
        {'x', {.kind = SDK_OTA_APP_REFUSE}},
        {'b', {.kind = SDK_OTA_FIRMWARE}},
        {'h', {.kind = SDK_OTA_HTTP_HEADER}},
        {'d', {.kind = SDK_OTA_HTTP_DONE}},
        {'e', {.kind = SDK_OTA_HTTP_FAILED}},
        {'r', {.kind = SDK_OTA_APP_READ}},
        {'p', {.kind = SDK_OTA_APP_NEXT}},
        {'u', {.kind = SDK_OTA_APP_UPDATING}},
        {'v', {.kind = SDK_OTA_APP_VERSION, .component_no = "STM32", .version = "2_0_0"}},
        {'o', {.kind = SDK_OTA_APP_VERSION, .component_no = "STM32", .version = "1_0_0"}},
        {'w', {.kind = SDK_OTA_APP_VERSION, .component_no = "GPS", .version = "2_0_0"}},
        {'m', {.kind = SDK_OTA_MODULE_CHECKED, .good = true}},
        {'M', {.kind = SDK_OTA_MODULE_CHECKED, .good = false}},
        {'F', {.kind = SDK_OTA_FLASH_FAILED}},
        {'s', {.kind = SDK_OTA_SETTLED}},
        {'t', {.kind = SDK_OTA_TIMER}},
    };
    if (letter == 'n') {
        return (struct sdk_ota_event){.kind = SDK_OTA_NOTIFY, .notify = &play->notify};
    }
    if (letter == 'f') {
        return (struct sdk_ota_event){.kind = SDK_OTA_FIRMWARE, .firmware = &play->firmware};
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].letter == letter) {
            return table[i].event;
        }
    }
    abort();
}

static void act(struct play *play, char letter)
{
    play->now_ms++;
    if (letter == 'R' || letter == 'U') {
        restart(play, letter == 'U' ? "2_0_0" : "1_0_0");
    } else {
        if (letter == 't' && play->ota.deadline_ms != SDK_OTA_NEVER) {
            play->now_ms = play->ota.deadline_ms;
        }
        struct sdk_ota_event event = event_of(play, letter);
        sdk_ota_step(&play->ota, &event, play->now_ms, &play->actions);
    }
    collect(play);
}

static void test_scripts(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct play play;
        begin(&play, rows[i].type, rows[i].size, rows[i].flash_free);
        for (const char *letter = rows[i].script; *letter != '\0'; letter++) {
            act(&play, *letter);
        }
        CHECK_ROW(rows[i].name, strcmp(play.statuses, rows[i].statuses) == 0);
        CHECK_ROW(rows[i].name, play.ota.state == rows[i].end);
        if (strcmp(play.statuses, rows[i].statuses) != 0) {
            (void)fprintf(stderr, "    got '%s'\n", play.statuses);
        }
    }
}

/* A limit holds up to the millisecond before it. */
static void test_limits(void)
{
    static const struct {
        const char *name;
        const char *script;
        int64_t limit_ms;
    } limits[] = {
        {"accepted", "na", 30000},
        {"header", "f", 5000},
        {"progress", "fh", 5000},
        {"read", "fhd", 60000},
        {"read again", "fhdr", 60000},
        {"MCU version", "fhdru", 20LL * 60 * 1000},
        {"settle", "nx", SDK_OTA_SETTLE_MS},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct play play;
        begin(&play, SDK_TYPE_MCU, FIRMWARE_SIZE, PLENTY);
        for (const char *letter = limits[i].script; *letter != '\0'; letter++) {
            act(&play, *letter);
        }
        enum sdk_ota_state before = play.ota.state;
        CHECK_ROW(limits[i].name, play.ota.deadline_ms == play.now_ms + limits[i].limit_ms);
        sdk_ota_step(&play.ota, &(struct sdk_ota_event){.kind = SDK_OTA_TIMER}, play.ota.deadline_ms - 1,
                     &play.actions);
        CHECK_ROW(limits[i].name, play.actions.count == 0 && play.ota.state == before);
    }
}

/* The text of the first event `code` that the script raises; "-" when there is none. */
static const char *event_text(struct play *play, const char *script, int code)
{
    static char text[SDK_OTA_TEXT];
    (void)snprintf(text, sizeof text, "-");
    for (; *script != '\0'; script++) {
        act(play, *script);
        for (size_t i = 0; i < play->actions.count; i++) {
            const struct sdk_ota_action *action = &play->actions.items[i];
            if (action->kind == SDK_OTA_RAISE && action->code == code) {
                (void)snprintf(text, sizeof text, "%s", action->text);
                return text;
            }
        }
    }
    return text;
}

static void test_event_texts(void)
{
    struct play play;
    begin(&play, SDK_TYPE_MCU, FIRMWARE_SIZE, 60);
    struct notify_task *task = &play.notify.tasks[0];
    text_copy_cut(task->source_version, sizeof task->source_version, "1_0_0");
    task->battery = (struct wire_int){true, 30};
    task->signal = (struct wire_int){true, -113};
    task->space = (struct wire_int){true, 27954};
    play.firmware.crc = 0xFFFFFFFF;
    CHECK_TEXT(event_text(&play, "n", 10700), "\"STM32\",\"1_0_0\",\"2_0_0\",30,-113,27954");
    CHECK_TEXT(event_text(&play, "a", 10707), "0");
    CHECK_TEXT(event_text(&play, "f", 10701), "\"STM32\",100,\"00000000000000000000000000000000\",4294967295");
    CHECK_TEXT(event_text(&play, "hd", 10703), "\"STM32\",100,0,60");
    CHECK_TEXT(event_text(&play, "rphd", 10703), "\"STM32\",100,60,40");
    CHECK_TEXT(event_text(&play, "ru", 10704), "\"STM32\"");
    CHECK_TEXT(event_text(&play, "v", 10705), "\"STM32\"");
    begin(&play, SDK_TYPE_MODULE, FIRMWARE_SIZE, PLENTY);
    CHECK_TEXT(event_text(&play, "n", 10700), "\"STM32\",\"\",\"2_0_0\",0,0,0");
    CHECK_TEXT(event_text(&play, "af", 10701), "");
    CHECK_TEXT(event_text(&play, "hd", 10703), "");
    CHECK_TEXT(event_text(&play, "mtF", 10706), "\"STM32\"");
    begin(&play, SDK_TYPE_MCU, FIRMWARE_SIZE, PLENTY);
    play.ota.wants_sha256 = true;
    text_copy_cut(play.firmware.sha256, sizeof play.firmware.sha256, "ab");
    CHECK_TEXT(event_text(&play, "f", 10701), "\"STM32\",100,\"00000000000000000000000000000000\",0,\"ab\"");
    CHECK_TEXT(event_text(&play, "h", 10706), "-");
}

/* 10701 only for the first start since the last 11 or 12. */
static void test_start_is_told_once(void)
{
    struct play play;
    begin(&play, SDK_TYPE_MCU, FIRMWARE_SIZE, PLENTY);
    CHECK(strcmp(event_text(&play, "f", 10701), "-") != 0);
    CHECK_TEXT(event_text(&play, "esf", 10701), "-");
    CHECK(strcmp(event_text(&play, "esf", 10702), "-") != 0);
    CHECK_TEXT(event_text(&play, "vs", 10701), "-");
    CHECK(strcmp(event_text(&play, "f", 10701), "-") != 0);
}

/* 1 and 2 name the last component of the array; one 10700 each. */
static void test_several_plans(void)
{
    struct play play;
    begin(&play, SDK_TYPE_MCU, FIRMWARE_SIZE, PLENTY);
    play.notify.count = LIMIT_COMPONENTS;
    for (size_t i = 0; i < play.notify.count; i++) {
        play.notify.tasks[i] = play.notify.tasks[0];
        (void)snprintf(play.notify.tasks[i].component_no, sizeof play.notify.tasks[i].component_no, "C%zu", i);
    }
    act(&play, 'n');
    CHECK(play.actions.count == LIMIT_COMPONENTS + 1);
    const struct sdk_ota_action *report = &play.actions.items[LIMIT_COMPONENTS];
    CHECK(report->kind == SDK_OTA_REPORT);
    CHECK_TEXT(report->component_no, "C19");
    act(&play, 'f');
    CHECK_TEXT(play.ota.component_no, "C19");
    act(&play, 'a');
    act(&play, 'f');
    CHECK_TEXT(play.ota.component_no, "STM32");
}

static void test_state_names(void)
{
    for (unsigned i = 0; i < SDK_OTA_STATE_COUNT; i++) {
        enum sdk_ota_state state = SDK_OTA_STATE_COUNT;
        CHECK_OK(sdk_ota_state_parse(sdk_ota_state_name((enum sdk_ota_state)i), &state));
        CHECK((unsigned)state == i);
    }
    enum sdk_ota_state state = SDK_OTA_IDLE;
    CHECK(sdk_ota_state_parse("asleep", &state) == E_FORMAT);
    CHECK_TEXT(sdk_ota_state_name(SDK_OTA_STATE_COUNT), "?");
}

int main(void)
{
    static const struct test_case cases[] = {
        {"scripts", test_scripts},
        {"limits", test_limits},
        {"event texts", test_event_texts},
        {"start is told once", test_start_is_told_once},
        {"several plans", test_several_plans},
        {"state names", test_state_names},
        {0},
    };
    return suite_run("sdk_ota", cases);
}
