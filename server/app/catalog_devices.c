/* Use cases of devices as the catalogue sees them (catalog.h). */
#include <limits.h>

#include "app/catalog.h"
#include "app/events.h"
#include "app/internal.h"
#include "app/referee.h"
#include "base/log.h"
#include "base/text.h"
#include "store/device_rows.h"
#include "store/product_rows.h"
#include "store/task_rows.h"
#include "store/token_rows.h"
#include "store/total_rows.h"

enum status app_room_for_device(struct app *app)
{
    int64_t most = app->settings.max_devices == 0 ? LIMIT_DEVICES : app->settings.max_devices;
    bool has_room = false;
    enum status status = totals_device_has_room(app->store, most, &has_room);
    return status == OK && !has_room ? E_LIMIT : status;
}

static enum status register_device(struct app *app, struct device *device, struct violations *violations,
                                   const char *device_key, const char *device_secret)
{
    if (!device_key_is_valid(device_key) ||
        text_copy(device->device_key, sizeof device->device_key, device_key) != OK) {
        violation_add(violations, "must be 1 to 16 letters and digits", "/deviceKey");
    }
    if (device_secret != NULL && (!device_secret_is_valid(device_secret) ||
                                  text_copy(device->secret, sizeof device->secret, device_secret) != OK)) {
        violation_add(violations, "must be 1 to 32 printable ASCII characters without ';'", "/deviceSecret");
    }
    struct product product;
    enum status status = product_find(app->store, device->product_key, &product);
    if (status != OK || violations->count > 0) {
        return status != OK ? status : E_RULE;
    }
    status = app_room_for_device(app);
    if (status == E_LIMIT) {
        violation_add(violations, "there is no room for another device (--max-devices)", "/deviceKey");
        return E_RULE;
    }
    if (status == OK) {
        status = device_insert(app->store, device);
    }
    return status == OK ? events_device(app, device, WHAT_CREATED) : status;
}

enum status app_device_register(struct app *app, const char *product_key, const char *device_key,
                                const char *device_secret, struct violations *violations)
{
    struct device device = {.enabled = true};
    if (text_copy(device.product_key, sizeof device.product_key, product_key) != OK) {
        return E_NOT_FOUND; /* longer than any key */
    }
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, register_device(app, &device, violations, device_key, device_secret));
    if (status == OK) {
        log_info("app", "device=%s/%s registered", product_key, device_key);
    }
    return status;
}

/* What the visitor of a list needs; `left` more items may be shown. */
struct listing {
    struct app *app;
    app_device_visitor *each;
    void *context;
    int online;
    int left;
    bool more;
    enum status status;
};

static bool show(void *context, const struct device *device)
{
    struct listing *listing = context;
    struct device_view view = {.device = device,
                               .online = app_is_online(listing->app, device->id),
                               .warnings = app_referee_warnings(listing->app, device->id)};
    if (listing->online != -1 && (listing->online != 0) != view.online) {
        return true;
    }
    if (listing->left == 0) {
        listing->more = true;
        return false;
    }
    listing->left--;
    listing->status = task_running_plan(listing->app->store, device->id, &view.active_plan_id);
    if (listing->status == OK) {
        view.active_plan_id.known &= view.active_plan_id.value > 0; /* a verification is no plan */
        listing->each(listing->context, &view);
    }
    return listing->status == OK;
}

enum status app_device_view(struct app *app, const char *product_key, const char *device_key, app_device_visitor *visit,
                            void *context)
{
    struct device device;
    enum status status = device_find(app->store, product_key, device_key, &device);
    if (status != OK) {
        return status;
    }
    struct listing listing = {.app = app, .each = visit, .context = context, .online = -1, .left = 1};
    (void)show(&listing, &device);
    return listing.status;
}

enum status app_devices_list(struct app *app, const char *product_key, int online, const struct page *page,
                             app_device_visitor *each, void *context, bool *more)
{
    struct listing listing = {.app = app, .each = each, .context = context, .online = online, .left = page->limit};
    /* Who is online is not in the store: all rows are offered, and the visitor stops. */
    struct page all = {.after = page->after, .limit = INT_MAX, .query = page->query};
    bool others = false;
    enum status status = device_list(app->store, product_key, &all, show, &listing, &others);
    if (status != OK || listing.status != OK) {
        return status != OK ? status : listing.status;
    }
    *more = listing.more;
    return OK;
}

struct farewell {
    struct app *app;
    enum status status;
};

static bool say_expired(void *context, const struct firmware_token *token, const struct package_file *file)
{
    (void)file;
    struct farewell *farewell = context;
    farewell->status = app_defer_token_expire(farewell->app, token->token);
    return farewell->status == OK;
}

static enum status disconnect(struct app *app, int64_t device_id, const char *why)
{
    return app_is_online(app, device_id) ? app_defer_disconnect(app, device_id, why) : OK;
}

static enum status delete_device(struct app *app, struct device *device)
{
    struct farewell farewell = {.app = app};
    enum status status = token_each_of_device(app->store, device->id, say_expired, &farewell);
    if (status != OK || (status = farewell.status) != OK ||
        (status = disconnect(app, device->id, "device deleted")) != OK) {
        return status;
    }
    status = device_delete(app->store, device->id);
    if (status == OK) {
        status = events_device(app, device, WHAT_DELETED);
    }
    return status == OK ? app_defer_changed(app, 0, "") : status;
}

static enum status enable_device(struct app *app, struct device *device)
{
    device->enabled = true;
    enum status status = device_update_identity(app->store, device);
    return status == OK ? events_device(app, device, WHAT_ENABLED) : status;
}

static enum status disable_device(struct app *app, struct device *device)
{
    device->enabled = false;
    enum status status = disconnect(app, device->id, "device disabled");
    if (status == OK) {
        status = device_update_identity(app->store, device);
    }
    return status == OK ? events_device(app, device, WHAT_DISABLED) : status;
}

static enum status disconnect_device(struct app *app, struct device *device)
{
    return disconnect(app, device->id, "on request");
}

typedef enum status device_act(struct app *app, struct device *device);

/* One act on one device, in a use of its own. */
static enum status act_on(struct app *app, const char *product_key, const char *device_key, device_act *act,
                          const char *done)
{
    struct device device;
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    if ((status = device_find(app->store, product_key, device_key, &device)) == OK) {
        status = act(app, &device);
    }
    status = app_use_end(app, status);
    if (status == OK) {
        log_info("app", "device=%s/%s %s", product_key, device_key, done);
    }
    return status;
}

enum status app_device_delete(struct app *app, const char *product_key, const char *device_key)
{
    return act_on(app, product_key, device_key, delete_device, "deleted");
}

enum status app_device_enable(struct app *app, const char *product_key, const char *device_key, bool enabled)
{
    return act_on(app, product_key, device_key, enabled ? enable_device : disable_device,
                  enabled ? "enabled" : "disabled");
}

enum status app_device_disconnect(struct app *app, const char *product_key, const char *device_key)
{
    return act_on(app, product_key, device_key, disconnect_device, "disconnected on request");
}
