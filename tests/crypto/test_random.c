#include "crypto/random.h"

#include "base/text.h"
#include "support/suite.h"

static void test_token(void)
{
    char first[LIMIT_TOKEN + 1];
    char second[LIMIT_TOKEN + 1];
    for (int i = 0; i < 200; i++) {
        CHECK_OK(random_token(first));
        CHECK(text_is_word(first, LIMIT_TOKEN, LIMIT_TOKEN, "-_"));
        CHECK_OK(random_token(second));
        CHECK(strcmp(first, second) != 0);
    }
}

static void test_device_secret(void)
{
    char secret[LIMIT_DEVICE_SECRET + 1];
    char other[LIMIT_DEVICE_SECRET + 1];
    CHECK_OK(random_device_secret(secret));
    CHECK_OK(random_device_secret(other));
    CHECK(strlen(secret) == 32 && strspn(secret, "0123456789abcdef") == 32);
    CHECK(strcmp(secret, other) != 0);
}

static void test_bytes(void)
{
    uint8_t bytes[64] = {0};
    uint8_t zeros[32] = {0};
    CHECK_OK(random_bytes(bytes, 32));
    CHECK(memcmp(bytes, zeros, 32) != 0);
    CHECK(memcmp(bytes + 32, zeros, 32) == 0);
}

static void test_equal(void)
{
    CHECK(secret_equal("", "") && secret_equal("abc", "abc"));
    CHECK(!secret_equal("abc", "abd") && !secret_equal("abc", "ab") && !secret_equal("", "a"));
}

int main(void)
{
    static const struct test_case cases[] = {{"token", test_token},
                                             {"device secret", test_device_secret},
                                             {"bytes", test_bytes},
                                             {"equal", test_equal},
                                             {0}};
    return suite_run("random", cases);
}
