#include "session/referee.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum {
    CONNECT_FLAGS = 0x42, /* clean session, password, nothing else */
    COMMAND_TSL_ANSWER = 0x0012,
    COMMAND_STATUS = 0x0034,
    COMMAND_INFO = 0x0044,
    COMMAND_OTA_STATUS = 0x0114,
    COMMAND_OTA_REQUEST = 0x0115,
    COMMAND_LOCATION = 0x0122,
};

/* One call of referee_step(). */
struct game {
    struct referee *referee;
    const struct referee_event *event;
    int64_t now;
    struct breaches *breaches;
};

PRINTF_LIKE(3, 4) static void breach(struct game *game, enum protocol_rule rule, const char *format, ...)
{
    if (game->breaches->count == REFEREE_BREACHES) {
        return;
    }
    struct breach *made = &game->breaches->items[game->breaches->count++];
    uint64_t bit = UINT64_C(1) << rule;
    *made = (struct breach){.rule = rule, .told = (game->referee->told & bit) == 0};
    game->referee->told |= bit;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(made->detail, sizeof made->detail, format, arguments);
    va_end(arguments);
}

/* --- the link ------------------------------------------------------------------------------------------------- */

/* Notified and not through with it, as far as it has told. */
static bool is_under_way(const struct referee *referee)
{
    bool idle = referee->last == 3 || referee->last == 11 || referee->last == 12;
    return referee->last != 0 ? !idle : referee->notified;
}

static void take_connect(struct game *game)
{
    struct referee *referee = game->referee;
    const struct connect_conduct *connect = game->event->connect;
    referee->behind |= is_under_way(referee);
    referee->linked = true;
    referee->subscribed = false;
    referee->disturbed = false;
    referee->got_status = false;
    referee->got_info = false;
    referee->encrypts = false;
    referee->first = true;
    referee->errors = 0;
    referee->status_due = REFEREE_NEVER;
    referee->reports_due = REFEREE_NEVER;
    if (connect->flags != CONNECT_FLAGS) {
        breach(game, RULE_CONNECT_FLAGS, "CONNECT has flags 0x%02x instead of 0x42 (clean session, password)",
               connect->flags);
    }
    if (connect->keep_alive_s < REFEREE_KEEP_ALIVE_S) {
        breach(game, RULE_KEEP_ALIVE, "keep alive %u s; the least is 21 s", connect->keep_alive_s);
    }
}

static void take_subscribed(struct game *game)
{
    game->referee->subscribed = game->referee->linked;
    game->referee->reports_due = game->referee->linked ? game->now + REFEREE_REPORTS_MS : REFEREE_NEVER;
}

static void take_gone(struct game *game)
{
    struct referee *referee = game->referee;
    referee->linked = false;
    referee->subscribed = false;
    referee->status_due = REFEREE_NEVER;
    referee->reports_due = REFEREE_NEVER;
}

static void take_farewell(struct game *game)
{
    breach(game, RULE_NO_DISCONNECT, "an MQTT DISCONNECT; the SDK only closes the connection");
}

static void take_disturbed(struct game *game)
{
    game->referee->disturbed = true;
    game->referee->status_due = REFEREE_NEVER;
    game->referee->reports_due = REFEREE_NEVER;
}

static void take_given_up(struct game *game)
{
    game->referee->behind = true;
}

static void take_order(struct game *game)
{
    game->referee->told = 0;
    game->referee->altered = game->event->altered;
    game->referee->notified |= game->event->kind == REFEREE_NOTIFY;
    game->referee->informed |= game->event->kind == REFEREE_FIRMWARE;
    game->referee->behind &= game->event->kind != REFEREE_FIRMWARE;
}

/* --- frames --------------------------------------------------------------------------------------------------- */

static void judge_qos(struct game *game, const struct frame_conduct *frame)
{
    bool upgrade = frame->command == COMMAND_OTA_STATUS || frame->command == COMMAND_OTA_REQUEST;
    bool report =
        frame->command == COMMAND_STATUS || frame->command == COMMAND_INFO || frame->command == COMMAND_LOCATION;
    bool answer = frame->command == COMMAND_TSL_ANSWER;
    int wanted = upgrade ? 2 : report ? 1 : 0;
    if ((upgrade || report || answer) && frame->qos >= 0 && frame->qos != wanted) {
        breach(game, upgrade ? RULE_STATUS_QOS : RULE_REPORT_QOS, "0x%04x came with QoS %d instead of %d",
               frame->command, frame->qos, wanted);
    }
}

/* Reports built before the key came are clear; a status that was kept over a lost link may be, too. */
static void judge_encryption(struct game *game, const struct frame_conduct *frame)
{
    struct referee *referee = game->referee;
    bool kept = frame->command == COMMAND_OTA_STATUS && referee->first;
    if (referee->encrypts && !frame->encrypted && !kept) {
        breach(game, RULE_ENCRYPTION, "0x%04x in clear behind encrypted frames of this connection", frame->command);
    }
    referee->encrypts |= frame->encrypted;
}

static void take_frame(struct game *game)
{
    struct referee *referee = game->referee;
    const struct frame_conduct *frame = game->event->frame;
    referee->frame_id = frame->package_id;
    referee->got_status |= frame->command == COMMAND_STATUS;
    referee->got_info |= frame->command == COMMAND_INFO;
    if (referee->got_status && referee->got_info) {
        referee->reports_due = REFEREE_NEVER;
    }
    if (referee->disturbed) {
        return;
    }
    if (!frame->known) {
        breach(game, RULE_KNOWN_COMMAND, "command 0x%04x is none that a device sends", frame->command);
        return;
    }
    judge_qos(game, frame);
    judge_encryption(game, frame);
    if (!frame->right_kind) {
        breach(game, RULE_TOPIC_KIND, "0x%04x came on a topic of the wrong kind (sys, bus, ota)", frame->command);
    }
    if (frame->id_reused) {
        breach(game, RULE_PACKAGE_ID, "package id %u was another frame's a moment ago", frame->package_id);
    } else if (frame->command != COMMAND_TSL_ANSWER &&
               (frame->package_id == 0 || frame->package_id == UINT16_MAX)) { /* an answer has the request's */
        breach(game, RULE_PACKAGE_ID, "package id %u; those of a device are 1 to 65534", frame->package_id);
    }
    bool early = frame->command == COMMAND_OTA_STATUS && !(referee->got_status && referee->got_info);
    if (early && referee->linked && referee->subscribed) {
        breach(game, RULE_FIRST_FRAMES, "0x0114 before 0x0034 and 0x0044 of this connection");
    }
}

static void take_malformed(struct game *game)
{
    if (!game->referee->disturbed) {
        breach(game, RULE_MALFORMED_FRAME, "a frame that cannot be read: %s", game->event->why);
    }
}

/* --- statuses ------------------------------------------------------------------------------------------------- */

#define BIT(status) (1U << (status))

static const struct order {
    unsigned module; /* what may follow */
    unsigned mcu;
} orders[] = {
    [1] = {BIT(1) | BIT(2) | BIT(3), BIT(1) | BIT(2) | BIT(3)},
    [2] = {BIT(1) | BIT(4) | BIT(12), BIT(1) | BIT(4) | BIT(11) | BIT(12)},
    [3] = {BIT(1) | BIT(4) | BIT(12), BIT(1) | BIT(4) | BIT(12)},
    [4] = {BIT(5) | BIT(6) | BIT(12), BIT(5) | BIT(6) | BIT(11) | BIT(12)},
    [5] = {BIT(5) | BIT(6) | BIT(8) | BIT(12), BIT(5) | BIT(6) | BIT(8) | BIT(11) | BIT(12)},
    [6] = {BIT(1) | BIT(4) | BIT(12), BIT(1) | BIT(4) | BIT(12)},
    [8] = {BIT(6) | BIT(9) | BIT(12), BIT(4) | BIT(9) | BIT(11) | BIT(12)},
    [9] = {BIT(11) | BIT(12), BIT(11) | BIT(12)},
    [11] = {BIT(1) | BIT(4) | BIT(12), BIT(1) | BIT(4) | BIT(12)},
    [12] = {BIT(1) | BIT(4) | BIT(12), BIT(1) | BIT(4) | BIT(12)},
};

enum { STATUS_MOST = 12 };

static bool is_known(int status)
{
    return status > 0 && status <= STATUS_MOST && orders[status].mcu != 0;
}

static void judge_members(struct game *game, const struct upgrade_report *report)
{
    bool ends = report->status == 11 || report->status == 12;
    if (!report->component_type.known) {
        breach(game, RULE_REQUIRED_MEMBER, "status %d without the type (id 7)", report->status);
    } else if (report->component_no[0] == '\0' && report->status != 1 && report->status != 12) {
        breach(game, RULE_REQUIRED_MEMBER, "status %d without the component (id 4)", report->status);
    } else if (report->status_name[0] == '\0') {
        breach(game, RULE_REQUIRED_MEMBER, "status %d without its name (id 14)", report->status);
    } else if (!report->right_name) {
        breach(game, RULE_STATUS_NAME, "status %d calls itself '%.40s'", report->status, report->status_name);
    }
    if (report->has_digest && (report->status != 2 || !report->wants_sha256)) {
        breach(game, RULE_SHA256_REQUESTED, "id 19 belongs into status 2 only, as 'sha256'");
    }
    bool mcu = report->component_type.known && report->component_type.value == 1;
    if (ends && report->versions.module_version[0] == '\0') {
        breach(game, RULE_VERSIONS_IN_11, "status %d without the module's version (id 25)", report->status);
    } else if (report->status == 11 && mcu && report->versions.mcu_count == 0) {
        breach(game, RULE_VERSIONS_IN_11, "status 11 of an MCU without the list of versions (id 26)");
    }
}

static void judge_order(struct game *game, int status)
{
    const struct referee *referee = game->referee;
    if (referee->disturbed || referee->first) {
        return;
    }
    if (status == 1 && !referee->notified) {
        breach(game, RULE_RECEIVED_WITHOUT_NOTIFY, "status 1, but no notify was sent");
        return;
    }
    if (status == 4 && !referee->informed) {
        breach(game, RULE_DOWNLOAD_WITHOUT_INFO, "status 4, but no firmware information was sent");
        return;
    }
    if (status == 6 && referee->errors >= REFEREE_ERRORS) {
        breach(game, RULE_TOO_MANY_ATTEMPTS, "status 6 for the %dth time in a row; the sixth failure is 12",
               referee->errors + 1);
    }
    unsigned may = 0;
    if (referee->last != 0) {
        may = referee->module ? orders[referee->last].module : orders[referee->last].mcu;
    }
    if (referee->last != 0 && (may & BIT(status)) == 0 && !referee->late) {
        breach(game, RULE_STATUS_ORDER, "status %d right behind status %d", status, referee->last);
    }
}

static int64_t timer_of(const struct referee *referee, int status)
{
    switch (status) {
    case 2:
        return REFEREE_CONFIRMED_MS;
    case 4:
        return REFEREE_START_MS + REFEREE_WAY_MS;
    case 5:
        return REFEREE_PROGRESS_MS + REFEREE_WAY_MS;
    case 9:
        return referee->module ? REFEREE_NEVER : REFEREE_UPDATING_MS;
    default:
        return REFEREE_NEVER;
    }
}

static void note_status(struct game *game, const struct upgrade_report *report)
{
    struct referee *referee = game->referee;
    int status = report->status;
    bool ends = status == 11 || status == 12;
    referee->module = report->component_type.known && report->component_type.value == 0;
    if (referee->first) { /* then it was told so before the server knew it */
        referee->notified |= status == 1 || status == 2;
        referee->informed |= status >= 4 && !ends;
    }
    referee->behind &= status > 4;
    referee->last = status;
    referee->first = false;
    referee->status_id = referee->frame_id;
    referee->errors = ends ? 0 : referee->errors + (status == 6 ? 1 : 0);
    if ((status == 6 || status == 12) && referee->open > 0) {
        referee->late = true;
    } else if ((status == 1 || status == 4) && referee->open == 0) {
        referee->late = false;
    }
    int64_t timer = timer_of(referee, status);
    bool runs = timer != REFEREE_NEVER && referee->linked && !referee->disturbed && !referee->late;
    referee->status_due = runs ? game->now + timer : REFEREE_NEVER;
}

static void take_status(struct game *game)
{
    const struct upgrade_report *report = game->event->upgrade;
    if (!is_known(report->status)) {
        breach(game, RULE_STATUS_NUMBER, "status %d does not exist", report->status);
        return;
    }
    bool again = game->referee->last == report->status && game->referee->status_id == game->referee->frame_id;
    if (again && !game->referee->first) {
        return; /* it could not be stored, and came a second time */
    }
    if (game->referee->linked) { /* else it may be of a link that has gone, or of before the server started */
        judge_members(game, report);
        judge_order(game, report->status);
    }
    note_status(game, report);
}

static void take_flash(struct game *game)
{
    game->referee->no_flash = game->event->flash_free == 0;
}

/* --- downloads ------------------------------------------------------------------------------------------------ */

/* From the start, the same piece again, or behind the piece before; of another file: its start, or the piece again. */
static bool continues(const struct referee *referee, const struct request_conduct *request)
{
    bool known = referee->has_piece;
    bool same = known && strcmp(referee->token, request->token) == 0;
    return request->first == 0 || (known && request->first == referee->piece_first) ||
           (same && !referee->piece_failed && request->first == referee->piece_last + 1);
}

static void judge_range(struct game *game, const struct request_conduct *request)
{
    struct referee *referee = game->referee;
    if (!request->ranged) {
        if (request->size > 0 && (!referee->no_flash || request->other_range)) {
            breach(game, RULE_RANGE_ALWAYS, "a request without 'Range: bytes=first-last'");
        }
        return;
    }
    if (request->last < request->first || request->last >= request->size) {
        breach(game, RULE_RESUME_BY_RANGE, "asks for bytes %lld to %lld of %lld", (long long)request->first,
               (long long)request->last, (long long)request->size);
    } else if (!continues(referee, request)) {
        breach(game, RULE_RESUME_BY_RANGE, "asks for byte %lld on; the piece before was %lld to %lld%s",
               (long long)request->first, (long long)(referee->has_piece ? referee->piece_first : 0),
               (long long)(referee->has_piece ? referee->piece_last : -1),
               referee->piece_failed ? " and did not arrive" : "");
    }
    referee->has_piece = true;
    referee->piece_failed = false;
    referee->piece_first = request->first;
    referee->piece_last = request->last;
    text_copy_cut(referee->token, sizeof referee->token, request->token);
}

static void take_request(struct game *game)
{
    const struct request_conduct *request = game->event->request;
    game->referee->open++;
    if (request->wrong != NULL) {
        breach(game, RULE_FIRMWARE_HEADER, "the request for firmware: %s", request->wrong);
    }
    if (!game->referee->altered) {
        judge_range(game, request);
    }
}

static void take_served(struct game *game)
{
    struct referee *referee = game->referee;
    referee->open -= referee->open > 0 ? 1 : 0;
    referee->piece_failed |= referee->open == 0 && !game->event->complete;
}

/* --- time ----------------------------------------------------------------------------------------------------- */

static void judge_timer(struct game *game)
{
    switch (game->referee->last) {
    case 2:
        breach(game, RULE_CONFIRMED_TIMER, "still in status 2 after 30 s: 4 or 12 was due");
        break;
    case 4:
        breach(game, RULE_START_TIMER, "still in status 4 after 5 s (and 3 s for the way): 5 or 6 was due");
        break;
    case 5:
        if (game->referee->open > 0) {
            breach(game, RULE_PROGRESS_EVERY_5S, "no status 5 for 8 s (5 s, and 3 s for the way) while it downloads");
        }
        break;
    default:
        breach(game, RULE_UPDATING_TIMER, "still in status 9 after 20 minutes: 11 or 12 was due");
        break;
    }
}

static void take_time(struct game *game)
{
    struct referee *referee = game->referee;
    if (game->now >= referee->status_due) {
        referee->status_due = REFEREE_NEVER;
        judge_timer(game);
    }
    if (game->now >= referee->reports_due) {
        referee->reports_due = REFEREE_NEVER;
        breach(game, RULE_FIRST_FRAMES, "no 0x0034 and 0x0044 within 10 s of the subscription");
    }
}

void referee_init(struct referee *referee)
{
    *referee = (struct referee){.first = true, .status_due = REFEREE_NEVER, .reports_due = REFEREE_NEVER};
}

void referee_step(struct referee *referee, const struct referee_event *event, int64_t now, struct breaches *breaches)
{
    static void (*const takes[REFEREE_EVENT_COUNT])(struct game * game) = {
        [REFEREE_CONNECTED] = take_connect,   [REFEREE_SUBSCRIBED] = take_subscribed,
        [REFEREE_GONE] = take_gone,           [REFEREE_FAREWELL] = take_farewell,
        [REFEREE_DISTURBED] = take_disturbed, [REFEREE_NOTIFY] = take_order,
        [REFEREE_FIRMWARE] = take_order,      [REFEREE_FRAME] = take_frame,
        [REFEREE_MALFORMED] = take_malformed, [REFEREE_STATUS] = take_status,
        [REFEREE_FLASH] = take_flash,         [REFEREE_REQUEST] = take_request,
        [REFEREE_SERVED] = take_served,       [REFEREE_TIME] = take_time,
        [REFEREE_GAVE_UP] = take_given_up,
    };
    breaches->count = 0;
    takes[event->kind](&(struct game){referee, event, now, breaches});
}

bool referee_excuses(const struct referee *referee)
{
    return referee->altered || referee->behind;
}

int64_t referee_due(const struct referee *referee)
{
    return referee->status_due < referee->reports_due ? referee->status_due : referee->reports_due;
}
