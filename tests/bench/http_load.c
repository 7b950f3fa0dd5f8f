#include "http_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "bench.h"
#include "codec/device_http.h"

enum { HEAD_MOST = 4096, READ_SIZE = 128 * 1024, EVENTS = 64, STALL_S = 5 };

struct http_link {
    int fd;
    bool asked;         /* the request has been written */
    bool in_body;       /* the head has been read */
    size_t head_length; /* bytes of it so far */
    char head[HEAD_MOST];
    int64_t left; /* bytes of the body to come */
};

struct http_run {
    const struct http_load *load;
    struct http_result *result;
    struct buffer request;
    int epoll;
    char *input;
    struct http_link *links;
};

static int open_socket(uint16_t port, int flags)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool link_open(struct http_run *run, struct http_link *link)
{
    link->fd = open_socket(run->load->port, SOCK_NONBLOCK);
    link->asked = false;
    link->in_body = false;
    link->head_length = 0;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = link};
    return link->fd >= 0 && epoll_ctl(run->epoll, EPOLL_CTL_ADD, link->fd, &event) == 0;
}

static void link_close(struct http_link *link)
{
    if (link->fd >= 0) {
        (void)close(link->fd);
    }
    link->fd = -1;
}

/* Writes the request; it is far smaller than the socket's buffer, so a short write is a failure. */
static bool link_ask(struct http_run *run, struct http_link *link)
{
    ssize_t sent = send(link->fd, run->request.data, run->request.length, MSG_NOSIGNAL);
    link->in_body = false;
    link->head_length = 0;
    if (sent != (ssize_t)run->request.length) {
        return false;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
    if (!link->asked && epoll_ctl(run->epoll, EPOLL_CTL_MOD, link->fd, &event) != 0) {
        return false;
    }
    link->asked = true;
    return true;
}

/* Reads the head out of the first bytes of an answer; *used gets how many of them it took. False: a wrong answer. */
static bool link_take_head(struct http_run *run, struct http_link *link, size_t got, size_t *used)
{
    size_t before = link->head_length;
    size_t room = HEAD_MOST - before;
    size_t copied = got < room ? got : room;
    memcpy(link->head + before, run->input, copied);
    link->head_length += copied;
    char *end = memmem(link->head, link->head_length, "\r\n\r\n", 4);
    if (end == NULL) {
        *used = copied;
        return link->head_length < HEAD_MOST;
    }
    size_t length = (size_t)(end - link->head) + 4;
    struct device_answer answer;
    if (device_answer_read(link->head, length, &answer) != OK || answer.body != DEVICE_BODY_LENGTH ||
        answer.body_length != (uint64_t)run->load->size || answer.code != (run->load->device_way ? 206U : 200U)) {
        return false;
    }
    *used = length - before;
    link->in_body = true;
    link->left = (int64_t)answer.body_length;
    return true;
}

static bool link_finish_answer(struct http_run *run, struct http_link *link)
{
    run->result->answers++;
    if (!run->load->device_way) {
        return link_ask(run, link);
    }
    link_close(link);
    return link_open(run, link);
}

static bool link_read(struct http_run *run, struct http_link *link)
{
    ssize_t got = recv(link->fd, run->input, READ_SIZE, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
    }
    if (got <= 0) {
        return false;
    }
    size_t used = 0;
    if (!link->in_body && !link_take_head(run, link, (size_t)got, &used)) {
        return false;
    }
    int64_t body = (int64_t)((size_t)got - used);
    if (!link->in_body) {
        return true;
    }
    run->result->bytes += (uint64_t)body;
    link->left -= body;
    return link->left > 0 || (link->left == 0 && link_finish_answer(run, link));
}

/* A lost link is counted and opened anew; false when that is not possible. */
static bool handle(struct http_run *run, struct http_link *link)
{
    bool well = link->asked ? link_read(run, link) : link_ask(run, link);
    if (well) {
        return true;
    }
    run->result->failures++;
    link_close(link);
    return link_open(run, link);
}

static bool run_until(struct http_run *run, double end)
{
    struct epoll_event events[EVENTS];
    uint64_t last_bytes = 0;
    double now = bench_now_s();
    double last_move = now;
    while (now < end) {
        int count = epoll_wait(run->epoll, events, EVENTS, 10);
        for (int i = 0; i < count; i++) {
            if (!handle(run, events[i].data.ptr)) {
                return false;
            }
        }
        if (run->result->bytes != last_bytes) {
            last_bytes = run->result->bytes;
            last_move = now;
        } else if (now - last_move > STALL_S) {
            return false;
        }
        now = bench_now_s();
    }
    return true;
}

static void write_request(struct buffer *out, const struct http_load *load)
{
    if (!load->device_way) {
        buffer_append_format(out, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", load->path, load->port);
        return;
    }
    struct device_request request = {.host = "127.0.0.1", .port = load->port, .has_range = true};
    request.last = (uint64_t)load->size - 1;
    (void)snprintf(request.path, sizeof request.path, "%s", load->path);
    device_request_write(out, &request);
}

bool http_load_run(const struct http_load *load, struct http_result *result)
{
    struct http_run run = {.load = load, .result = result, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    *result = (struct http_result){0};
    buffer_init(&run.request, HEAD_MOST);
    write_request(&run.request, load);
    run.input = malloc(READ_SIZE);
    run.links = calloc(load->connections, sizeof *run.links);
    bool well = run.epoll >= 0 && run.input != NULL && run.links != NULL && buffer_status(&run.request) == OK;
    double cpu = bench_own_cpu_s();
    double start = bench_now_s();
    for (size_t i = 0; i < load->connections && run.links != NULL; i++) {
        run.links[i].fd = -1;
        well = well && link_open(&run, &run.links[i]);
    }
    well = well && run_until(&run, start + load->seconds);
    result->seconds = bench_now_s() - start;
    result->client_cpu_s = bench_own_cpu_s() - cpu;
    for (size_t i = 0; i < load->connections && run.links != NULL; i++) {
        link_close(&run.links[i]);
    }
    (void)close(run.epoll);
    free(run.input);
    free(run.links);
    buffer_finish(&run.request);
    return well;
}

bool http_fetch_is(uint16_t port, const char *path, const void *bytes, size_t size)
{
    CLEANUP(cleanup_fd) int fd = open_socket(port, 0);
    CLEANUP(cleanup_buffer) struct buffer answer;
    char request[HEAD_MOST];
    buffer_init(&answer, size + HEAD_MOST);
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n",
                          path, port);
    if (fd < 0 || send(fd, request, (size_t)length, MSG_NOSIGNAL) != length) {
        return false;
    }
    for (;;) {
        uint8_t *room = buffer_reserve(&answer, HEAD_MOST);
        ssize_t got = room != NULL ? recv(fd, room, HEAD_MOST, 0) : -1;
        if (got <= 0) {
            break;
        }
        answer.length += (size_t)got;
    }
    const uint8_t *end = memmem(answer.data, answer.length, "\r\n\r\n", 4);
    return end != NULL && (size_t)(answer.data + answer.length - end - 4) == size && memcmp(end + 4, bytes, size) == 0;
}
