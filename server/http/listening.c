#include "http/listening.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/limits.h"

enum { BACKLOG = 1024, PEM_MOST = 256 * 1024 };

enum status listening_open(const struct address *address, const char *option, int *fd, uint16_t *port,
                           struct error *error)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    bool is_v6 = inet_pton(AF_INET6, address->host, &v6.sin6_addr) == 1;
    if (!is_v6 && inet_pton(AF_INET, address->host, &v4.sin_addr) != 1) {
        return error_set(error, E_FORMAT, option, "%s is no numeric address", address->host);
    }
    struct sockaddr *name = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t length = is_v6 ? sizeof v6 : sizeof v4;
    CLEANUP(cleanup_fd) int made = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    int off = 0;
    /* Connections inherit it. Left to itself the kernel lets each grow to 4 MB: 32 downloads then push each other out
     * of the processor's cache (a third of the speed), and 2000 of them take 8 GB. */
    int send_buffer = LIMIT_HTTP_SEND_BUFFER;
    if (made < 0 || setsockopt(made, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer) != 0 ||
        setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (is_v6 && setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) ||
        bind(made, name, length) != 0 || listen(made, BACKLOG) != 0 || getsockname(made, name, &length) != 0) {
        char text[96];
        int reason = errno;
        return error_set(error, E_IO, option, "cannot listen on %s: %s; choose another with --%s ADDRESS:PORT",
                         address_format(address, text, sizeof text), strerror(reason), option);
    }
    *port = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
    *fd = made;
    made = -1;
    return OK;
}

enum status listening_read_pem(const char *path, const char *option, char **text, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return error_set(error, E_IO, option, "cannot read %s: %s", path, strerror(errno));
    }
    char *read = malloc(PEM_MOST);
    size_t length = read == NULL ? 0 : fread(read, 1, PEM_MOST, file);
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    if (read == NULL || failed || length == 0 || length == PEM_MOST) {
        free(read);
        return error_set(error, E_IO, option, "cannot read %s as a PEM file", path);
    }
    read[length] = '\0';
    *text = read;
    return OK;
}
