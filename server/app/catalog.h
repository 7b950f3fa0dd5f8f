/*
 * Use cases of the catalogue: products, devices and version packages (api.md). For http/.
 *
 * Lists: `page` says where to go on (`after`: the sort key of the last item seen, NULL from the start), how many, and a
 * substring filter; `each` is called once per item, in stable order; items are borrowed for the call. *more tells
 * whether others follow. Errors of all: E_NOT_FOUND the thing named by the path, E_EXISTS name or key taken, E_STATE in
 * use or wrong state, E_RULE with violations, E_FULL disk full, E_IO and E_CORRUPT from the store.
 */
#ifndef APP_CATALOG_H
#define APP_CATALOG_H

#include "app/app.h"
#include "domain/conduct.h"
#include "domain/device.h"
#include "domain/package.h"
#include "domain/page.h"
#include "domain/product.h"
#include "domain/violation.h"

/* Products; sort key: the product key. */
MUST_USE enum status app_product_create(struct app *app, struct product *product, struct violations *violations);
MUST_USE enum status app_product_find(struct app *app, const char *key, struct product *product);
/* E_STATE: never; everything of the product goes with it (behaviour.md, 1), its devices are disconnected. */
MUST_USE enum status app_product_delete(struct app *app, const char *key);
typedef void app_product_visitor(void *context, const struct product *product);
MUST_USE enum status app_products_list(struct app *app, const struct page *page, app_product_visitor *each,
                                       void *context, bool *more);

/* A device as it is now: the stored row and what only app/ knows. */
struct device_view {
    const struct device *device;
    bool online;
    const struct warnings *warnings; /* of the referee, since the server started */
    struct maybe_int active_plan_id; /* the plan in which it is inUpgrade */
};

/* Devices; sort key: the device key. `online`: 1 only online ones, 0 only offline ones, -1 all. */
MUST_USE enum status app_device_register(struct app *app, const char *product_key, const char *device_key,
                                         const char *device_secret, struct violations *violations);
typedef void app_device_visitor(void *context, const struct device_view *view);
MUST_USE enum status app_device_view(struct app *app, const char *product_key, const char *device_key,
                                     app_device_visitor *visit, void *context);
MUST_USE enum status app_devices_list(struct app *app, const char *product_key, int online, const struct page *page,
                                      app_device_visitor *each, void *context, bool *more);
MUST_USE enum status app_device_delete(struct app *app, const char *product_key, const char *device_key);
MUST_USE enum status app_device_enable(struct app *app, const char *product_key, const char *device_key, bool enabled);
MUST_USE enum status app_device_disconnect(struct app *app, const char *product_key, const char *device_key);

/*
 * Packages; sort key: the id in decimal. On create, files[i].stored names a complete temporary file in the data
 * folder's tmp/ with size and digests filled in; it is moved to files/ when the package is made, and removed when it is
 * not.
 */
MUST_USE enum status app_package_create(struct app *app, struct package *package, struct violations *violations);
MUST_USE enum status app_package_find(struct app *app, int64_t id, struct package *package); /* package_finish() it */
/*
 * For good: its links answer 410, downloads of it that are open end, no firmware information of it is sent any more. A
 * device that would need it fails with packageRevoked; one that has loaded it may still succeed. E_STATE: is revoked.
 */
MUST_USE enum status app_package_revoke(struct app *app, int64_t id);
MUST_USE enum status app_package_delete(struct app *app, int64_t id); /* E_STATE: a plan uses it */
typedef void app_package_visitor(void *context, const struct package *package);
MUST_USE enum status app_packages_list(struct app *app, const char *product_key, const struct page *page,
                                       app_package_visitor *each, void *context, bool *more);

/* The folder for temporary uploads (same file system as files/). Borrowed; safe from any thread. */
const char *app_upload_dir(const struct app *app);

/* The folder of the packages' files: a file is <folder>/<package_file.stored>. Borrowed; safe from any thread. */
const char *app_files_dir(const struct app *app);

/*
 * Idempotency-Key (api.md, Conventions): an answer given before. `scope` is "POST /api/v1/products" and so on; `digest`
 * the SHA-256 of the body in hex. find: E_NOT_FOUND when the key is new; E_STATE when it was used with another body.
 */
struct kept_answer {
    int http_status;
    char location[256];
    char *body;                              /* owned by the caller after find */
    char product_key[LIMIT_PRODUCT_KEY + 1]; /* on keep: it goes with this product's reset; "": of none */
};
MUST_USE enum status app_answer_find(struct app *app, const char *scope, const char *key, const char *digest,
                                     struct kept_answer *answer);
MUST_USE enum status app_answer_keep(struct app *app, const char *scope, const char *key, const char *digest,
                                     const struct kept_answer *answer);

#endif
