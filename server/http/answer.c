#include "http/answer.h"

#include <stdbool.h>
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

void answer_buffer_take(struct answer *answer, int http_status, const char *content_type, struct buffer *buffer)
{
    bool whole = buffer_status(buffer) == OK;
    free(answer->body);
    answer->body = whole ? (char *)buffer->data : NULL;
    answer->length = whole ? buffer->length : 0;
    answer->content_type = answer->body == NULL ? NULL : content_type;
    answer->http_status = whole ? http_status : 500;
    if (whole) {
        buffer_init(buffer, buffer->limit); /* its bytes have gone */
    } else {
        buffer_finish(buffer);
    }
}

void answer_move(struct answer *to, struct answer *from)
{
    free(to->body);
    *to = *from;
    answer_init(from);
}

void answer_copy(struct answer *to, const struct answer *from)
{
    char *body = from->body == NULL ? NULL : malloc(from->length + 1);
    if (body != NULL) {
        memcpy(body, from->body, from->length);
        body[from->length] = '\0';
    }
    free(to->body);
    *to = *from;
    to->body = body;
    if (from->body != NULL && body == NULL) {
        *to = (struct answer){.http_status = 500};
    }
}
