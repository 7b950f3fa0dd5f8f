#include "device.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/password.h"
#include "crypto/session_cipher.h"

static const char test_random[] = "0123456789abcdef"; /* repeated randoms are normal (protocol.md, 3) */

static bool take_configuration(struct test_device *device)
{
    struct frame frame;
    struct configuration_message message;
    if (!device_expect(device, COMMAND_CONFIGURATION, 5000, &frame) ||
        configuration_decode(frame.payload, frame.payload_length, &message) != OK) {
        return false;
    }
    if (message.device_secret[0] != '\0') {
        text_copy_cut(device->secret, sizeof device->secret, message.device_secret);
    }
    device->has_key = message.has_session_key;
    memcpy(device->key, message.session_key, sizeof device->key);
    return true;
}

bool device_go_online(const struct server *server, struct test_device *device, const char *dk, bool session)
{
    char password[PASSWORD_LIMIT];
    bool first = device->secret[0] == '\0';
    enum status status =
        first ? password_make_type0(session, TEST_PK, TEST_PS, dk, test_random, password, sizeof password)
              : password_make_type1(session, device->secret, TEST_PS, test_random, password, sizeof password);
    (void)snprintf(device->client_id, sizeof device->client_id, "qd%s%s", TEST_PK, dk);
    device->mqtt_id = 1; /* the SUBSCRIBE takes 1 */
    device->has_key = false;
    if (status != OK || !raw_open(&device->link, server->mqtt_port) ||
        raw_connect_code(&device->link, device->client_id, password) != 0 ||
        !raw_subscribe_own(&device->link, device->client_id)) {
        return false;
    }
    return (!first && !session) || take_configuration(device);
}

void device_go_offline(struct test_device *device)
{
    raw_close(&device->link);
}

static bool await_ack(struct test_device *device, unsigned type, uint16_t packet_id)
{
    struct mqtt_packet packet;
    uint16_t id = 0;
    while (raw_receive(&device->link, 2000, &packet)) {
        if (packet.type == type && mqtt_packet_id_read(&packet, &id) == OK && id == packet_id) {
            return true;
        }
        if (packet.type == MQTT_PUBLISH) {
            (void)fprintf(stderr, "    a downlink came where an acknowledgement was awaited\n");
        }
    }
    return false;
}

static bool send_payload(struct test_device *device, const char *topic, unsigned qos, uint16_t id,
                         const struct buffer *bytes)
{
    return raw_publish(&device->link, topic, qos, id, bytes->data, bytes->length);
}

bool device_send(struct test_device *device, uint16_t command, const struct buffer *payload)
{
    char topic[128];
    struct frame frame = {.package_id = ++device->package_id, .command = command};
    frame.payload = payload->data;
    frame.payload_length = payload->length;
    unsigned qos = command == COMMAND_OTA_REQUEST || command == COMMAND_OTA_STATUS ? 2 : 1;
    uint16_t id = ++device->mqtt_id;
    struct buffer clear;
    struct buffer sealed;
    buffer_init(&clear, LIMIT_FRAME_ESCAPED);
    buffer_init(&sealed, LIMIT_FRAME_ESCAPED);
    (void)snprintf(topic, sizeof topic, "q/2/d/%s/%s", device->client_id, command_topic_kind(command));
    bool sent = frame_encode(&frame, &clear) == OK &&
                (!device->has_key || session_encrypt(device->key, clear.data, clear.length, &sealed) == OK) &&
                send_payload(device, topic, qos, id, device->has_key ? &sealed : &clear);
    buffer_finish(&clear);
    buffer_finish(&sealed);
    if (!sent || qos == 1) {
        return sent && await_ack(device, MQTT_PUBACK, id);
    }
    struct buffer release;
    buffer_init(&release, 16);
    mqtt_ack_write(&release, MQTT_PUBREL, id);
    sent = await_ack(device, MQTT_PUBREC, id) && raw_send(&device->link, release.data, release.length) &&
           await_ack(device, MQTT_PUBCOMP, id);
    buffer_finish(&release);
    return sent;
}

bool device_report(struct test_device *device, const char *module_version, const char *mcu_list)
{
    struct buffer payload;
    struct status_message status = {.battery = {true, 90},
                                    .voltage = {true, 3.7},
                                    .signal = {true, -60},
                                    .flash_free = {true, 8388608},
                                    .rsrp = {true, -90}};
    struct info_message info = {.has_mcu_list = true};
    text_copy_cut(info.model, sizeof info.model, "EC100Y");
    text_copy_cut(info.module_version, sizeof info.module_version, module_version);
    text_copy_cut(info.mcu_list, sizeof info.mcu_list, mcu_list);
    text_copy_cut(info.sdk_version, sizeof info.sdk_version, "2.9.0");
    buffer_init(&payload, LIMIT_FRAME);
    bool sent = status_message_encode(&status, &payload) == OK && device_send(device, COMMAND_STATUS, &payload);
    buffer_clear(&payload);
    sent = sent && info_message_encode(&info, &payload) == OK && device_send(device, COMMAND_INFO, &payload);
    buffer_finish(&payload);
    return sent;
}

static void fill_versions(struct reported_versions *versions, const char *module_version, const char *mcu_list)
{
    text_copy_cut(versions->module_version, sizeof versions->module_version,
                  module_version != NULL ? module_version : "");
    versions->has_mcu_list = mcu_list != NULL;
    text_copy_cut(versions->mcu_list, sizeof versions->mcu_list, mcu_list != NULL ? mcu_list : "");
}

bool device_request(struct test_device *device, const char *module_version, const char *mcu_list)
{
    struct buffer payload;
    struct reported_versions versions = {0};
    fill_versions(&versions, module_version, mcu_list);
    buffer_init(&payload, LIMIT_FRAME);
    bool sent = ota_request_encode(&versions, &payload) == OK && device_send(device, COMMAND_OTA_REQUEST, &payload);
    buffer_finish(&payload);
    return sent;
}

bool device_status(struct test_device *device, int status, const char *component, int type, const char *module_version,
                   const char *mcu_list)
{
    struct buffer payload;
    struct ota_status_message message = {.status = status, .component_type = {true, type}};
    text_copy_cut(message.name, sizeof message.name, ota_status_name(status));
    text_copy_cut(message.component_no, sizeof message.component_no, component);
    fill_versions(&message.versions, module_version, mcu_list);
    buffer_init(&payload, LIMIT_FRAME);
    bool sent = ota_status_encode(&message, &payload) == OK && device_send(device, COMMAND_OTA_STATUS, &payload);
    buffer_finish(&payload);
    return sent;
}

/* Decrypts in place what raw_receive_frame() cannot read. */
bool device_expect(struct test_device *device, uint16_t command, int timeout_ms, struct frame *frame)
{
    struct mqtt_packet packet;
    struct mqtt_publish publish;
    while (raw_receive(&device->link, timeout_ms, &packet)) {
        if (packet.type != MQTT_PUBLISH || mqtt_publish_read(&packet, &publish) != OK) {
            continue;
        }
        struct buffer clear;
        buffer_init(&clear, sizeof device->scratch);
        enum status status = OK;
        if (device->has_key) {
            status = session_decrypt(device->key, publish.payload, publish.payload_length, &clear);
        } else {
            buffer_append(&clear, publish.payload, publish.payload_length);
        }
        status = status == OK ? frame_decode(clear.data, clear.length, device->scratch, frame) : status;
        buffer_finish(&clear);
        struct buffer ack;
        buffer_init(&ack, 16);
        mqtt_ack_write(&ack, MQTT_PUBACK, publish.packet_id);
        bool acked = publish.qos != 1 || raw_send(&device->link, ack.data, ack.length);
        buffer_finish(&ack);
        if (acked && status == OK && frame->command == command && publish.qos <= 1 && !publish.retain) {
            return true;
        }
    }
    return false;
}

bool device_expect_notify(struct test_device *device, int timeout_ms, struct notify_message *notify)
{
    struct frame frame;
    return device_expect(device, COMMAND_OTA_NOTIFY, timeout_ms, &frame) &&
           notify_decode(frame.payload, frame.payload_length, notify) == OK;
}

bool device_expect_firmware(struct test_device *device, int timeout_ms, struct firmware_message *firmware)
{
    struct frame frame;
    return device_expect(device, COMMAND_FIRMWARE_INFO, timeout_ms, &frame) &&
           firmware_decode(frame.payload, frame.payload_length, false, firmware) == OK;
}
