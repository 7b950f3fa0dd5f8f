/* Time zones by name, loaded once (internal.h). */
#include <stdlib.h>

#include "app/internal.h"
#include "app/zones.h"
#include "base/limits.h"
#include "base/text.h"
#include "zone/zone.h"

struct loaded_zone {
    char name[LIMIT_TIME_ZONE + 1];
    struct zone *zone;
    UT_hash_handle hh;
};

const struct zone *app_zone(struct app *app, const char *name)
{
    struct loaded_zone *loaded = NULL;
    HASH_FIND_STR(app->zones, name, loaded);
    if (loaded != NULL) {
        return loaded->zone;
    }
    struct zone *zone = NULL;
    loaded = calloc(1, sizeof *loaded);
    if (loaded == NULL || text_copy(loaded->name, sizeof loaded->name, name) != OK || zone_open(name, &zone) != OK) {
        free(loaded);
        return NULL;
    }
    loaded->zone = zone;
    HASH_ADD_STR(app->zones, name, loaded);
    return zone;
}

void zones_unload(struct app *app)
{
    struct loaded_zone *loaded = NULL;
    struct loaded_zone *next = NULL;
    HASH_ITER(hh, app->zones, loaded, next)
    {
        HASH_DEL(app->zones, loaded);
        zone_close(loaded->zone);
        free(loaded);
    }
}
