/* Use cases of products (catalog.h). */
#include <ctype.h>
#include <string.h>

#include "app/catalog.h"
#include "app/events.h"
#include "app/internal.h"
#include "app/removal.h"
#include "base/log.h"
#include "store/product_rows.h"

enum { KEY_RANDOM = 5, SECRET_RANDOM = 20, KEY_TRIES = 20 };

/* `count` random letters and digits (lower case only when `lower`) and a zero byte. */
static enum status random_word(struct app *app, size_t count, bool lower, char *word)
{
    size_t length = 0;
    while (length < count) {
        char token[LIMIT_TOKEN + 1];
        enum status status = app->ports.token(app->ports.context, token);
        if (status != OK) {
            return status;
        }
        for (const char *c = token; *c != '\0' && length < count; c++) {
            if (isalnum((unsigned char)*c)) { /* not the '-' and '_' of base64url */
                word[length++] = lower ? (char)tolower((unsigned char)*c) : *c;
            }
        }
    }
    word[length] = '\0';
    return OK;
}

static enum status insert_with_new_key(struct app *app, struct product *product)
{
    enum status status = E_EXISTS;
    for (int i = 0; i < KEY_TRIES && status == E_EXISTS; i++) {
        product->key[0] = 'p';
        if ((status = random_word(app, KEY_RANDOM, true, product->key + 1)) == OK) {
            status = product_insert(app->store, product);
        }
    }
    return status;
}

static enum status create(struct app *app, struct product *product, struct violations *violations)
{
    bool new_key = product->key[0] == '\0';
    enum status status = OK;
    if (product->secret[0] == '\0') {
        status = random_word(app, SECRET_RANDOM, false, product->secret);
    }
    if (status != OK) {
        return status;
    }
    struct product checked = *product;
    if (new_key) {
        memcpy(checked.key, "p", sizeof "p"); /* stands for the one that is made below */
    }
    product_check(&checked, violations);
    if (violations->count > 0) {
        return E_RULE;
    }
    product->created_at = app_now(app, NULL);
    return new_key ? insert_with_new_key(app, product) : product_insert(app->store, product);
}

enum status app_product_create(struct app *app, struct product *product, struct violations *violations)
{
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = create(app, product, violations);
    if (status == OK) {
        status = events_product(app, product->key, WHAT_CREATED);
    }
    status = app_use_end(app, status);
    if (status == OK) {
        log_info("app", "product=%s created", product->key);
    }
    return status;
}

enum status app_product_find(struct app *app, const char *key, struct product *product)
{
    return product_find(app->store, key, product);
}

static enum status delete_all(struct app *app, const char *key, struct removal *removal)
{
    enum status status = removal_of(app, key, 0, removal);
    if (status == OK) {
        status = events_product(app, key, WHAT_DELETED);
    }
    return status == OK ? app_defer_changed(app, 0, "") : status;
}

enum status app_product_delete(struct app *app, const char *key)
{
    struct removal removal = {0};
    enum status status = app_use_begin_bulk(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, delete_all(app, key, &removal));
    if (status == OK) {
        removal_settle(app, key, "product deleted", &removal);
        log_info("app", "product=%s deleted", key);
    }
    removal_finish(&removal);
    return status;
}

struct visit {
    app_product_visitor *each;
    void *context;
};

static bool pass_on(void *context, const struct product *product)
{
    const struct visit *visit = context;
    visit->each(visit->context, product);
    return true;
}

enum status app_products_list(struct app *app, const struct page *page, app_product_visitor *each, void *context,
                              bool *more)
{
    struct visit visit = {.each = each, .context = context};
    return product_list(app->store, page, pass_on, &visit, more);
}
