/*
 * How a device reads a URL (protocol.md, 10.1): scheme optional, TLS when "s://" stands anywhere, host of 4..63
 * characters with a dot, port modulo 65536 (0 when absent), path from the first '/'.
 *
 *   http://127.0.0.1:8080/firmware/Zr3.bin  ->  host 127.0.0.1, port 8080, clear, path /firmware/Zr3.bin
 *   http://localhost/x                      ->  refused
 */
#ifndef CODEC_DEVICE_URL_H
#define CODEC_DEVICE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"

struct device_url {
    char host[256]; /* as the device would see it, also when refused */
    uint16_t port;  /* 0: none given, or refused */
    bool tls;
    char path[LIMIT_DEVICE_URL + 1];
};

/*
 * OK: a device takes it. E_RULE: it refuses (status 6); host and tls say what it saw until then, the path is "/".
 * E_LIMIT: longer than LIMIT_DEVICE_URL.
 */
MUST_USE enum status device_url_parse(const char *url, struct device_url *parsed);

#endif
