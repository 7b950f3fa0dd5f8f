#include "domain/product.h"

#include "violations_support.h"

static void test_check(void)
{
    static const struct {
        const char *name;
        struct product product;
        const char *expect;
    } rows[] = {
        {"good", {.name = "Pump", .key = "p1a2b3", .secret = "secret!1"}, ""},
        {"longest keys",
         {.name = "Pump", .key = "01234567890123456789012345678901", .secret = "01234567890123456789012345678901"},
         ""},
        {"all empty", {.name = ""}, "/name /productKey /productSecret"},
        {"sign in the key", {.name = "Pump", .key = "p-1", .secret = "s"}, "/productKey"},
        {"semicolon in the secret", {.name = "Pump", .key = "p1", .secret = "a;b"}, "/productSecret"},
        {"control character in the name", {.name = "a\tb", .key = "p1", .secret = "s"}, "/name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct violations violations = {0};
        product_check(&rows[i].product, &violations);
        check_pointers(rows[i].name, &violations, rows[i].expect);
    }
}

static void test_lengths(void)
{
    CHECK(product_key_is_valid("01234567890123456789012345678901"));
    CHECK(!product_key_is_valid("012345678901234567890123456789012"));
    CHECK(product_secret_is_valid("01234567890123456789012345678901"));
    CHECK(!product_secret_is_valid("012345678901234567890123456789012"));
}

int main(void)
{
    static const struct test_case cases[] = {{"check", test_check}, {"lengths", test_lengths}, {0}};
    return suite_run("product", cases);
}
