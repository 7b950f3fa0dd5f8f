#include "support/suite.h"

#include "http/problem.h"

static json_t *problem(enum problem which, const char *detail, const struct violations *violations,
                       struct answer *answer)
{
    problem_answer(answer, which, "/api/v1/x", detail, violations);
    return json_loads(answer->body, 0, NULL);
}

static void test_statuses(void)
{
    static const struct {
        enum status status;
        int http_status;
    } rows[] = {{E_FORMAT, 400},  {E_DENIED, 401}, {E_NOT_FOUND, 404}, {E_EXISTS, 409},  {E_STATE, 409},
                {E_LIMIT, 413},   {E_RULE, 422},   {E_IO, 500},        {E_CORRUPT, 500}, {E_AGAIN, 503},
                {E_TIMEOUT, 503}, {E_FULL, 507},   {E_CLOSED, 503},    {E_NOMEM, 503},   {E_INTERNAL, 500}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(status_name(rows[i].status),
                  problem_http_status(problem_of_status(rows[i].status)) == rows[i].http_status);
    }
}

static void test_members(void)
{
    struct answer answer;
    answer_init(&answer);
    json_t *json = problem(PROBLEM_NOT_FOUND, NULL, NULL, &answer);
    CU_ASSERT_EQUAL(answer.http_status, 404);
    CHECK_TEXT(answer.content_type, "application/problem+json");
    CHECK_TEXT(json_string_value(json_object_get(json, "type")), "urn:mockdc:problem:not-found");
    CHECK_TEXT(json_string_value(json_object_get(json, "instance")), "/api/v1/x");
    CHECK_TEXT(json_string_value(json_object_get(json, "detail")), "nothing has this path"); /* the caller had none */
    CHECK(json_object_get(json, "errors") == NULL);
    json_decref(json);
    answer_finish(&answer);
}

static void test_each_bad_member_once(void)
{
    struct violations violations = {0};
    violation_add(&violations, "first", "/a");
    violation_add(&violations, "second", "/b");
    violation_add(&violations, "third", "/a");
    struct answer answer;
    answer_init(&answer);
    json_t *json = problem(PROBLEM_RULE, "why", &violations, &answer);
    const json_t *errors = json_object_get(json, "errors");
    CU_ASSERT_EQUAL(json_array_size(errors), 2);
    CHECK_TEXT(json_string_value(json_object_get(json_array_get(errors, 0), "detail")), "first");
    json_decref(json);
    answer_finish(&answer);
}

static void test_headers(void)
{
    struct answer answer;
    answer_init(&answer);
    json_decref(problem(PROBLEM_BUSY, NULL, NULL, &answer));
    CHECK(answer.retry_after_s > 0);
    json_decref(problem(PROBLEM_UNAUTHORIZED, NULL, NULL, &answer));
    CHECK(answer.challenge != NULL);
    CU_ASSERT_EQUAL(answer.retry_after_s, 0);
    answer_finish(&answer);
}

int main(void)
{
    static const struct test_case cases[] = {{"statuses", test_statuses},
                                             {"members", test_members},
                                             {"each bad member once", test_each_bad_member_once},
                                             {"headers", test_headers},
                                             {0}};
    return suite_run("http: problem", cases);
}
