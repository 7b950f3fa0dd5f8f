#include "qualify/cases.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/instant.h"
#include "qualify/excerpt.h"

#define FIRST   (NEEDS_ONLINE | NEEDS_IMAGES)
#define UPGRADE (NEEDS_ONLINE | NEEDS_IMAGES | NEEDS_ACCEPTS | NEEDS_UPGRADES)

/* A fault on the first download: the device must notice it, report 6 (or 12), and be upgraded by the next attempt. */
#define NOTICED(name, what, because, fault)                                                                            \
    {                                                                                                                  \
        .id = (name), .title = (what), .why = (because), .needs = UPGRADE, .run = case_disturbed,                      \
        .order = {.faults = {(fault)}, .retries = 3}, .attempts_least = 2, .attempts_most = 4,                         \
        .otherwise = "it took the broken download for a good one"                                                      \
    }
/* A disturbance that a device gets over within the attempt. */
#define TOLERATED(name, what, because, fault)                                                                          \
    {                                                                                                                  \
        .id = (name), .title = (what), .why = (because), .needs = UPGRADE, .run = case_disturbed,                      \
        .order = {.faults = {(fault)}, .retries = 3}, .attempts_least = 1, .attempts_most = 1,                         \
        .otherwise = "it needed more than one attempt"                                                                 \
    }

const struct qualify_case qualify_cases[] = {
    {.id = "connect",
     .title = "connects",
     .why = "Nothing works before the device has authenticated with product key and secret.",
     .tester = "Point the device at the server and switch it on.",
     .run = case_connect},
    {.id = "lost-secret",
     .title = "authenticates anew when the server has lost its secret",
     .why = "A server that was restored knows no secrets; the device is told so (0x00B4 {9: true}) and must come back.",
     .needs = NEEDS_ONLINE,
     .run = case_lost_secret},
    {.id = "reconnect",
     .title = "comes back by itself with its device secret",
     .why =
         "Links break. The device must connect again with the secret that it was given, not with that of the product.",
     .needs = NEEDS_ONLINE,
     .run = case_reconnect},
    {.id = "reports",
     .title = "reports status and information after it connected",
     .why = "Battery, free flash and versions decide whether a plan may reach the device.",
     .needs = NEEDS_ONLINE,
     .run = case_reports},
    {.id = "accept",
     .title = "receives a plan and accepts it: status 1, then 2",
     .why = "Without the confirmation the server never sends the firmware.",
     .needs = FIRST,
     .run = case_accept},
    {.id = "order",
     .title = "reports each step, in order",
     .why = "Operators follow an upgrade by these reports: 1, 2, 4, 5, 8, 9, 11.",
     .needs = FIRST | NEEDS_ACCEPTS,
     .run = case_order},
    {.id = "first-attempt",
     .title = "needs one notify and one attempt when nothing is in the way",
     .why =
         "Each failed attempt is a download paid for, and a device that restarts in the middle does so in the field.",
     .needs = FIRST | NEEDS_ACCEPTS,
     .run = case_first_attempt},
    {.id = "upgrade",
     .title = "is upgraded",
     .why = "What it is all for.",
     .needs = FIRST | NEEDS_ACCEPTS,
     .run = case_upgrade},
    {.id = "version",
     .title = "reports the new version",
     .why = "Only a reported version proves an upgrade; the next plan is decided by it.",
     .needs = UPGRADE,
     .run = case_version},
    {.id = "session",
     .title = "encrypts its session",
     .why = "A device that announces encryption must use the key that it is sent.",
     .needs = FIRST | NEEDS_ACCEPTS,
     .run = case_session},
    NOTICED("http-404", "the file is not there (404)", "It must report 6 and try again when it is told to.",
            "{\"point\":\"http.firmware\",\"action\":{\"type\":\"status\",\"code\":404},\"trigger\":{\"times\":1}}"),
    NOTICED("http-500", "the server has an error (500)", "An error page is no firmware.",
            "{\"point\":\"http.firmware\",\"action\":{\"type\":\"status\",\"code\":500},\"trigger\":{\"times\":1}}"),
    NOTICED("http-503", "the server is busy (503)", "It happens whenever many devices download.",
            "{\"point\":\"http.firmware\",\"action\":{\"type\":\"status\",\"code\":503,\"retryAfter\":1},\"trigger\":{"
            "\"times\":1}}"),
    NOTICED("no-answer", "the connection is closed before the header", "Middleboxes do that.",
            "{\"point\":\"http.firmware\",\"action\":{\"type\":\"closeBeforeHeader\"},\"trigger\":{\"times\":1}}"),
    NOTICED("truncated", "the download breaks off half-way", "Half a file must never be installed.",
            "{\"point\":\"http.firmware\",\"action\":{\"type\":\"cut\",\"atByte\":\"50%\"},\"trigger\":{\"times\":1}}"),
    NOTICED("flipped-byte", "one byte of the file is wrong",
            "Only the digest tells; a device that does not check it is "
            "bricked by one bad byte.",
            "{\"point\":\"http.firmware\",\"action\":{\"type\":\"flipByte\",\"atByte\":\"50%\"},\"trigger\":{\"times\":"
            "1}}"),
    NOTICED("wrong-md5", "the digest that is announced is wrong", "The device must compare it and refuse the file.",
            "{\"point\":\"ota.url\",\"action\":{\"type\":\"set\",\"field\":\"md5\",\"value\":"
            "\"00000000000000000000000000000000\"},\"trigger\":{\"times\":1}}"),
    TOLERATED(
        "late-header", "the header comes after 3 s", "A slow server is not a broken one; the SDK's limit is 5 s.",
        "{\"point\":\"http.firmware\",\"action\":{\"type\":\"headerDelay\",\"seconds\":3},\"trigger\":{\"times\":1}}"),
    {.id = "slow-download",
     .title = "reports 5 every five seconds while a slow download goes on",
     .why = "Without these reports the server takes a slow device for a dead one.",
     .needs = UPGRADE,
     .run = case_disturbed,
     .order = {.retries = 3, .slow_s = 12},
     .attempts_least = 1,
     .attempts_most = 1,
     .code = 5,
     .code_least = 2,
     .otherwise = "it gave a slow but steady download up"},
    TOLERATED("notify-twice", "the notify comes twice", "QoS 1 may deliver twice; one upgrade must come of it.",
              "{\"point\":\"ota.notify\",\"action\":{\"type\":\"duplicate\"},\"trigger\":{\"times\":1}}"),
    TOLERATED("url-twice", "the firmware information comes twice", "The second one must not start a second download.",
              "{\"point\":\"ota.url\",\"action\":{\"type\":\"duplicate\"},\"trigger\":{\"times\":1}}"),
    TOLERATED("bad-checksum", "a notify with a wrong checksum is ignored", "A damaged frame must have no effect.",
              "{\"point\":\"ota.notify\",\"action\":{\"type\":\"badChecksum\"},\"trigger\":{\"times\":1}}"),
    TOLERATED("lost-notify", "a notify gets lost", "The server repeats it; the device must not mind.",
              "{\"point\":\"ota.notify\",\"action\":{\"type\":\"drop\"},\"trigger\":{\"times\":1}}"),
    {.id = "link-cut",
     .title = "the MQTT link breaks in the middle of a download",
     .why = "The download does not need the link; what happened meanwhile is reported when it is back.",
     .needs = UPGRADE,
     .run = case_disturbed,
     .order = {.retries = 3, .slow_s = 6, .cut_link = true},
     .attempts_least = 1,
     .attempts_most = 2,
     .otherwise = "it did not find its way back"},
    {.id = "buffer-multiple",
     .title = "a file whose size is a multiple of the read buffer",
     .why = "The last read is empty then: the classic off-by-one of download loops.",
     .needs = UPGRADE | NEEDS_MADE_UP,
     .run = case_disturbed,
     .order = {.retries = 0, .size = 65536},
     .attempts_least = 1,
     .attempts_most = 1,
     .otherwise = "it failed at this size"},
    {.id = "one-byte",
     .title = "a file of one byte",
     .why = "The smallest file there is.",
     .needs = UPGRADE | NEEDS_MADE_UP,
     .run = case_disturbed,
     .order = {.retries = 0, .size = 1},
     .attempts_least = 1,
     .attempts_most = 1,
     .otherwise = "it failed at this size"},
    {.id = "three-in-a-row",
     .title = "three upgrades, one behind the other",
     .why = "What an upgrade leaves behind (files, counters, memory) shows in the next one.",
     .needs = UPGRADE,
     .run = case_three},
    {.id = "power-cut",
     .title = "loses its power in the middle of a download",
     .why = "It happens, and the device must come back, say so and be upgraded by the next attempt.",
     .tester = "When asked, take the power away and give it back.",
     .needs = UPGRADE | NEEDS_TESTER,
     .run = case_disturbed,
     .order = {.retries = 3,
               .slow_s = 30,
               .cut_question = "Take the power away NOW, and give it back after five seconds."},
     .attempts_least = 2,
     .attempts_most = 4,
     .otherwise = "no interruption was seen, or it did not come back"},
    {.id = "shut-out",
     .title = "stays silent when it is shut out (CONNACK 5)",
     .why = "A fleet of refused devices that knock without a pause is an attack on the server.",
     .tester = "Restart the device when asked: it must not come back by itself.",
     .needs = NEEDS_ONLINE | NEEDS_TESTER,
     .run = case_shut_out},
    {.id = "frames",
     .title = "every frame could be read",
     .why = "Over all cases: checksum, length, escaping and TTLV of all that the device sent.",
     .needs = NEEDS_ONLINE,
     .run = case_frames},
};

const size_t qualify_case_count = sizeof qualify_cases / sizeof qualify_cases[0];

void result_fail(struct result *result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(result->reason, sizeof result->reason, format, arguments);
    va_end(arguments);
    result->verdict = VERDICT_FAILED;
}

void result_skip(struct result *result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(result->reason, sizeof result->reason, format, arguments);
    va_end(arguments);
    result->verdict = VERDICT_NOT_APPLICABLE;
}

/* Why the case cannot be played now; NULL: it can. */
static const char *obstacle(const struct suite *suite, unsigned needs)
{
    const struct stand *stand = suite->stand;
    bool real = stand->images[0].bytes != NULL;
    if ((needs & NEEDS_ONLINE) != 0 && !suite->online) {
        return "the device never came online (case connect)";
    }
    if ((needs & NEEDS_TESTER) != 0 && suite->unattended) {
        return "somebody must stand by; run it without --unattended";
    }
    if ((needs & NEEDS_IMAGES) != 0 && !real && !stand->made_up) {
        return "no firmware was given: --image-a, --version-a, --image-b, --version-b, or --made-up-images for a "
               "device "
               "that survives them";
    }
    if ((needs & NEEDS_MADE_UP) != 0 && !stand->made_up) {
        return "the size of the file matters, so it needs --made-up-images";
    }
    if ((needs & NEEDS_ACCEPTS) != 0 && !suite->accepts) {
        return "the device accepts no plan (case accept)";
    }
    return (needs & NEEDS_UPGRADES) != 0 && !suite->upgrades
               ? "the device is not upgraded even undisturbed (case upgrade)"
               : NULL;
}

const char *suite_obstacle(struct suite *suite, const struct qualify_case *played)
{
    const char *why_not = obstacle(suite, played->needs);
    if (why_not == NULL && (played->needs & NEEDS_UPGRADES) != 0 && suite->stand->stuck_in[0] != '\0') {
        (void)snprintf(suite->obstacle, sizeof suite->obstacle,
                       "the device never ended the upgrade of case %s; restart it", suite->stand->stuck_in);
        why_not = suite->obstacle;
    }
    return why_not;
}

void suite_play(struct suite *suite, const struct qualify_case *played, struct result *result)
{
    int64_t begin = monotonic_ms();
    const char *why_not = suite_obstacle(suite, played);
    result->verdict = VERDICT_PASSED;
    result->reason[0] = '\0';
    if (why_not != NULL) {
        result_skip(result, "%s", why_not);
    } else {
        stand_begin(suite->stand);
        played->run(suite, played, result);
    }
    if (result->verdict == VERDICT_FAILED && result->excerpt.length == 0) {
        excerpt_of_case(suite->stand, &result->excerpt);
    }
    result->seconds = (double)(monotonic_ms() - begin) / 1000;
}

void suite_finish(struct suite *suite)
{
    stand_outcome_finish(&suite->first);
}
