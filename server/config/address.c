#include "config/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum status address_parse(const char *text, struct address *address)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return E_FORMAT;
    }
    int64_t port = 0;
    if (text_parse_int(colon + 1, 0, UINT16_MAX, &port) != OK) {
        return E_FORMAT;
    }
    bool brackets = text[0] == '[' && colon > text && colon[-1] == ']';
    const char *start = brackets ? text + 1 : text;
    size_t length = (size_t)(colon - start) - (brackets ? 1 : 0);
    struct address parsed = {.port = (uint16_t)port};
    if (length == 0 || length >= sizeof parsed.host) {
        return E_FORMAT;
    }
    memcpy(parsed.host, start, length);
    struct in6_addr bytes;
    if (inet_pton(brackets ? AF_INET6 : AF_INET, parsed.host, &bytes) != 1) {
        return E_FORMAT;
    }
    *address = parsed;
    return OK;
}

bool address_is_loopback(const struct address *address)
{
    return text_starts_with(address->host, "127.") || strcmp(address->host, "::1") == 0;
}

const char *address_format(const struct address *address, char *text, size_t capacity)
{
    bool six = strchr(address->host, ':') != NULL;
    (void)snprintf(text, capacity, "%s%s%s:%u", six ? "[" : "", address->host, six ? "]" : "", (unsigned)address->port);
    return text;
}
