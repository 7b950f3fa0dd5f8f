#include "http/request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "http/state_json.h"

void request_init(struct request *request, int64_t max_body)
{
    memset(request, 0, sizeof *request);
    buffer_init(&request->body, (size_t)max_body);
    request->spool_fd = -1;
    request->input.online = -1;
    request->input.plan_status = PLAN_STATUS_COUNT;
    request->input.device_status = DEVICE_STATUS_COUNT;
}

void request_finish(struct request *request)
{
    package_finish(&request->input.package);
    plan_finish(&request->input.plan);
    for (int list = 0; list < PLAN_LIST_COUNT; list++) {
        free(request->input.lists[list].keys);
        free(request->input.lists[list].lines);
    }
    upload_destroy(request->upload);
    document_destroy(request->input.document);
    if (request->spool_fd >= 0) {
        (void)close(request->spool_fd);
    }
    json_decref(request->json);
    buffer_finish(&request->body);
}

void request_wake(struct request *request)
{
    request->wake(request->waker);
}

bool request_left(const struct request *request)
{
    return request->left != NULL && request->left(request->waker);
}

void request_drop_state(struct request *request)
{
    if (request->state != NULL) {
        request->state_free(request->state);
        request->state = NULL;
    }
}

void request_refuse(const struct request *request, struct answer *answer, enum status status, const char *detail)
{
    enum problem problem = problem_of_status(status);
    const struct verdict *verdict = &request->verdict;
    const struct violations *violations = NULL;
    if (problem == PROBLEM_MALFORMED) {
        violations = &verdict->wrong;
    } else if (problem == PROBLEM_RULE || (problem == PROBLEM_TOO_LARGE && verdict->broken.count > 0)) {
        violations = &verdict->broken;
    }
    problem_answer(answer, problem, request->target.path, detail, violations);
}

void request_check_no_body(struct request *request)
{
    if (request->json == NULL) {
        return;
    }
    struct members members;
    members_open(&members, request->json, "", &request->verdict);
    members_close(&members);
}

void request_wrong_parameter(struct request *request, const char *name, const char *detail)
{
    char pointer[MEMBER_PATH] = "";
    pointer_append(pointer, sizeof pointer, name);
    violation_add(&request->verdict.wrong, detail, "/?%s", pointer + 1);
}

void request_check_page(struct request *request, enum cursor_kind kind)
{
    struct input *input = &request->input;
    int64_t limit = LIMIT_PAGE_DEFAULT;
    const char *text = target_parameter(&request->target, "limit");
    if (text != NULL && text_parse_int(text, 1, LIMIT_PAGE, &limit) != OK) {
        request_wrong_parameter(request, "limit", "must be 1 to 1000");
    }
    input->page = (struct page){.limit = (int)limit};
    text = target_parameter(&request->target, "cursor");
    if (text != NULL) {
        input->page.after = input->after;
        if (cursor_read(text, kind, input->after) != OK) {
            request_wrong_parameter(request, "cursor", "is not the nextCursor of this list");
        }
    }
    text = target_parameter(&request->target, "q");
    if (text != NULL && text[0] != '\0') {
        input->page.query = text;
    }
}

void request_check_id(struct request *request, size_t i)
{
    const char *text = request->parameters[i];
    if (text[0] == '0' || text_parse_int(text, 1, INT64_MAX, &request->input.id) != OK) {
        request->input.id = 0;
    }
}
