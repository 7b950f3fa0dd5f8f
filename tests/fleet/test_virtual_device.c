/* A whole virtual device against a scripted peer on loopback: every way in which an upgrade goes or fails. */
#include "fleet/virtual_device.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "fleet/peer.h"
#include "support/suite.h"

/*
 * A run without an outcome is watched for WATCH_MS: its device has nothing left to do long before. On a busy machine it
 * gets as long again, up to GUARD_MS, until it has reported what it should.
 */
enum { GUARD_MS = 20 * 1000, WATCH_MS = 700, SCALE = 1000 };

struct run {
    struct loop *loop;
    struct loop_timer *guard;
    int watches;                /* of WATCH_MS that may still pass */
    const struct peer *watched; /* until it has seen these statuses */
    const char *statuses;
    enum device_outcome outcome;
    char events[2048]; /* "2,10200 3,10200 " */
    char notes[4096];  /* "status:1 REVICEPLAN STM32|..." */
};

static void on_event(void *context, const struct device_event *event)
{
    struct run *run = context;
    size_t length = strlen(run->events);
    size_t noted = strlen(run->notes);
    switch (event->kind) {
    case DEVICE_EVENT_SDK:
        (void)snprintf(run->events + length, sizeof run->events - length, "%d,%d ", event->event, event->code);
        break;
    case DEVICE_EVENT_NOTE:
        (void)snprintf(run->notes + noted, sizeof run->notes - noted, "%s:%s|", event->word, event->text);
        break;
    case DEVICE_EVENT_OUTCOME:
        run->outcome = event->outcome;
        loop_stop(run->loop);
        break;
    }
}

static void on_guard(void *context)
{
    struct run *run = context;
    if (run->watches-- > 0 && strcmp(run->watched->statuses, run->statuses) != 0) {
        loop_timer_arm(run->guard, WATCH_MS);
    } else {
        loop_stop(run->loop);
    }
}

/* `statuses` NULL: until the outcome. */
static void play_until(const char *statuses, struct run *run, struct peer *peer, const struct peer_plan *plan,
                       const struct virtual_device_settings *settings)
{
    struct virtual_device *device = NULL;
    struct error error = {0};
    *run = (struct run){.outcome = DEVICE_GOES_ON, .watched = peer, .statuses = statuses};
    run->watches = statuses == NULL ? 0 : GUARD_MS / WATCH_MS;
    CHECK_FATAL(loop_create(&run->loop) == OK);
    CHECK_OK(loop_timer_create(run->loop, on_guard, run, &run->guard));
    loop_timer_arm(run->guard, statuses == NULL ? GUARD_MS : WATCH_MS);
    peer_start(peer, run->loop, plan);
    struct virtual_device_settings copy = *settings;
    text_copy_cut(copy.server.host, sizeof copy.server.host, "127.0.0.1");
    copy.server.port = peer->mqtt_port;
    CHECK_FATAL(virtual_device_create(run->loop, NULL, NULL, &copy, on_event, run, &device, &error) == OK);
    virtual_device_start(device);
    CHECK_OK(loop_run(run->loop));
    virtual_device_destroy(device);
    peer_stop(peer);
    loop_timer_destroy(run->guard);
    loop_destroy(run->loop);
}

static void play(struct run *run, struct peer *peer, const struct peer_plan *plan,
                 const struct virtual_device_settings *settings)
{
    play_until(NULL, run, peer, plan, settings);
}

static const struct virtual_device_settings standard = {
    .product_key = "pk",
    .product_secret = "ps",
    .device_key = "dk1",
    .model = "M",
    .module_version = "M_1",
    .mcus = {"STM32:1_0_0"},
    .battery = 100,
    .voltage = 3.7,
    .signal = -70,
    .flash_free = 100000,
    .keep_alive_s = 120,
    .requests = true,
    .time_scale = SCALE,
    .upgrades = 1,
    .patience_ms = 300,
};

#define MCU                                                                                                            \
    {                                                                                                                  \
        "STM32", "2_0_0", 1                                                                                            \
    }
#define MODULE                                                                                                         \
    {                                                                                                                  \
        "EC200U", "M_2", 0                                                                                             \
    }

/* What a row changes of the standard device. */
struct change {
    enum device_flash_outcome flash;
    enum device_decision decision;
    int power_cut_at;
    int restart_at;
    uint32_t flash_free; /* 0: as it is */
    bool encrypt;
    bool sha256;
    bool disorder;
    bool has_secret;
};

static const struct row {
    const char *name;
    struct peer_plan plan;
    struct change change;
    enum device_outcome outcome;
    const char *statuses;
    const char *note; /* must be among the notes; NULL: any */
} rows[] = {
    {"MCU",
     {.count = 1, .components = {MCU}},
     {.flash_free = 0},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 11 ",
     "check:STM32 md5 ok, crc ok, sha256 ok"},
    {"chunked",
     {.count = 1, .components = {MCU}, .chunked = true},
     {.flash_free = 0},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 11 ",
     NULL},
    {"MCU in pieces",
     {.count = 1, .components = {MCU}},
     {.flash_free = 2000},
     DEVICE_UPGRADED,
     "1 2 4 5 8 4 5 8 4 5 8 9 11 ",
     "check:STM32 md5 ok, crc ok, sha256 ok"},
    {"module",
     {.count = 1, .components = {MODULE}},
     {.flash_free = 0},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 11 ",
     "reboot:the module runs M_2 now"},
    {"encrypted, mode 1",
     {.count = 1, .components = {MCU}, .encrypts = true},
     {.encrypt = true, .sha256 = true},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 11 ",
     "encrypted:session key received"},
    {"flag 1 without a key works in clear",
     {.count = 1, .components = {MODULE}},
     {.encrypt = true},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 11 ",
     NULL},
    {"MCU and module",
     {.count = 2, .components = {MCU, MODULE}},
     {.flash_free = 0},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 11 4 5 8 9 11 ",
     NULL},
    {"module and MCU",
     {.count = 2, .components = {MODULE, MCU}},
     {.flash_free = 0},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 11 4 5 8 9 11 ",
     NULL},
    {"saved secret", {.count = 1, .components = {MCU}}, {.has_secret = true}, DEVICE_UPGRADED, "1 2 4 5 8 9 11 ", NULL},
    {"404 twice",
     {.count = 1, .components = {MCU}, .retries = 2, .http_errors = 2},
     {.flash_free = 0},
     DEVICE_UPGRADED,
     "1 2 4 6 4 6 4 5 8 9 11 ",
     NULL},
    {"404 for ever",
     {.count = 1, .components = {MCU}, .retries = 6, .http_errors = 99},
     {.flash_free = 0},
     DEVICE_FAILED,
     "1 2 4 6 4 6 4 6 4 6 4 6 4 12 4 6 ",
     NULL},
    {"module with a wrong md5",
     {.count = 1, .components = {MODULE}, .wrong_md5 = true},
     {.flash_free = 0},
     DEVICE_FAILED,
     "1 2 4 5 8 6 ",
     "check:EC200U md5 WRONG, crc ok, sha256 ok"},
    {"MCU with a wrong crc",
     {.count = 1, .components = {MCU}, .wrong_crc = true},
     {.flash_free = 0},
     DEVICE_FAILED,
     "1 2 4 5 8 12 ",
     "check:STM32 md5 ok, crc WRONG, sha256 ok"},
    {"MCU with a wrong md5",
     {.count = 1, .components = {MCU}, .wrong_md5 = true},
     {.flash_free = 0},
     DEVICE_FAILED,
     "1 2 4 5 8 12 ",
     NULL},
    {"MCU with a wrong sha256",
     {.count = 1, .components = {MCU}, .wrong_sha256 = true},
     {.sha256 = true},
     DEVICE_FAILED,
     "1 2 4 5 8 12 ",
     NULL},
    {"module larger than the flash",
     {.count = 1, .components = {MODULE}},
     {.flash_free = 10},
     DEVICE_FAILED,
     "1 2 12 ",
     NULL},
    {"refused", {.count = 1, .components = {MCU}}, {.decision = DEVICE_REFUSES}, DEVICE_FAILED, "1 3 ", NULL},
    {"flashing an MCU fails",
     {.count = 1, .components = {MCU}},
     {.flash = DEVICE_FLASH_FAIL},
     DEVICE_FAILED,
     "1 2 4 5 8 9 12 ",
     NULL},
    {"flashing a module fails",
     {.count = 1, .components = {MODULE}},
     {.flash = DEVICE_FLASH_FAIL},
     DEVICE_FAILED,
     "1 2 4 5 8 9 12 ",
     NULL},
    {"MCU with a wrong version",
     {.count = 1, .components = {MCU}},
     {.flash = DEVICE_FLASH_WRONG_VERSION},
     DEVICE_FAILED,
     "1 2 4 5 8 9 12 ",
     NULL},
    {"module with a wrong version",
     {.count = 1, .components = {MODULE}},
     {.flash = DEVICE_FLASH_WRONG_VERSION},
     DEVICE_FAILED,
     "1 2 4 5 8 9 12 ",
     NULL},
    {"MCU, flashing never ends: no version comes",
     {.count = 1, .components = {MCU}},
     {.flash = DEVICE_FLASH_SILENT},
     DEVICE_GOES_ON,
     "1 2 4 5 8 9 ",
     NULL},
    {"module, flashing never ends",
     {.count = 1, .components = {MODULE}},
     {.flash = DEVICE_FLASH_SILENT},
     DEVICE_GOES_ON,
     "1 2 4 5 8 9 ",
     NULL},
    {"ignored: only the SDK's own 1",
     {.count = 1, .components = {MCU}},
     {.decision = DEVICE_IGNORES},
     DEVICE_GOES_ON,
     "1 ",
     NULL},
    {"MCU, power cut at 1: its 1 is never released, the plan is forgotten",
     {.count = 1, .components = {MCU}},
     {.power_cut_at = 1},
     DEVICE_GOES_ON,
     "",
     "powerCut:idle"},
    {"MCU, power cut at 5",
     {.count = 1, .components = {MCU}, .retries = 1},
     {.power_cut_at = 5},
     DEVICE_UPGRADED,
     "1 2 4 12 4 5 8 9 11 ",
     "powerCut:"},
    {"MCU, power cut at 2",
     {.count = 1, .components = {MCU}, .retries = 1, .acts_on_publish = false},
     {.power_cut_at = 2},
     DEVICE_UPGRADED,
     "1 12 4 5 8 9 11 ",
     "powerCut:accepted"},
    {"MCU, power cut at 4",
     {.count = 1, .components = {MCU}, .retries = 1},
     {.power_cut_at = 4},
     DEVICE_UPGRADED,
     "1 2 12 4 5 8 9 11 ",
     "powerCut:downloadStart"},
    {"MCU, power cut at 8",
     {.count = 1, .components = {MCU}, .retries = 1},
     {.power_cut_at = 8},
     DEVICE_UPGRADED,
     "1 2 4 5 12 4 5 8 9 11 ",
     "powerCut:downloaded"},
    {"MCU, power cut at 9",
     {.count = 1, .components = {MCU}, .retries = 1},
     {.power_cut_at = 9},
     DEVICE_UPGRADED,
     "1 2 4 5 8 12 4 5 8 9 11 ",
     "powerCut:updating"},
    {"module, power cut at 4",
     {.count = 1, .components = {MODULE}, .retries = 1},
     {.power_cut_at = 4},
     DEVICE_UPGRADED,
     "1 2 6 4 5 8 9 11 ",
     "powerCut:downloadStart"},
    {"module, power cut at 9",
     {.count = 1, .components = {MODULE}, .retries = 1},
     {.power_cut_at = 9},
     DEVICE_UPGRADED,
     "1 2 4 5 8 12 4 5 8 9 11 ",
     "powerCut:updating"},
    {"MCU, restart at 2",
     {.count = 1, .components = {MCU}, .retries = 1},
     {.restart_at = 2},
     DEVICE_UPGRADED,
     "1 2 12 4 5 8 9 11 ",
     "restart:accepted"},
    {"module, restart at 8",
     {.count = 1, .components = {MODULE}, .retries = 1},
     {.restart_at = 8},
     DEVICE_UPGRADED,
     "1 2 4 5 8 6 4 5 8 9 11 ",
     "restart:downloaded"},
    {"disorder", {.count = 1, .components = {MCU}}, {.disorder = true}, DEVICE_UPGRADED, "1 2 5 4 9 8 11 ", NULL},
    {"CONNACK 4", {.count = 1, .components = {MCU}, .connack = 4}, {.has_secret = true}, DEVICE_SHUT_OUT, "", NULL},
    {"CONNACK 3", {.count = 1, .components = {MCU}, .connack = 3}, {.flash_free = 0}, DEVICE_SHUT_OUT, "", NULL},
    {"0x00A3 10431",
     {.count = 1, .components = {MCU}, .error = 10431},
     {.flash_free = 0},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 11 ",
     NULL},
    {"secret forgotten by the server",
     {.count = 1, .components = {MCU}, .forgets = true},
     {.has_secret = true},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 11 ",
     NULL},
    {"11 lost with the link: the versions prove it",
     {.count = 1, .components = {MCU}, .cut_at = 11},
     {.flash_free = 0},
     DEVICE_UPGRADED,
     "1 2 4 5 8 9 ",
     NULL},
    {"link lost at 9: only the last status is kept",
     {.count = 1, .components = {MCU}, .cut_at = 9},
     {.flash_free = 0},
     DEVICE_UPGRADED,
     "1 2 4 5 8 11 ",
     NULL},
    {"idle race: a retry sent before the PUBREC is lost",
     {.count = 1, .components = {MCU}, .retries = 1, .http_errors = 1, .acts_on_publish = true},
     {.flash_free = 0},
     DEVICE_FAILED,
     "1 2 4 6 ",
     "ignored:firmware info while closing"},
};

static void apply(const struct change *change, struct virtual_device_settings *settings)
{
    settings->flash = change->flash;
    settings->decision = change->decision;
    settings->power_cut_at = change->power_cut_at;
    settings->restart_at = change->restart_at;
    settings->encrypt = change->encrypt;
    settings->sha256 = change->sha256;
    settings->disorder = change->disorder;
    if (change->flash_free > 0) {
        settings->flash_free = change->flash_free;
    }
    if (change->has_secret) {
        text_copy_cut(settings->device_secret, sizeof settings->device_secret, "00112233445566778899aabbccddeeff");
    }
}

static void check_row(const struct row *row)
{
    struct run run;
    struct peer peer;
    struct virtual_device_settings settings = standard;
    apply(&row->change, &settings);
    play_until(row->outcome == DEVICE_GOES_ON ? row->statuses : NULL, &run, &peer, &row->plan, &settings);
    CHECK_ROW(row->name, run.outcome == row->outcome);
    CHECK_ROW(row->name, strcmp(peer.statuses, row->statuses) == 0);
    CHECK_ROW(row->name, peer.protocol_errors == 0);
    CHECK_ROW(row->name, row->note == NULL || strstr(run.notes, row->note) != NULL);
    if (strcmp(peer.statuses, row->statuses) != 0 || run.outcome != row->outcome) {
        (void)fprintf(stderr, "    got '%s' outcome %d\n    %s\n    %s\n", peer.statuses, (int)run.outcome, run.events,
                      run.notes);
    }
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row(&rows[i]);
    }
}

/* The order of the first frames (protocol.md, 4.3) and of the events (4.2). */
static void test_login_order(void)
{
    struct run run;
    struct peer peer;
    struct virtual_device_settings settings = standard;
    settings.rsrp = (struct wire_int){true, -90};
    play(&run, &peer, &(struct peer_plan){.count = 1, .components = {MCU}}, &settings);
    CHECK(strncmp(peer.frames, "0115 0034 0034 0044 0114 ", 25) == 0);
    CHECK(strncmp(run.events, "1,10200 2,10200 3,10200 7,10700 ", 32) == 0);
    CHECK(peer.connects[0] == 1 && peer.connects[1] == 0);
    CHECK_TEXT(peer.mcu_list, "STM32:1_0_0");
}

/* A module comes back with the saved secret and reports 11 behind its versions (9.5). */
static void test_module_comes_back(void)
{
    struct run run;
    struct peer peer;
    play(&run, &peer, &(struct peer_plan){.count = 1, .components = {MODULE}}, &standard);
    CHECK(run.outcome == DEVICE_UPGRADED);
    CHECK(peer.connects[0] == 1 && peer.connects[1] == 1);
    CHECK_TEXT(peer.frames, "0115 0034 0044 0114 0114 0114 0114 0114 0114 0115 0034 0044 0114 ");
    CHECK(strstr(run.events, "7,10705 2,10200 3,10200 ") != NULL);
}

static void test_encryption_is_used(void)
{
    struct run run;
    struct peer peer;
    struct virtual_device_settings settings = standard;
    settings.encrypt = true;
    play(&run, &peer, &(struct peer_plan){.count = 1, .components = {MCU}, .encrypts = true}, &settings);
    CHECK(run.outcome == DEVICE_UPGRADED);
    CHECK(peer.encrypted == 10); /* 0115 0034 0044 and seven statuses */
}

/* The state file carries an upgrade over the end of the process. */
static void test_state_file(void)
{
    struct run run;
    struct peer peer;
    struct virtual_device_settings settings = standard;
    char folder[] = "/tmp/mockdc-device-test-XXXXXX";
    CHECK_FATAL(mkdtemp(folder) != NULL);
    (void)snprintf(settings.state_file, sizeof settings.state_file, "%s/state", folder);
    play(&run, &peer, &(struct peer_plan){.count = 1, .components = {MCU}}, &settings);
    CHECK(run.outcome == DEVICE_UPGRADED);
    play(&run, &peer, &(struct peer_plan){.count = 1, .components = {MCU}, .retries = 0}, &settings);
    CHECK(peer.connects[0] == 0 && peer.connects[1] == 1);
    CHECK_TEXT(peer.mcu_list, "STM32:2_0_0");
    (void)unlink(settings.state_file);
    (void)rmdir(folder);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"rows", test_rows},
        {"login order", test_login_order},
        {"a module comes back", test_module_comes_back},
        {"encryption is used", test_encryption_is_used},
        {"state file", test_state_file},
        {0},
    };
    return suite_run("virtual_device", cases);
}
