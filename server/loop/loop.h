/*
 * Thin names over libevent: one loop thread owns all state of the server.
 *
 *   loop ---- fd watchers        readable, writable
 *        ---- timers             once, in milliseconds of the real (monotonic) clock
 *        ---- signals            SIGINT, SIGTERM, SIGCHLD
 *        ---- wake-ups           another thread posts: the callback runs on the loop's thread
 *        ---- streams            loop/stream.h: a TCP, TLS or unix connection
 *        ---- children           loop/child.h: a process that is watched
 *
 * Everything here is called on the loop's thread, except wakeup_post().
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct loop;

MUST_USE enum status loop_create(struct loop **loop);
void loop_destroy(struct loop *loop);

/* Runs until loop_stop(). E_INTERNAL when libevent gives up. */
MUST_USE enum status loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* A descriptor. `readable`, `writable`: what happened. */
struct loop_fd;
typedef void loop_fd_handler(void *context, bool readable, bool writable);
MUST_USE enum status loop_fd_create(struct loop *loop, int fd, loop_fd_handler *handler, void *context,
                                    struct loop_fd **watch);
/* What to wait for from now on; both false: nothing. */
MUST_USE enum status loop_fd_want(struct loop_fd *watch, bool readable, bool writable);
void loop_fd_destroy(struct loop_fd *watch); /* leaves the descriptor open; NULL is allowed */

/* A timer that fires once after it was armed; arming again replaces. */
struct loop_timer;
typedef void loop_timer_handler(void *context);
MUST_USE enum status loop_timer_create(struct loop *loop, loop_timer_handler *handler, void *context,
                                       struct loop_timer **timer);
void loop_timer_arm(struct loop_timer *timer, int64_t delay_ms); /* below 0 counts as 0 */
void loop_timer_disarm(struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer *timer);

struct loop_signal;
typedef void loop_signal_handler(void *context, int number);
MUST_USE enum status loop_signal_create(struct loop *loop, int number, loop_signal_handler *handler, void *context,
                                        struct loop_signal **watch);
void loop_signal_destroy(struct loop_signal *watch);

/* A wake-up: wakeup_post() may be called from any thread; posts that come before the handler has run become one call.
 */
struct loop_wakeup;
typedef void loop_wakeup_handler(void *context);
MUST_USE enum status loop_wakeup_create(struct loop *loop, loop_wakeup_handler *handler, void *context,
                                        struct loop_wakeup **wakeup);
void loop_wakeup_post(struct loop_wakeup *wakeup);
void loop_wakeup_destroy(struct loop_wakeup *wakeup);

#endif
