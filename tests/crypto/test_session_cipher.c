#include "crypto/session_cipher.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "support/suite.h"

static const uint8_t KEY[SESSION_KEY] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                         0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF};

static void test_known_value(void)
{
    uint8_t clear[16];
    size_t length = 0;
    char hex[129];
    CLEANUP(cleanup_buffer) struct buffer cipher = {.limit = 100};
    CHECK_OK(hex_decode("aaaa000a3d0005002468656c6c6f", clear, sizeof clear, &length));
    CHECK_OK(session_encrypt(KEY, clear, length, &cipher));
    hex_encode(cipher.data, cipher.length, hex);
    CHECK_TEXT(hex, "33117d768a8917ac48768c4ccd83e2ae");
}

static void test_every_length_comes_back(void)
{
    uint8_t clear[70];
    for (size_t i = 0; i < sizeof clear; i++) {
        clear[i] = (uint8_t)(i * 7);
    }
    for (size_t length = 0; length <= sizeof clear; length++) {
        CLEANUP(cleanup_buffer) struct buffer cipher = {.limit = 100};
        CLEANUP(cleanup_buffer) struct buffer back = {.limit = 100};
        CHECK_OK(session_encrypt(KEY, clear, length, &cipher));
        CHECK(cipher.length == (length / 16 + 1) * 16);
        CHECK_OK(session_decrypt(KEY, cipher.data, cipher.length, &back));
        CHECK(back.length == length && (length == 0 || memcmp(back.data, clear, length) == 0));
    }
}

static void test_refuses(void)
{
    uint8_t bytes[48] = {1, 2, 3};
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 100};
    CHECK(session_decrypt(KEY, bytes, 0, &out) == E_CRYPTO);
    CHECK(session_decrypt(KEY, bytes, 15, &out) == E_CRYPTO);
    CHECK(session_decrypt(KEY, bytes, 33, &out) == E_CRYPTO);
    CHECK(session_decrypt(KEY, bytes, 48, &out) == E_CRYPTO);
    CHECK(out.length == 0);
}

static void test_keeps_the_limit(void)
{
    uint8_t bytes[32] = {0};
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 40};
    CHECK(session_encrypt(KEY, bytes, sizeof bytes, &out) == E_LIMIT);
    CHECK(out.length == 0);
}

int main(void)
{
    static const struct test_case cases[] = {{"a known value", test_known_value},
                                             {"every length comes back", test_every_length_comes_back},
                                             {"refuses", test_refuses},
                                             {"keeps the limit", test_keeps_the_limit},
                                             {0}};
    return suite_run("session_cipher", cases);
}
