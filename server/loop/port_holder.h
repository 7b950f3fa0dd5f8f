/*
 * Who listens on a TCP port, as far as /proc tells: "mosquitto, process 812".
 */
#ifndef LOOP_PORT_HOLDER_H
#define LOOP_PORT_HOLDER_H

#include <stddef.h>
#include <stdint.h>

/* Writes the holder's name and process id, or "another process" when it cannot be seen; returns `text`. */
const char *port_holder_find(uint16_t port, char *text, size_t capacity);

#endif
