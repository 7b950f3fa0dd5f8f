#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "codec/mqtt_packet.h"
#include "fuzz.h"

/* Writes the packet when it is one that is read; false when it is refused. */
static bool rewrite(const struct mqtt_packet *packet, struct buffer *out)
{
    struct mqtt_connect connect;
    struct mqtt_publish publish;
    struct mqtt_text filter;
    uint16_t packet_id = 0;
    unsigned qos = 0;
    size_t count = 0;
    uint8_t code = 0;
    bool present = false;
    char text[LIMIT_MQTT_TOPIC + 1];
    switch (packet->type) {
    case MQTT_CONNECT:
        if (mqtt_connect_read(packet, &connect) != OK) {
            return false;
        }
        mqtt_connect_write(out, &connect);
        return true;
    case MQTT_PUBLISH:
        if (mqtt_publish_read(packet, &publish) != OK) {
            return false;
        }
        mqtt_publish_write(out, &publish);
        return true;
    case MQTT_SUBSCRIBE:
        if (mqtt_subscribe_read(packet, &packet_id, &filter, &qos, &count) != OK || count != 1 ||
            filter.length >= sizeof text || memchr(filter.text, '\0', filter.length) != NULL) {
            return false;
        }
        memcpy(text, filter.text, filter.length);
        text[filter.length] = '\0';
        mqtt_subscribe_write(out, packet_id, text, qos);
        return true;
    case MQTT_CONNACK:
        if (mqtt_connack_read(packet, &present, &code) != OK) {
            return false;
        }
        mqtt_connack_write(out, present, code);
        return true;
    case MQTT_SUBACK:
        if (mqtt_suback_read(packet, &packet_id, &code) != OK || packet->body_length != 3) {
            return false;
        }
        mqtt_suback_write(out, packet_id, code);
        return true;
    default:
        return false;
    }
}

/* Apart from the bytes of its length, which may be padded, a packet is written as it was read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mqtt_packet packet;
    enum status status = mqtt_packet_read(data, size, LIMIT_MQTT_PACKET, &packet);
    FUZZ_HOLDS(status == OK || packet.body == NULL);
    if (status != OK) {
        return 0;
    }
    FUZZ_HOLDS(packet.total <= size && packet.body_length < packet.total);
    uint16_t packet_id = 0;
    (void)!mqtt_packet_id_read(&packet, &packet_id);
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_MQTT_PACKET};
    if (!rewrite(&packet, &out)) {
        return 0;
    }
    struct mqtt_packet back;
    FUZZ_HOLDS(mqtt_packet_read(out.data, out.length, LIMIT_MQTT_PACKET, &back) == OK);
    FUZZ_HOLDS(back.type == packet.type && back.total == out.length);
    FUZZ_HOLDS(back.body_length == packet.body_length);
    FUZZ_HOLDS(back.body_length == 0 || memcmp(back.body, packet.body, back.body_length) == 0);
    return 0;
}
