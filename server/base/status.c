#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    const char *text;
} statuses[STATUS_COUNT] = {
    [OK] = {"OK", "success"},
    [E_NOMEM] = {"E_NOMEM", "out of memory"},
    [E_IO] = {"E_IO", "input or output failed"},
    [E_LIMIT] = {"E_LIMIT", "a limit is passed"},
    [E_TRUNCATED] = {"E_TRUNCATED", "input ends too early"},
    [E_FORMAT] = {"E_FORMAT", "malformed input"},
    [E_RANGE] = {"E_RANGE", "number out of range"},
    [E_RULE] = {"E_RULE", "breaks a rule"},
    [E_NOT_FOUND] = {"E_NOT_FOUND", "not found"},
    [E_EXISTS] = {"E_EXISTS", "exists already"},
    [E_STATE] = {"E_STATE", "not possible in this state"},
    [E_DENIED] = {"E_DENIED", "not allowed"},
    [E_CLOSED] = {"E_CLOSED", "closed by the other side"},
    [E_AGAIN] = {"E_AGAIN", "not now"},
    [E_TIMEOUT] = {"E_TIMEOUT", "no answer in time"},
    [E_FULL] = {"E_FULL", "no space left"},
    [E_CORRUPT] = {"E_CORRUPT", "stored data is damaged"},
    [E_VERSION] = {"E_VERSION", "written by a newer version"},
    [E_CRYPTO] = {"E_CRYPTO", "decryption or signature failed"},
    [E_INTERNAL] = {"E_INTERNAL", "internal error"},
};

const char *status_name(enum status status)
{
    return (unsigned)status < STATUS_COUNT ? statuses[status].name : "E_?";
}

const char *status_text(enum status status)
{
    return (unsigned)status < STATUS_COUNT ? statuses[status].text : "unknown status";
}

enum status error_set(struct error *error, enum status status, const char *place, const char *format, ...)
{
    if (error == NULL) {
        return status;
    }
    (void)snprintf(error->place, sizeof error->place, "%s", place);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return status;
}
