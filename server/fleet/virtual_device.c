#include "fleet/virtual_device.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/instant.h"
#include "base/text.h"
#include "fleet/device_internal.h"

enum { PORT_CLEAR = 1883, PORT_TLS = 8883 };

enum status device_server_parse(const char *text, struct device_server *server)
{
    struct device_server read = {.tls = strstr(text, "s://") != NULL || strstr(text, "S://") != NULL};
    if (strlen(text) >= sizeof read.host) {
        return E_LIMIT;
    }
    const char *scheme = strstr(text, "://");
    const char *host = scheme != NULL ? scheme + 3 : text;
    size_t length = strcspn(host, ":/");
    int64_t port = read.tls ? PORT_TLS : PORT_CLEAR;
    char digits[8] = "";
    if (host[length] == ':') {
        const char *number = host + length + 1;
        if (text_copy_bytes(digits, sizeof digits, (const uint8_t *)number, strcspn(number, "/")) != OK ||
            text_parse_int(digits, 1, UINT16_MAX, &port) != OK) {
            return E_FORMAT;
        }
    }
    if (length == 0 || text_copy_bytes(read.host, sizeof read.host, (const uint8_t *)host, length) != OK) {
        return E_FORMAT;
    }
    read.port = (uint16_t)port;
    *server = read;
    return OK;
}

static void emit(struct virtual_device *device, const struct device_event *event)
{
    device->handler(device->context, event);
}

void device_raise(struct virtual_device *device, int event, int code, const char *text)
{
    emit(device,
         &(struct device_event){.kind = DEVICE_EVENT_SDK, .event = event, .code = code, .word = "", .text = text});
}

void device_note(struct virtual_device *device, const char *word, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    emit(device, &(struct device_event){.kind = DEVICE_EVENT_NOTE, .word = word, .text = text});
}

void device_end(struct virtual_device *device, enum device_outcome outcome, const char *text)
{
    if (device->bench.over || device->settings.patience == DEVICE_FOR_EVER) {
        return;
    }
    device->bench.over = true;
    emit(device, &(struct device_event){.kind = DEVICE_EVENT_OUTCOME, .word = "", .text = text, .outcome = outcome});
}

int64_t device_scaled(const struct virtual_device *device, int64_t wait_ms)
{
    return wait_ms / (int64_t)device->settings.time_scale;
}

void device_wait(struct virtual_device *device, enum device_due due, int64_t after_ms)
{
    device->due[due] = after_ms == DEVICE_NEVER ? DEVICE_NEVER : monotonic_ms() + after_ms;
}

void device_rearm(struct virtual_device *device)
{
    int64_t least = DEVICE_NEVER;
    for (size_t i = 0; i < DUE_COUNT; i++) {
        least = device->due[i] < least ? device->due[i] : least;
    }
    if (device->powered && !device->bench.frozen && device->ota.deadline_ms < least) {
        least = device->ota.deadline_ms;
    }
    if (sdk_link_deadline(&device->link) < least) {
        least = sdk_link_deadline(&device->link);
    }
    if (least == DEVICE_NEVER) {
        loop_timer_disarm(device->timer);
    } else {
        loop_timer_arm(device->timer, least - monotonic_ms());
    }
}

void device_store(struct virtual_device *device)
{
    if (device->settings.state_file[0] != '\0' &&
        device_flash_store(device->settings.state_file, &device->flash) != OK) {
        device_note(device, "stateFile", "cannot be written");
    }
}

/* RAM as it is when the power comes: nothing of before. */
static void clear_ram(struct virtual_device *device)
{
    for (size_t i = 0; i < DUE_COUNT; i++) {
        device->due[i] = DEVICE_NEVER;
    }
    device->retry = (struct sdk_retry){0};
    device->server = device->flash.server;
    device->server_failures = 0;
    device->has_session_key = false;
    device->package_id = 0;
    device->has_cached = false;
    device->bench.frozen = false;
    device->bench.has_held = false;
    sdk_ota_init(&device->ota, device->settings.flash_free, device->settings.sha256,
                 device_scaled(device, SDK_OTA_FLASH_PAUSE_MS));
}

void device_power_off(struct virtual_device *device, int64_t back_after_ms)
{
    device_disconnect(device);
    device_upgrade_stop(device);
    application_stop(device);
    clear_ram(device);
    device->powered = false;
    device_wait(device, DUE_POWER, back_after_ms);
}

static void power_on(struct virtual_device *device)
{
    device->powered = true;
    device_upgrade_restore(device);
    application_start(device);
    device_connect(device);
}

static void cut_power(struct virtual_device *device)
{
    bool restart = device->settings.power_cut_at == 0;
    device->bench.fault_done = true;
    device_note(device, restart ? "restart" : "powerCut", "%s", sdk_ota_state_name(device->flash.upgrade.state));
    device_power_off(device, restart ? device_scaled(device, DEVICE_REBOOT_MS) : device->settings.power_off_ms);
}

static void request_again(struct virtual_device *device)
{
    device_request(device);
    device_wait(device, DUE_REQUEST, device->settings.request_every_ms);
}

static void (*const due_acts[DUE_COUNT])(struct virtual_device *device) = {
    [DUE_CONNECT] = device_connect,
    [DUE_LOGIN] = device_login,
    [DUE_REQUEST] = request_again,
    [DUE_DECIDE] = application_decide,
    [DUE_READ] = application_read,
    [DUE_FLASHED] = application_flashed,
    [DUE_CUT] = cut_power,
    [DUE_POWER] = power_on,
    [DUE_PATIENCE] = device_upgrade_impatient,
};

static void on_timer(void *context)
{
    struct virtual_device *device = context;
    int64_t now = monotonic_ms();
    for (size_t i = 0; i < DUE_COUNT; i++) {
        if (device->due[i] <= now) {
            device->due[i] = DEVICE_NEVER;
            due_acts[i](device);
        }
    }
    sdk_link_tick(&device->link, now);
    device_upgrade_step(device, &(struct sdk_ota_event){.kind = SDK_OTA_TIMER});
    device_rearm(device);
}

static enum status load_flash(struct virtual_device *device, struct error *error)
{
    const struct virtual_device_settings *settings = &device->settings;
    struct device_flash fresh = {.setting = settings->server, .server = settings->server, .mcus = settings->mcus};
    text_copy_cut(fresh.device_secret, sizeof fresh.device_secret, settings->device_secret);
    text_copy_cut(fresh.product_key, sizeof fresh.product_key, settings->product_key);
    text_copy_cut(fresh.product_secret, sizeof fresh.product_secret, settings->product_secret);
    text_copy_cut(fresh.module_version, sizeof fresh.module_version, settings->module_version);
    device->flash = fresh;
    if (settings->state_file[0] == '\0') {
        return OK;
    }
    enum status status = device_flash_load(settings->state_file, &device->flash, error);
    const struct device_server *saved = &device->flash.setting;
    if (strcmp(saved->host, settings->server.host) != 0 || saved->port != settings->server.port ||
        saved->tls != settings->server.tls) {
        device->flash.setting = settings->server;
        device->flash.server = settings->server;
    }
    return status == E_NOT_FOUND ? OK : status;
}

enum status virtual_device_create(struct loop *loop, struct ssl_ctx_st *mqtt_tls, struct ssl_ctx_st *http_tls,
                                  const struct virtual_device_settings *settings, device_event_handler *handler,
                                  void *context, struct virtual_device **device, struct error *error)
{
    struct virtual_device *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_set(error, E_NOMEM, "device", "no memory");
    }
    made->loop = loop;
    made->mqtt_tls = mqtt_tls;
    made->http_tls = http_tls;
    made->settings = *settings;
    made->handler = handler;
    made->context = context;
    made->file_fd = -1;
    enum status status = load_flash(made, error);
    device_link_init(made);
    clear_ram(made);
    if (status == OK) {
        status = loop_timer_create(loop, on_timer, made, &made->timer);
    }
    if (status != OK) {
        virtual_device_destroy(made);
        return status;
    }
    *device = made;
    return OK;
}

void virtual_device_destroy(struct virtual_device *device)
{
    if (device == NULL) {
        return;
    }
    device_disconnect(device);
    sdk_link_finish(&device->link);
    device_upgrade_stop(device);
    application_stop(device);
    loop_timer_destroy(device->timer);
    free(device);
}

void virtual_device_start(struct virtual_device *device)
{
    device_wait(device, DUE_POWER, 0);
    device_rearm(device);
}
