/*
 * Manual mode, as the app of a device's user calls it (behaviour.md, 6). For http/.
 *
 *   app_upgrade_waiting --> texts --> app_upgrade_confirm (now, or from .. to)  --> notified when all checks pass
 *                                 \-> app_upgrade_decline                       --> failed, declined
 *
 * The first plan in order of activation that waits for the device is meant. E_NOT_FOUND everywhere: no such device.
 */
#ifndef APP_CONSENT_H
#define APP_CONSENT_H

#include "app/app.h"
#include "domain/plan.h"
#include "domain/standing.h"
#include "domain/violation.h"

struct waiting_plan {
    const struct plan *plan;
    const struct standing *standing;              /* whether it was confirmed, and for when */
    const char *source_version[LIMIT_COMPONENTS]; /* per component; NULL unknown */
    const char *target_version[LIMIT_COMPONENTS];
    bool at_target[LIMIT_COMPONENTS];
};
typedef void app_waiting_visitor(void *context, const struct waiting_plan *waiting);

/* E_STATE: no plan waits. */
MUST_USE enum status app_upgrade_waiting(struct app *app, const char *product_key, const char *device_key,
                                         app_waiting_visitor *visit, void *context);

/*
 * `from`, `to`: local date-times in the plan's zone, NULL: from now, without end. A later confirmation replaces. The
 * device is evaluated at once. E_STATE: no plan waits. E_RULE names /from and /to: not a local date-time, less than an
 * hour apart, over already, outside the planned time.
 */
MUST_USE enum status app_upgrade_confirm(struct app *app, const char *product_key, const char *device_key,
                                         const char *from, const char *to, struct violations *violations);

MUST_USE enum status app_upgrade_decline(struct app *app, const char *product_key, const char *device_key);

#endif
