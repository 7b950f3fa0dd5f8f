#include "support/suite.h"

#include "http/target.h"

static void join(const struct target *target, char *text, size_t capacity)
{
    text[0] = '\0';
    for (size_t i = 0; i < target->segment_count; i++) {
        (void)snprintf(text + strlen(text), capacity - strlen(text), "[%s]", target->segments[i]);
    }
    for (size_t i = 0; i < target->parameter_count; i++) {
        (void)snprintf(text + strlen(text), capacity - strlen(text), "{%s=%s}", target->parameters[i].name,
                       target->parameters[i].value);
    }
}

static void test_table(void)
{
    static const struct {
        const char *text;
        enum status expect;
        const char *parts;
    } rows[] = {
        {"/", OK, "[]"},
        {"/a/b", OK, "[a][b]"},
        {"/a/", OK, "[a][]"},
        {"/a%2Fb/%41", OK, "[a/b][A]"},
        {"/a+b", OK, "[a+b]"},
        {"/a?x=1&y=a+b%26&z", OK, "[a]{x=1}{y=a b&}{z=}"},
        {"/a?&&x=1&", OK, "[a]{x=1}"},
        {"/a?x=1=2", OK, "[a]{x=1=2}"},
        {"http://host:80/a?b=c", OK, "[a]{b=c}"},
        {"http://host", E_FORMAT, ""},
        {"*", E_FORMAT, ""},
        {"", E_FORMAT, ""},
        {"/%", E_FORMAT, ""},
        {"/%4", E_FORMAT, ""},
        {"/%zz", E_FORMAT, ""},
        {"/a%00b", E_FORMAT, ""},
        {"/%ff", E_FORMAT, ""},
        {"/a?x=%4", E_FORMAT, ""},
        {"/%C3%A4", OK, "[\xc3\xa4]"},
        {"/1/2/3/4/5/6/7/8/9/10/11/12", OK, "[1][2][3][4][5][6][7][8][9][10][11][12]"},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13", E_LIMIT, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target target = {0};
        char parts[512];
        CHECK_ROW(rows[i].text, target_parse(rows[i].text, &target) == rows[i].expect);
        if (rows[i].expect == OK) {
            join(&target, parts, sizeof parts);
            CHECK_ROW(rows[i].text, strcmp(parts, rows[i].parts) == 0);
        } else {
            CHECK_ROW(rows[i].text,
                      target.segment_count == 0 && target.parameter_count == 0); /* one without text killed */
        }
    }
}

static void test_long(void)
{
    char text[TARGET_TEXT + 2];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    text[TARGET_TEXT - 1] = '\0';
    struct target target;
    CHECK_OK(target_parse(text, &target));
    text[TARGET_TEXT - 1] = 'a';
    text[TARGET_TEXT] = '\0';
    CU_ASSERT_EQUAL(target_parse(text, &target), E_LIMIT);
}

static void test_parameter(void)
{
    struct target target;
    CHECK_OK(target_parse("/?a=1&a=2&b", &target));
    CHECK_TEXT(target_parameter(&target, "a"), "1");
    CHECK_TEXT(target_parameter(&target, "b"), "");
    CHECK(target_parameter(&target, "c") == NULL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"table", test_table}, {"long", test_long}, {"parameter", test_parameter}, {0}};
    return suite_run("http: target", cases);
}
