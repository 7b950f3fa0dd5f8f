#include "mqtt/refusal.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "codec/frame.h"
#include "codec/server_messages.h"
#include "mqtt/topics.h"

enum { REFUSAL_LIMIT = 1024 };

bool refusal_is_connack(const struct decision *decision)
{
    return decision->verdict == VERDICT_CONNACK;
}

void refusal_write_connack(const struct decision *decision, struct buffer *out)
{
    mqtt_connack_write(out, false, refusal_is_connack(decision) ? (uint8_t)decision->code : 0);
}

static enum status write_payload(const struct decision *decision, struct buffer *out)
{
    if (decision->verdict == VERDICT_POLITE) {
        struct error_message message = {.code = decision->code};
        return error_message_encode(&message, out);
    }
    struct configuration_message message = {.authenticate_again = true};
    return configuration_encode(&message, out);
}

enum status refusal_write_message(const struct decision *decision, uint16_t subscribe_id, size_t *suback,
                                  struct buffer *out)
{
    struct buffer CLEANUP(cleanup_buffer) payload;
    struct buffer CLEANUP(cleanup_buffer) framed;
    buffer_init(&payload, REFUSAL_LIMIT);
    buffer_init(&framed, REFUSAL_LIMIT);
    enum status status = write_payload(decision, &payload);
    if (status != OK) {
        return status;
    }
    struct frame frame = {.package_id = PACKAGE_ID_FIRST,
                          .command = decision->verdict == VERDICT_POLITE ? COMMAND_ERROR : COMMAND_CONFIGURATION,
                          .payload = payload.data,
                          .payload_length = payload.length};
    status = frame_encode(&frame, &framed);
    if (status != OK) {
        return status;
    }
    char topic[TOPIC_TEXT];
    topic_to_device(decision->client_id, command_topic_kind(frame.command), topic);
    struct mqtt_publish publish = {.qos = 1,
                                   .topic = {.text = topic, .length = strlen(topic)},
                                   .packet_id = 1,
                                   .payload = framed.data,
                                   .payload_length = framed.length};
    mqtt_suback_write(out, subscribe_id, 1);
    *suback = out->length;
    mqtt_publish_write(out, &publish);
    return buffer_status(out);
}

void refusal_write_version5(struct buffer *out)
{
    static const uint8_t connack[] = {0x20, 0x03, 0x00, 0x84, 0x00}; /* no session, reason 0x84, no properties */
    buffer_append(out, connack, sizeof connack);
}
