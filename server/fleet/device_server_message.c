/* What a virtual device does with frames of the server and with the end of its link (protocol.md, 2.6, 4.4, 4.5, 6). */
#include <string.h>

#include "base/text.h"
#include "crypto/random.h"
#include "fleet/device_internal.h"

static void forget_secret(struct virtual_device *device)
{
    device->flash.device_secret[0] = '\0';
    device_store(device);
}

/* A server that never worked is left after four failures for the last one that did (protocol.md, 4.4). */
static void count_server_failure(struct virtual_device *device)
{
    if (++device->server_failures >= DEVICE_SERVER_TRIES) {
        device->server_failures = 0;
        device->server = device->flash.server;
    }
}

void device_link_failed(struct virtual_device *device, enum sdk_cause cause, int detail)
{
    struct sdk_verdict verdict = sdk_verdict_of(cause, detail);
    if (device->bench.reported_success[0] != '\0') {
        device->bench.unproved = true;
    }
    device_disconnect(device);
    if (device->bench.frozen) { /* the status of the fault will never be sent now */
        device_wait(device, DUE_CUT, 0);
    }
    device_raise(device, verdict.event, verdict.code, "");
    if (verdict.wait == SDK_WAIT_NEVER) {
        forget_secret(device);
        device_end(device, DEVICE_SHUT_OUT, "the server refused the connection; only a restart tries again");
        return;
    }
    uint32_t random = 0;
    if (random_bytes((uint8_t *)&random, sizeof random) != OK) {
        random = 0;
    }
    count_server_failure(device);
    device_wait(device, DUE_CONNECT, device_scaled(device, sdk_retry_fail(&device->retry, verdict.wait, random)));
}

static void take_secret(struct virtual_device *device, const char *secret)
{
    text_copy_cut(device->flash.device_secret, sizeof device->flash.device_secret, secret);
    device->authenticates = false;
    device->raise_authenticated = true;
    sdk_retry_succeed(&device->retry);
    device->server_failures = 0;
    if (device->subscribed) {
        device->flash.server = device->server;
        device_wait(device, DUE_LOGIN, 0);
    }
    device_store(device);
}

/* Whether the message makes the device connect anew. */
static bool take_changes(struct virtual_device *device, const struct configuration_message *message)
{
    bool changed = false;
    if (message->authenticate_again) {
        forget_secret(device);
        changed = true;
    }
    if (message->new_device_secret[0] != '\0' && strcmp(message->new_device_secret, device->flash.device_secret) != 0) {
        text_copy_cut(device->flash.device_secret, sizeof device->flash.device_secret, message->new_device_secret);
        changed = true;
    }
    if (message->port > 0 && message->port <= UINT16_MAX && message->host[0] != '\0' && message->ip[0] != '\0') {
        struct device_server server;
        if (device_server_parse(message->host, &server) == OK) {
            server.port = (uint16_t)message->port;
            device->server = server;
            device->server_failures = 0;
            changed = true;
        }
    }
    if (message->new_product_key[0] != '\0' && message->new_product_secret[0] != '\0') {
        text_copy_cut(device->flash.product_key, sizeof device->flash.product_key, message->new_product_key);
        text_copy_cut(device->flash.product_secret, sizeof device->flash.product_secret, message->new_product_secret);
        changed = true;
    }
    return changed;
}

static void take_configuration(struct virtual_device *device, const struct frame *frame)
{
    struct configuration_message message;
    if (configuration_decode(frame->payload, frame->payload_length, &message) != OK) {
        return;
    }
    if (message.has_session_key && device->settings.encrypt) {
        memcpy(device->session_key, message.session_key, sizeof device->session_key);
        device->has_session_key = true;
        device_note(device, "encrypted", "session key received");
    }
    if (message.device_secret[0] != '\0') {
        take_secret(device, message.device_secret);
    }
    if (take_changes(device, &message)) {
        device_store(device);
        device_link_failed(device, SDK_CAUSE_CONFIGURATION, 0);
        device_link_init(device);
    }
}

static void take_error(struct virtual_device *device, const struct frame *frame)
{
    struct error_message message;
    if (error_message_decode(frame->payload, frame->payload_length, &message) != OK) {
        return;
    }
    struct sdk_verdict verdict = sdk_verdict_of(SDK_CAUSE_ERROR, message.code);
    if (verdict.wait != SDK_WAIT_NONE) {
        device_link_failed(device, SDK_CAUSE_ERROR, message.code);
    } else if (verdict.event != 0) {
        device_raise(device, verdict.event, verdict.code, "");
    }
}

void device_take_frame(struct virtual_device *device, const struct frame *frame)
{
    switch (frame->command) {
    case COMMAND_CONFIGURATION:
        take_configuration(device, frame);
        break;
    case COMMAND_ERROR:
        take_error(device, frame);
        break;
    case COMMAND_OTA_NOTIFY:
        device_take_notify(device, frame);
        break;
    case COMMAND_FIRMWARE_INFO:
        device_take_firmware(device, frame);
        break;
    case COMMAND_TRANSPARENT_DOWN:
        device_raise(device, 5, 10200, "");
        break;
    default: /* parsed but never answered, or unknown (protocol.md, 6) */
        break;
    }
}
