#include "fleet/sdk_ota.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Events of kind 7 (protocol.md, 11). */
enum {
    EVENT_PLAN = 10700,
    EVENT_START = 10701,
    EVENT_DOWNLOADING = 10702,
    EVENT_PIECE = 10703,
    EVENT_UPDATING = 10704,
    EVENT_SUCCESS = 10705,
    EVENT_FAILURE = 10706,
    EVENT_DECISION = 10707,
};

static const char *const state_names[SDK_OTA_STATE_COUNT] = {
    [SDK_OTA_IDLE] = "idle",
    [SDK_OTA_RECEIVED] = "received",
    [SDK_OTA_ACCEPTED] = "accepted",
    [SDK_OTA_DOWNLOAD_START] = "downloadStart",
    [SDK_OTA_DOWNLOADING] = "downloading",
    [SDK_OTA_DOWNLOADED] = "downloaded",
    [SDK_OTA_UPDATING] = "updating",
    [SDK_OTA_CLOSING] = "closing",
    [SDK_OTA_STUCK] = "stuck",
};

const char *sdk_ota_state_name(enum sdk_ota_state state)
{
    return (unsigned)state < SDK_OTA_STATE_COUNT ? state_names[state] : "?";
}

enum status sdk_ota_state_parse(const char *name, enum sdk_ota_state *state)
{
    for (unsigned i = 0; i < SDK_OTA_STATE_COUNT; i++) {
        if (strcmp(name, state_names[i]) == 0) {
            *state = (enum sdk_ota_state)i;
            return OK;
        }
    }
    return E_FORMAT;
}

/* What a rule works on. */
struct step {
    struct sdk_ota *ota;
    const struct sdk_ota_event *event;
    int64_t now_ms;
    struct sdk_ota_actions *actions;
};

static struct sdk_ota_action *add(struct step *step, enum sdk_ota_action_kind kind, int code)
{
    assert(step->actions->count < SDK_OTA_ACTIONS);
    struct sdk_ota_action *action = &step->actions->items[step->actions->count++];
    action->kind = kind;
    action->code = code;
    action->type = step->ota->type;
    text_copy_cut(action->component_no, sizeof action->component_no, step->ota->component_no);
    action->text[0] = '\0';
    return action;
}

PRINTF_LIKE(3, 4) static void raise_event(struct step *step, int code, const char *format, ...)
{
    struct sdk_ota_action *action = add(step, SDK_OTA_RAISE, code);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(action->text, sizeof action->text, format, arguments);
    va_end(arguments);
}

static void enter(struct step *step, enum sdk_ota_state state, int64_t after_ms)
{
    step->ota->state = state;
    step->ota->deadline_ms = after_ms == SDK_OTA_NEVER ? SDK_OTA_NEVER : step->now_ms + after_ms;
}

/* Publishes an ending status; idle follows a moment later (protocol.md, 9.2). */
static void close_with(struct step *step, enum ota_status status)
{
    (void)add(step, SDK_OTA_REPORT, (int)status);
    enter(step, SDK_OTA_CLOSING, SDK_OTA_SETTLE_MS);
}

static void end_upgrade(struct step *step, enum ota_status status)
{
    close_with(step, status);
    raise_event(step, status == OTA_STATUS_SUCCESS ? EVENT_SUCCESS : EVENT_FAILURE, "\"%s\"", step->ota->component_no);
    step->ota->errors = 0;
    step->ota->started = false;
    step->ota->has_firmware = false;
}

static void fail_upgrade(struct step *step)
{
    end_upgrade(step, OTA_STATUS_UPDATE_ERROR);
}

/* Five 6 are tolerated, the sixth failure is a 12 (protocol.md, 9.4). */
static void fail_download(struct step *step)
{
    step->ota->has_firmware = false;
    if (step->ota->errors >= SDK_OTA_ERRORS) {
        fail_upgrade(step);
        return;
    }
    step->ota->errors++;
    close_with(step, OTA_STATUS_DOWNLOAD_ERROR);
}

static void take_notify(struct step *step)
{
    const struct notify_message *notify = step->event->notify;
    for (size_t i = 0; notify != NULL && i < notify->count; i++) {
        const struct notify_task *task = &notify->tasks[i];
        raise_event(step, EVENT_PLAN, "\"%s\",\"%s\",\"%s\",%" PRId32 ",%" PRId32 ",%" PRIu32, task->component_no,
                    task->source_version, task->target_version, task->battery.known ? task->battery.value : 0,
                    task->signal.known ? task->signal.value : 0, task->space.known ? (uint32_t)task->space.value : 0);
    }
    if (notify != NULL && notify->count > 0) {
        const struct notify_task *last = &notify->tasks[notify->count - 1];
        text_copy_cut(step->ota->component_no, sizeof step->ota->component_no, last->component_no);
        text_copy_cut(step->ota->target_version, sizeof step->ota->target_version, last->target_version);
        step->ota->type = last->component_type;
    }
    (void)add(step, SDK_OTA_REPORT, OTA_STATUS_PLAN_RECEIVED);
    enter(step, SDK_OTA_RECEIVED, SDK_OTA_NEVER);
}

static void accept_plan(struct step *step)
{
    (void)add(step, SDK_OTA_REPORT, OTA_STATUS_CONFIRMED);
    raise_event(step, EVENT_DECISION, "0");
    enter(step, SDK_OTA_ACCEPTED, SDK_OTA_FIRMWARE_MS);
}

static void refuse_plan(struct step *step)
{
    close_with(step, OTA_STATUS_REFUSED);
    raise_event(step, EVENT_DECISION, "0");
}

static void raise_start(struct step *step)
{
    const struct sdk_firmware *firmware = &step->ota->firmware;
    if (step->ota->started) {
        raise_event(step, EVENT_DOWNLOADING, "%s", "");
    } else if (firmware->type == SDK_TYPE_MODULE) {
        raise_event(step, EVENT_START, "%s", "");
    } else if (step->ota->wants_sha256) {
        raise_event(step, EVENT_START, "\"%s\",%" PRIu32 ",\"%s\",%" PRIu32 ",\"%s\"", firmware->component_no,
                    firmware->size, firmware->md5, firmware->crc, firmware->sha256);
    } else {
        raise_event(step, EVENT_START, "\"%s\",%" PRIu32 ",\"%s\",%" PRIu32, firmware->component_no, firmware->size,
                    firmware->md5, firmware->crc);
    }
    step->ota->started = true;
}

static void start_piece(struct step *step, uint32_t start)
{
    struct sdk_ota *ota = step->ota;
    uint32_t left = ota->firmware.size - start;
    ota->piece_start = start;
    ota->piece_length = ota->type == SDK_TYPE_MCU && ota->flash_free < left ? ota->flash_free : left;
    (void)add(step, SDK_OTA_REPORT, OTA_STATUS_DOWNLOAD_START);
    raise_start(step);
    (void)add(step, SDK_OTA_DOWNLOAD, 0);
    enter(step, SDK_OTA_DOWNLOAD_START, SDK_OTA_HEADER_MS);
}

static void take_firmware(struct step *step)
{
    struct sdk_ota *ota = step->ota;
    if (step->event->firmware == NULL) {
        fail_upgrade(step);
        return;
    }
    ota->firmware = *step->event->firmware;
    text_copy_cut(ota->component_no, sizeof ota->component_no, ota->firmware.component_no);
    text_copy_cut(ota->target_version, sizeof ota->target_version, ota->firmware.target_version);
    ota->type = ota->firmware.type;
    if (ota->type == SDK_TYPE_MODULE && ota->flash_free < ota->firmware.size) {
        fail_upgrade(step);
        return;
    }
    ota->has_firmware = true;
    start_piece(step, 0);
}

/* Also from an exchange that was given up before (protocol.md, 10.4): the device does not tell them apart. */
static void take_header(struct step *step)
{
    (void)add(step, SDK_OTA_REPORT, OTA_STATUS_DOWNLOADING);
    raise_event(step, EVENT_DOWNLOADING, "%s", "");
    enter(step, SDK_OTA_DOWNLOADING, SDK_OTA_PROGRESS_MS);
}

static void take_piece(struct step *step)
{
    struct sdk_ota *ota = step->ota;
    (void)add(step, SDK_OTA_REPORT, OTA_STATUS_DOWNLOADED);
    if (!ota->has_firmware || ota->firmware.size == 0 || (ota->type != SDK_TYPE_MODULE && ota->type != SDK_TYPE_MCU)) {
        enter(step, SDK_OTA_STUCK, SDK_OTA_NEVER);
    } else if (ota->type == SDK_TYPE_MODULE) {
        raise_event(step, EVENT_PIECE, "%s", "");
        (void)add(step, SDK_OTA_CHECK_MODULE, 0);
        enter(step, SDK_OTA_DOWNLOADED, SDK_OTA_NEVER);
    } else {
        raise_event(step, EVENT_PIECE, "\"%s\",%" PRIu32 ",%" PRIu32 ",%" PRIu32, ota->component_no, ota->firmware.size,
                    ota->piece_start, ota->piece_length);
        enter(step, SDK_OTA_DOWNLOADED, SDK_OTA_READ_MS);
    }
}

static void read_piece(struct step *step)
{
    if (step->ota->type == SDK_TYPE_MCU) {
        enter(step, SDK_OTA_DOWNLOADED, SDK_OTA_READ_MS);
    }
}

static void next_piece(struct step *step)
{
    uint32_t next = step->ota->piece_start + step->ota->piece_length;
    if (step->ota->type == SDK_TYPE_MCU && next < step->ota->firmware.size) {
        start_piece(step, next);
    }
}

static void start_updating(struct step *step, int64_t after_ms)
{
    (void)add(step, SDK_OTA_REPORT, OTA_STATUS_UPDATING);
    raise_event(step, EVENT_UPDATING, "\"%s\"", step->ota->component_no);
    enter(step, SDK_OTA_UPDATING, after_ms);
}

static void update_mcu(struct step *step)
{
    const struct sdk_ota *ota = step->ota;
    bool all_read = ota->piece_length > 0 && ota->piece_start + ota->piece_length == ota->firmware.size;
    if (ota->type == SDK_TYPE_MCU && all_read) {
        start_updating(step, SDK_OTA_MCU_MS);
    }
}

static void take_module_check(struct step *step)
{
    if (step->ota->type != SDK_TYPE_MODULE) {
        return;
    }
    if (step->event->good) {
        start_updating(step, step->ota->flash_pause_ms);
    } else {
        fail_download(step);
    }
}

static void take_flash_failure(struct step *step)
{
    if (step->ota->type == SDK_TYPE_MODULE) {
        fail_upgrade(step);
    }
}

/* Any setting of the component's version ends the upgrade (protocol.md, 9.3). */
static void take_version(struct step *step)
{
    const struct sdk_ota *ota = step->ota;
    if (ota->type != SDK_TYPE_MCU || strcmp(step->event->component_no, ota->component_no) != 0) {
        return;
    }
    bool reached = strcmp(step->event->version, ota->target_version) == 0;
    end_upgrade(step, reached ? OTA_STATUS_SUCCESS : OTA_STATUS_UPDATE_ERROR);
}

static void settle(struct step *step)
{
    enter(step, SDK_OTA_IDLE, SDK_OTA_NEVER);
}

static void take_timer(struct step *step)
{
    struct sdk_ota *ota = step->ota;
    if (step->now_ms < ota->deadline_ms) {
        return;
    }
    ota->deadline_ms = SDK_OTA_NEVER;
    switch (ota->state) {
    case SDK_OTA_DOWNLOAD_START:
        fail_download(step);
        break;
    case SDK_OTA_DOWNLOADING:
        (void)add(step, SDK_OTA_REPORT, OTA_STATUS_DOWNLOADING);
        enter(step, SDK_OTA_DOWNLOADING, SDK_OTA_PROGRESS_MS);
        break;
    case SDK_OTA_ACCEPTED:
    case SDK_OTA_DOWNLOADED:
        fail_upgrade(step);
        break;
    case SDK_OTA_UPDATING:
        if (ota->type == SDK_TYPE_MODULE) {
            (void)add(step, SDK_OTA_FLASH, 0);
        } else {
            fail_upgrade(step);
        }
        break;
    case SDK_OTA_CLOSING:
        settle(step);
        break;
    case SDK_OTA_IDLE:
    case SDK_OTA_RECEIVED:
    case SDK_OTA_STUCK:
    case SDK_OTA_STATE_COUNT:
        break;
    }
}

#define IN(state) (1U << (state))

static const unsigned busy = IN(SDK_OTA_ACCEPTED) | IN(SDK_OTA_DOWNLOAD_START) | IN(SDK_OTA_DOWNLOADING) |
                             IN(SDK_OTA_DOWNLOADED) | IN(SDK_OTA_UPDATING);
static const unsigned any = IN(SDK_OTA_STATE_COUNT) - 1;

/* Which event is taken in which states; everywhere else it is ignored (protocol.md, 9.2). */
static const struct rule {
    unsigned states;
    void (*take)(struct step *step);
} rules[SDK_OTA_EVENT_COUNT] = {
    [SDK_OTA_NOTIFY] = {IN(SDK_OTA_IDLE) | IN(SDK_OTA_RECEIVED), take_notify},
    [SDK_OTA_FIRMWARE] = {IN(SDK_OTA_IDLE) | IN(SDK_OTA_ACCEPTED), take_firmware},
    [SDK_OTA_APP_ACCEPT] = {IN(SDK_OTA_RECEIVED), accept_plan},
    [SDK_OTA_APP_REFUSE] = {IN(SDK_OTA_RECEIVED), refuse_plan},
    [SDK_OTA_APP_NEXT] = {IN(SDK_OTA_DOWNLOADED), next_piece},
    [SDK_OTA_APP_UPDATING] = {IN(SDK_OTA_DOWNLOADED), update_mcu},
    [SDK_OTA_APP_READ] = {IN(SDK_OTA_DOWNLOADED), read_piece},
    [SDK_OTA_APP_VERSION] = {busy, take_version},
    [SDK_OTA_HTTP_HEADER] = {any & ~IN(SDK_OTA_STUCK), take_header},
    [SDK_OTA_HTTP_DONE] = {IN(SDK_OTA_DOWNLOADING), take_piece},
    [SDK_OTA_HTTP_FAILED] = {IN(SDK_OTA_DOWNLOAD_START) | IN(SDK_OTA_DOWNLOADING), fail_download},
    [SDK_OTA_MODULE_CHECKED] = {IN(SDK_OTA_DOWNLOADED), take_module_check},
    [SDK_OTA_FLASH_FAILED] = {IN(SDK_OTA_UPDATING), take_flash_failure},
    [SDK_OTA_SETTLED] = {IN(SDK_OTA_CLOSING), settle},
    [SDK_OTA_TIMER] = {any, take_timer},
};

void sdk_ota_init(struct sdk_ota *ota, uint32_t flash_free, bool wants_sha256, int64_t flash_pause_ms)
{
    *ota = (struct sdk_ota){
        .flash_free = flash_free,
        .wants_sha256 = wants_sha256,
        .flash_pause_ms = flash_pause_ms,
        .state = SDK_OTA_IDLE,
        .deadline_ms = SDK_OTA_NEVER,
    };
}

void sdk_ota_step(struct sdk_ota *ota, const struct sdk_ota_event *event, int64_t now_ms,
                  struct sdk_ota_actions *actions)
{
    actions->count = 0;
    const struct rule *rule = &rules[event->kind];
    if ((rule->states & IN(ota->state)) != 0) {
        rule->take(&(struct step){ota, event, now_ms, actions});
    }
}

void sdk_ota_save(const struct sdk_ota *ota, struct sdk_ota_saved *saved)
{
    *saved = (struct sdk_ota_saved){.state = SDK_OTA_IDLE};
    if ((busy & IN(ota->state)) != 0 || ota->state == SDK_OTA_STUCK) {
        saved->state = ota->state;
        saved->type = ota->type;
        text_copy_cut(saved->component_no, sizeof saved->component_no, ota->component_no);
        text_copy_cut(saved->target_version, sizeof saved->target_version, ota->target_version);
    }
}

void sdk_ota_restore(struct sdk_ota *ota, const struct sdk_ota_saved *saved, const char *module_version, int64_t now_ms,
                     struct sdk_ota_actions *actions)
{
    actions->count = 0;
    if (((busy | IN(SDK_OTA_STUCK)) & IN(saved->state)) == 0) {
        return;
    }
    struct step step = {ota, NULL, now_ms, actions};
    ota->type = saved->type;
    text_copy_cut(ota->component_no, sizeof ota->component_no, saved->component_no);
    text_copy_cut(ota->target_version, sizeof ota->target_version, saved->target_version);
    if (ota->type == SDK_TYPE_MCU) {
        enter(&step, saved->state == SDK_OTA_STUCK ? SDK_OTA_DOWNLOADED : saved->state, SDK_OTA_NEVER);
    } else if (saved->state == SDK_OTA_UPDATING) {
        bool reached = strcmp(module_version, saved->target_version) == 0;
        end_upgrade(&step, reached ? OTA_STATUS_SUCCESS : OTA_STATUS_UPDATE_ERROR);
    } else {
        close_with(&step, OTA_STATUS_DOWNLOAD_ERROR);
    }
}
