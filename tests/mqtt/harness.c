#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "crypto/password.h"
#include "support/suite.h"

enum { WAIT_MS = 10000, TURN_MS = 2, INPUT_LIMIT = 1 << 20 };

struct waiting {
    struct loop *loop;
    struct loop_timer *timer;
    bool (*done)(void *context);
    void *context;
    int64_t until;
    bool came;
};

static void on_turn(void *context)
{
    struct waiting *waiting = context;
    waiting->came = waiting->done(waiting->context);
    if (waiting->came || monotonic_ms() >= waiting->until) {
        loop_stop(waiting->loop);
    } else {
        loop_timer_arm(waiting->timer, TURN_MS);
    }
}

static bool wait_until(struct loop *loop, bool (*done)(void *context), void *context, int64_t most_ms)
{
    struct waiting waiting = {.loop = loop, .done = done, .context = context, .until = monotonic_ms() + most_ms};
    CHECK_FATAL(loop_timer_create(loop, on_turn, &waiting, &waiting.timer) == OK);
    loop_timer_arm(waiting.timer, 0);
    CHECK_OK(loop_run(loop));
    loop_timer_destroy(waiting.timer);
    return waiting.came;
}

bool harness_wait(struct harness *harness, bool (*done)(void *context), void *context)
{
    return wait_until(harness->loop, done, context, WAIT_MS);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

void harness_turn(struct harness *harness, int64_t duration_ms)
{
    (void)wait_until(harness->loop, never, NULL, duration_ms);
}

struct calls {
    const struct app *app;
    const char *what;
    int times;
};

static bool has_calls(void *context)
{
    const struct calls *calls = context;
    return mock_app_count(calls->app, calls->what) >= calls->times;
}

bool harness_wait_calls(struct harness *harness, const char *what, int times)
{
    struct calls calls = {.app = &harness->app, .what = what, .times = times};
    bool came = harness_wait(harness, has_calls, &calls);
    if (!came) {
        (void)fprintf(stderr, "    '%s' x %d did not come; calls: %s\n", what, times, harness->app.calls);
    }
    return came && mock_app_count(&harness->app, what) == times;
}

static bool is_ready(void *context)
{
    const struct harness *harness = context;
    return mqtt_door_is_ready(harness->door);
}

void harness_begin(struct harness *harness, const struct mock_device *devices, size_t count)
{
    const char *level = getenv("TEST_LOG");
    log_setup(level != NULL ? LOG_LEVEL_DEBUG : LOG_LEVEL_OFF, false);
    mock_app_init(&harness->app, devices, count);
    CHECK_FATAL(loop_create(&harness->loop) == OK);
    if (harness->folder[0] == '\0') {
        (void)snprintf(harness->folder, sizeof harness->folder, "/tmp/mockdc-test-XXXXXX");
        CHECK_FATAL(mkdtemp(harness->folder) != NULL);
    }
    (void)snprintf(harness->settings.mqtt.host, sizeof harness->settings.mqtt.host, "127.0.0.1");
    harness->settings.data_dir = harness->folder;
    harness->settings.http_port = 8080;
    struct error error = {0};
    enum status status = mqtt_door_create(harness->loop, &harness->app, &harness->settings, &harness->door, &error);
    if (status != OK) {
        (void)fprintf(stderr, "    %s: %s\n", error.place, error.text);
    }
    CHECK_FATAL(status == OK);
    CHECK_FATAL(harness_wait(harness, is_ready, harness));
}

void harness_end(struct harness *harness)
{
    mqtt_door_destroy(harness->door);
    loop_destroy(harness->loop);
    char command[512];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", harness->folder);
    CHECK(system(command) == 0);
}

void scripted_connect(struct harness *harness, struct scripted *device)
{
    *device = (struct scripted){.harness = harness, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    buffer_init(&device->in, INPUT_LIMIT);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(mqtt_door_port(harness->door)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK_FATAL(connect(device->fd, (const struct sockaddr *)&address, sizeof address) == 0);
    int on = 1;
    (void)setsockopt(device->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void scripted_close(struct scripted *device)
{
    (void)close(device->fd);
    buffer_finish(&device->in);
}

void scripted_send(struct scripted *device, const void *bytes, size_t count, size_t piece)
{
    const uint8_t *at = bytes;
    size_t step = piece == 0 ? count : piece;
    for (size_t left = count; left > 0; left -= step, at += step) {
        step = step < left ? step : left;
        CHECK(send(device->fd, at, step, MSG_NOSIGNAL) == (ssize_t)step);
        if (piece != 0) {
            harness_turn(device->harness, 0); /* so that the server sees each piece alone */
        }
    }
}

/* Takes what came; true when a whole packet or the end is there. */
static bool packet_is_there(void *context)
{
    struct scripted *device = context;
    uint8_t bytes[4096];
    for (;;) {
        ssize_t got = recv(device->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got > 0) {
            buffer_append(&device->in, bytes, (size_t)got);
            continue;
        }
        device->closed = device->closed || got == 0 || (errno != EAGAIN && errno != EINTR);
        break;
    }
    struct mqtt_packet packet;
    return device->closed || mqtt_packet_read(device->in.data, device->in.length, INPUT_LIMIT, &packet) == OK;
}

bool scripted_next(struct scripted *device, struct mqtt_packet *packet)
{
    static uint8_t copy[8192];
    if (!harness_wait(device->harness, packet_is_there, device) ||
        mqtt_packet_read(device->in.data, device->in.length, INPUT_LIMIT, packet) != OK ||
        packet->total > sizeof copy) {
        return false;
    }
    size_t head = packet->total - packet->body_length;
    memcpy(copy, device->in.data, packet->total);
    packet->body = copy + head;
    buffer_consume(&device->in, packet->total);
    return true;
}

bool scripted_expect(struct scripted *device, enum mqtt_packet_type type, struct mqtt_packet *packet)
{
    bool came = scripted_next(device, packet);
    if (!came || packet->type != type) {
        (void)fprintf(stderr, "    wanted %s, got %s\n", mqtt_packet_name(type),
                      came ? mqtt_packet_name(packet->type) : "nothing");
    }
    return came && packet->type == type;
}

static bool is_closed(void *context)
{
    struct scripted *device = context;
    (void)packet_is_there(device);
    return device->closed;
}

bool scripted_sees_close(struct scripted *device)
{
    return harness_wait(device->harness, is_closed, device);
}

static struct mqtt_text as_text(const char *text)
{
    return (struct mqtt_text){.text = text, .length = strlen(text)};
}

void put_connect(struct buffer *out, const char *client_id, const char *password)
{
    struct mqtt_connect connect = {.protocol = "MQTT",
                                   .level = 4,
                                   .flags = 0x42,
                                   .keep_alive_s = 120,
                                   .client_id = as_text(client_id),
                                   .password = as_text(password)};
    mqtt_connect_write(out, &connect);
    CHECK_OK(buffer_status(out));
}

void put_subscribe(struct buffer *out, const char *client_id)
{
    char filter[128];
    (void)snprintf(filter, sizeof filter, "q/1/d/%s/+", client_id);
    mqtt_subscribe_write(out, 1, filter, 1);
    CHECK_OK(buffer_status(out));
}

void put_publish(struct buffer *out, const char *client_id, const char *kind, unsigned qos, uint16_t packet_id,
                 const void *payload, size_t length)
{
    char topic[128];
    (void)snprintf(topic, sizeof topic, "q/2/d/%s/%s", client_id, kind);
    struct mqtt_publish publish = {.qos = qos,
                                   .topic = as_text(topic),
                                   .packet_id = qos > 0 ? packet_id : 0,
                                   .payload = payload,
                                   .payload_length = length};
    mqtt_publish_write(out, &publish);
    CHECK_OK(buffer_status(out));
}

void scripted_login(struct harness *harness, struct scripted *device, const char *device_key, const char *secret,
                    bool session)
{
    static const char random[] = "0123456789abcdef";
    char password[PASSWORD_LIMIT];
    char client_id[64];
    (void)snprintf(client_id, sizeof client_id, "qdPK1%s", device_key);
    CHECK_OK(secret == NULL ? password_make_type0(session, "PK1", "ps1", device_key, random, password, sizeof password)
                            : password_make_type1(session, secret, "ps1", random, password, sizeof password));
    struct buffer out;
    struct mqtt_packet packet;
    buffer_init(&out, 4096);
    put_connect(&out, client_id, password);
    scripted_connect(harness, device);
    scripted_send(device, out.data, out.length, 0);
    CHECK(scripted_expect(device, MQTT_CONNACK, &packet));
    buffer_clear(&out);
    put_subscribe(&out, client_id);
    scripted_send(device, out.data, out.length, 0);
    CHECK(scripted_expect(device, MQTT_SUBACK, &packet));
    buffer_finish(&out);
}
