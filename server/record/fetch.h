/*
 * Gets a session from a running server.
 *
 *   GET /journal, page by page --> entries of the device     GET /plans, /packages, /faults, clock --> what it was about
 */
#ifndef RECORD_FETCH_H
#define RECORD_FETCH_H

#include "cli/rest.h"
#include "record/recorded.h"

struct wanted {
    const char *product_key;
    const char *device_key;
    int64_t plan_id;    /* 0: whatever the device did */
    const char *since;  /* RFC 3339; NULL: as far back as the journal goes */
    const char *files;  /* folder with the real files; NULL: made-up bytes */
    const char *folder; /* where the scenario will lie */
};

/*
 * *session is to be finished in any case. E_NOT_FOUND: no such session; E_RULE: it cannot be recorded (entries are
 * missing, a fault is gone); *error says why and what to do.
 */
MUST_USE enum status recorded_fetch(struct rest *rest, const struct wanted *wanted, struct recorded *session,
                                    struct error *error);

#endif
