#include "mqtt_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "bench.h"
#include "codec/device_messages.h"

enum { EVENTS = 64, READ_SIZE = 4096, OUT_LIMIT = 64 * 1024, DRAIN_S = 3, SIGNAL_STRONG = -50, SIGNAL_STEPS = 60 };

void mqtt_sender_init(struct mqtt_sender *sender, const char *client_id)
{
    *sender = (struct mqtt_sender){.mqtt_id = 1, .signal = SIGNAL_STRONG}; /* the SUBSCRIBE took packet id 1 */
    sender->link.fd = -1;
    (void)snprintf(sender->topic, sizeof sender->topic, "q/2/d/%s/%s", client_id, command_topic_kind(COMMAND_STATUS));
}

/* Appends the next PUBLISH: what the SDK reports by itself, battery, voltage, signal and free flash. */
static bool append_publish(struct mqtt_sender *sender, struct buffer *out)
{
    CLEANUP(cleanup_buffer) struct buffer payload;
    CLEANUP(cleanup_buffer) struct buffer bytes;
    buffer_init(&payload, LIMIT_FRAME);
    buffer_init(&bytes, LIMIT_FRAME_ESCAPED);
    sender->signal = sender->signal > SIGNAL_STRONG - SIGNAL_STEPS ? sender->signal - 1 : SIGNAL_STRONG;
    sender->package_id = sender->package_id < PACKAGE_ID_LAST ? (uint16_t)(sender->package_id + 1) : PACKAGE_ID_FIRST;
    sender->mqtt_id = sender->mqtt_id < UINT16_MAX ? (uint16_t)(sender->mqtt_id + 1) : 1;
    struct status_message status = {
        .battery = {true, 90}, .voltage = {true, 3.7}, .signal = {true, sender->signal}, .flash_free = {true, 8388608}};
    if (status_message_encode(&status, &payload) != OK) {
        return false;
    }
    struct frame frame = {.package_id = sender->package_id,
                          .command = COMMAND_STATUS,
                          .payload = payload.data,
                          .payload_length = payload.length};
    if (frame_encode(&frame, &bytes) != OK) {
        return false;
    }
    struct mqtt_publish publish = {.qos = 1,
                                   .packet_id = sender->mqtt_id,
                                   .topic = {sender->topic, strlen(sender->topic)},
                                   .payload = bytes.data,
                                   .payload_length = bytes.length};
    mqtt_publish_write(out, &publish);
    return buffer_status(out) == OK;
}

/* A window is far smaller than the socket's buffer, so a short write is a failure. */
static bool send_some(struct mqtt_sender *sender, unsigned count)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, OUT_LIMIT);
    for (unsigned i = 0; i < count; i++) {
        if (!append_publish(sender, &out)) {
            return false;
        }
    }
    sender->in_flight += count;
    return count == 0 ||
           send(sender->link.fd, out.data, out.length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)out.length;
}

/* Reads what has come; *acks gets the number of acknowledgements in it. False: the link is broken. */
static bool take_acks(struct mqtt_sender *sender, unsigned *acks)
{
    struct buffer *input = &sender->link.input;
    uint8_t *room = buffer_reserve(input, READ_SIZE);
    ssize_t got = room != NULL ? recv(sender->link.fd, room, READ_SIZE, MSG_DONTWAIT) : -1;
    *acks = 0;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
    }
    if (got <= 0) {
        return false;
    }
    input->length += (size_t)got;
    struct mqtt_packet packet;
    size_t at = 0;
    while (mqtt_packet_read(input->data + at, input->length - at, LIMIT_MQTT_PACKET, &packet) == OK) {
        *acks += packet.type == MQTT_PUBACK ? 1 : 0;
        at += packet.total;
    }
    buffer_consume(input, at);
    bool expected = *acks <= sender->in_flight;
    sender->in_flight -= expected ? *acks : 0;
    return expected;
}

bool mqtt_sender_send_one(struct mqtt_sender *sender, int timeout_ms)
{
    struct mqtt_packet packet;
    if (!send_some(sender, 1)) {
        return false;
    }
    while (raw_receive(&sender->link, timeout_ms, &packet)) {
        if (packet.type == MQTT_PUBACK) {
            sender->in_flight--;
            return true;
        }
    }
    return false;
}

static uint64_t all_in_flight(const struct mqtt_sender *senders, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += senders[i].in_flight;
    }
    return sum;
}

/* Handles what has come; `answer`: sends a new message for each acknowledgement. *acks is added to. */
static bool pump(int epoll, bool answer, uint64_t *acks)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, 10);
    for (int i = 0; i < count; i++) {
        struct mqtt_sender *sender = events[i].data.ptr;
        unsigned taken = 0;
        if (!take_acks(sender, &taken) || !send_some(sender, answer ? taken : 0)) {
            return false;
        }
        *acks += taken;
    }
    return true;
}

bool mqtt_load_run(struct mqtt_sender *senders, size_t count, unsigned window, double seconds,
                   struct mqtt_load_result *result)
{
    CLEANUP(cleanup_fd) int epoll = epoll_create1(EPOLL_CLOEXEC);
    bool well = epoll >= 0;
    uint64_t late = 0;
    double cpu = bench_own_cpu_s();
    double start = bench_now_s();
    *result = (struct mqtt_load_result){0};
    for (size_t i = 0; i < count && well; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &senders[i]};
        buffer_consume(&senders[i].link.input, senders[i].link.used); /* what raw_receive() returned last */
        senders[i].link.used = 0;
        well = epoll_ctl(epoll, EPOLL_CTL_ADD, senders[i].link.fd, &event) == 0 && send_some(&senders[i], window);
    }
    while (well && bench_now_s() - start < seconds) {
        well = pump(epoll, true, &result->acks);
    }
    result->seconds = bench_now_s() - start;
    result->client_cpu_s = bench_own_cpu_s() - cpu;
    double end = bench_now_s() + DRAIN_S;
    while (well && all_in_flight(senders, count) > 0 && bench_now_s() < end) {
        well = pump(epoll, false, &late);
    }
    return well && all_in_flight(senders, count) == 0;
}
