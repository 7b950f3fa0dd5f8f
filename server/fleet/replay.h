/*
 * A virtual device that repeats a recorded session instead of behaving by itself: the script's moves on a real link and
 * real downloads, with the SDK's MQTT habits (sdk_link) and its HTTP (sdk_download). No globals, no threads.
 *
 *   script --script_run--> replay ---MQTT---> server
 *                            |  \----HTTP: firmware, thrown away ---> server
 *                            v
 *              on_move: each move; on_end: all were made, or which one the server did not let happen
 */
#ifndef FLEET_REPLAY_H
#define FLEET_REPLAY_H

#include "fleet/script_run.h"
#include "fleet/virtual_device.h"
#include "loop/loop.h"

struct replay;

struct replay_handlers {
    /* For a person: "move", "3 send otaStatus". */
    void (*on_note)(void *context, const char *word, const char *text);
    /* Once. `text` says which move and why when not all were made. */
    void (*on_end)(void *context, bool all_made, const char *text);
};

/*
 * Of `settings` server, keys, secrets and time scale count. Everything is borrowed for the life of the replay; not to
 * be destroyed within a handler.
 */
MUST_USE enum status replay_create(struct loop *loop, struct ssl_ctx_st *mqtt_tls, struct ssl_ctx_st *http_tls,
                                   const struct virtual_device_settings *settings, const struct script *script,
                                   const struct replay_handlers *handlers, void *context, struct replay **replay);
void replay_destroy(struct replay *replay); /* NULL is allowed */

void replay_start(struct replay *replay);

#endif
