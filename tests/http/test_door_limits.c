/*
 * What clients do that break off, wait, or come too many at once.
 */
#include "house.h"

#include <arpa/inet.h>
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/instant.h"

enum { PATIENCE_MS = 8000 };

static struct house house;

static int open_socket_to(uint16_t port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    CHECK_FATAL(fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    return fd;
}

static int open_socket(void)
{
    return open_socket_to(http_server_port(house.server));
}

static void say(int fd, const char *text)
{
    CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* The status code of the next answer; 0: closed without one; -1: nothing within the socket's patience. */
static int hear(int fd)
{
    char text[4096] = "";
    int status = 0;
    ssize_t got = recv(fd, text, sizeof text - 1, 0);
    if (got < 0 && errno == EAGAIN) {
        return -1;
    }
    return got > 0 && sscanf(text, "HTTP/1.%*d %d", &status) == 1 ? status : 0;
}

/* Keeps the loop's thread busy until the test lets go. */
static sem_t held;
static sem_t let_go;

static void hold(void *context)
{
    (void)context;
    (void)sem_post(&held);
    (void)sem_wait(&let_go);
}

static const char call[] = "GET /api/v1/products HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* The client leaves while its call waits for the loop; others are answered. */
static void test_leaves_while_it_waits(void)
{
    struct loop_wakeup *wakeup = NULL;
    CHECK_FATAL(loop_wakeup_create(house.loop, hold, NULL, &wakeup) == OK);
    loop_wakeup_post(wakeup);
    (void)sem_wait(&held);
    int fds[20];
    for (size_t i = 0; i < 20; i++) {
        fds[i] = open_socket();
        say(fds[i], call);
    }
    for (size_t i = 0; i < 20; i += 2) {
        struct linger reset = {.l_onoff = 1};
        CHECK(setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
        (void)close(fds[i]);
    }
    (void)sem_post(&let_go);
    for (size_t i = 1; i < 20; i += 2) {
        CU_ASSERT_EQUAL(hear(fds[i]), 200);
        (void)close(fds[i]);
    }
    json_decref(rest(&house, "GET", "/api/v1/products", NULL, 200));
    loop_wakeup_destroy(wakeup);
}

/* Both ends of each connection are this process's. */
static void allow_connections(size_t count)
{
    struct rlimit descriptors;
    CHECK_FATAL(getrlimit(RLIMIT_NOFILE, &descriptors) == 0);
    descriptors.rlim_cur = descriptors.rlim_max;
    CHECK_FATAL(setrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_max > 2 * count + 50);
}

/* More calls than may wait: 503 with Retry-After at once, the others are answered later. */
static void test_too_many(void)
{
    enum { MORE = LIMIT_HTTP_CALLS + 20 };
    allow_connections(MORE);
    struct loop_wakeup *wakeup = NULL;
    CHECK_FATAL(loop_wakeup_create(house.loop, hold, NULL, &wakeup) == OK);
    loop_wakeup_post(wakeup);
    (void)sem_wait(&held);
    int *fds = calloc(MORE, sizeof *fds);
    int refused = 0;
    for (size_t i = 0; i < MORE; i++) {
        fds[i] = open_socket();
        say(fds[i], call);
    }
    /* which ones are refused depends on the threads; at least the surplus is, and is told before the loop goes on */
    int64_t until = monotonic_ms() + PATIENCE_MS;
    while (refused < MORE - LIMIT_HTTP_CALLS && monotonic_ms() < until) {
        for (size_t i = 0; i < MORE; i++) {
            char text[512] = "";
            if (fds[i] >= 0 && recv(fds[i], text, sizeof text - 1, MSG_DONTWAIT) > 0) {
                CHECK(strstr(text, "HTTP/1.1 503") != NULL && strstr(text, "Retry-After: ") != NULL);
                (void)close(fds[i]);
                fds[i] = -1;
                refused++;
            }
        }
    }
    CU_ASSERT_EQUAL(refused, MORE - LIMIT_HTTP_CALLS);
    (void)sem_post(&let_go);
    int answered = 0;
    for (size_t i = 0; i < MORE; i++) {
        if (fds[i] >= 0) {
            answered += hear(fds[i]) == 200;
            (void)close(fds[i]);
        }
    }
    CU_ASSERT_EQUAL(answered, LIMIT_HTTP_CALLS);
    free(fds);
    loop_wakeup_destroy(wakeup);
}

/* More connections than there may be: the surplus is closed at once, none hangs, the others are served. */
static void test_too_many_connections(void)
{
    enum { MORE = LIMIT_HTTP_CONNECTIONS + 10 };
    static const char healthz[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    allow_connections(MORE);
    int *fds = calloc(MORE, sizeof *fds);
    int served = 0;
    int closed = 0;
    for (size_t i = 0; i < MORE; i++) {
        fds[i] = open_socket();
        (void)send(fds[i], healthz, sizeof healthz - 1, MSG_NOSIGNAL); /* fails when it is closed already */
        int status = hear(fds[i]);
        served += status == 200;
        closed += status == 0;
    }
    CHECK(served > 0 && served <= LIMIT_HTTP_CONNECTIONS); /* some of the last test's may still be open */
    CU_ASSERT_EQUAL(served + closed, MORE);
    for (size_t i = 0; i < MORE; i++) {
        (void)close(fds[i]);
    }
    free(fds);
    bool again = false;
    int64_t until = monotonic_ms() + PATIENCE_MS;
    while (!again && monotonic_ms() < until) {
        int fd = open_socket();
        (void)send(fd, healthz, sizeof healthz - 1, MSG_NOSIGNAL);
        again = hear(fd) == 200;
        (void)close(fd);
    }
    CHECK(again);
}

/* An upload that breaks off leaves nothing behind. */
static void test_broken_upload(void)
{
    int fd = open_socket();
    say(fd, "POST /api/v1/packages HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=B\r\n"
            "Content-Length: 1000000\r\n\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; "
            "filename=\"a.bin\"\r\n\r\nabcdefghijklmnopqrstuvwxyz0123456789");
    int64_t until = monotonic_ms() + PATIENCE_MS;
    while (files_in(&house, "tmp") == 0 && monotonic_ms() < until) {
        (void)usleep(5000);
    }
    CU_ASSERT_EQUAL(files_in(&house, "tmp"), 1);
    (void)close(fd);
    while (files_in(&house, "tmp") > 0 && monotonic_ms() < until) {
        (void)usleep(5000);
    }
    CU_ASSERT_EQUAL(files_in(&house, "tmp"), 0);
}

static void test_length_limits(void)
{
    static const struct {
        const char *name;
        const char *request;
        int status;
    } rows[] = {
        {"announced too long",
         "POST /api/v1/products HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 413},
        {"upload too long",
         "POST /api/v1/packages HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=B\r\n"
         "Content-Length: 600000000\r\n\r\n",
         413},
        {"waits for 100 Continue, refused",
         "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
         "Content-Length: 10\r\n\r\n",
         404},
        {"small body is drained", "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 404},
        {"chunked",
         "POST /api/v1/products HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
         "chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
         422},
        {"no type", "POST /api/v1/products HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", 200},
        {"a path that is none", "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
        {"a query that is none", "GET /?%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
        {"too many segments", "GET /a/b/c/d/e/f/g/h/i/j/k/l/m/n HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int fd = open_socket();
        say(fd, rows[i].request);
        CHECK_ROW(rows[i].name, hear(fd) == rows[i].status);
        (void)close(fd);
    }
}

/* The server goes while a call waits: the client is answered or cut, nothing hangs. */
static void test_stops_with_calls_waiting(void)
{
    struct loop *idle = NULL; /* never runs: the call can only be refused */
    struct http_server *server = NULL;
    struct http_settings settings = {.address = {.host = "127.0.0.1"}};
    CHECK_FATAL(loop_create(&idle) == OK);
    CHECK_FATAL(http_server_create(idle, house.app, &settings, &server, NULL) == OK);
    int fd = open_socket_to(http_server_port(server));
    say(fd, call);
    /* the second call is answered by the threads alone: by then the first one waits or is about to */
    int other = open_socket_to(http_server_port(server));
    say(other, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CU_ASSERT_EQUAL(hear(other), 200);
    http_server_destroy(server);
    int status = hear(fd);
    CHECK(status == 503 || status == 0);
    (void)close(fd);
    (void)close(other);
    loop_destroy(idle);
}

/* CUnit checks only within tests: so the house is opened and closed by the first and the last one. */
static void test_open(void)
{
    house_open(&house, NULL);
}

static void test_close(void)
{
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"a client leaves while its call waits", test_leaves_while_it_waits},
                                             {"too many calls", test_too_many},
                                             {"too many connections", test_too_many_connections},
                                             {"a broken upload", test_broken_upload},
                                             {"lengths", test_length_limits},
                                             {"the server stops while calls wait", test_stops_with_calls_waiting},
                                             {"closes", test_close},
                                             {0}};
    (void)sem_init(&held, 0, 0);
    (void)sem_init(&let_go, 0, 0);
    return suite_run("http door: limits", cases);
}
