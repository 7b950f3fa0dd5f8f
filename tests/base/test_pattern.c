#include "base/pattern.h"
#include "support/suite.h"

/* The first blocks of splitmix64 with the states 0 and 1 (the published generator's own first outputs). */
static void test_known(void)
{
    static const uint8_t first[8] = {0xAF, 0xCD, 0x1D, 0x7B, 0x39, 0xA8, 0x20, 0xE2}; /* e220a8397b1dcdaf */
    uint8_t bytes[8];
    pattern_fill(0, 0, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(memcmp(bytes, first, sizeof first), 0);
}

/* Any piece is the same piece of the whole. */
static void test_pieces(void)
{
    uint8_t whole[100];
    pattern_fill(7, 0, whole, sizeof whole);
    for (size_t offset = 0; offset < 20; offset++) {
        for (size_t count = 0; count < 30; count++) {
            uint8_t piece[30];
            pattern_fill(7, (int64_t)offset, piece, count);
            CU_ASSERT_EQUAL(memcmp(piece, whole + offset, count), 0);
        }
    }
    uint8_t other[100];
    pattern_fill(8, 0, other, sizeof other);
    CU_ASSERT_NOT_EQUAL(memcmp(whole + 8, other + 8, 64), 0);
}

int main(void)
{
    static const struct test_case cases[] = {{"known", test_known}, {"pieces", test_pieces}, {0}};
    return suite_run("pattern", cases);
}
