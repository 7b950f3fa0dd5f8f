#include "http/answer.h"

#include <stdlib.h>
#include <string.h>

void answer_init(struct answer *answer)
{
    *answer = (struct answer){.http_status = 500};
}

void answer_finish(struct answer *answer)
{
    free(answer->body);
    answer_init(answer);
}

static void set_body(struct answer *answer, int http_status, const char *content_type, char *body)
{
    free(answer->body);
    answer->body = body;
    answer->length = body == NULL ? 0 : strlen(body);
    answer->content_type = body == NULL ? NULL : content_type;
    answer->http_status = http_status;
}

void answer_json_take(struct answer *answer, int http_status, json_t *json, const char *content_type)
{
    char *body = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(json);
    set_body(answer, body == NULL ? 500 : http_status, content_type, body);
}

void answer_resource_take(struct answer *answer, int http_status, json_t *json)
{
    answer_json_take(answer, http_status, json, "application/json");
}

void answer_empty(struct answer *answer, int http_status)
{
    set_body(answer, http_status, NULL, NULL);
}

void answer_text(struct answer *answer, int http_status, const char *content_type, const char *text)
{
    char *body = strdup(text);
    set_body(answer, body == NULL ? 500 : http_status, content_type, body);
}
