#include "mqtt/door.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "mqtt/downlink.h"
#include "mqtt/internal.h"
#include "mqtt/link.h"

static void bus_came_up(void *context)
{
    struct mqtt_door *door = context;
    broker_is_well(door->broker);
    log_info("broker", "broker=%ld is up", (long)broker_pid(door->broker));
    if (!door->was_ready) {
        door->was_ready = true;
        if (door->on_ready != NULL) {
            door->on_ready(door->on_ready_context);
        }
    }
}

static void bus_went_down(void *context, const char *why)
{
    struct mqtt_door *door = context;
    log_error("broker", "broker=%ld is lost: %s", (long)broker_pid(door->broker), why);
    broker_kill(door->broker);
}

static void bus_message(void *context, const char *topic, const uint8_t *payload, size_t length)
{
    uplink_message(context, topic, payload, length);
}

static void bus_burst_end(void *context)
{
    uplink_burst_end(context);
}

static void broker_started(void *context)
{
    struct mqtt_door *door = context;
    if (door->broker != NULL) { /* the first start comes while the broker is being made: see mqtt_door_create() */
        if (bus_connect(door->bus, broker_socket(door->broker)) != OK) {
            log_error("broker", "broker=%ld cannot be joined: out of memory", (long)broker_pid(door->broker));
        }
    }
}

static void broker_ended(void *context)
{
    struct mqtt_door *door = context;
    door->counters.broker_restarts++;
    bus_disconnect(door->bus);
    front_close_links(door->front, "the broker has gone");
}

static enum status copy_settings(struct mqtt_door *door, const struct mqtt_settings *settings, struct error *error)
{
    door->http_port = settings->http_port;
    door->max_links = settings->max_links == 0 ? LIMIT_LINKS : settings->max_links;
    door->max_links_per_address = settings->max_links_per_address == 0 ? LIMIT_LINKS : settings->max_links_per_address;
    door->on_ready = settings->on_ready;
    door->on_ready_context = settings->on_ready_context;
    door->auth.refuse_unknown = settings->refuse_unknown;
    if (settings->public_url != NULL &&
        text_copy(door->public_url, sizeof door->public_url, settings->public_url) != OK) {
        return error_set(error, E_LIMIT, "mqtt", "--public-url is longer than %d characters", PUBLIC_URL);
    }
    if (settings->observer_token != NULL) {
        door->auth.observer_token = door->observer_token;
        if (text_copy(door->observer_token, sizeof door->observer_token, settings->observer_token) != OK) {
            return error_set(error, E_LIMIT, "mqtt", "--observer-token is longer than %d characters", OBSERVER_TOKEN);
        }
    }
    return OK;
}

static enum status build(struct mqtt_door *door, const struct mqtt_settings *settings, struct error *error)
{
    static const struct bus_handlers bus_handlers = {
        .on_up = bus_came_up, .on_down = bus_went_down, .on_message = bus_message, .on_burst_end = bus_burst_end};
    static const struct broker_handlers broker_handlers = {.on_started = broker_started, .on_ended = broker_ended};
    enum status status = uplink_init(&door->burst);
    if (status == OK) {
        status = bus_create(door->loop, &bus_handlers, door, &door->bus);
    }
    if (status != OK) {
        return error_set(error, status, "mqtt", "%s", status_text(status));
    }
    if ((status = copy_settings(door, settings, error)) != OK ||
        (status = front_create(door, settings, &door->front, error)) != OK ||
        (status = broker_create(door->loop, settings->data_dir, settings->broker_program, &broker_handlers, door,
                                &door->broker, error)) != OK) {
        return status;
    }
    broker_started(door);
    return OK;
}

enum status mqtt_door_create(struct loop *loop, struct app *app, const struct mqtt_settings *settings,
                             struct mqtt_door **door, struct error *error)
{
    struct mqtt_door *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_set(error, E_NOMEM, "mqtt", "out of memory");
    }
    made->loop = loop;
    made->app = app;
    peers_init(&made->peers);
    enum status status = build(made, settings, error);
    if (status != OK) {
        mqtt_door_destroy(made);
        return status;
    }
    *door = made;
    return OK;
}

void mqtt_door_destroy(struct mqtt_door *door)
{
    if (door == NULL) {
        return;
    }
    front_destroy(door->front);
    bus_destroy(door->bus);
    broker_destroy(door->broker);
    peers_finish(&door->peers);
    uplink_finish(&door->burst);
    free(door);
}

bool mqtt_door_is_ready(const struct mqtt_door *door)
{
    return bus_is_up(door->bus);
}

uint16_t mqtt_door_port(const struct mqtt_door *door)
{
    return front_port(door->front);
}

uint16_t mqtt_door_tls_port(const struct mqtt_door *door)
{
    return front_tls_port(door->front);
}

/* The device's link when orders may go to it, else NULL. */
static struct link *ready_link(const struct mqtt_door *door, int64_t device_id)
{
    const struct peer *peer = peers_find_device(&door->peers, device_id);
    return peer != NULL && peer->link != NULL && peer->link->subscribed ? peer->link : NULL;
}

enum status mqtt_door_notify(struct mqtt_door *door, int64_t device_id, const struct notify_order *order)
{
    struct link *link = ready_link(door, device_id);
    return link != NULL ? downlink_notify(link, order) : E_CLOSED;
}

enum status mqtt_door_firmware(struct mqtt_door *door, int64_t device_id, const struct firmware_order *order)
{
    struct link *link = ready_link(door, device_id);
    return link != NULL ? downlink_firmware(link, order) : E_CLOSED;
}

void mqtt_door_disconnect(struct mqtt_door *door, int64_t device_id, const char *why)
{
    const struct peer *peer = peers_find_device(&door->peers, device_id);
    if (peer != NULL && peer->link != NULL) {
        link_close(peer->link, why);
    }
}

static bool is_of(const struct peer *peer, const char *product_key, size_t length)
{
    return product_key == NULL || (strncmp(peer->name, product_key, length) == 0 && peer->name[length] == '/');
}

void mqtt_door_disconnect_all(struct mqtt_door *door, const char *product_key, const char *why)
{
    size_t length = product_key == NULL ? 0 : strlen(product_key);
    struct peer *peer = NULL;
    struct peer *next = NULL;
    HASH_ITER(by_client, door->peers.by_client, peer, next)
    {
        if (is_of(peer, product_key, length)) {
            peer->stale = true;
            if (peer->link != NULL) {
                link_abandon(peer->link, why);
            }
        }
    }
}

void mqtt_door_counters(const struct mqtt_door *door, struct mqtt_counters *counters)
{
    *counters = door->counters;
}

pid_t mqtt_door_broker_pid(const struct mqtt_door *door)
{
    return door->broker != NULL ? broker_pid(door->broker) : 0;
}

void mqtt_door_fault_armed(struct mqtt_door *door, enum fault_point point)
{
    if (point == FAULT_MQTT_LINK) {
        front_fault_armed(door->front);
    }
}
