#include "crypto/password.h"

#include "support/suite.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define SIGN44      "hGyQXddh3Gag58ET2PVeBAJ8TVOmTP1aNIyok+qvXNA="
#define SEALED                                                                                                         \
    "aU891/jjPxirEAZBv2ylSDQX207sN9t5MQg/eIgyjzRF8QFXeJ/sBCdlo1yMr43uuAt2lJmidTSOd4ERoNWwFvnJKDH6P00Af4lU+Gfqx7k="

static void test_form(void)
{
    static const struct {
        const char *name;
        const char *text;
        enum status expect;
    } rows[] = {
        {"type 0", "0;0000;p1115X;" SEALED, OK},
        {"type 1", "1;0001;TQbjCkwfFP7Jw9Id;" SIGN44, OK},
        {"empty", "", E_FORMAT},
        {"type 2", "2;0000;TQbjCkwfFP7Jw9Id;" SIGN44, E_FORMAT},
        {"type of two digits", "00;0000;pk;" SEALED, E_FORMAT},
        {"flag 2", "1;0002;TQbjCkwfFP7Jw9Id;" SIGN44, E_FORMAT},
        {"short flag", "1;1;TQbjCkwfFP7Jw9Id;" SIGN44, E_FORMAT},
        {"three fields", "1;0000;TQbjCkwfFP7Jw9Id", E_FORMAT},
        {"five fields", "1;0000;TQbjCkwfFP7Jw9Id;a;b", E_FORMAT},
        {"empty field", "1;0000;;" SIGN44, E_FORMAT},
        {"product key of 32", "0;0000;12345678901234567890123456789012;" SEALED, OK},
        {"product key of 33", "0;0000;123456789012345678901234567890123;" SEALED, E_LIMIT},
        {"long signature", "1;0000;TQbjCkwfFP7Jw9Id;" SIGN44 "=", E_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct password password;
        CHECK_ROW(rows[i].name, password_parse(rows[i].text, strlen(rows[i].text), &password) == rows[i].expect);
    }
    struct password password;
    CHECK(password_parse("1;0000;a\0b;c", 12, &password) == E_FORMAT);
}

static void test_type0(void)
{
    static const char text[] = "0;0000;p1115X;" SEALED;
    struct password password;
    CHECK_OK(password_parse(text, strlen(text), &password));
    CHECK(password.type == 0 && !password.session);
    CHECK_TEXT(password.product_key, "p1115X");
    CHECK_OK(password_open(&password, "d2c5Q1FsVWpwT1k3"));
    CHECK_TEXT(password.device_key, "867123045678901");
    CHECK_TEXT(password.random, "BAXDPbyX7ps5VkPK");
    CHECK_OK(password_verify(&password, "867123045678901", "d2c5Q1FsVWpwT1k3"));
    CHECK(password_verify(&password, "867123045678902", "d2c5Q1FsVWpwT1k3") == E_DENIED);
    CHECK(password_verify(&password, "867123045678901", "d2c5Q1FsVWpwT1k4") == E_DENIED);
}

static void test_type0_refused(void)
{
    static const struct {
        const char *name;
        const char *sealed;
        const char *product_secret;
    } rows[] = {
        {"other secret", SEALED, "d2c5Q1FsVWpwT1k4"},    {"no base64", "a-b_", "secret"},
        {"padding in the middle", "QQ==QUFB", "secret"}, {"blanks", "QUFB QUFB", "secret"},
        {"no whole block", "QUFBQUFB", "secret"},        {"odd length", "QUFBQ", "secret"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "0;0000;pk;%s", rows[i].sealed);
        struct password password;
        CHECK_OK(password_parse(text, strlen(text), &password));
        enum status status = password_open(&password, rows[i].product_secret);
        CHECK_ROW(rows[i].name, status == E_CRYPTO || status == E_FORMAT);
        CHECK_ROW(rows[i].name, password.device_key[0] == '\0');
    }
}

static void test_makes_what_it_opens(void)
{
    static const char *const secrets[] = {"x", "short", "0123456789abcdef", "0123456789abcdefghij",
                                          "PS0123456789012345678901234567ab"};
    for (size_t i = 0; i < COUNT(secrets); i++) {
        char text[PASSWORD_LIMIT];
        struct password password;
        CHECK_OK(password_make_type0(true, "pk", secrets[i], "AABBCCDDEEFF", "1LbXsN9KejOLXhU2", text, sizeof text));
        CHECK_OK(password_parse(text, strlen(text), &password));
        CHECK_ROW(secrets[i], password.session && password_open(&password, secrets[i]) == OK);
        CHECK_ROW(secrets[i], password_verify(&password, "AABBCCDDEEFF", secrets[i]) == OK);
        CHECK_OK(password_make_type1(false, "ds", secrets[i], "1LbXsN9KejOLXhU2", text, sizeof text));
        CHECK_OK(password_parse(text, strlen(text), &password));
        CHECK_ROW(secrets[i], !password.session && password_verify(&password, "ds", secrets[i]) == OK);
        CHECK_ROW(secrets[i], password_verify(&password, "dS", secrets[i]) == E_DENIED);
    }
}

static void test_room(void)
{
    char text[16] = "old";
    CHECK(password_make_type1(true, "ds", "ps", "1LbXsN9KejOLXhU2", text, sizeof text) == E_LIMIT);
    CHECK_TEXT(text, "old");
}

static void test_random_form(void)
{
    CHECK(password_random_is_valid("1LbXsN9KejOLXhU2"));
    CHECK(!password_random_is_valid("1LbXsN9KejOLXhU"));
    CHECK(!password_random_is_valid("1LbXsN9KejOLXhU22"));
    CHECK(!password_random_is_valid("1LbXsN9KejOLXhU+"));
}

int main(void)
{
    static const struct test_case cases[] = {{"form", test_form},
                                             {"type 0", test_type0},
                                             {"type 0 refused", test_type0_refused},
                                             {"makes what it opens", test_makes_what_it_opens},
                                             {"room for the text", test_room},
                                             {"form of random", test_random_form},
                                             {0}};
    return suite_run("password", cases);
}
