#include "crypto/digest.h"

#include "base/text.h"
#include "support/suite.h"

static void test_known_values(void)
{
    struct digests digests;
    CHECK_OK(digest_bytes("123456789", 9, &digests));
    CHECK_TEXT(digests.md5, "25f9e794323b453885f5181f1b624d0b");
    CHECK_TEXT(digests.sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    CHECK_TEXT(digests.crc32, "cbf43926");
    CHECK_OK(digest_bytes(NULL, 0, &digests));
    CHECK_TEXT(digests.md5, "d41d8cd98f00b204e9800998ecf8427e");
    CHECK_TEXT(digests.crc32, "00000000");
}

static void test_pieces_give_the_same(void)
{
    uint8_t bytes[10000];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 31);
    }
    struct digests whole;
    struct digests pieces;
    CHECK_OK(digest_bytes(bytes, sizeof bytes, &whole));
    struct digest_stream *stream = NULL;
    CHECK_OK(digest_stream_create(&stream));
    for (size_t i = 0; i < sizeof bytes; i += 625) {
        CHECK_OK(digest_stream_add(stream, bytes + i, 625));
        CHECK_OK(digest_stream_add(stream, bytes, 0));
    }
    CHECK_OK(digest_stream_end(stream, &pieces));
    digest_stream_destroy(stream);
    CHECK_TEXT(pieces.md5, whole.md5);
    CHECK_TEXT(pieces.sha256, whole.sha256);
    CHECK_TEXT(pieces.crc32, whole.crc32);
    digest_stream_destroy(NULL);
}

static void test_sha256(void)
{
    uint8_t digest[32];
    char hex[65];
    CHECK_OK(sha256_bytes("abc", 3, digest));
    hex_encode(digest, sizeof digest, hex);
    CHECK_TEXT(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    static const struct test_case cases[] = {{"known values", test_known_values},
                                             {"pieces give the same", test_pieces_give_the_same},
                                             {"SHA-256", test_sha256},
                                             {0}};
    return suite_run("digest", cases);
}
