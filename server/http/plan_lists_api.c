/*
 * Whitelist and blacklist of a plan: a JSON array, or text/csv with one device key a line.
 *
 *   deviceKey \r\n   861 \r\n   \r\n   8-6        line 4: "/3" in the errors, whatever lines are blank or the header
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

/* The name of the column, as the first line of a file that another program wrote. */
static const char header[] = "deviceKey";

/* Ends the line at `text` in place and returns where the next one begins; NULL: it was the last. */
static char *cut_line(char *text)
{
    char *end = text + strcspn(text, "\r\n");
    char *next = *end == '\0' ? NULL : end + (end[0] == '\r' && end[1] == '\n' ? 2 : 1);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    *end = '\0';
    return next;
}

static size_t count_line_ends(const char *text)
{
    size_t count = 0;
    for (const char *p = text; *p != '\0'; p++) {
        count += *p == '\n' || *p == '\r';
    }
    return count;
}

/*
 * Cuts the body into its lines in place; blank lines are none but count, blanks around a key do not count. The key of
 * keys[i] stands in line lines[i].
 */
static enum status read_csv(struct keys *keys, char *text, struct verdict *verdict)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t most = count_line_ends(text) + 1;
    keys->keys = calloc(most, sizeof *keys->keys);
    keys->lines = calloc(most, sizeof *keys->lines);
    if (keys->keys == NULL || keys->lines == NULL) {
        return E_NOMEM;
    }
    char *line = text + (text_starts_with(text, byte_order_mark) ? strlen(byte_order_mark) : 0);
    for (uint32_t number = 1; line != NULL; number++) {
        char *next = cut_line(line);
        line += strspn(line, " \t");
        if (line[0] != '\0' && (number > 1 || strcasecmp(line, header) != 0)) {
            keys->lines[keys->count] = number;
            keys->keys[keys->count++] = line;
        }
        line = next;
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
    struct key_list key_list = {.keys = keys->keys, .lines = keys->lines, .count = keys->count};
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
