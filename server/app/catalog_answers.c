/* Answers kept for Idempotency-Key (catalog.h). */
#include <stdlib.h>
#include <string.h>

#include "app/catalog.h"
#include "app/internal.h"
#include "base/text.h"
#include "store/answer_rows.h"

static const int64_t KEPT_MS = 24LL * 3600 * 1000;

enum status app_answer_find(struct app *app, const char *scope, const char *key, const char *digest,
                            struct kept_answer *answer)
{
    struct answer_row row;
    enum status status = answer_find(app->store, scope, key, &row);
    if (status != OK) {
        return status;
    }
    if (row.at < app_wall(app) - KEPT_MS) {
        status = E_NOT_FOUND;
    } else if (strcmp(row.digest, digest) != 0) {
        status = E_STATE;
    } else {
        answer->http_status = row.http_status;
        memcpy(answer->location, row.location, sizeof answer->location);
        answer->body = row.body;
        return OK;
    }
    free(row.body);
    return status;
}

static enum status keep(struct app *app, const char *scope, const char *key, const char *digest,
                        const struct kept_answer *answer)
{
    struct answer_row row = {.http_status = answer->http_status,
                             .body = answer->body,
                             .at = app_wall(app),
                             .product_key = answer->product_key};
    enum status status = text_copy(row.digest, sizeof row.digest, digest);
    if (status != OK || (status = text_copy(row.location, sizeof row.location, answer->location)) != OK ||
        (status = answer_purge(app->store, row.at - KEPT_MS)) != OK) {
        return status;
    }
    return answer_insert(app->store, scope, key, &row);
}

enum status app_answer_keep(struct app *app, const char *scope, const char *key, const char *digest,
                            const struct kept_answer *answer)
{
    enum status status = app_use_begin(app);
    return status == OK ? app_use_end(app, keep(app, scope, key, digest, answer)) : status;
}
