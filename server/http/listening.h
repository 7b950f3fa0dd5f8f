/*
 * The HTTP sockets: bound here, so that an address that cannot be had is told as such, and given to libmicrohttpd.
 */
#ifndef HTTP_LISTENING_H
#define HTTP_LISTENING_H

#include <stdint.h>

#include "base/status.h"
#include "config/address.h"

/* A listening socket of `address`; *port gets the port it has. E_IO: *error says why; `option` is the one to change. */
MUST_USE enum status listening_open(const struct address *address, const char *option, int *fd, uint16_t *port,
                                    struct error *error);

/* The text of a PEM file; yours. E_IO: it cannot be read; E_LIMIT: it is far too long for one. */
MUST_USE enum status listening_read_pem(const char *path, const char *option, char **text, struct error *error);

#endif
