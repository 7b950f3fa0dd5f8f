/*
 * Reset: a product as it was when it was made, or the whole server. For http/.
 *
 *   app_reset_product --one transaction--> nothing of it can be found any more --commit--> event "product reset",
 *        |                                                                                 waiting calls answered
 *        +--> presences, referees, own clock, faults, journal, firmware links: gone within the call
 *        +--> links cut, downloads ended, rows and files that nothing leads to: soon behind it (app/remains.h)
 *
 * Nothing of the old state is visible after the return: what goes behind is reached by nobody. Not within a use.
 */
#ifndef APP_RESET_H
#define APP_RESET_H

#include "app/app.h"

enum reset_keep { RESET_KEEP_PRODUCTS = 1, RESET_KEEP_PACKAGES = 2, RESET_KEEP_FAULTS = 4 };

/* What was removed. */
struct reset_counts {
    int64_t products;
    int64_t devices;
    int64_t links; /* of devices, cut */
    int64_t packages;
    int64_t plans;
    int64_t verifications;
    int64_t tasks; /* devices in plans */
    int64_t log_entries;
    int64_t tokens;
    int64_t clocks;
    int64_t answers; /* kept for Idempotency-Key */
    int64_t faults;
    int64_t journal_entries;
};

/* The product keeps its keys, its name and nothing else. E_NOT_FOUND. */
MUST_USE enum status app_reset_product(struct app *app, const char *product_key, struct reset_counts *counts);

/*
 * The same for all products, and the server's clock is the machine's again. `keep`: bits of enum reset_keep. Products
 * are removed unless they are kept; packages kept keep their products; faults kept are those that can still fire.
 */
MUST_USE enum status app_reset_all(struct app *app, unsigned keep, struct reset_counts *counts);

#endif
