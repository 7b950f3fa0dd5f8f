/*
 * What the files of plans_*.c share: lists of device keys as a request brings them, and plans that may still be edited.
 */
#ifndef APP_PLANS_LISTS_H
#define APP_PLANS_LISTS_H

#include "app/internal.h"
#include "app/plans.h"

/* Whether the request has the member at all; an empty list counts as given. */
bool plan_list_is_given(const struct key_list *keys);

/* Names what is wrong with a given list: <pointer>, or <pointer>/<place> of a malformed key or of one that stood
 * before. E_NOMEM. */
MUST_USE enum status plan_list_check(enum plan_list list, const struct key_list *keys, const char *pointer,
                                     struct violations *violations);

/* E_NOT_FOUND; E_STATE: no longer `saved`. plan_finish() it. */
MUST_USE enum status plans_find_saved(struct app *app, int64_t id, struct plan *plan);

#endif
