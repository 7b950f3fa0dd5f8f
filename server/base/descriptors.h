/*
 * How many descriptors this process may have open: each link and each download is one.
 */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

#include <stdint.h>

/* Raises the soft limit to the hard one, for the usual 1024 starve early; children inherit it. The limit then. */
uint64_t descriptors_raise(void);

#endif
