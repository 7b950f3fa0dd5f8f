/*
 * The referee: does a device keep to the protocol? Pure; it changes nothing but its own memory of the device.
 *
 *   referee + event + now  --referee_step()-->  referee', breaches {rule, one line}
 *
 * What it allows is what a right SDK does (protocol.md). The statuses of 0x0114, M: module, U: MCU:
 *
 *   idle (or 3 6 11 12) --> 1 4 12      4 --> 5 6 12, U 11         8 --> 9 6 12, U 4 11
 *   1 --> 1 2 3                         5 --> 5 6 8 12, U 11       9 --> 11 12
 *   2 --> 1 4 12, U 11
 *
 * It stays silent where it cannot know: the first status of a link may be any (statuses get lost with a link, and one
 * is kept for the next); after 6 with a request still open, an answer that comes late makes 5 and 8 (10.4); on a link
 * that a fault of ours disturbed nothing about frames and timers is judged; of what a device asks for after firmware
 * information that a fault altered, neither.
 *
 * A rule is told once between two orders (notify, firmware information); what comes beyond is counted: `told` false.
 */
#ifndef SESSION_REFEREE_H
#define SESSION_REFEREE_H

#include <stddef.h>

#include "domain/conduct.h"

#define REFEREE_NEVER INT64_MAX

enum {
    REFEREE_PROGRESS_MS = 5 * 1000,       /* status 5 while it downloads */
    REFEREE_START_MS = 5 * 1000,          /* status 4 until the HTTP header */
    REFEREE_WAY_MS = 3 * 1000,            /* what such a report may be late on its way */
    REFEREE_CONFIRMED_MS = 35 * 1000,     /* status 2: 30 s, and the way */
    REFEREE_UPDATING_MS = 21 * 60 * 1000, /* status 9 of an MCU: 20 minutes, and the way */
    REFEREE_REPORTS_MS = 10 * 1000,       /* subscribed until 0x0034 and 0x0044 */
    REFEREE_KEEP_ALIVE_S = 21,
    REFEREE_ERRORS = 5,   /* 6 in a row; then 12 */
    REFEREE_BREACHES = 6, /* the most that one event makes */
    REFEREE_DETAIL = 160,
};

enum referee_event_kind {
    REFEREE_CONNECTED,  /* `connect` */
    REFEREE_SUBSCRIBED, /* and ready for orders */
    REFEREE_GONE,       /* the link */
    REFEREE_FAREWELL,   /* an MQTT DISCONNECT */
    REFEREE_DISTURBED,  /* a fault of ours acted on its link */
    REFEREE_NOTIFY,     /* was sent */
    REFEREE_FIRMWARE,   /* information was sent */
    REFEREE_FRAME,      /* `frame`; what it says follows in the next three */
    REFEREE_MALFORMED,  /* `why`: no frame, or its content cannot be read */
    REFEREE_STATUS,     /* `upgrade`: 0x0114 */
    REFEREE_FLASH,      /* `flash_free` of 0x0034 */
    REFEREE_REQUEST,    /* `request` */
    REFEREE_SERVED,     /* the answer to a request is over; `complete`: as far as we can tell it got all */
    REFEREE_GAVE_UP,    /* the strategy's time of an attempt was over: the device knows nothing of that */
    REFEREE_TIME,       /* referee_due() has come */
    REFEREE_EVENT_COUNT
};

struct referee_event {
    enum referee_event_kind kind;
    const struct connect_conduct *connect;
    const struct frame_conduct *frame;
    const struct upgrade_report *upgrade;
    const struct request_conduct *request;
    const char *why;
    int64_t flash_free;
    bool complete;
    bool altered; /* REFEREE_NOTIFY, REFEREE_FIRMWARE: by a fault of ours */
};

struct referee {
    bool linked;
    bool subscribed;
    bool disturbed;
    bool got_status;    /* 0x0034 on this link */
    bool got_info;      /* 0x0044 on this link */
    bool encrypts;      /* an encrypted frame came on this link */
    bool first;         /* no 0x0114 came on this link yet */
    bool notified;      /* ever */
    bool informed;      /* ever */
    bool altered;       /* the last order was, by a fault of ours: what follows from it proves nothing */
    bool behind;        /* it may be elsewhere than the server thinks: statuses were lost, or the attempt given up */
    bool late;          /* an answer to a request that it has given up may still come */
    bool no_flash;      /* reports no free flash: its requests have no Range */
    int last;           /* status; 0: not known */
    bool module;        /* of that */
    uint16_t frame_id;  /* of the last frame */
    uint16_t status_id; /* of the last status */
    int errors;         /* 6 in a row on this link */
    int open;           /* requests under way */
    bool has_piece;
    bool piece_failed;
    char token[LIMIT_TOKEN + 1];
    int64_t piece_first;
    int64_t piece_last;
    int64_t status_due;  /* the timer of the last status */
    int64_t reports_due; /* 0x0034 and 0x0044 */
    uint64_t told;       /* bit of each rule */
};

struct breach {
    enum protocol_rule rule;
    bool told; /* for the first time since the last order: to be told */
    char detail[REFEREE_DETAIL];
};

struct breaches {
    size_t count;
    struct breach items[REFEREE_BREACHES];
};

void referee_init(struct referee *referee);

/* `now` in milliseconds of a clock that never steps. `breaches` is emptied first. */
void referee_step(struct referee *referee, const struct referee_event *event, int64_t now, struct breaches *breaches);

/* What it reports about its plan proves nothing: it follows from an altered order, or the two have lost each other. */
bool referee_excuses(const struct referee *referee);

/* When REFEREE_TIME is to come; REFEREE_NEVER: not. */
int64_t referee_due(const struct referee *referee);

#endif
