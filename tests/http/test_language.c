#include "support/suite.h"

#include "http/language.h"

static void test_table(void)
{
    struct upgrade_text texts[] = {{"zh", "z"},    {"en", "e"},      {"de-AT", "a"},
                                   {"pt_BR", "p"}, {"sr-Latn", "s"}, {"zh-TW", "t"}};
    struct plan plan = {.text_count = sizeof texts / sizeof texts[0], .texts = texts};
    static const struct {
        const char *name;
        const char *wanted;
        const char *accept;
        const char *expect;
    } rows[] = {
        {"none named: English", NULL, NULL, "en"},
        {"by name", "zh", NULL, "zh"},
        {"letter case aside", "ZH-tw", NULL, "zh-TW"},
        {"exact before primary", "zh-TW", NULL, "zh-TW"},
        {"primary", "zh-CN", NULL, "zh"},
        {"two steps", "zh-Hant-TW", NULL, "zh"},
        {"one step of two", "sr-Latn-RS", NULL, "sr-Latn"},
        {"a primary does not find a longer one", "de", NULL, "en"},
        {"part of a tag is none", "z", NULL, "en"},
        {"longer than a tag", "zhx", NULL, "en"},
        {"_ and -", "pt-BR", NULL, "pt_BR"},
        {"the parameter wins", "zh", "de-AT", "zh"},
        {"the parameter wins although nothing fits", "fr", "zh", "en"},
        {"header", NULL, "zh-CN", "zh"},
        {"first that fits", NULL, "fr-CH, fr;q=0.9, zh-CN;q=0.8, en;q=0.7", "zh"},
        {"weights, not order", NULL, "en;q=0.5,zh;q=0.7", "zh"},
        {"equal weights: the first", NULL, "de-AT;q=0.5, zh;q=0.5", "de-AT"},
        {"thousandths", NULL, "en;q=0.998, zh;q=0.999", "zh"},
        {"weight 1", NULL, "en;q=0.9, zh;q=1.000", "zh"},
        {"weight 0 is a refusal", NULL, "zh;q=0", "en"},
        {"blanks", NULL, " ,, zh\t; q=0.5 ,", "zh"},
        {"star", NULL, "*", "en"},
        {"nothing", NULL, "", "en"},
        {"a weight that is none", NULL, "zh;q=x", "en"},
        {"a weight without a digit", NULL, "zh;q=", "en"},
        {"too many digits", NULL, "zh;q=1.99999999999", "zh"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct upgrade_text *text = language_choose(&plan, rows[i].wanted, rows[i].accept);
        CHECK_ROW(rows[i].name, text != NULL && strcmp(text->language, rows[i].expect) == 0);
    }
}

static void test_without_english(void)
{
    struct upgrade_text texts[] = {{"fr", "f"}, {"it", "i"}};
    struct plan plan = {.text_count = 2, .texts = texts};
    CHECK(language_choose(&plan, "it", NULL) == &texts[1]);
    CHECK(language_choose(&plan, "zh", NULL) == &texts[0]);
    plan.text_count = 0;
    CHECK(language_choose(&plan, "zh", "zh") == NULL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"texts by language", test_table}, {"a plan without English or without texts", test_without_english}, {0}};
    return suite_run("http: language", cases);
}
