/*
 * The firmware links of an attempt: one token per file of the package, in the store and in the table that http/ serves.
 *
 *   attempt begins --obtain--> alive --expire--> 410
 */
#ifndef APP_UPGRADE_LINKS_H
#define APP_UPGRADE_LINKS_H

#include "app/internal.h"
#include "domain/package.h"
#include "domain/task.h"

/* Of one attempt, in the order of the package's files. */
struct attempt_links {
    size_t count;
    int attempt;
    char tokens[LIMIT_PACKAGE_FILES][LIMIT_TOKEN + 1];
    int64_t size; /* of all files */
    int64_t sent;
    struct firmware_table *table;
};

/* Those of the component's present attempt, made when there are none yet. Within a use. */
MUST_USE enum status upgrade_links_obtain(struct app *app, const struct task *task, size_t index,
                                          const struct package *package, struct attempt_links *links);

/* Ends all that the component has. Within a use. */
MUST_USE enum status upgrade_links_expire(struct app *app, const struct task *task, size_t index);

#endif
