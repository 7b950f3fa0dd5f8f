/*
 * Firmware verifications (behaviour.md, 2; domain/verification.h). For http/. Pages and visitors as in app/catalog.h.
 */
#ifndef APP_VERIFICATIONS_H
#define APP_VERIFICATIONS_H

#include "app/app.h"
#include "app/plans.h"
#include "domain/page.h"
#include "domain/verification.h"
#include "domain/violation.h"

struct verification_wish {
    const char *product_key;
    const char *device_key;
    const char *component_no;
};

/* Why E_STATE: static text for the problem's detail. */
struct verification_refusal {
    const char *why;
};

/*
 * Issues the package to the device at once, whatever plans and limits say; one attempt, LIMIT_VERIFICATION_MS of the
 * product's clock. A device at the target already: succeeded, alreadyAtTarget. E_NOT_FOUND: no such package. E_RULE:
 * the product is not the package's, no such device, a component number that cannot be, an MCU component and several
 * files. E_STATE (refusal->why): offline, busy with a plan or verification, version unknown, no source of the delta
 * package.
 */
MUST_USE enum status app_verification_start(struct app *app, int64_t package_id, const struct verification_wish *wish,
                                            struct verification *started, struct violations *violations,
                                            struct verification_refusal *refusal);

/* E_NOT_FOUND: no such verification of this package. */
MUST_USE enum status app_verification_find(struct app *app, int64_t package_id, int64_t id,
                                           struct verification *verification);

typedef void app_verification_visitor(void *context, const struct verification *verification);
/* E_NOT_FOUND: no such package. Sort key: the id in decimal. */
MUST_USE enum status app_verifications_list(struct app *app, int64_t package_id, const struct page *page,
                                            app_verification_visitor *each, void *context, bool *more);

/* Its log as that of an upgrade, oldest first. */
MUST_USE enum status app_verification_log(struct app *app, const struct verification *verification,
                                          const struct page *page, app_log_visitor *each, void *context, bool *more);

#endif
