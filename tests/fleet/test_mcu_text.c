#include "fleet/mcu_text.h"

#include <stdbool.h>

#include "support/suite.h"

static void test_setting_moves_to_the_end(void)
{
    static const struct {
        const char *name;
        const char *before;
        const char *component_no;
        const char *version;
        const char *after;
        enum status status;
    } rows[] = {
        {"first", "", "A", "1", "A:1", OK},
        {"second", "A:1", "B", "2", "A:1;B:2", OK},
        {"unchanged, moved", "A:1;B:2", "A", "1", "B:2;A:1", OK},
        {"changed, moved", "A:1;B:2;C:3", "B", "9", "A:1;C:3;B:9", OK},
        {"last stays", "A:1;B:2", "B", "2", "A:1;B:2", OK},
        {"empty component", "A:1", "", "2", "A:1", E_FORMAT},
        {"colon", "A:1", "B:", "2", "A:1", E_FORMAT},
        {"semicolon in the version", "A:1", "B", "2;3", "A:1", E_FORMAT},
        {"too long a component", "A:1", "123456789012345678901234567890123", "2", "A:1", E_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mcu_text list = {""};
        (void)snprintf(list.text, sizeof list.text, "%s", rows[i].before);
        CHECK_ROW(rows[i].name, mcu_text_set(&list, rows[i].component_no, rows[i].version) == rows[i].status);
        CHECK_ROW(rows[i].name, strcmp(list.text, rows[i].after) == 0);
    }
}

static void test_limit(void)
{
    struct mcu_text list = {""};
    enum status status = OK;
    int count = 0;
    for (; status == OK && count < 100; count++) {
        char component_no[8];
        (void)snprintf(component_no, sizeof component_no, "C%03d", count);
        status = mcu_text_set(&list, component_no, "123456789");
    }
    CHECK(status == E_LIMIT);
    CHECK(strlen(list.text) <= LIMIT_MCU_LIST);
    CHECK(count == 35); /* 34 of 15 characters with their ';' make 509 */
}

static void test_get(void)
{
    struct mcu_text list = {"A:1;B:2_0"};
    char version[LIMIT_VERSION + 1] = "?";
    CHECK_OK(mcu_text_get(&list, "B", version));
    CHECK_TEXT(version, "2_0");
    CHECK(mcu_text_get(&list, "C", version) == E_NOT_FOUND);
    CHECK_TEXT(version, "2_0");
}

int main(void)
{
    static const struct test_case cases[] = {
        {"setting moves to the end", test_setting_moves_to_the_end}, {"limit", test_limit}, {"get", test_get}, {0}};
    return suite_run("mcu_text", cases);
}
