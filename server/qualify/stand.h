/*
 * The device on the stand: what is asked of the server about it and done to it, one upgrade at a time.
 *
 *   stand_upgrade:  package --> plan for this device --> faults armed --> activated, evaluated --> end or patience over
 *                   --> log, attempts, whether the faults fired --> faults removed, plan terminated
 *
 * Images: two real ones with their versions, which are installed in turn, or made-up bytes (a new version each time).
 */
#ifndef QUALIFY_STAND_H
#define QUALIFY_STAND_H

#include <jansson.h>

#include "base/limits.h"
#include "cli/rest.h"

enum { STAND_FAULTS = 2, STAND_IMAGES = 2, STAND_TEXT = 80 };

struct stand_image {
    char version[LIMIT_VERSION + 1];
    char *bytes; /* NULL: none */
    size_t size;
};

struct stand {
    struct rest *rest;
    const char *product_key;
    const char *device_key;
    bool made_up;
    struct stand_image images[STAND_IMAGES];
    char component_no[LIMIT_COMPONENT_NO + 1]; /* "" until stand_choose_component() */
    bool is_module;
    int64_t patience_ms;
    int64_t begin_ms; /* makes names and versions unique */
    unsigned serial;
    char stuck_in[STAND_TEXT]; /* the device is still in the upgrade of this case; "": it is free */
    char since[STAND_TEXT];    /* when the present case began, by the product's clock */
    char journal[STAND_TEXT];  /* the same, as a place in the journal; "": from its beginning */
    char cursor[STAND_TEXT];   /* events up to here are known; "": none yet */
};

/* What an upgrade is to meet. */
struct stand_order {
    const char *faults[STAND_FAULTS]; /* JSON without match; NULL: none */
    unsigned retries;
    size_t size;              /* of a made-up image; 0: 20,000 */
    unsigned slow_s;          /* so long the first download takes, whatever its size; 0: as long as it likes */
    bool cut_link;            /* while it downloads */
    const char *cut_question; /* the tester is asked this while it downloads; NULL: nothing */
};

struct stand_outcome {
    char target[LIMIT_VERSION + 1];
    char status[STAND_TEXT]; /* "upgraded", "failed", or where it stands after the patience */
    char reason[STAND_TEXT];
    int64_t attempts;
    json_t *log;    /* array of entries; NULL: none */
    bool unapplied; /* a fault never fired */
    bool cut;       /* the link was cut */
    double seconds;
};

/* A call that must be answered with `wanted`; *answer (yours) may be NULL for "not wanted". `body` is taken. */
MUST_USE enum status stand_call(const struct stand *stand, const char *method, long wanted, json_t *body,
                                json_t **answer, struct error *error, const char *format, ...) PRINTF_LIKE(7, 8);

/* The device as the server sees it; NULL: it does not know it. */
json_t *stand_device(const struct stand *stand);

/* A case begins: what is asked of the journal from here on is what comes from now on. */
void stand_begin(struct stand *stand);

/* Waits until the device is online and, when `mode` is not NULL, its authMode is that. False: the patience is over. */
bool stand_await_online(struct stand *stand, const char *mode, int64_t patience_ms);

/*
 * Cuts the device's link and waits until it has connected anew, and a moment for its reports: a plan that is evaluated
 * before they have come is notified once more behind them. E_TIMEOUT: it has not; other: the server did not cut it,
 * *error says why.
 */
MUST_USE enum status stand_reconnect(struct stand *stand, struct error *error);

/*
 * Entries of the journal of the device since stand_begin() (yours); `kinds`: "frame,refuse", or NULL for all. NULL: the
 * server has none.
 */
json_t *stand_journal(const struct stand *stand, const char *kinds);

/* Waits until the journal has an entry with this member since stand_begin(). False: the patience is over. */
bool stand_await_entry(const struct stand *stand, const char *kinds, const char *member, const char *value,
                       int64_t patience_ms);

/* "STM32", or the module for "module"; the first MCU component of the device when `wanted` is NULL. */
MUST_USE enum status stand_choose_component(struct stand *stand, const char *wanted, struct error *error);

/* E_...: the server did not do what was asked; *error says what. *outcome is to be finished in any case. */
MUST_USE enum status stand_upgrade(struct stand *stand, const char *name, const struct stand_order *order,
                                   struct stand_outcome *outcome, struct error *error);
void stand_outcome_finish(struct stand_outcome *outcome);

/* Until something of the device has happened since the last look, or the time is over. */
void stand_wait(struct stand *stand, int64_t most_ms);

/* Entries of the log with this kind and, when not 0, code and attempt. */
unsigned stand_count(const struct stand_outcome *outcome, const char *kind, int code, int attempt);

void stand_pause(int milliseconds);

#endif
