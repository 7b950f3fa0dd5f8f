#include "support/raw_mqtt.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"

bool raw_open(struct raw_mqtt *client, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *client = (struct raw_mqtt){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    buffer_init(&client->input, 1024U * 1024U);
    if (client->fd >= 0 && connect(client->fd, (struct sockaddr *)&address, sizeof address) == 0) {
        return true;
    }
    raw_close(client);
    return false;
}

bool raw_open_unix(struct raw_mqtt *client, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (text_copy(address.sun_path, sizeof address.sun_path, path) != OK) {
        return false;
    }
    *client = (struct raw_mqtt){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    buffer_init(&client->input, 1024U * 1024U);
    if (client->fd >= 0 && connect(client->fd, (struct sockaddr *)&address, sizeof address) == 0) {
        return true;
    }
    raw_close(client);
    return false;
}

void raw_close(struct raw_mqtt *client)
{
    if (client->fd >= 0) {
        (void)close(client->fd);
    }
    client->fd = -1;
    buffer_finish(&client->input);
    client->used = 0;
}

void raw_reset(struct raw_mqtt *client)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    raw_close(client);
}

bool raw_send(struct raw_mqtt *client, const void *bytes, size_t length)
{
    const char *p = bytes;
    while (length > 0) {
        ssize_t sent = send(client->fd, p, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        p += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* Reads what is there; false: closed, or nothing came in time. */
static bool read_more(struct raw_mqtt *client, int timeout_ms, bool *closed)
{
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};
    if (poll(&wait, 1, timeout_ms) <= 0) {
        return false;
    }
    uint8_t *room = buffer_reserve(&client->input, 4096);
    ssize_t got = room == NULL ? -1 : recv(client->fd, room, 4096, 0);
    if (got <= 0) {
        *closed = true;
        return false;
    }
    client->input.length += (size_t)got;
    return true;
}

bool raw_receive(struct raw_mqtt *client, int timeout_ms, struct mqtt_packet *packet)
{
    int64_t end = monotonic_ms() + timeout_ms;
    bool closed = false;
    buffer_consume(&client->input, client->used);
    client->used = 0;
    while (mqtt_packet_read(client->input.data, client->input.length, LIMIT_MQTT_PACKET, packet) != OK) {
        int64_t rest = end - monotonic_ms();
        if (rest < 0 || (!read_more(client, (int)rest, &closed) && (closed || monotonic_ms() >= end))) {
            return false;
        }
    }
    client->used = packet->total;
    return true;
}

bool raw_is_closed(struct raw_mqtt *client, int timeout_ms)
{
    int64_t end = monotonic_ms() + timeout_ms;
    bool closed = false;
    while (!closed && monotonic_ms() < end) {
        (void)read_more(client, (int)(end - monotonic_ms()), &closed);
        buffer_clear(&client->input);
        client->used = 0;
    }
    return closed;
}

bool raw_connect(struct raw_mqtt *client, const char *client_id, const char *password)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, LIMIT_MQTT_PACKET);
    struct mqtt_connect connect = {.protocol = "MQTT", .level = 4, .flags = 0x02, .keep_alive_s = 120};
    connect.client_id = (struct mqtt_text){client_id, strlen(client_id)};
    if (password != NULL) {
        connect.flags |= 0x40;
        connect.password = (struct mqtt_text){password, strlen(password)};
    }
    mqtt_connect_write(&out, &connect);
    return buffer_status(&out) == OK && raw_send(client, out.data, out.length);
}

int raw_connect_code(struct raw_mqtt *client, const char *client_id, const char *password)
{
    struct mqtt_packet packet;
    if (!raw_connect(client, client_id, password) || !raw_receive(client, 5000, &packet) ||
        packet.type != MQTT_CONNACK || packet.body_length != 2) {
        return -1;
    }
    return packet.body[1];
}

int raw_connect_user(struct raw_mqtt *client, const char *client_id, const char *user)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    struct mqtt_packet packet;
    struct mqtt_connect connect = {.protocol = "MQTT", .level = 4, .flags = 0x82, .keep_alive_s = 120};
    connect.client_id = (struct mqtt_text){client_id, strlen(client_id)};
    connect.user_name = (struct mqtt_text){user, strlen(user)};
    buffer_init(&out, LIMIT_MQTT_CONNECT);
    mqtt_connect_write(&out, &connect);
    if (!raw_send(client, out.data, out.length) || !raw_receive(client, 5000, &packet) || packet.type != MQTT_CONNACK ||
        packet.body_length != 2) {
        return -1;
    }
    return packet.body[1];
}

bool raw_subscribe_own(struct raw_mqtt *client, const char *client_id)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    char filter[128];
    struct mqtt_packet packet;
    buffer_init(&out, LIMIT_MQTT_PACKET);
    (void)snprintf(filter, sizeof filter, "q/1/d/%s/+", client_id);
    mqtt_subscribe_write(&out, 1, filter, 1);
    return buffer_status(&out) == OK && raw_send(client, out.data, out.length) && raw_receive(client, 5000, &packet) &&
           packet.type == MQTT_SUBACK;
}

bool raw_publish(struct raw_mqtt *client, const char *topic, unsigned qos, uint16_t packet_id, const void *payload,
                 size_t length)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, 4U * LIMIT_MQTT_PACKET);
    struct mqtt_publish publish = {.qos = qos, .packet_id = packet_id, .payload = payload, .payload_length = length};
    publish.topic = (struct mqtt_text){topic, strlen(topic)};
    mqtt_publish_write(&out, &publish);
    return buffer_status(&out) == OK && raw_send(client, out.data, out.length);
}

bool raw_publish_frame(struct raw_mqtt *client, const char *client_id, unsigned qos, uint16_t packet_id,
                       const struct frame *frame)
{
    CLEANUP(cleanup_buffer) struct buffer bytes;
    char topic[128];
    buffer_init(&bytes, LIMIT_FRAME_ESCAPED);
    (void)snprintf(topic, sizeof topic, "q/2/d/%s/%s", client_id, command_topic_kind(frame->command));
    return frame_encode(frame, &bytes) == OK && raw_publish(client, topic, qos, packet_id, bytes.data, bytes.length);
}

bool raw_receive_frame(struct raw_mqtt *client, int timeout_ms, uint8_t *scratch, size_t capacity, struct frame *frame)
{
    struct mqtt_packet packet;
    struct mqtt_publish publish;
    int64_t end = monotonic_ms() + timeout_ms;
    for (int64_t rest = timeout_ms; rest >= 0; rest = end - monotonic_ms()) {
        if (!raw_receive(client, (int)rest, &packet)) {
            return false;
        }
        if (packet.type != MQTT_PUBLISH || mqtt_publish_read(&packet, &publish) != OK ||
            publish.payload_length > capacity ||
            frame_decode(publish.payload, publish.payload_length, scratch, frame) != OK) {
            continue;
        }
        if (publish.qos == 1) {
            CLEANUP(cleanup_buffer) struct buffer ack;
            buffer_init(&ack, 16);
            mqtt_ack_write(&ack, MQTT_PUBACK, publish.packet_id);
            (void)raw_send(client, ack.data, ack.length);
        }
        return true;
    }
    return false;
}
