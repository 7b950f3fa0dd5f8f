#include "domain/characters.h"

#include "base/limits.h"
#include "support/suite.h"

#define TEN     "0123456789"
#define NINETY  TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define HUNDRED NINETY TEN

static void test_names(void)
{
    static const struct {
        const char *name;
        const char *text;
        bool ok;
    } rows[] = {
        {"empty", "", false},
        {"one character", "a", true},
        {"blanks and signs", "Pump 7 / v2 \"beta\"", true},
        {"100 characters", HUNDRED, true},
        {"101 characters", HUNDRED "x", false},
        {"100 characters, one of two bytes", NINETY "01234567\xC3\xA4z", true},
        {"101 characters, one of two bytes", NINETY "012345678\xC3\xA4z", false},
        {"Chinese", "\xE5\x8D\x87\xE7\xBA\xA7", true},
        {"broken UTF-8", "a\xC3", false},
        {"line feed", "a\nb", false},
        {"delete", "a\x7F", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].name, characters_are_name(rows[i].text) == rows[i].ok);
    }
}

static void test_secrets(void)
{
    static const struct {
        const char *name;
        const char *text;
        size_t most;
        bool ok;
    } rows[] = {
        {"empty", "", 32, false},
        {"one", "x", 32, true},
        {"longest", TEN TEN TEN "12", 32, true},
        {"one too long", TEN TEN TEN "123", 32, false},
        {"signs", "!~ #,:", 32, true},
        {"semicolon", "a;b", 32, false},
        {"tab", "a\tb", 32, false},
        {"delete", "a\x7F", 32, false},
        {"above ASCII", "a\xC3\xA4", 32, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].name, characters_are_secret(rows[i].text, rows[i].most) == rows[i].ok);
    }
}

static void test_control(void)
{
    CHECK(!characters_have_control(""));
    CHECK(!characters_have_control(" ~\xC3\xA4"));
    CHECK(characters_have_control("\x1F"));
    CHECK(characters_have_control("ab\x7F"));
}

int main(void)
{
    static const struct test_case cases[] = {
        {"names", test_names}, {"secrets", test_secrets}, {"control characters", test_control}, {0}};
    return suite_run("characters", cases);
}
