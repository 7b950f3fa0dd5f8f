#include "base/buffer.h"

#include "base/cleanup.h"
#include "support/suite.h"

static void test_appends(void)
{
    CLEANUP(cleanup_buffer) struct buffer buffer;
    buffer_init(&buffer, 1000);
    CHECK(buffer.length == 0 && buffer_status(&buffer) == OK);
    CHECK_TEXT(buffer_text(&buffer), "");
    buffer_append(&buffer, "ab", 2);
    buffer_append_text(&buffer, "cd");
    buffer_append_format(&buffer, "-%d-%s", 7, "x");
    buffer_append(&buffer, NULL, 0);
    CHECK(buffer.length == 8);
    CHECK_TEXT(buffer_text(&buffer), "abcd-7-x");
}

static void test_grows(void)
{
    CLEANUP(cleanup_buffer) struct buffer buffer;
    buffer_init(&buffer, 100000);
    for (int i = 0; i < 20000; i++) {
        buffer_append(&buffer, "12345", 5);
    }
    CHECK_OK(buffer_status(&buffer));
    CHECK(buffer.length == 100000);
    CHECK(memcmp(buffer.data + 99995, "12345", 5) == 0);
}

static void test_first_failure_sticks(void)
{
    CLEANUP(cleanup_buffer) struct buffer buffer;
    buffer_init(&buffer, 4);
    buffer_append(&buffer, "abc", 3);
    buffer_append(&buffer, "de", 2);
    CHECK(buffer_status(&buffer) == E_LIMIT);
    buffer_append(&buffer, "f", 1);
    CHECK(buffer.length == 3);
    CHECK_TEXT(buffer_text(&buffer), "");
    CHECK(buffer_reserve(&buffer, 1) == NULL);
    buffer_clear(&buffer);
    buffer_append(&buffer, "wxyz", 4);
    CHECK_OK(buffer_status(&buffer));
    CHECK(buffer.length == 4);
}

static void test_formats_up_to_the_limit(void)
{
    CLEANUP(cleanup_buffer) struct buffer buffer;
    buffer_init(&buffer, 8);
    buffer_append_format(&buffer, "%s", "1234567");
    CHECK_OK(buffer_status(&buffer));
    buffer_append_format(&buffer, "%s", "12");
    CHECK(buffer_status(&buffer) == E_LIMIT);
    CHECK(buffer.length == 7);
}

static void test_huge_count_does_not_wrap(void)
{
    CLEANUP(cleanup_buffer) struct buffer buffer;
    buffer_init(&buffer, 16);
    buffer_append(&buffer, "abcd", 4);
    CHECK(buffer_reserve(&buffer, SIZE_MAX) == NULL);
    CHECK(buffer_status(&buffer) == E_LIMIT);
}

static void test_consumes(void)
{
    CLEANUP(cleanup_buffer) struct buffer buffer;
    buffer_init(&buffer, 16);
    buffer_consume(&buffer, 0);
    buffer_append_text(&buffer, "abcdef");
    buffer_consume(&buffer, 2);
    CHECK_TEXT(buffer_text(&buffer), "cdef");
    buffer_consume(&buffer, 4);
    CHECK(buffer.length == 0);
}

static void test_finish_leaves_it_usable(void)
{
    struct buffer buffer;
    buffer_init(&buffer, 16);
    buffer_append_text(&buffer, "abc");
    buffer_finish(&buffer);
    CHECK(buffer.length == 0 && buffer.data == NULL && buffer.limit == 16);
    buffer_append_text(&buffer, "d");
    CHECK_TEXT(buffer_text(&buffer), "d");
    buffer_finish(&buffer);
    buffer_finish(NULL);
}

int main(void)
{
    static const struct test_case cases[] = {{"appends", test_appends},
                                             {"grows", test_grows},
                                             {"the first failure sticks", test_first_failure_sticks},
                                             {"formats up to the limit", test_formats_up_to_the_limit},
                                             {"a huge count does not wrap", test_huge_count_does_not_wrap},
                                             {"consumes", test_consumes},
                                             {"finish leaves it usable", test_finish_leaves_it_usable},
                                             {0}};
    return suite_run("buffer", cases);
}
