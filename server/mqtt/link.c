#include "mqtt/link.h"

#include <stdlib.h>
#include <unistd.h>

#include "app/devices.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "mqtt/order_faults.h"

static void link_free(struct link *link)
{
    orders_forget(link);
    link_faults_finish(link);
    buffer_finish(&link->late);
    stream_destroy(link->device);
    stream_destroy(link->broker);
    loop_timer_destroy(link->deadline);
    free(link->refusal);
    free(link);
}

/* The device's record goes on without the link. */
static void leave_peer(struct link *link)
{
    struct mqtt_door *door = link->door;
    struct peer *peer = link->peer;
    if (peer == NULL) {
        return;
    }
    int64_t device_id = peer->device_id;
    bool was_online = peer->online;
    peer->online = false;
    link->peer = NULL;
    peer_detach(&door->peers, peer);
    if (was_online) {
        app_device_offline(door->app, device_id);
    }
}

void link_journal(const struct link *link, struct journal_entry *entry)
{
    text_copy_cut(entry->product_key, sizeof entry->product_key, link->subject.product_key);
    text_copy_cut(entry->device_key, sizeof entry->device_key, link->subject.device_key);
    entry->plan_id = app_journal_plan(link->door->app, link->subject.device_id);
    app_journal(link->door->app, entry);
}

void link_close(struct link *link, const char *why)
{
    if (link->busy) {
        link->why = link->why == NULL ? why : link->why;
        return;
    }
    struct mqtt_door *door = link->door;
    if (link->abandoned) {
        why = link->why;
    }
    if (link->client_id[0] != '\0' && !link->observer && !link->abandoned) {
        link_journal(link,
                     &(struct journal_entry){
                         .kind = JOURNAL_DISCONNECT, .name = link->address, .range = link->client_id, .text = why});
    }
    if (link->state == LINK_RELAY) {
        log_info("front", "%s=%s disconnected: %s", link->observer ? "observer" : "device", link->name, why);
    } else {
        log_debug("front", "link=%s closed: %s", link->address, why);
    }
    front_remove(door->front, link);
    door->counters.links--;
    door->counters.devices -= link->subscribed ? 1 : 0;
    leave_peer(link);
    link_free(link);
}

void link_abandon(struct link *link, const char *why)
{
    struct mqtt_door *door = link->door;
    struct peer *peer = link->peer;
    link->abandoned = true;
    link->why = why;
    door->counters.devices -= link->subscribed ? 1 : 0;
    link->subscribed = false;
    orders_forget(link);
    peer->online = false;
    link->peer = NULL;
    peer_detach(&door->peers, peer);
    front_cut_soon(door->front, link);
}

/* Around each handler: a link is never freed while one of them runs. */
static void enter(struct link *link)
{
    link->busy = true;
}

static void leave(struct link *link)
{
    link->busy = false;
    if (link->why != NULL) { /* an abandoned one too: it need not wait for the front */
        link_close(link, link->why);
    }
}

static void device_data(void *context)
{
    struct link *link = context;
    if (link->abandoned) {
        return;
    }
    enter(link);
    if (link->state == LINK_WAIT_CONNECT) {
        link_read_connect(link);
    }
    if (link->state == LINK_RELAY && link->why == NULL) {
        link_relay_up(link);
    } else if (link->state == LINK_REFUSED && link->why == NULL) {
        link_read_refused(link);
    }
    leave(link);
}

static void device_drained(void *context)
{
    struct link *link = context;
    if (link->broker != NULL) {
        stream_pause(link->broker, false);
    }
}

static void device_closed(void *context, const char *why)
{
    struct link *link = context;
    char reason[128];
    text_copy_cut(reason, sizeof reason, why);
    link_close(link, reason);
}

static const struct stream_handlers device_handlers = {
    .on_data = device_data, .on_drained = device_drained, .on_close = device_closed};

static void on_deadline(void *context)
{
    link_close(context, "too slow");
}

void link_accept(struct mqtt_door *door, int fd, struct ssl_ctx_st *tls)
{
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        (void)close(fd);
        return;
    }
    link->door = door;
    buffer_init(&link->late, LIMIT_LINK_QUEUE);
    enum status status = stream_accept(door->loop, fd, tls, &device_handlers, link, &link->device);
    if (status == OK) {
        status = loop_timer_create(door->loop, on_deadline, link, &link->deadline);
    }
    if (status != OK) {
        log_error("front", "a connection was closed: %s", status_text(status));
        link_free(link);
        return;
    }
    uint16_t port;
    stream_peer(link->device, link->address, sizeof link->address, &port);
    stream_local(link->device, link->local, sizeof link->local, &port);
    if (front_add(door->front, link) != OK) {
        link_free(link);
        return;
    }
    loop_timer_arm(link->deadline, LIMIT_CONNECT_MS);
    door->counters.links++;
}

void link_resume(struct link *link, enum way way)
{
    if (link->abandoned) {
        return;
    }
    enter(link);
    if (way == WAY_UP) {
        link_relay_up(link);
    } else {
        struct buffer late = link->late;
        buffer_init(&link->late, LIMIT_LINK_QUEUE);
        if (late.length > 0 && stream_write(link->device, late.data, late.length) != OK) {
            link_close(link, "too much waits to be sent");
        }
        buffer_finish(&late);
        if (link->why == NULL) {
            link_relay_down(link);
        }
    }
    leave(link);
}

static void write_ack(struct link *link, uint8_t ack, uint16_t packet_id)
{
    struct buffer out;
    buffer_init(&out, 16);
    mqtt_ack_write(&out, ack, packet_id);
    if (link_faults_hold(link, WAY_DOWN)) {
        buffer_append(&link->late, out.data, out.length);
        buffer_finish(&out);
        return;
    }
    if (buffer_status(&out) != OK || stream_write(link->device, out.data, out.length) != OK) {
        link_close(link, "too much waits to be sent");
    }
    buffer_finish(&out);
}

void link_note_message(struct link *link, uint32_t digest, bool committed)
{
    uint8_t ack;
    uint16_t packet_id;
    if (hold_note_message(&link->hold, digest, committed, &ack, &packet_id)) {
        write_ack(link, ack, packet_id);
    }
}

void link_release_overdue(struct link *link, int64_t before_ms)
{
    uint8_t ack;
    uint16_t packet_id;
    enter(link);
    while (hold_take_overdue(&link->hold, before_ms, &ack, &packet_id)) {
        log_debug("front", "device=%s message %u did not come back from the broker; its acknowledgement passes",
                  link->name, packet_id);
        link->door->counters.acks_let_through++;
        write_ack(link, ack, packet_id);
    }
    leave(link);
}
