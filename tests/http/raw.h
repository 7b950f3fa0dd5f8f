/*
 * A call on a socket of its own: many of them cost the client little, and one can be left alone.
 */
#ifndef TESTS_HTTP_RAW_H
#define TESTS_HTTP_RAW_H

#include "house.h"

enum { RAW_REPLY = 4096 };

struct raw {
    int fd;
    size_t length;
    char reply[RAW_REPLY]; /* head and body; zero behind */
};

/* Sends the request. `body`: JSON; NULL: none. */
void raw_start(struct house *house, const char *method, const char *path, const char *body, struct raw *raw);

/* Reads the answer to its end and closes. */
void raw_finish(struct raw *raw);

/* Closes without an answer. */
void raw_leave(struct raw *raw);

/* Whether the answer has this status and contains `text`; prints it otherwise. */
bool raw_says(const struct raw *raw, int status, const char *text);

#endif
