#include <string.h>

#include "codec/mqtt_text.h"
#include "codec/writer.h"

enum { RESERVED_FLAG = 0x01, WILL_BITS = 0x3C, WILL_QOS_3 = 0x18 };

/* The order of the payload is fixed: client id, will, user name, password, each only when its flag is set. */
static void read_payload(struct reader *reader, struct mqtt_connect *connect)
{
    connect->client_id = mqtt_text_read(reader);
    if ((connect->flags & MQTT_WILL_FLAG) != 0) {
        connect->will_topic = mqtt_text_read(reader);
        connect->will_message = mqtt_text_read(reader);
    }
    if ((connect->flags & MQTT_USER_NAME_FLAG) != 0) {
        connect->user_name = mqtt_text_read(reader);
    }
    if ((connect->flags & MQTT_PASSWORD_FLAG) != 0) {
        connect->password = mqtt_text_read(reader);
    }
}

enum status mqtt_connect_read(const struct mqtt_packet *packet, struct mqtt_connect *connect)
{
    if (packet->type != MQTT_CONNECT || packet->flags != 0) {
        return E_FORMAT;
    }
    struct mqtt_connect read = {0};
    struct reader reader;
    reader_init(&reader, packet->body, packet->body_length);
    struct mqtt_text protocol = mqtt_text_read(&reader);
    read.level = reader_u8(&reader);
    read.flags = reader_u8(&reader);
    read.keep_alive_s = reader_u16(&reader);
    if (reader.status != OK) {
        return reader.status;
    }
    if (protocol.length >= sizeof read.protocol || memchr(protocol.text, '\0', protocol.length) != NULL) {
        return E_FORMAT;
    }
    memcpy(read.protocol, protocol.text, protocol.length);
    if (read.level != 3 && read.level != 4) {
        *connect = read;
        return E_VERSION;
    }
    bool has_will = (read.flags & MQTT_WILL_FLAG) != 0;
    if ((read.flags & RESERVED_FLAG) != 0 || (!has_will && (read.flags & WILL_BITS) != 0) ||
        (read.flags & WILL_QOS_3) == WILL_QOS_3) {
        return E_FORMAT;
    }
    read_payload(&reader, &read);
    enum status status = reader_done(&reader);
    if (status == OK) {
        *connect = read;
    }
    return status;
}

void mqtt_connect_write(struct buffer *out, const struct mqtt_connect *connect)
{
    struct mqtt_text texts[5] = {connect->client_id};
    size_t count = 1;
    if ((connect->flags & MQTT_WILL_FLAG) != 0) {
        texts[count++] = connect->will_topic;
        texts[count++] = connect->will_message;
    }
    if ((connect->flags & MQTT_USER_NAME_FLAG) != 0) {
        texts[count++] = connect->user_name;
    }
    if ((connect->flags & MQTT_PASSWORD_FLAG) != 0) {
        texts[count++] = connect->password;
    }
    struct mqtt_text protocol = {.text = connect->protocol, .length = strlen(connect->protocol)};
    size_t body_length = 2 + protocol.length + 1 + 1 + 2;
    for (size_t i = 0; i < count; i++) {
        body_length += 2 + texts[i].length;
    }
    mqtt_header_write(out, MQTT_CONNECT, 0, body_length);
    mqtt_text_write(out, protocol);
    writer_u8(out, (uint8_t)connect->level);
    writer_u8(out, (uint8_t)connect->flags);
    writer_u16(out, (uint16_t)connect->keep_alive_s);
    for (size_t i = 0; i < count; i++) {
        mqtt_text_write(out, texts[i]);
    }
}
