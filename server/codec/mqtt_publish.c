#include "codec/mqtt_text.h"
#include "codec/writer.h"

enum { RETAIN_FLAG = 0x01, QOS_SHIFT = 1, QOS_MASK = 0x03, QOS_MOST = 2, DUP_FLAG = 0x08 };

enum status mqtt_publish_read(const struct mqtt_packet *packet, struct mqtt_publish *publish)
{
    struct mqtt_publish read = {
        .qos = packet->flags >> QOS_SHIFT & QOS_MASK,
        .dup = (packet->flags & DUP_FLAG) != 0,
        .retain = (packet->flags & RETAIN_FLAG) != 0,
    };
    if (packet->type != MQTT_PUBLISH || read.qos > QOS_MOST) {
        return E_FORMAT;
    }
    struct reader reader;
    reader_init(&reader, packet->body, packet->body_length);
    read.topic = mqtt_text_read(&reader);
    if (read.qos > 0) {
        read.packet_id = reader_u16(&reader);
    }
    read.payload_length = reader_left(&reader);
    read.payload = reader_bytes(&reader, read.payload_length);
    if (reader.status != OK) {
        return reader.status;
    }
    if (read.topic.length == 0 || (read.qos > 0 && read.packet_id == 0)) {
        return E_FORMAT;
    }
    *publish = read;
    return OK;
}

void mqtt_publish_write(struct buffer *out, const struct mqtt_publish *publish)
{
    unsigned flags = (publish->dup ? DUP_FLAG : 0U) | publish->qos << QOS_SHIFT | (publish->retain ? RETAIN_FLAG : 0U);
    size_t id_length = publish->qos > 0 ? 2 : 0;
    mqtt_header_write(out, MQTT_PUBLISH, flags, 2 + publish->topic.length + id_length + publish->payload_length);
    mqtt_text_write(out, publish->topic);
    if (publish->qos > 0) {
        writer_u16(out, publish->packet_id);
    }
    buffer_append(out, publish->payload, publish->payload_length);
}
