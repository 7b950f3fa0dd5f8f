/* Use cases of version packages (catalog.h). */
#include <inttypes.h>

#include "app/catalog.h"
#include "app/catalog_files.h"
#include "app/events.h"
#include "app/internal.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "store/package_rows.h"
#include "store/product_rows.h"
#include "store/token_rows.h"

static enum status check(struct app *app, const struct package *package, struct violations *violations)
{
    package_check(package, violations);
    struct product product;
    enum status status = product_find(app->store, package->product_key, &product);
    if (status == E_NOT_FOUND) {
        violation_add(violations, "no such product", "/productKey");
        status = OK;
    }
    return status == OK && violations->count > 0 ? E_RULE : status;
}

enum status app_package_create(struct app *app, struct package *package, struct violations *violations)
{
    enum status status = app_use_begin(app);
    if (status != OK) {
        files_drop_uploads(app, package);
        return status;
    }
    package->created_at = app_now(app, package->product_key);
    bool moved = false;
    if ((status = check(app, package, violations)) == OK) {
        status = files_move_in(app, package);
        moved = status == OK;
    }
    if (moved) {
        status = package_insert(app->store, package);
    }
    if (moved && status == OK) {
        status = events_package(app, package, WHAT_CREATED);
    }
    status = app_use_end(app, status);
    if (status == OK) {
        log_info("app", "package=%" PRId64 " product=%s created", package->id, package->product_key);
    } else if (moved) {
        files_remove_of(app, package);
    } else {
        files_drop_uploads(app, package);
    }
    return status;
}

enum status app_package_find(struct app *app, int64_t id, struct package *package)
{
    return package_find(app->store, id, package);
}

static enum status delete_one(struct app *app, int64_t id, struct file_names *files)
{
    CLEANUP(cleanup_package) struct package package = {0};
    enum status status = package_find(app->store, id, &package);
    for (size_t i = 0; status == OK && i < package.file_count; i++) {
        status = file_names_add(files, package.files[i].stored);
    }
    if (status == OK) {
        status = package_delete(app->store, id);
    }
    return status == OK ? events_package(app, &package, WHAT_DELETED) : status;
}

enum status app_package_delete(struct app *app, int64_t id)
{
    struct file_names files = {0};
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, delete_one(app, id, &files));
    if (status == OK) {
        files_remove_all(app, &files);
        log_info("app", "package=%" PRId64 " deleted", id);
    }
    file_names_finish(&files);
    return status;
}

struct revocation {
    struct app *app;
    enum status status;
};

static bool end_token(void *context, const struct firmware_token *token, const struct package_file *file)
{
    struct revocation *revocation = context;
    (void)file;
    revocation->status = app_defer_token_withdraw(revocation->app, token->token);
    return revocation->status == OK;
}

static enum status revoke(struct app *app, int64_t id)
{
    CLEANUP(cleanup_package) struct package package = {0};
    struct revocation revocation = {.app = app};
    enum status status = package_find(app->store, id, &package);
    if (status == OK) {
        status = package.revoked ? E_STATE : package_revoke(app->store, id);
    }
    if (status == OK) {
        status = token_each_of_package(app->store, id, end_token, &revocation);
    }
    if (status == OK && revocation.status == OK) {
        status = token_expire_of_package(app->store, id, app_wall(app));
    }
    if (status == OK && revocation.status == OK) {
        status = events_package(app, &package, WHAT_REVOKED);
    }
    return status == OK ? revocation.status : status;
}

enum status app_package_revoke(struct app *app, int64_t id)
{
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, revoke(app, id));
    if (status == OK) {
        log_info("app", "package=%" PRId64 " revoked", id);
    }
    return status;
}

struct visit {
    app_package_visitor *each;
    void *context;
};

static bool pass_on(void *context, const struct package *package)
{
    const struct visit *visit = context;
    visit->each(visit->context, package);
    return true;
}

enum status app_packages_list(struct app *app, const char *product_key, const struct page *page,
                              app_package_visitor *each, void *context, bool *more)
{
    struct visit visit = {.each = each, .context = context};
    return package_list(app->store, product_key, page, pass_on, &visit, more);
}
