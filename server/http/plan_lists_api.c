/*
 * Whitelist and blacklist of a plan: a JSON array, or text/csv with one device key a line.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/plans.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "http/api.h"
#include "http/list.h"
#include "http/plans_json.h"

/* The list of the request, kept in one place of the input. */
enum { BODY_KEYS = LIST_WHITE };

/* Cuts the body into its lines in place; blank lines are none, blanks around a key do not count. */
static enum status read_csv(struct keys *keys, char *text, struct verdict *verdict)
{
    size_t lines = 1;
    for (const char *p = text; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    keys->keys = calloc(lines, sizeof *keys->keys);
    if (keys->keys == NULL) {
        return E_NOMEM;
    }
    char *save = NULL;
    for (char *line = strtok_r(text, "\r\n", &save); line != NULL; line = strtok_r(NULL, "\r\n", &save)) {
        line += strspn(line, " \t");
        size_t length = strlen(line);
        while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t')) {
            line[--length] = '\0';
        }
        if (length > 0) {
            keys->keys[keys->count++] = line;
        }
    }
    if (keys->count > LIMIT_PLAN_LIST) {
        violation_add(&verdict->broken, "must be at most 1000000 device keys", "%s", "");
    }
    return OK;
}

void plan_lists_check_put(struct request *request)
{
    request_check_id(request, 0);
    struct keys *keys = &request->input.lists[BODY_KEYS];
    struct verdict *verdict = &request->verdict;
    enum status status = OK;
    if (request->json != NULL) {
        if (!json_is_array(request->json)) {
            violation_add(&verdict->wrong, "must be an array of device keys", "%s", "");
            return;
        }
        status = keys_read(keys, request->json, "", verdict);
    } else if (strncasecmp(request->content_type, "text/csv", 8) != 0) {
        violation_add(&verdict->wrong, "must be an array of device keys", "%s", "");
    } else if (memchr(request->body.length == 0 ? "" : (const char *)request->body.data, '\0', request->body.length)) {
        violation_add(&verdict->wrong, "must be text", "%s", "");
    } else {
        (void)buffer_text(&request->body); /* ends in zero now */
        static char nothing[1];
        status = read_csv(keys, request->body.length == 0 ? nothing : (char *)request->body.data, verdict);
    }
    if (status != OK) {
        violation_add(&verdict->broken, "is too large to be held in memory", "%s", "");
    }
}

static void put(const struct api *api, struct request *request, enum plan_list list, struct answer *answer)
{
    const struct keys *keys = &request->input.lists[BODY_KEYS];
    struct key_list key_list = {keys->keys, keys->count};
    enum status status = app_plan_list_put(api->app, request->input.id, list, &key_list, &request->verdict.broken);
    if (status != OK) {
        request_refuse(request, answer, status, status == E_STATE ? "only a saved plan can be changed" : NULL);
        return;
    }
    answer_empty(answer, 204);
}

void plan_whitelist_put(const struct api *api, struct request *request, struct answer *answer)
{
    put(api, request, LIST_WHITE, answer);
}

void plan_blacklist_put(const struct api *api, struct request *request, struct answer *answer)
{
    put(api, request, LIST_BLACK, answer);
}

void plan_lists_check_get(struct request *request)
{
    request_check_id(request, 0);
    request_check_page(request, CURSOR_KEY);
}

static void add_key(void *context, const char *device_key)
{
    list_add_take(context, json_string(device_key), device_key);
}

static void get(const struct api *api, struct request *request, enum plan_list which, struct answer *answer)
{
    CLEANUP(cleanup_list) struct list list;
    list_init(&list);
    bool more = false;
    enum status status =
        app_plan_list_get(api->app, request->input.id, which, &request->input.page, add_key, &list, &more);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    list_answer(&list, more, answer);
}

void plan_whitelist_get(const struct api *api, struct request *request, struct answer *answer)
{
    get(api, request, LIST_WHITE, answer);
}

void plan_blacklist_get(const struct api *api, struct request *request, struct answer *answer)
{
    get(api, request, LIST_BLACK, answer);
}
