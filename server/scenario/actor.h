/*
 * A device of a scenario as a process: `mockdc device`, or `mockdc fleet` for many, of this very program.
 *
 *   actor_start --> prints to a file --> actor_stop (SIGKILL: power off, its flash stays in a file) --> actor_start ...
 *
 * It ends with the thread that started it (PDEATHSIG), and not by a Ctrl-C that is meant for us.
 */
#ifndef SCENARIO_ACTOR_H
#define SCENARIO_ACTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"

enum { ACTOR_PATH = 192 };

struct actor {
    const json_t *device; /* of the scenario */
    const char *key;
    bool real;            /* of the user: nothing is started */
    bool scripted;        /* repeats a session */
    pid_t pid;            /* 0: off */
    char failure[160];    /* why it ended when it should not have; "": it did not */
    char log[ACTOR_PATH]; /* what it prints, one JSON object a line */
    char flash[ACTOR_PATH];
    char script[ACTOR_PATH]; /* the moves that stand in the scenario itself */
};

/* What a device needs to find its server. */
struct actor_home {
    const char *mqtt;
    const char *product_key;
    const char *product_secret;
    const char *scenario_folder; /* what paths in the file are relative to */
    bool healed;                 /* without its misbehaviour */
};

/* `folder` is where its files go. */
void actor_init(struct actor *actor, const json_t *device, const char *folder);

/* E_STATE: it is on already, or it is a real one; E_NOMEM; E_IO: no process. */
MUST_USE enum status actor_start(struct actor *actor, const struct actor_home *home, struct error *error);

/* Power off. Does nothing when it is off. */
void actor_stop(struct actor *actor);

/*
 * False: it has ended because it was started wrongly, by a signal, or because a move of its script could not be made;
 * actor->failure says how. Any other end is its own affair.
 */
bool actor_is_well(struct actor *actor);

/* The last `most` lines that it printed, each with two blanks and a bar in front. */
void actor_tail(const struct actor *actor, size_t most, struct buffer *text);

#endif
