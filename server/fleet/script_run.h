/*
 * A script while it is played, pure: step(run, event, now) -> what is to be done, and in the end whether the server let
 * every move happen.
 *
 *   START --> move 0 --done--> move 1 --done--> ... --> OVER
 *               |                 \-- not within its time, or the server did otherwise --> DIVERGED (text says how)
 *               \-- not done yet: an event or the deadline decides
 *
 *   move         is done when                                          diverges when
 *   connect      subscribed (and a secret is there); refused: refused  the opposite
 *   send         acknowledged, given up after three times, cut off     no link
 *   await        a downlink of this kind has come on this link         the link is lost, unless `closed` follows
 *   wait         the time is over                                      -
 *   download     at once (it goes on beside the following moves)       no URL was ever sent, or it is none
 *   downloaded   the download has ended as it says                     it ended otherwise, there is none
 *   disconnect   at once                                               -
 *   closed       the link is lost                                      time is over
 *
 * A downlink waits in the inbox until a move awaits it; the inbox is empty at each new link.
 */
#ifndef FLEET_SCRIPT_RUN_H
#define FLEET_SCRIPT_RUN_H

#include "fleet/script.h"

#define SCRIPT_NEVER INT64_MAX

enum script_event_kind {
    SCRIPT_START,
    SCRIPT_SUBSCRIBED,     /* the SUBACK is here */
    SCRIPT_SECRET,         /* a device secret is here */
    SCRIPT_REFUSED,        /* CONNACK above 0, an error message, "authenticate again"; text says which */
    SCRIPT_LOST,           /* the link has gone, text says why */
    SCRIPT_RECEIVED,       /* a frame with `command` */
    SCRIPT_KEY,            /* a session key is here */
    SCRIPT_ENDED,          /* the message under way; good: acknowledged */
    SCRIPT_NOT_POSSIBLE,   /* an action could not be carried out; text says which and why */
    SCRIPT_DOWNLOAD_ENDED, /* `status`, `bytes`; good: complete */
    SCRIPT_TIMER,          /* `now` may have reached the deadline */
};

struct script_event {
    enum script_event_kind kind;
    uint16_t command;
    bool good;
    int status; /* HTTP; 0: no answer */
    int64_t bytes;
    const char *text; /* NULL: none */
};

enum script_action_kind {
    SCRIPT_DO_CONNECT,    /* as `move`; a link that is open is closed first */
    SCRIPT_DO_SEND,       /* `move` */
    SCRIPT_DO_DOWNLOAD,   /* `move`; one that goes on is not heeded any more */
    SCRIPT_DO_DISCONNECT, /* `move`; also behind a refusal, then without one */
    SCRIPT_DO_TELL,       /* `move` begins, for a person */
};

struct script_action {
    enum script_action_kind kind;
    const struct script_move *move; /* borrowed from the script; NULL: see above */
    size_t index;                   /* of it */
};

enum { SCRIPT_ACTIONS = 64, SCRIPT_TEXT = 200 };

struct script_actions {
    size_t count;
    struct script_action items[SCRIPT_ACTIONS];
};

enum script_end { SCRIPT_GOES_ON, SCRIPT_OVER, SCRIPT_DIVERGED };

struct script_download {
    bool begun;
    bool ended;
    bool complete;
    int status;
    int64_t bytes;
};

struct script_run {
    const struct script *script;
    unsigned time_scale;
    bool has_secret;
    size_t at; /* the move that is being made */
    bool begun;
    bool handed_out;     /* its message */
    bool done;           /* an event said so */
    int64_t deadline_ms; /* SCRIPT_NEVER: none */
    bool subscribed;
    bool lost; /* by whomever */
    bool has_key;
    size_t inbox_count;
    uint16_t inbox[LIMIT_SCRIPT_INBOX];
    struct script_download download;
    enum script_end end;
    char text[SCRIPT_TEXT]; /* DIVERGED: "move 7 (await otaNotify): it has not come within 60000 ms" */
};

/* `script` is borrowed. `has_secret`: the device has its secret already. `time_scale` divides the waits, 1 or more. */
void script_run_init(struct script_run *run, const struct script *script, bool has_secret, unsigned time_scale);

/*
 * One event. The actions are to be carried out in order, and before the next step; `actions` is overwritten. More of
 * them may be due at once than fit: then the deadline is now.
 */
void script_step(struct script_run *run, const struct script_event *event, int64_t now_ms,
                 struct script_actions *actions);

#endif
