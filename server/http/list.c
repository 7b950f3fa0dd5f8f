#include "http/list.h"

#include <stdio.h>

void list_init(struct list *list)
{
    *list = (struct list){.items = json_array()};
}

void list_finish(struct list *list)
{
    json_decref(list->items);
    list->items = NULL;
}

void cleanup_list(struct list *list)
{
    list_finish(list);
}

void list_add_take(struct list *list, json_t *item, const char *sort_key)
{
    /* a list that lost an item must not be answered as if it were whole */
    list->broken |= json_array_append_new(list->items, item) != 0;
    (void)snprintf(list->last, sizeof list->last, "%s", sort_key);
}

void list_add_id_take(struct list *list, json_t *item, int64_t id)
{
    char sort_key[CURSOR_SORT_KEY + 1];
    (void)snprintf(sort_key, sizeof sort_key, "%lld", (long long)id);
    list_add_take(list, item, sort_key);
}

void list_answer(struct list *list, bool more, struct answer *answer)
{
    json_t *next = json_null();
    if (more) {
        char cursor[CURSOR_TEXT];
        cursor_write(list->last, cursor);
        next = json_string(cursor);
    }
    json_t *json = list->broken ? NULL : json_pack("{s:O, s:o}", "items", list->items, "nextCursor", next);
    if (list->broken) {
        json_decref(next);
    }
    answer_resource_take(answer, 200, json);
}
