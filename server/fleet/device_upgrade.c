/* The OTA machine of a virtual device meets link, download, application and bench. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "codec/ttlv.h"
#include "fleet/device_internal.h"
#include "fleet/sdk_http_response.h"

static struct device_offer *find_offer(struct device_bench *bench, const char *component_no)
{
    for (size_t i = 0; i < bench->offer_count; i++) {
        if (strcmp(bench->offers[i].component_no, component_no) == 0) {
            return &bench->offers[i];
        }
    }
    return NULL;
}

/* Borrowed; NULL when there are too many. */
static struct device_offer *add_offer(struct device_bench *bench, const char *component_no)
{
    struct device_offer *offer = find_offer(bench, component_no);
    if (offer == NULL && bench->offer_count < LIMIT_COMPONENTS) {
        offer = &bench->offers[bench->offer_count++];
        *offer = (struct device_offer){0};
        text_copy_cut(offer->component_no, sizeof offer->component_no, component_no);
    }
    return offer;
}

/* The server knows that the component of the last 11 is upgraded. */
static void prove_success(struct virtual_device *device)
{
    struct device_bench *bench = &device->bench;
    struct device_offer *offer = add_offer(bench, bench->reported_success);
    if (offer != NULL) {
        offer->upgraded = true;
    }
    device_note(device, "upgraded", "%s", bench->reported_success);
    bench->reported_success[0] = '\0';
    bench->unproved = false;
    for (size_t i = 0; i < bench->offer_count; i++) {
        if (!bench->offers[i].upgraded) {
            return;
        }
    }
    bench->offer_count = 0;
    if (++bench->upgrades >= device->settings.upgrades) {
        device_end(device, DEVICE_UPGRADED, "every component that was offered is upgraded");
    }
}

void device_upgrade_impatient(struct virtual_device *device)
{
    device_end(device, DEVICE_FAILED, "the attempt failed and no new one came");
}

void device_upgrade_sent(struct virtual_device *device, int status)
{
    if (device->bench.frozen && device->settings.power_cut_at == status) {
        device_wait(device, DUE_CUT, 0);
    }
}

void device_upgrade_ended(struct virtual_device *device, int tag, bool acknowledged)
{
    struct device_bench *bench = &device->bench;
    if (bench->frozen && device->settings.restart_at == tag) {
        device_wait(device, DUE_CUT, 0);
    } else if (tag == OTA_STATUS_SUCCESS) {
        if (acknowledged) {
            prove_success(device);
        } else {
            bench->unproved = true;
        }
    } else if (tag == TAG_INFO && acknowledged && bench->unproved) {
        prove_success(device);
    } else if (tag == OTA_STATUS_UPDATE_ERROR || tag == OTA_STATUS_REFUSED) {
        bool at_once = device->settings.patience == DEVICE_UNTIL_FAILED;
        device_wait(device, DUE_PATIENCE, at_once ? 0 : device->settings.patience_ms);
    } else if (tag == OTA_STATUS_DOWNLOAD_ERROR) {
        device_wait(device, DUE_PATIENCE, device->settings.patience_ms);
    }
}

/* --disorder: a 4 or 8 goes out behind the status that follows it. */
static void publish_status(struct virtual_device *device, const struct ota_status_message *message)
{
    struct device_bench *bench = &device->bench;
    bool may_wait = message->status == OTA_STATUS_DOWNLOAD_START || message->status == OTA_STATUS_DOWNLOADED;
    if (device->settings.disorder && may_wait && !bench->has_held) {
        bench->has_held = true;
        bench->held = *message;
        return;
    }
    device_report_ota(device, message);
    if (bench->has_held) {
        bench->has_held = false;
        device_report_ota(device, &bench->held);
    }
}

static void report(struct virtual_device *device, const struct sdk_ota_action *action)
{
    struct device_bench *bench = &device->bench;
    const struct virtual_device_settings *settings = &device->settings;
    struct ota_status_message message = {.status = action->code, .component_type = {true, action->type}};
    text_copy_cut(message.component_no, sizeof message.component_no, action->component_no);
    bool faulty = action->code == settings->power_cut_at || action->code == settings->restart_at;
    bench->frozen = faulty && !bench->fault_done;
    if (action->code == OTA_STATUS_SUCCESS) {
        text_copy_cut(bench->reported_success, sizeof bench->reported_success, action->component_no);
    }
    device_note(device, "status", "%d %s %s", action->code, ota_status_name(action->code), action->component_no);
    publish_status(device, &message);
    if (!device->logged_in && device->ota.state == SDK_OTA_CLOSING) {
        device->ota.deadline_ms = monotonic_ms(); /* nothing was published: there is no answer to wait for */
    }
    if (bench->frozen && !device->logged_in) {
        device_wait(device, DUE_CUT, 0);
    }
}

static enum status make_file(struct virtual_device *device)
{
    if (device->file_fd < 0) {
        const char *folder = getenv("TMPDIR");
        char path[LIMIT_PATH];
        (void)snprintf(path, sizeof path, "%s/mockdc-device-XXXXXX", folder != NULL ? folder : "/tmp");
        device->file_fd = mkostemp(path, O_CLOEXEC);
        if (device->file_fd < 0 || unlink(path) != 0) {
            return E_IO;
        }
    }
    return ftruncate(device->file_fd, 0) == 0 ? OK : E_IO;
}

/* The exchange that was current lives on unheeded (protocol.md, 10.4). */
static void set_stale(struct virtual_device *device)
{
    if (device->download == NULL) {
        return;
    }
    sdk_download_destroy(device->stale[DEVICE_STALE - 1]);
    for (size_t i = DEVICE_STALE - 1; i > 0; i--) {
        device->stale[i] = device->stale[i - 1];
    }
    device->stale[0] = device->download;
    device->download = NULL;
}

static void on_header(void *context, struct sdk_download *download)
{
    (void)download;
    device_upgrade_step(context, &(struct sdk_ota_event){.kind = SDK_OTA_HTTP_HEADER});
    device_rearm(context);
}

static void on_end(void *context, struct sdk_download *download, bool complete)
{
    struct virtual_device *device = context;
    bool current = device->download == download;
    device_note(device, "download", "%llu bytes, %s", (unsigned long long)sdk_download_bytes(download),
                complete ? "complete" : "failed");
    if (current) {
        device->download = NULL;
    }
    for (size_t i = 0; i < DEVICE_STALE; i++) {
        device->stale[i] = device->stale[i] == download ? NULL : device->stale[i];
    }
    sdk_download_destroy(download);
    if (complete || current) {
        enum sdk_ota_event_kind kind = complete ? SDK_OTA_HTTP_DONE : SDK_OTA_HTTP_FAILED;
        device_upgrade_step(device, &(struct sdk_ota_event){.kind = kind});
    }
    device_rearm(device);
}

static void start_download(struct virtual_device *device)
{
    static const struct sdk_download_handlers handlers = {.on_header = on_header, .on_end = on_end};
    const struct sdk_ota *ota = &device->ota;
    char range[SDK_HTTP_RANGE + 1];
    sdk_http_range(ota->piece_start, ota->piece_length, range);
    set_stale(device);
    enum status status = make_file(device);
    if (status == OK) {
        status = sdk_download_start(device->loop, device->http_tls, ota->firmware.url, range, device->file_fd,
                                    &handlers, device, &device->download);
    }
    if (status != OK) {
        device_note(device, "download", "not possible: %s", status_text(status));
        device_upgrade_step(device, &(struct sdk_ota_event){.kind = SDK_OTA_HTTP_FAILED});
    }
}

static void carry_out(struct virtual_device *device, const struct sdk_ota_action *action)
{
    switch (action->kind) {
    case SDK_OTA_REPORT:
        report(device, action);
        break;
    case SDK_OTA_RAISE:
        device_raise(device, 7, action->code, action->text);
        application_take(device, action);
        break;
    case SDK_OTA_DOWNLOAD:
        start_download(device);
        break;
    case SDK_OTA_CHECK_MODULE:
        application_check_module(device);
        break;
    case SDK_OTA_FLASH:
        application_flash_module(device);
        break;
    }
}

static bool differs(const struct sdk_ota_saved *a, const struct sdk_ota_saved *b)
{
    return a->state != b->state || a->type != b->type || strcmp(a->component_no, b->component_no) != 0 ||
           strcmp(a->target_version, b->target_version) != 0;
}

/* The state is in flash before anything of it is seen outside. */
static void carry_out_all(struct virtual_device *device, const struct sdk_ota_actions *actions)
{
    struct sdk_ota_saved saved;
    sdk_ota_save(&device->ota, &saved);
    if (differs(&saved, &device->flash.upgrade)) {
        device->flash.upgrade = saved;
        device_store(device);
    }
    for (size_t i = 0; i < actions->count && device->powered && !device->bench.frozen; i++) {
        carry_out(device, &actions->items[i]);
    }
}

void device_upgrade_step(struct virtual_device *device, const struct sdk_ota_event *event)
{
    if (!device->powered || device->bench.frozen) {
        return;
    }
    struct sdk_ota_actions actions;
    sdk_ota_step(&device->ota, event, monotonic_ms(), &actions);
    carry_out_all(device, &actions);
}

void device_upgrade_restore(struct virtual_device *device)
{
    struct sdk_ota_actions actions;
    struct sdk_ota_saved saved = device->flash.upgrade;
    sdk_ota_restore(&device->ota, &saved, device->flash.module_version, monotonic_ms(), &actions);
    carry_out_all(device, &actions);
}

void device_upgrade_stop(struct virtual_device *device)
{
    sdk_download_destroy(device->download);
    device->download = NULL;
    for (size_t i = 0; i < DEVICE_STALE; i++) {
        sdk_download_destroy(device->stale[i]);
        device->stale[i] = NULL;
    }
    cleanup_fd(&device->file_fd);
    device->file_fd = -1;
}

/* A payload that is TTLV, but not what the SDK wants, is answered; one that is not even TTLV is dropped. */
static bool is_ttlv(const struct frame *frame)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    return ttlv_parse(&document, frame->payload, frame->payload_length) == OK;
}

static bool is_busy(const struct virtual_device *device)
{
    return !device->powered || device->bench.frozen;
}

void device_take_notify(struct virtual_device *device, const struct frame *frame)
{
    struct notify_message notify = {0};
    enum status status = notify_decode(frame->payload, frame->payload_length, &notify);
    if (status == E_LIMIT || (status != OK && !is_ttlv(frame))) {
        device_note(device, "dropped", "notify: %s", status_text(status));
        return;
    }
    enum sdk_ota_state state = device->ota.state;
    if (is_busy(device) || (state != SDK_OTA_IDLE && state != SDK_OTA_RECEIVED)) {
        device_note(device, "ignored", "notify while %s", sdk_ota_state_name(state));
        return;
    }
    device->due[DUE_PATIENCE] = DEVICE_NEVER;
    device->bench.offer_count = 0;
    for (size_t i = 0; i < notify.count; i++) {
        (void)add_offer(&device->bench, notify.tasks[i].component_no);
    }
    device_upgrade_step(device,
                        &(struct sdk_ota_event){.kind = SDK_OTA_NOTIFY, .notify = status == OK ? &notify : NULL});
}

void device_take_firmware(struct virtual_device *device, const struct frame *frame)
{
    struct firmware_message message;
    struct sdk_firmware firmware = {0};
    enum status status = firmware_decode(frame->payload, frame->payload_length, device->settings.sha256, &message);
    if (status != OK && !is_ttlv(frame)) {
        device_note(device, "dropped", "firmware info: %s", status_text(status));
        return;
    }
    enum sdk_ota_state state = device->ota.state;
    if (is_busy(device) || (state != SDK_OTA_IDLE && state != SDK_OTA_ACCEPTED)) {
        device_note(device, "ignored", "firmware info while %s", sdk_ota_state_name(state));
        return;
    }
    device->due[DUE_PATIENCE] = DEVICE_NEVER;
    if (status == OK) {
        text_copy_cut(firmware.component_no, sizeof firmware.component_no, message.component_no);
        text_copy_cut(firmware.target_version, sizeof firmware.target_version, message.target_version);
        firmware.type = message.component_type;
        text_copy_cut(firmware.url, sizeof firmware.url, message.files[0].url);
        firmware.size = (uint32_t)message.files[0].size;
        text_copy_cut(firmware.md5, sizeof firmware.md5, message.files[0].md5);
        firmware.crc = (uint32_t)strtoul(message.crc, NULL, 16);
        text_copy_cut(firmware.sha256, sizeof firmware.sha256, message.sha256);
        (void)add_offer(&device->bench, firmware.component_no);
    }
    device_upgrade_step(device,
                        &(struct sdk_ota_event){.kind = SDK_OTA_FIRMWARE, .firmware = status == OK ? &firmware : NULL});
}
