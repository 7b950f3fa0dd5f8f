/*
 * The one list of ways in which a thing can fail, and the error that a human reads.
 *
 *   lower room ---- enum status ----> upper room ---- unchanged ----> door: HTTP status, MQTT code, exit code
 *                                                 \-- struct error (place, one line) where a human must act
 *
 * Lower errors pass up unchanged; only a door translates them, each in one table.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stddef.h>

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum status {
    OK = 0,
    E_NOMEM,     /* memory is used up */
    E_IO,        /* the operating system refused; errno was put into the text of the error, where there is one */
    E_LIMIT,     /* a limit of base/limits.h or a caller's buffer would be passed */
    E_TRUNCATED, /* the input ends before what it announces */
    E_FORMAT,    /* the input is not of its form */
    E_RANGE,     /* a number is outside its range */
    E_RULE,      /* well-formed, but breaks a rule of behaviour.md */
    E_NOT_FOUND, /* no such thing */
    E_EXISTS,    /* a thing with this name exists already */
    E_STATE,     /* not possible in the present state */
    E_DENIED,    /* not allowed: wrong secret, disabled, foreign topic */
    E_CLOSED,    /* the other side has gone */
    E_AGAIN,     /* not now; try again later */
    E_TIMEOUT,   /* no answer in time */
    E_FULL,      /* the disk is full */
    E_CORRUPT,   /* stored data contradicts itself */
    E_VERSION,   /* written by a newer version of mockdc */
    E_CRYPTO,    /* decryption or a signature failed */
    E_INTERNAL,  /* a promise of our own is broken */
    STATUS_COUNT
};

/* The status's name in the source ("E_FORMAT"); "E_?" for a value that is none. Static memory. */
const char *status_name(enum status status);

/* One short English phrase ("malformed input"). Static memory. */
const char *status_text(enum status status);

/* What a human must know to act: where it happened and one line. Owned by the caller; empty strings when nothing did.
 */
struct error {
    char place[48];
    char text[256];
};

/*
 * Fills *error (NULL is allowed: then nothing is written) and returns `status`, so that a failing function can end with
 * `return error_set(error, E_IO, "store", "cannot open %s: %s", path, strerror(errno));`. Too long a text is cut.
 */
enum status error_set(struct error *error, enum status status, const char *place, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
