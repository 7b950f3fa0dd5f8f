/*
 * The answer of a list: {"items": [...], "nextCursor": "..."|null}. The visitors of app/ add to it.
 */
#ifndef HTTP_LIST_H
#define HTTP_LIST_H

#include <jansson.h>
#include <stdbool.h>

#include "http/answer.h"
#include "http/cursor.h"

struct list {
    json_t *items; /* owned */
    bool broken;   /* memory was used up */
    char last[CURSOR_SORT_KEY + 1];
};

void list_init(struct list *list);
void list_finish(struct list *list);
void cleanup_list(struct list *list);

/* Takes the reference. `sort_key` is what a cursor behind this item holds. */
void list_add_take(struct list *list, json_t *item, const char *sort_key);
void list_add_id_take(struct list *list, json_t *item, int64_t id);

/* 200 with all items; `more` makes a cursor behind the last one. */
void list_answer(struct list *list, bool more, struct answer *answer);

#endif
