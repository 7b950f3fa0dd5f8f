/*
 * Firmware verifications (domain/verification.h): a row, and the plan with the negated id that carries it out.
 *
 *   verification 12 --1:1--> plan -12 (one component) --1:1--> task of the device: status, reason, ended_at come from
 * it
 */
#ifndef STORE_VERIFICATION_ROWS_H
#define STORE_VERIFICATION_ROWS_H

#include "domain/page.h"
#include "domain/plan.h"
#include "domain/verification.h"
#include "store/store.h"

/*
 * Inserts the verification (id is filled in) and its plan: `plan` as by plan_insert(), but with id = -id and a name
 * that no other plan can have. The caller then saves the task.
 */
MUST_USE enum status verification_insert(struct store *store, struct verification *verification, struct plan *plan);

/* E_NOT_FOUND: no such id. */
MUST_USE enum status verification_find(struct store *store, int64_t id, struct verification *verification);

typedef bool verification_visitor(void *context, const struct verification *verification);
/* Of one package, in order of the id; page->after is an id in decimal, page->query is not used. */
MUST_USE enum status verification_list(struct store *store, int64_t package_id, const struct page *page,
                                       verification_visitor *each, void *context, bool *more);

/* Of `scope` (clock_rows.h): those still running whose deadline is <= now, earliest first: at most `capacity` ids. */
MUST_USE enum status verifications_due(struct store *store, const char *scope, int64_t now, int64_t *ids,
                                       size_t capacity, size_t *count);
MUST_USE enum status verifications_next_deadline(struct store *store, const char *scope,
                                                 struct maybe_instant *deadline);

/* Running ones of `scope` get `deadline`. */
MUST_USE enum status verifications_rearm(struct store *store, const char *scope, int64_t deadline);

#endif
