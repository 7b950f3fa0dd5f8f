/*
 * What is wrong with a document: one line for each wrong member, all of them.
 *
 *   /devices/0/virtual/batery: unknown member; did you mean battery? Known: mcu, model ...
 *   /steps/3/await/deviceKey: no device of this scenario has the key 867
 */
#ifndef SCENARIO_FLAWS_H
#define SCENARIO_FLAWS_H

#include <stddef.h>

#include "base/status.h"

enum { FLAWS_MOST = 100, POINTER_MOST = 256 };

struct flaw {
    char pointer[POINTER_MOST]; /* JSON pointer; "" is the document itself */
    char text[512];
};

struct flaws {
    size_t count; /* those beyond FLAWS_MOST are not kept */
    struct flaw items[FLAWS_MOST];
};

void flaws_add(struct flaws *flaws, const char *pointer, const char *format, ...) PRINTF_LIKE(3, 4);

/* pointer + "/" + name, with ~ and / of the name escaped (RFC 6901); cut when it is too long. */
void pointer_extend(const char *pointer, const char *name, char extended[POINTER_MOST]);
void pointer_extend_index(const char *pointer, size_t index, char extended[POINTER_MOST]);

#endif
