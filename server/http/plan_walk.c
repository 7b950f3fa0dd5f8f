#include "http/plan_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Notes how far the walk has come, then passes the device on. */
struct step {
    struct plan_walk *walk;
    app_plan_device_visitor *each;
    void *context;
};

enum status plan_walk_open(struct plan_walk *walk, struct app *app, int64_t plan_id, enum device_status status,
                           const char *query)
{
    *walk = (struct plan_walk){.status = status, .more = true};
    if (query != NULL) {
        walk->query = strdup(query);
        if (walk->query == NULL) {
            return E_NOMEM;
        }
    }
    return app_plan_find(app, plan_id, &walk->plan);
}

static void pass_on(void *context, const struct plan_device *device)
{
    const struct step *step = context;
    (void)snprintf(step->walk->after, sizeof step->walk->after, "%s", device->device_key);
    step->each(step->context, device);
}

enum status plan_walk_next(struct plan_walk *walk, struct app *app, int count, app_plan_device_visitor *each,
                           void *context)
{
    char after[sizeof walk->after]; /* the visitor moves the other one */
    memcpy(after, walk->after, sizeof after);
    struct page page = {.after = after[0] == '\0' ? NULL : after, .limit = count, .query = walk->query};
    struct step step = {walk, each, context};
    return app_plan_devices_list(app, walk->plan.id, walk->status, &page, pass_on, &step, &walk->more);
}

void plan_walk_close(struct plan_walk *walk)
{
    plan_finish(&walk->plan);
    free(walk->query);
    walk->query = NULL;
}
