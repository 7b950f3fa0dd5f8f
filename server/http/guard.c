#include "http/guard.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* The length of the name in "name:port" or "[v6]:port". */
static size_t name_length(const char *host)
{
    if (host[0] == '[') {
        const char *end = strchr(host, ']');
        return end == NULL ? 0 : (size_t)(end - host) + 1;
    }
    return strcspn(host, ":");
}

unsigned guard_host_port(const char *host)
{
    int64_t port = 0;
    const char *colon = host + name_length(host);
    return *colon == ':' && text_parse_int(colon + 1, 1, 65535, &port) == OK ? (unsigned)port : 0;
}

static bool is_name(const char *host, size_t length, const char *name)
{
    return strlen(name) == length && strncasecmp(host, name, length) == 0;
}

/* "127.0.0.1": four numbers, not "127.evil.example" */
static bool is_v4_loopback(const char *host, size_t length)
{
    return length > 4 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= length;
}

bool guard_host_is_loopback(const char *host)
{
    size_t length = name_length(host);
    const char *rest = host + length;
    bool port = *rest == '\0' || (*rest == ':' && guard_host_port(host) != 0);
    static const char below[] = ".localhost";
    size_t end = sizeof below - 1;
    return port &&
           (is_name(host, length, "localhost") || is_name(host, length, "[::1]") || is_v4_loopback(host, length) ||
            (length > end && strncasecmp(host + length - end, below, end) == 0));
}

bool guard_origin_is_ours(const char *origin, const char *host, const char *public_url)
{
    const char *name = strstr(origin, "://");
    if (name == NULL) {
        return false; /* "null": a sandboxed page or a file */
    }
    if (host != NULL && strcasecmp(name + 3, host) == 0) {
        return true;
    }
    size_t length = public_url == NULL ? 0 : strlen(public_url);
    while (length > 0 && public_url[length - 1] == '/') {
        length--;
    }
    return length > 0 && strlen(origin) == length && strncasecmp(origin, public_url, length) == 0;
}
