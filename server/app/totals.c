#include "app/totals.h"

#include "app/internal.h"
#include "store/total_rows.h"

enum status app_totals(struct app *app, struct app_totals *totals)
{
    enum status status = totals_read(app->store, &totals->stored);
    totals->online = HASH_COUNT(app->present);
    totals->clock_offset_ms = app_now(app, NULL) - app_wall(app);
    store_times(app->store, &totals->commits, &totals->commit_us, &totals->longest_commit_us);
    return status;
}
