#include "support/suite.h"

#include "http/json_body.h"

static void test_parse(void)
{
    static const struct {
        const char *name;
        const char *text;
        size_t length;
        enum status expect;
    } rows[] = {
        {"object", "{\"a\": 1}", 8, OK},
        {"number", "7", 1, OK},
        {"nothing", "", 0, E_FORMAT},
        {"blank", "  ", 2, E_FORMAT},
        {"member twice", "{\"a\":1,\"a\":2}", 13, E_FORMAT},
        {"twice below", "{\"x\":{\"a\":1,\"a\":2}}", 19, E_FORMAT},
        {"more behind", "{} {}", 5, E_FORMAT},
        {"zero character", "\"\\u0000\"", 8, E_FORMAT},
        {"zero byte", "\"a\0b\"", 5, E_FORMAT},
        {"no UTF-8", "\"\xff\"", 3, E_FORMAT},
        {"half a pair", "\"\\ud800\"", 8, E_FORMAT},
        {"integer too large", "99999999999999999999", 20, E_FORMAT},
        {"comment", "{/**/}", 6, E_FORMAT},
        {"trailing comma", "[1,]", 4, E_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct verdict verdict = {0};
        json_t *json = NULL;
        CHECK_ROW(rows[i].name, json_body_parse(rows[i].text, rows[i].length, &json, &verdict) == rows[i].expect);
        CHECK_ROW(rows[i].name, verdict.wrong.count == (rows[i].expect == OK ? 0 : 1));
        json_decref(json);
    }
}

static void test_deep_nesting_is_refused(void)
{
    static char text[20001];
    memset(text, '[', 20000);
    struct verdict verdict = {0};
    json_t *json = NULL;
    CU_ASSERT_EQUAL(json_body_parse(text, 20000, &json, &verdict), E_FORMAT);
}

/* Reads {"name": text of 8, "count": 1..9, "on": bool} from each body. */
static void test_members(void)
{
    static const struct {
        const char *body;
        const char *wrong; /* pointers, joined by blanks */
        const char *broken;
    } rows[] = {
        {"{\"name\": \"abc\", \"count\": 5, \"on\": true}", "", ""},
        {"{\"name\": \"abc\"}", "", ""},
        {"{\"name\": \"abc\", \"count\": null, \"on\": null}", "", ""},
        {"{}", "", "/name"},
        {"{\"name\": null}", "/name", ""},
        {"{\"name\": 5, \"count\": \"5\", \"on\": 0}", "/name /count /on", ""},
        {"{\"name\": \"12345678\", \"count\": 0}", "", "/name /count"},
        {"{\"name\": \"a\", \"count\": 5.0}", "/count", ""},
        {"{\"name\": \"a\", \"Name\": \"a\", \"a/b~c\": 1}", "/Name /a~1b~0c", ""},
        {"[]", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *json = json_loads(rows[i].body, 0, NULL);
        struct verdict verdict = {0};
        struct members members;
        char name[8] = "";
        int64_t count = 0;
        bool on = false;
        members_open(&members, json, "", &verdict);
        (void)members_text(&members, "name", MEMBER_REQUIRED, name, sizeof name);
        (void)members_int(&members, "count", MEMBER_OPTIONAL, 1, 9, &count);
        (void)members_bool(&members, "on", MEMBER_OPTIONAL, &on);
        members_close(&members);
        char wrong[256] = "";
        char broken[256] = "";
        for (size_t k = 0; k < verdict.wrong.count; k++) {
            (void)snprintf(wrong + strlen(wrong), sizeof wrong - strlen(wrong), "%s%s", k > 0 ? " " : "",
                           verdict.wrong.items[k].pointer);
        }
        for (size_t k = 0; k < verdict.broken.count; k++) {
            (void)snprintf(broken + strlen(broken), sizeof broken - strlen(broken), "%s%s", k > 0 ? " " : "",
                           verdict.broken.items[k].pointer);
        }
        CHECK_ROW(rows[i].body, strcmp(wrong, rows[i].wrong) == 0);
        CHECK_ROW(rows[i].body, strcmp(broken, rows[i].broken) == 0);
        CHECK_ROW(rows[i].body, json_is_object(json) || verdict.wrong.count == 1);
        json_decref(json);
    }
}

static void test_pointers_are_escaped_and_bounded(void)
{
    char pointer[12] = "/a";
    pointer_append(pointer, sizeof pointer, "b/c~d");
    CHECK_TEXT(pointer, "/a/b~1c~0d");
    char small[6] = "";
    pointer_append(small, sizeof small, "abc\xc3\xa4");
    CHECK_TEXT(small, "/abc"); /* no half characters */
}

int main(void)
{
    static const struct test_case cases[] = {
        {"parse", test_parse},
        {"deep nesting is refused", test_deep_nesting_is_refused},
        {"members", test_members},
        {"pointers are escaped and bounded", test_pointers_are_escaped_and_bounded},
        {0}};
    return suite_run("http: json_body", cases);
}
