#include "raw.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void raw_start(struct house *house, const char *method, const char *path, const char *body, struct raw *raw)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(http_server_port(house->server))};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *raw = (struct raw){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    CHECK_FATAL(raw->fd >= 0 && connect(raw->fd, (struct sockaddr *)&name, sizeof name) == 0);
    char text[512];
    const char *content = body == NULL ? "" : body;
    int length = snprintf(text, sizeof text,
                          "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
                          "%zu\r\n\r\n%s",
                          method, path, strlen(content), content);
    CHECK_FATAL(length < (int)sizeof text);
    CHECK_FATAL(send(raw->fd, text, (size_t)length, MSG_NOSIGNAL) == length);
}

static bool is_whole(const struct raw *raw)
{
    const char *body = strstr(raw->reply, "\r\n\r\n");
    const char *announced = strstr(raw->reply, "Content-Length: ");
    return body != NULL && announced != NULL &&
           raw->length == (size_t)(body + 4 - raw->reply) + strtoul(announced + 16, NULL, 10);
}

void raw_finish(struct raw *raw)
{
    while (!is_whole(raw)) {
        ssize_t got = recv(raw->fd, raw->reply + raw->length, RAW_REPLY - 1 - raw->length, 0);
        CHECK_FATAL(got > 0);
        raw->length += (size_t)got;
    }
    raw_leave(raw);
}

void raw_leave(struct raw *raw)
{
    (void)close(raw->fd);
    raw->fd = -1;
}

bool raw_says(const struct raw *raw, int status, const char *text)
{
    char line[32];
    (void)snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    bool right = strncmp(raw->reply, line, strlen(line)) == 0 && strstr(raw->reply, text) != NULL;
    if (!right) {
        (void)fprintf(stderr, "    %s\n", raw->reply);
    }
    return right;
}
