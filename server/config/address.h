/*
 * "ADDRESS:PORT" as options write it: "127.0.0.1:8080", "[::1]:0", "0.0.0.0:1883".
 */
#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct address {
    char host[64]; /* numeric, without brackets */
    uint16_t port; /* 0: any free one */
};

/* E_FORMAT: not numeric, or no port. */
MUST_USE enum status address_parse(const char *text, struct address *address);

/* 127.0.0.0/8 or ::1. */
bool address_is_loopback(const struct address *address);

/* Writes "host:port", with brackets around an IPv6 host; returns `text`. */
const char *address_format(const struct address *address, char *text, size_t capacity);

#endif
