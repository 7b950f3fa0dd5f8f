#include "mqtt/front.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "base/instant.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "mqtt/link.h"
#include "mqtt/tls.h"

enum { SWEEP_MS = 250, CUTS_AT_A_TIME = 32 };

TAILQ_HEAD(link_list, link);

/* One IP address and how many links it has. */
struct origin {
    char address[LINK_ADDRESS];
    int64_t links;
    UT_hash_handle hh;
};

struct front {
    struct mqtt_door *door;
    struct origin *origins; /* uthash by address */
    struct listener *clear;
    struct listener *secure;
    uint16_t clear_port;
    uint16_t secure_port;
    struct ssl_ctx_st *tls;
    struct link_list links;
    struct link_list holders; /* links that keep acknowledgements */
    struct link_list cuts;    /* abandoned ones */
    struct loop_timer *cutter;
    struct loop_timer *sweep;
    bool sweeping;
};

static void accept_link(struct front *front, int fd, struct ssl_ctx_st *tls)
{
    struct mqtt_door *door = front->door;
    if (!mqtt_door_is_ready(door)) {
        (void)close(fd);
        return;
    }
    if (door->counters.links >= (uint64_t)door->max_links) {
        door->counters.turned_away++;
        log_warn("front", "links=%" PRId64 " is the limit (--max-links); a connection was closed", door->max_links);
        (void)close(fd);
        return;
    }
    link_accept(door, fd, tls);
}

static void on_clear(void *context, int fd)
{
    accept_link(context, fd, NULL);
}

static void on_secure(void *context, int fd)
{
    struct front *front = context;
    accept_link(front, fd, front->tls);
}

static void on_sweep(void *context)
{
    struct front *front = context;
    int64_t before = monotonic_ms() - LIMIT_ACK_HOLD_MS;
    struct link *next;
    for (struct link *link = TAILQ_FIRST(&front->holders); link != NULL; link = next) {
        next = TAILQ_NEXT(link, holders);
        if (!hold_keeps_acks(&link->hold)) {
            link->holding = false;
            TAILQ_REMOVE(&front->holders, link, holders);
        } else if (!link->abandoned) {
            link_release_overdue(link, before); /* may close it: then it leaves both lists */
        }
    }
    front->sweeping = !TAILQ_EMPTY(&front->holders);
    if (front->sweeping) {
        loop_timer_arm(front->sweep, SWEEP_MS);
    }
}

/* A thousand links are cut in some milliseconds each of which others have a part of. */
static void on_cut(void *context)
{
    struct front *front = context;
    for (int i = 0; i < CUTS_AT_A_TIME && !TAILQ_EMPTY(&front->cuts); i++) {
        struct link *link = TAILQ_FIRST(&front->cuts);
        link_close(link, link->why);
    }
    if (!TAILQ_EMPTY(&front->cuts)) {
        loop_timer_arm(front->cutter, 0);
    }
}

void front_cut_soon(struct front *front, struct link *link)
{
    TAILQ_INSERT_TAIL(&front->cuts, link, cuts);
    loop_timer_arm(front->cutter, 0);
}

/* A taken port: the lower room names the holder, we say what to do. */
static enum status listen_on(struct front *front, const struct address *address, const char *option,
                             listener_handler *handler, uint16_t *port, struct listener **listener, struct error *error)
{
    struct error below = {0};
    *port = address->port;
    enum status status = listener_create(front->door->loop, address->host, port, handler, front, listener, &below);
    return status == OK
               ? OK
               : error_set(error, status, "mqtt", "%.150s; choose another with --%s ADDRESS:PORT", below.text, option);
}

enum status front_create(struct mqtt_door *door, const struct mqtt_settings *settings, struct front **front,
                         struct error *error)
{
    struct front *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_set(error, E_NOMEM, "mqtt", "out of memory");
    }
    made->door = door;
    TAILQ_INIT(&made->links);
    TAILQ_INIT(&made->holders);
    TAILQ_INIT(&made->cuts);
    enum status status = loop_timer_create(door->loop, on_sweep, made, &made->sweep);
    if (status == OK) {
        status = loop_timer_create(door->loop, on_cut, made, &made->cutter);
    }
    if (status == OK) {
        status = listen_on(made, &settings->mqtt, "mqtt", on_clear, &made->clear_port, &made->clear, error);
    }
    if (status == OK && settings->mqtts.host[0] != '\0') {
        if (settings->tls_cert == NULL || settings->tls_key == NULL) {
            status = error_set(error, E_RULE, "mqtts", "--mqtts needs --tls-cert FILE and --tls-key FILE");
        } else {
            status = tls_context_create(settings->tls_cert, settings->tls_key, &made->tls, error);
        }
        if (status == OK) {
            status = listen_on(made, &settings->mqtts, "mqtts", on_secure, &made->secure_port, &made->secure, error);
        }
    }
    if (status != OK) {
        front_destroy(made);
        return status;
    }
    *front = made;
    return OK;
}

void front_destroy(struct front *front)
{
    if (front == NULL) {
        return;
    }
    listener_destroy(front->clear);
    listener_destroy(front->secure);
    front_close_links(front, "the server ends");
    loop_timer_destroy(front->sweep);
    loop_timer_destroy(front->cutter);
    tls_context_destroy(front->tls);
    free(front);
}

uint16_t front_port(const struct front *front)
{
    return front->clear_port;
}

uint16_t front_tls_port(const struct front *front)
{
    return front->secure_port;
}

/* One more link of its address, if that may have one. */
static enum status count_address(struct front *front, const struct link *link)
{
    struct origin *origin = NULL;
    HASH_FIND_STR(front->origins, link->address, origin);
    if (origin == NULL) {
        origin = calloc(1, sizeof *origin);
        if (origin == NULL) {
            return E_NOMEM;
        }
        text_copy_cut(origin->address, sizeof origin->address, link->address);
        HASH_ADD_STR(front->origins, address, origin);
    }
    if (origin->links >= front->door->max_links_per_address) {
        front->door->counters.turned_away++;
        log_warn("front", "links=%" PRId64 " from %s are the limit (--max-links-per-address); a connection was closed",
                 origin->links, link->address);
        return E_LIMIT;
    }
    origin->links++;
    return OK;
}

static void discount_address(struct front *front, const struct link *link)
{
    struct origin *origin = NULL;
    HASH_FIND_STR(front->origins, link->address, origin);
    if (origin != NULL && --origin->links == 0) {
        HASH_DEL(front->origins, origin);
        free(origin);
    }
}

enum status front_add(struct front *front, struct link *link)
{
    enum status status = count_address(front, link);
    if (status == OK) {
        TAILQ_INSERT_TAIL(&front->links, link, links);
    }
    return status;
}

void front_remove(struct front *front, struct link *link)
{
    TAILQ_REMOVE(&front->links, link, links);
    discount_address(front, link);
    if (link->holding) {
        TAILQ_REMOVE(&front->holders, link, holders);
    }
    if (link->abandoned) {
        TAILQ_REMOVE(&front->cuts, link, cuts);
    }
}

void front_note_holding(struct front *front, struct link *link)
{
    if (!link->holding) {
        link->holding = true;
        TAILQ_INSERT_TAIL(&front->holders, link, holders);
    }
    if (!front->sweeping) {
        front->sweeping = true;
        loop_timer_arm(front->sweep, LIMIT_ACK_HOLD_MS);
    }
}

void front_close_links(struct front *front, const char *why)
{
    struct link *next;
    for (struct link *link = TAILQ_FIRST(&front->links); link != NULL; link = next) {
        next = TAILQ_NEXT(link, links);
        link_close(link, why);
    }
}

void front_fault_armed(struct front *front)
{
    struct link *next;
    for (struct link *link = TAILQ_FIRST(&front->links); link != NULL; link = next) {
        next = TAILQ_NEXT(link, links);
        if (!link->abandoned) {
            link_faults_begin(link);
        }
    }
}
