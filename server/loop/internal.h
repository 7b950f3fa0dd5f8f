/*
 * What the files of loop/ share and nobody else sees.
 */
#ifndef LOOP_INTERNAL_H
#define LOOP_INTERNAL_H

#include <stdint.h>

#include "loop/loop.h"

struct event_base;

/* libevent's base of the loop. Borrowed. */
struct event_base *loop_base(struct loop *loop);

/* LOOP_SCRATCH bytes for whoever runs right now; another callback overwrites them. Borrowed. */
enum { LOOP_SCRATCH = 64 * 1024 };
uint8_t *loop_scratch(struct loop *loop);

#endif
