/*
 * GET /api/v1/events over real sockets: what is told, replay, beats, slow and many clients, the end of the server.
 */
#include "devices.h"
#include "house.h"
#include "plans.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/text.h"

enum { PATIENCE_MS = 5000, HEARD = 512 * 1024, BEAT_MS = 200 };

static struct house house;

/* A client of the stream. */
struct listener {
    int fd;
    size_t length;
    char heard[HEARD]; /* head and messages, with the chunks' lengths in between; zero behind */
};

static struct listener listener;

static void listen_to(const char *query, const char *headers)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(http_server_port(house.server))};
    char text[512];
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener.length = 0;
    listener.heard[0] = '\0';
    listener.fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_FATAL(listener.fd >= 0 && connect(listener.fd, (struct sockaddr *)&name, sizeof name) == 0);
    int length =
        snprintf(text, sizeof text, "GET /api/v1/events%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n",
                 query, headers);
    CHECK(send(listener.fd, text, (size_t)length, MSG_NOSIGNAL) == length);
}

/* Reads until `text` was heard. False: it has not come, or the stream has ended. */
static bool hear(const char *text)
{
    int64_t end = monotonic_ms() + PATIENCE_MS;
    while (strstr(listener.heard, text) == NULL) {
        struct pollfd ready = {.fd = listener.fd, .events = POLLIN};
        ssize_t got = -1;
        if (monotonic_ms() < end && listener.length + 1 < HEARD && poll(&ready, 1, 50) >= 0) {
            got = (ready.revents & (POLLIN | POLLHUP)) == 0
                      ? 0
                      : recv(listener.fd, listener.heard + listener.length, HEARD - 1 - listener.length, 0);
            if (got == 0 && ready.revents != 0) {
                return false;
            }
        }
        if (got < 0) {
            return false;
        }
        listener.length += (size_t)got;
        listener.heard[listener.length] = '\0';
    }
    return true;
}

static void leave(void)
{
    CHECK(close(listener.fd) == 0);
}

static int count_of(const char *text)
{
    int count = 0;
    for (const char *at = listener.heard; (at = strstr(at, text)) != NULL; at++) {
        count++;
    }
    return count;
}

static void make_product(const char *key)
{
    char body[128];
    (void)snprintf(body, sizeof body, "{\"name\": \"%s\", \"productKey\": \"%s\"}", key, key);
    json_decref(rest(&house, "POST", "/api/v1/products", body, 201));
}

static void test_open(void)
{
    house_open(&house, NULL);
    make_product("pk1");
}

static void test_greeting(void)
{
    listen_to("", "");
    CHECK(hear("event: hello"));
    CHECK(strstr(listener.heard, "text/event-stream") != NULL && strstr(listener.heard, "no-store") != NULL);
    CHECK(strstr(listener.heard, "retry: 1000\n\n: mockdc\n\nid: ") != NULL);
    leave();
}

static void test_what_is_told(void)
{
    listen_to("", "");
    CHECK(hear("event: hello"));
    make_product("told1");
    CHECK(hear("\"kind\":\"product\",\"what\":\"created\",\"productKey\":\"told1\""));
    json_decref(rest(&house, "POST", "/api/v1/products/told1/devices", "{\"deviceKey\": \"d1\"}", 201));
    CHECK(
        hear("\"kind\":\"device\",\"what\":\"created\",\"productKey\":\"told1\",\"planId\":null,\"deviceKey\":\"d1\""));
    (void)devices_connect(&house, "told1", "d2", "1_0");
    CHECK(hear("\"what\":\"online\""));
    CHECK(hear("\"mcuVersions\":{\"MCU1\":\"1_0\"}"));
    json_decref(rest(&house, "PUT", "/api/v1/clock", "{\"mode\": \"manual\"}", 200));
    CHECK(hear("\"kind\":\"clock\",\"what\":\"set\",\"productKey\":null"));
    json_decref(rest(&house, "POST", "/api/v1/evaluations", "{}", 200));
    CHECK(hear("\"what\":\"evaluated\""));
    json_decref(rest(&house, "PUT", "/api/v1/clock", "{\"mode\": \"real\"}", 200));
    json_decref(rest(&house, "DELETE", "/api/v1/products/told1", NULL, 204));
    CHECK(hear("\"kind\":\"product\",\"what\":\"deleted\""));
    leave();
}

/* What was refused tells nothing. */
static void test_refused(void)
{
    listen_to("?kind=product", "");
    CHECK(hear("event: hello"));
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"again\", \"productKey\": \"pk1\"}", 409));
    make_product("behind");
    CHECK(hear("behind"));
    CHECK(count_of("data: {\"at\"") == 1);
    leave();
}

static void test_filters(void)
{
    listen_to("?kind=device,product&productKey=filter2", "");
    CHECK(hear("event: hello"));
    make_product("filter1");
    make_product("filter2");
    json_decref(rest(&house, "POST", "/api/v1/products/filter1/devices", "{\"deviceKey\": \"d1\"}", 201));
    json_decref(rest(&house, "POST", "/api/v1/products/filter2/devices", "{\"deviceKey\": \"d2\"}", 201));
    CHECK(hear("\"deviceKey\":\"d2\""));
    CHECK(strstr(listener.heard, "filter1") == NULL && count_of("data: {\"at\"") == 2);
    leave();
}

static void test_wrong_questions(void)
{
    static const char *const rows[] = {"?kind=plan,nothing",           "?kind=,", "?planId=x", "?planId=0",
                                       "?deviceKey=12345678901234567", "?other=1"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[96];
        struct reply reply;
        (void)snprintf(path, sizeof path, "/api/v1/events%s", rows[i]);
        ask(&house, "GET", path, NULL, NULL, &reply);
        CHECK_ROW(rows[i], reply.status == 400);
        CHECK_ROW(rows[i], strcmp(reply_header(&reply, "Content-Type"), "application/problem+json") == 0);
        reply_finish(&reply);
    }
    struct reply reply;
    ask(&house, "HEAD", "/api/v1/events", NULL, NULL, &reply);
    CHECK(reply.status == 200 && strcmp(reply_header(&reply, "Content-Type"), "text/event-stream") == 0);
    reply_finish(&reply);
}

static void last_id(char id[64])
{
    const char *found = NULL;
    for (const char *at = listener.heard; (at = strstr(at, "\nid: ")) != NULL; at++) {
        found = at + 5;
    }
    CHECK_FATAL(found != NULL);
    (void)snprintf(id, 64, "%.*s", (int)strcspn(found, "\n"), found);
}

/* Who comes back with the last id that it read gets all that it missed, once, and then what follows. */
static void test_replay(void)
{
    char id[64];
    char header[128];
    listen_to("", "");
    CHECK(hear("event: hello"));
    make_product("seen");
    CHECK(hear("\"productKey\":\"seen\""));
    last_id(id);
    leave();
    make_product("missed1");
    make_product("missed2");
    (void)snprintf(header, sizeof header, "Last-Event-ID: %s\r\n", id);
    listen_to("", header);
    CHECK(hear("missed2"));
    make_product("after");
    CHECK(hear("after"));
    CHECK(count_of("missed1") > 0 && strstr(listener.heard, "seen") == NULL && strstr(listener.heard, "hello") == NULL);
    CHECK(strstr(listener.heard, "missed1") < strstr(listener.heard, "missed2"));
    CHECK(strstr(listener.heard, "missed2") < strstr(listener.heard, "after"));
    leave();
    char query[128];
    (void)snprintf(query, sizeof query, "?after=%s", id);
    listen_to(query, "");
    CHECK(hear("missed2"));
    leave();
}

static void test_reset(void)
{
    static const char *const ids[] = {"00000000-5", "nonsense"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char header[128];
        (void)snprintf(header, sizeof header, "Last-Event-ID: %s\r\n", ids[i]);
        listen_to("", header);
        CHECK_ROW(ids[i], hear("event: reset\ndata: {\"reason\":\"restarted\",\"cursor\":\""));
        char name[32];
        (void)snprintf(name, sizeof name, "reset%zu", i);
        make_product(name);
        CHECK_ROW(ids[i], hear(name));
        leave();
    }
}

static void add_event(struct house *there, void *context)
{
    http_server_event(there->server, context);
}

static void add_many(struct house *there, void *context)
{
    const int *count = context;
    for (int i = 0; i < *count; i++) {
        struct event event = {.kind = EVENT_PLAN, .what = WHAT_CHANGED, .plan_id = i + 1};
        http_server_event(there->server, &event);
    }
}

/* A client that reads nothing holds up nobody, and learns that it has missed something. */
static void test_slow_client(void)
{
    int count = 4 * LIMIT_EVENTS;
    listen_to("", "");
    CHECK(hear("event: hello"));
    int64_t began = monotonic_ms();
    for (int i = 0; i < 4; i++) {
        int quarter = count / 4;
        house_run(&house, add_many, &quarter);
    }
    make_product("others");
    CHECK(monotonic_ms() - began < PATIENCE_MS);
    bool dropped = false;
    static char piece[65536];
    char tail[64] = "";
    for (int64_t end = monotonic_ms() + 2 * PATIENCE_MS; !dropped && monotonic_ms() < end;) {
        size_t kept = strlen(tail);
        memcpy(piece, tail, kept);
        ssize_t got = recv(listener.fd, piece + kept, sizeof piece - kept - 1, 0);
        CHECK_FATAL(got > 0);
        piece[kept + (size_t)got] = '\0';
        dropped = strstr(piece, "\"reason\":\"dropped\"") != NULL;
        text_copy_cut(tail, sizeof tail, piece + (kept + (size_t)got > 40 ? kept + (size_t)got - 40 : 0));
    }
    CHECK(dropped);
    leave();
}

struct many {
    int fd;
    size_t next; /* the event that it waits for */
    size_t length;
    char tail[8192];
};

/* Counts the events in their order as they come. */
static void hear_more(struct many *client)
{
    ssize_t got =
        recv(client->fd, client->tail + client->length, sizeof client->tail - 1 - client->length, MSG_DONTWAIT);
    CHECK_FATAL(got > 0);
    client->length += (size_t)got;
    client->tail[client->length] = '\0';
    char *rest = client->tail;
    for (char *end = strstr(rest, "\n\n"); end != NULL; end = strstr(rest, "\n\n")) {
        *end = '\0';
        const char *plan = strstr(rest, "\"kind\":\"plan\"") == NULL ? NULL : strstr(rest, "\"planId\":");
        if (plan != NULL) {
            client->next++;
            CU_ASSERT_EQUAL(strtoul(plan + strlen("\"planId\":"), NULL, 10), client->next);
        }
        rest = end + 2;
    }
    client->length = strlen(rest);
    memmove(client->tail, rest, client->length + 1);
}

/* 200 listen: one reads nothing, one has vanished; each of the others gets every event, in order. */
static void test_two_hundred_clients(void)
{
    enum { CLIENTS = 200, EVENTS = 2500, SLOW = 0, VANISHED = 1 };
    static struct many clients[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        listen_to("?kind=plan", "");
        CHECK_FATAL(hear("event: hello"));
        clients[i] = (struct many){.fd = listener.fd};
    }
    CHECK(close(clients[VANISHED].fd) == 0);
    int count = EVENTS;
    house_run(&house, add_many, &count);
    make_product("meanwhile"); /* and a call is answered */
    size_t done = 0;
    for (int64_t end = monotonic_ms() + 6 * PATIENCE_MS; done < CLIENTS - 2 && monotonic_ms() < end;) {
        struct pollfd ready[CLIENTS];
        for (size_t i = 0; i < CLIENTS; i++) {
            bool waits = i > VANISHED && clients[i].next < EVENTS;
            ready[i] = (struct pollfd){.fd = waits ? clients[i].fd : -1, .events = POLLIN};
        }
        CHECK_FATAL(poll(ready, CLIENTS, PATIENCE_MS) > 0);
        for (size_t i = VANISHED + 1; i < CLIENTS; i++) {
            if (ready[i].fd >= 0 && ready[i].revents != 0) {
                hear_more(&clients[i]);
                done += clients[i].next == EVENTS;
            }
        }
    }
    CU_ASSERT_EQUAL(done, CLIENTS - 2);
    while (clients[SLOW].next < EVENTS) { /* nothing was lost for it, as long as the log holds it */
        struct pollfd ready = {.fd = clients[SLOW].fd, .events = POLLIN};
        CHECK_FATAL(poll(&ready, 1, PATIENCE_MS) > 0);
        hear_more(&clients[SLOW]);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        CHECK(i == VANISHED || close(clients[i].fd) == 0);
    }
}

/* Events that are not kept reach those who listen now, without an id. */
static void test_transient(void)
{
    struct event *event = calloc(1, event_size(1));
    CHECK_FATAL(event != NULL);
    *event = (struct event){.kind = EVENT_DEVICE, .what = WHAT_PROGRESS, .plan_id = 7, .part_count = 1};
    event->parts[0].progress = 42;
    char id[64];
    char header[128];
    listen_to("", "");
    CHECK(hear("event: hello"));
    last_id(id);
    house_run(&house, add_event, event);
    CHECK(hear("\"progress\":42"));
    CHECK(count_of("\nid: ") == 1);
    leave();
    (void)snprintf(header, sizeof header, "Last-Event-ID: %s\r\n", id);
    listen_to("", header);
    make_product("kept");
    CHECK(hear("kept"));
    CHECK(strstr(listener.heard, "\"progress\":42") == NULL);
    leave();
    free(event);
}

/* Frames reach only those who ask for them. */
static void test_frames(void)
{
    struct event event = {
        .kind = EVENT_FRAME, .what = WHAT_RECEIVED, .of.frame = {.command = "otaStatus", .text = "1: 5"}};
    CHECK(!http_server_frames_wanted(house.server));
    listen_to("", "");
    CHECK(hear("event: hello"));
    CHECK(!http_server_frames_wanted(house.server));
    house_run(&house, add_event, &event);
    make_product("noframe");
    CHECK(hear("noframe"));
    CHECK(strstr(listener.heard, "otaStatus") == NULL);
    leave();
    listen_to("?kind=frame", "");
    CHECK(hear("event: hello"));
    CHECK(http_server_frames_wanted(house.server));
    house_run(&house, add_event, &event);
    CHECK(hear("\"command\":\"otaStatus\",\"packageId\":0,\"length\":0,\"text\":\"1: 5\""));
    leave();
}

/* Clients that have left hold their places until a beat or two later. */
static void listen_when_there_is_room(void)
{
    bool welcome = false;
    for (int64_t end = monotonic_ms() + PATIENCE_MS; !welcome && monotonic_ms() < end;) {
        listen_to("", "");
        welcome = hear("event: hello");
        if (!welcome) {
            leave();
        }
    }
    CHECK_FATAL(welcome);
}

static void test_too_many(void)
{
    static int fds[LIMIT_EVENT_STREAMS];
    for (int i = 0; i < LIMIT_EVENT_STREAMS; i++) {
        listen_when_there_is_room();
        fds[i] = listener.fd;
    }
    struct reply reply;
    ask(&house, "GET", "/api/v1/events", NULL, NULL, &reply);
    CHECK(reply.status == 503 && strcmp(reply_header(&reply, "Retry-After"), "") != 0);
    CHECK(strstr(buffer_text(&reply.body), "too many clients listen to events") != NULL);
    reply_finish(&reply);
    listener.fd = fds[0]; /* one of them still hears */
    make_product("heard");
    CHECK(hear("heard"));
    for (int i = 0; i < LIMIT_EVENT_STREAMS; i++) {
        CHECK(close(fds[i]) == 0);
    }
}

/* A silent stream beats; a client that has left is noticed by that, and its place is free again. */
static void test_beats(void)
{
    listen_when_there_is_room();
    int64_t began = monotonic_ms();
    CHECK(hear(": beat\n\n"));
    CHECK(monotonic_ms() - began < 5 * BEAT_MS);
    leave();
}

/* A slow download of an upgrading device tells its percents while it goes on. */
static void test_progress(void)
{
    enum { SIZE = 8 * 1024 * 1024 };
    char *bytes = calloc(1, SIZE);
    CHECK_FATAL(bytes != NULL);
    struct upload_file file = {.name = "slow.bin", .bytes = bytes, .size = SIZE};
    struct reply reply;
    make_product("slow");
    house.takes_orders = true;
    upload(&house,
           "{\"name\": \"slow\", \"productKey\": \"slow\", \"componentType\": \"mcu\", \"packageType\": \"full\", "
           "\"targetVersion\": \"2_0\"}",
           &file, 1, NULL, &reply);
    json_t *package = json_loads(buffer_text(&reply.body), 0, NULL);
    CHECK_FATAL(reply.status == 201 && package != NULL);
    int64_t plan = plans_save(&house, "slow", "slow", json_integer_value(json_object_get(package, "id")), "");
    json_decref(package);
    reply_finish(&reply);
    free(bytes);
    json_decref(plans_act(&house, plan, "activate", 200));
    int64_t device = devices_connect(&house, "slow", "d1", "1_0");
    json_decref(rest(&house, "POST", "/api/v1/evaluations", "{}", 200));
    devices_status(&house, device, 1, NULL);
    devices_status(&house, device, 2, NULL);
    CHECK_FATAL(house.link[0] != '\0');
    char query[64];
    (void)snprintf(query, sizeof query, "?planId=%lld&kind=device", (long long)plan);
    listen_when_there_is_room();
    leave();
    listen_to(query, "");
    CHECK(hear("event: hello"));
    devices_status(&house, device, 4, NULL);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(http_server_port(house.server))};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int small = 65536;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_FATAL(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0 &&
                connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
    char text[256];
    int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", house.link);
    CHECK(send(fd, text, (size_t)length, MSG_NOSIGNAL) == length);
    static char piece[65536];
    ssize_t sum = 0;
    while (sum < SIZE / 2) {
        ssize_t got = recv(fd, piece, sizeof piece, 0);
        CHECK_FATAL(got > 0);
        sum += got;
    }
    CHECK(hear("\"what\":\"progress\",\"productKey\":\"slow\""));
    const char *progress = strstr(strstr(listener.heard, "\"what\":\"progress\""), "\"progress\":");
    CHECK_FATAL(progress != NULL);
    int percent = atoi(progress + strlen("\"progress\":"));
    CHECK(percent > 0 && percent < 100);
    CHECK(close(fd) == 0);
    leave();
}

static void test_token(void)
{
    struct house guarded;
    house_open(&guarded, "secret-of-the-house");
    json_decref(rest(&guarded, "GET", "/api/v1/events", NULL, 401));
    house_close(&guarded);
}

static void test_the_end_of_the_server(void)
{
    listen_to("", "");
    CHECK(hear("event: hello"));
    int64_t began = monotonic_ms();
    house_close(&house);
    CHECK(monotonic_ms() - began < 2000);
    CHECK(!hear("never said"));
    leave();
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"greeting", test_greeting},
                                             {"what is told", test_what_is_told},
                                             {"refused", test_refused},
                                             {"filters", test_filters},
                                             {"wrong questions", test_wrong_questions},
                                             {"replay", test_replay},
                                             {"reset", test_reset},
                                             {"a slow client", test_slow_client},
                                             {"transient", test_transient},
                                             {"frames", test_frames},
                                             {"two hundred clients", test_two_hundred_clients},
                                             {"too many", test_too_many},
                                             {"beats", test_beats},
                                             {"progress", test_progress},
                                             {"the token", test_token},
                                             {"the end of the server", test_the_end_of_the_server},
                                             {0}};
    return suite_run("http door: events", cases);
}
