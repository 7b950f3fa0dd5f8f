#include "mqtt/bus.h"

#include <mosquitto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/limits.h"
#include "base/text.h"
#include "codec/topic.h"

enum {
    KEEP_ALIVE_S = 5, /* libmosquitto's least; a broker that hangs is noticed within two of them */
    MISC_MS = 1000,
    RETRY_MS = 10,
    CONNECT_MS = 10000,
    BURST_PACKETS = 512,
    IN_FLIGHT = 10000,
    PUBLISH_BURST = 64, /* publishes after which acknowledgements are looked for */
    KEPT_MOST = 4096,   /* messages that came meanwhile: with so many no more acknowledgements are looked for */
};

static const char client_id[] = "mockdc-core";

enum bus_state { BUS_DOWN, BUS_CONNECTING, BUS_UP };

/* A message that came while something was being published: handled when that is done. */
struct kept_message {
    STAILQ_ENTRY(kept_message) entries;
    size_t length;
    char *topic; /* behind the payload */
    uint8_t payload[];
};
STAILQ_HEAD(kept_list, kept_message);

struct bus {
    struct loop *loop;
    enum bus_state state;
    struct mosquitto *client; /* made anew for each connection: what an old one had queued is stale */
    struct loop_fd *watch;
    struct loop_timer *misc;
    struct loop_timer *retry;
    char socket[LIMIT_PATH];
    int tries_left;
    bool lost;       /* a callback or call said that the connection has gone */
    bool reading;    /* within the library's read: it must not be entered again */
    bool keeping;    /* what comes is kept: the one who publishes is in the middle of something */
    unsigned unread; /* publishes since acknowledgements were looked for */
    size_t kept_count;
    struct kept_list kept;
    struct loop_timer *later; /* hands over what was kept */
    uint64_t packets;         /* callbacks so far: tells whether a read brought anything */
    struct bus_handlers handlers;
    void *context;
};

static void drop_kept(struct bus *bus)
{
    for (struct kept_message *kept = STAILQ_FIRST(&bus->kept); kept != NULL; kept = STAILQ_FIRST(&bus->kept)) {
        STAILQ_REMOVE_HEAD(&bus->kept, entries);
        free(kept);
    }
    bus->kept_count = 0;
}

static void drop_client(struct bus *bus)
{
    drop_kept(bus);
    loop_timer_disarm(bus->later);
    loop_timer_disarm(bus->misc);
    loop_timer_disarm(bus->retry);
    loop_fd_destroy(bus->watch);
    bus->watch = NULL;
    mosquitto_destroy(bus->client);
    bus->client = NULL;
    bus->lost = false;
    bus->state = BUS_DOWN;
}

/* They were acknowledged to the broker when they came. */
static void hand_over_kept(struct bus *bus)
{
    for (struct kept_message *kept = STAILQ_FIRST(&bus->kept); kept != NULL; kept = STAILQ_FIRST(&bus->kept)) {
        STAILQ_REMOVE_HEAD(&bus->kept, entries);
        bus->kept_count--;
        bus->handlers.on_message(bus->context, kept->topic, kept->payload, kept->length);
        free(kept);
    }
}

static void end_burst(struct bus *bus)
{
    hand_over_kept(bus);
    bus->handlers.on_burst_end(bus->context);
}

static void go_down(struct bus *bus, const char *why)
{
    end_burst(bus);
    drop_client(bus);
    bus->handlers.on_down(bus->context, why);
}

static void watch_writes(struct bus *bus)
{
    if (bus->watch != NULL && loop_fd_want(bus->watch, true, mosquitto_want_write(bus->client)) != OK) {
        bus->lost = true;
    }
}

static void on_connect(struct mosquitto *client, void *context, int code)
{
    struct bus *bus = context;
    bus->packets++;
    if (code != 0 || mosquitto_subscribe(client, NULL, TOPIC_FROM_DEVICE "+/+", 1) != MOSQ_ERR_SUCCESS) {
        bus->lost = true;
    }
}

static void on_subscribe(struct mosquitto *client, void *context, int packet_id, int count, const int *granted)
{
    (void)client;
    (void)packet_id;
    struct bus *bus = context;
    bus->packets++;
    if (count != 1 || granted[0] != 1) {
        bus->lost = true;
        return;
    }
    bus->state = BUS_UP;
    bus->handlers.on_up(bus->context);
}

static void on_publish(struct mosquitto *client, void *context, int packet_id)
{
    (void)client;
    (void)packet_id;
    struct bus *bus = context;
    bus->packets++;
}

static void keep_message(struct bus *bus, const struct mosquitto_message *message)
{
    size_t length = (size_t)message->payloadlen;
    size_t topic_size = strlen(message->topic) + 1;
    struct kept_message *kept = malloc(sizeof *kept + length + topic_size);
    if (kept == NULL) {
        bus->lost = true; /* the connection goes, as without memory in the library: its devices repeat */
        return;
    }
    kept->length = length;
    kept->topic = (char *)kept->payload + length;
    memcpy(kept->payload, message->payload, length);
    memcpy(kept->topic, message->topic, topic_size);
    STAILQ_INSERT_TAIL(&bus->kept, kept, entries);
    bus->kept_count++;
    loop_timer_arm(bus->later, 0);
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *message)
{
    (void)client;
    struct bus *bus = context;
    bus->packets++;
    if (bus->keeping) {
        keep_message(bus, message);
        return;
    }
    bus->handlers.on_message(bus->context, message->topic, message->payload, (size_t)message->payloadlen);
}

static void on_lost(struct mosquitto *client, void *context, int code)
{
    (void)client;
    (void)code;
    struct bus *bus = context;
    bus->lost = true;
}

/* Reads until a read brings nothing; the library takes one packet at a time. */
static void read_packets(struct bus *bus)
{
    uint64_t before;
    int count = 0;
    bus->reading = true;
    do {
        before = bus->packets;
        if (mosquitto_loop_read(bus->client, 1) != MOSQ_ERR_SUCCESS) {
            bus->lost = true;
        }
    } while (!bus->lost && bus->packets != before && ++count < BURST_PACKETS);
    bus->reading = false;
}

static void read_burst(struct bus *bus)
{
    hand_over_kept(bus);
    read_packets(bus);
    bus->handlers.on_burst_end(bus->context);
}

static void on_later(void *context)
{
    end_burst(context);
}

/*
 * Thousands of publishes in a row: libmosquitto walks its list of unacknowledged messages at each acknowledgement, so
 * the list is kept short by taking them while more is published (10,000 notifies: 0.2 s less). The caller is in the
 * middle of a use case: what devices say meanwhile waits until it is done.
 */
static void read_acknowledgements(struct bus *bus)
{
    bus->unread = 0;
    if (bus->reading || bus->kept_count >= KEPT_MOST) {
        return;
    }
    bus->keeping = true;
    read_packets(bus);
    bus->keeping = false;
}

static void on_socket(void *context, bool readable, bool writable)
{
    struct bus *bus = context;
    if (readable) {
        read_burst(bus);
        if (bus->state == BUS_DOWN) {
            return; /* the end of the burst made the door shut the bus */
        }
    }
    if (writable && !bus->lost && mosquitto_loop_write(bus->client, 1) != MOSQ_ERR_SUCCESS) {
        bus->lost = true;
    }
    watch_writes(bus);
    if (bus->lost) {
        go_down(bus, "the broker closed the connection");
    }
}

static void on_misc(void *context)
{
    struct bus *bus = context;
    if (mosquitto_loop_misc(bus->client) != MOSQ_ERR_SUCCESS || bus->lost) {
        go_down(bus, "the broker does not answer");
        return;
    }
    watch_writes(bus);
    loop_timer_arm(bus->misc, MISC_MS);
}

static enum status make_client(struct bus *bus)
{
    bus->client = mosquitto_new(client_id, false, bus);
    if (bus->client == NULL || mosquitto_username_pw_set(bus->client, client_id, NULL) != MOSQ_ERR_SUCCESS ||
        mosquitto_int_option(bus->client, MOSQ_OPT_SEND_MAXIMUM, IN_FLIGHT) != MOSQ_ERR_SUCCESS) {
        return E_NOMEM;
    }
    mosquitto_connect_callback_set(bus->client, on_connect);
    mosquitto_subscribe_callback_set(bus->client, on_subscribe);
    mosquitto_publish_callback_set(bus->client, on_publish);
    mosquitto_message_callback_set(bus->client, on_message);
    mosquitto_disconnect_callback_set(bus->client, on_lost);
    return OK;
}

/* A unix socket connects at once or not at all. */
static void try_connect(void *context)
{
    struct bus *bus = context;
    if (bus->tries_left-- == 0) {
        go_down(bus, "the broker does not accept connections");
        return;
    }
    bool connected = mosquitto_connect(bus->client, bus->socket, 0, KEEP_ALIVE_S) == MOSQ_ERR_SUCCESS;
    bus->lost = false; /* an attempt that failed counts as a disconnect for the library */
    if (!connected) {
        loop_timer_arm(bus->retry, RETRY_MS);
        return;
    }
    if (loop_fd_create(bus->loop, mosquitto_socket(bus->client), on_socket, bus, &bus->watch) != OK) {
        go_down(bus, "out of memory");
        return;
    }
    watch_writes(bus);
    loop_timer_arm(bus->misc, MISC_MS);
}

enum status bus_create(struct loop *loop, const struct bus_handlers *handlers, void *context, struct bus **bus)
{
    struct bus *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    *made = (struct bus){.loop = loop, .handlers = *handlers, .context = context};
    STAILQ_INIT(&made->kept);
    (void)mosquitto_lib_init(); /* counted: each init has its cleanup */
    enum status status = loop_timer_create(loop, on_misc, made, &made->misc);
    if (status == OK) {
        status = loop_timer_create(loop, try_connect, made, &made->retry);
    }
    if (status == OK) {
        status = loop_timer_create(loop, on_later, made, &made->later);
    }
    if (status != OK) {
        bus_destroy(made);
        return status;
    }
    *bus = made;
    return OK;
}

void bus_destroy(struct bus *bus)
{
    if (bus == NULL) {
        return;
    }
    if (bus->client != NULL) {
        drop_client(bus); /* without DISCONNECT: the session is to live on */
    }
    loop_timer_destroy(bus->misc);
    loop_timer_destroy(bus->retry);
    loop_timer_destroy(bus->later);
    free(bus);
    (void)mosquitto_lib_cleanup();
}

enum status bus_connect(struct bus *bus, const char *socket)
{
    enum status status = text_copy(bus->socket, sizeof bus->socket, socket);
    if (status == OK) {
        status = make_client(bus);
    }
    if (status != OK) {
        mosquitto_destroy(bus->client);
        bus->client = NULL;
        return status;
    }
    bus->state = BUS_CONNECTING;
    bus->tries_left = CONNECT_MS / RETRY_MS;
    loop_timer_arm(bus->retry, 0);
    return OK;
}

void bus_disconnect(struct bus *bus)
{
    if (bus->client != NULL) {
        end_burst(bus);
        drop_client(bus);
    }
}

bool bus_is_up(const struct bus *bus)
{
    return bus->state == BUS_UP;
}

enum status bus_publish(struct bus *bus, const char *topic, const uint8_t *payload, size_t length)
{
    if (bus->state != BUS_UP) {
        return E_CLOSED;
    }
    int result = mosquitto_publish(bus->client, NULL, topic, (int)length, payload, 1, false);
    if (++bus->unread >= PUBLISH_BURST) {
        read_acknowledgements(bus);
    }
    watch_writes(bus);
    if (result == MOSQ_ERR_NOMEM) {
        return E_NOMEM;
    }
    return result == MOSQ_ERR_SUCCESS ? OK : E_CLOSED;
}
