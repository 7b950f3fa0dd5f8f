/*
 * What may be done to a stream that a person looks at.
 */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>

/* `fd` is a terminal that can redraw a line; TERM=dumb is none. */
bool terminal_is(int fd);

/* The same, and nobody said NO_COLOR (https://no-color.org: set and not empty). */
bool terminal_has_colour(int fd);

#endif
