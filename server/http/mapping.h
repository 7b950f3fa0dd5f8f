/*
 * Firmware files mapped into memory, shared by all downloads of a file.
 *
 *   mapping_take(entry) --first time--> size and SHA-256 checked, mapped --> shared --> mapping_release()
 *                                                         unused for MAPPING_IDLE_MS: unmapped by mapping_tick()
 *
 * Why mapped: measured on loopback with 32 connections on 2 cores, 10 MB files (64 KB files), against nginx 1.22 with
 * sendfile = 1.0: libmicrohttpd from_fd 0.92 (1.05), callback with 256 KB blocks 1.45 (1.1), one shared mapping as a
 * buffer response 1.6 (1.3). A file that is cut short while it is mapped makes send() fail with EFAULT; only the kernel
 * reads the mapping, so there is no SIGBUS.
 */
#ifndef HTTP_MAPPING_H
#define HTTP_MAPPING_H

#include <stdint.h>

#include "app/firmware_table.h"

enum { MAPPING_IDLE_MS = 10000 };

struct mappings;
struct mapping;

MUST_USE enum status mappings_create(struct mappings **mappings);

/* No mapping may be taken any more. NULL is allowed. */
void mappings_destroy(struct mappings *mappings);

/* Any thread. E_CORRUPT: size or digest is not the entry's; E_IO: cannot be read; E_NOMEM. */
MUST_USE enum status mapping_take(struct mappings *mappings, const struct firmware_entry *entry,
                                  struct mapping **mapping);
void mapping_release(struct mapping *mapping);

const uint8_t *mapping_bytes(const struct mapping *mapping);

/*
 * The file is looked at again by who takes it next; who has it goes on with it. Any thread. (The file may have changed
 * since it was mapped.)
 */
void mappings_forget(struct mappings *mappings, const char *path);

/* Unmaps what has not been used for a while. Any thread, every second or so. */
void mappings_tick(struct mappings *mappings, int64_t now);

#endif
