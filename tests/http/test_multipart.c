#include "support/suite.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "http/multipart.h"

/* What the handlers saw, written as name|file name|content; */
static struct buffer seen;

static enum status on_part(void *context, const char *name, const char *file_name)
{
    (void)context;
    buffer_append_format(&seen, "%s|%s|", name, file_name == NULL ? "-" : file_name);
    return strcmp(name, "refused") == 0 ? E_RULE : OK;
}

static enum status on_data(void *context, const void *bytes, size_t count)
{
    (void)context;
    CHECK(count > 0);
    buffer_append(&seen, bytes, count);
    return OK;
}

static enum status on_end(void *context)
{
    (void)context;
    buffer_append_text(&seen, ";");
    return OK;
}

static const struct multipart_handlers handlers = {on_part, on_data, on_end};

#define FORM            "multipart/form-data; boundary=B"
#define HEAD(name)      "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_HEAD(name) "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" name "\"\r\n\r\n"

/* Reads `body` in pieces of `piece` bytes. */
static enum status read_in_pieces(const char *type, const char *body, size_t piece)
{
    struct multipart *multipart = NULL;
    enum status status = multipart_create(type, &handlers, NULL, &multipart);
    buffer_clear(&seen);
    for (size_t at = 0, length = strlen(body); status == OK && at < length; at += piece) {
        status = multipart_add(multipart, body + at, length - at < piece ? length - at : piece);
    }
    if (status == OK) {
        status = multipart_end(multipart);
    }
    multipart_destroy(multipart);
    return status;
}

/* Each row is read whole and cut at every place: pieces of 1, 2, 3 ... bytes. */
static void test_table(void)
{
    static const struct {
        const char *name;
        const char *body;
        enum status expect;
        const char *seen;
    } rows[] = {
        {"one part", HEAD("a") "hello\r\n--B--\r\n", OK, "a|-|hello;"},
        {"no line end behind", HEAD("a") "hello\r\n--B--", OK, "a|-|hello;"},
        {"two parts", HEAD("a") "x\r\n" FILE_HEAD("f.bin") "y\r\n--B--\r\n", OK, "a|-|x;file|f.bin|y;"},
        {"empty part", HEAD("a") "\r\n--B--\r\n", OK, "a|-|;"},
        {"two empty parts of one name", FILE_HEAD("f") "\r\n" FILE_HEAD("f") "\r\n--B--", OK, "file|f|;file|f|;"},
        {"preamble and epilogue", "before\r\n" HEAD("a") "x\r\n--B--\r\nafter\r\n--B\r\n", OK, "a|-|x;"},
        {"boundary-like content", HEAD("a") "\r\n--\r\n-B\r\n--A\r\n\r\n\r--B\r\n--B--", OK,
         "a|-|\r\n--\r\n-B\r\n--A\r\n\r\n\r--B;"},
        {"begins with CR", HEAD("a") "\r\r\n--B--", OK, "a|-|\r;"},
        {"blanks behind the boundary", "--B \t\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--B--", OK,
         "a|-|x;"},
        {"name without quotes, other headers",
         "--B\r\nX: y\r\ncontent-disposition: form-data; name=a; filename=b\r\n"
         "Content-Type: x/y\r\n\r\nz\r\n--B--",
         OK, "a|b|z;"},
        {"escaped quote", "--B\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\nx\r\n--B--", OK, "a\"b|-|x;"},
        {"semicolon in quotes", FILE_HEAD("a;name=x.bin") "x\r\n--B--", OK, "file|a;name=x.bin|x;"},
        {"path of a client", FILE_HEAD("C:\\fw\\a.bin") "x\r\n--B--", OK, "file|a.bin|x;"},
        {"path upwards", FILE_HEAD("../../etc/passwd") "x\r\n--B--", OK, "file|passwd|x;"},
        {"no part at all", "--B--\r\n", OK, ""},
        {"nothing", "", E_TRUNCATED, ""},
        {"no boundary", "hello", E_TRUNCATED, ""},
        {"ends in a part", HEAD("a") "hel", E_TRUNCATED, NULL},
        {"ends behind a boundary", HEAD("a") "x\r\n--B", E_TRUNCATED, "a|-|x;"},
        {"ends in the headers", "--B\r\nContent-Dis", E_TRUNCATED, ""},
        {"no disposition", "--B\r\nContent-Type: a/b\r\n\r\nx\r\n--B--", E_FORMAT, ""},
        {"no headers", "--B\r\n\r\nx\r\n--B--", E_FORMAT, ""},
        {"no name", "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--", E_FORMAT, ""},
        {"not form-data", "--B\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--B--", E_FORMAT, ""},
        {"open quote", "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--B--", E_FORMAT, ""},
        {"closing after a blank", "--B --\r\n", E_FORMAT, ""},
        {"text behind the boundary", "--Bx\r\n\r\nx\r\n--B--", E_FORMAT, ""},
        {"bare line feed", "--B\r\rContent", E_FORMAT, ""},
        {"a handler refuses", HEAD("refused") "x\r\n--B--", E_RULE, "refused|-|"},
    };
    buffer_init(&seen, 65536);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t piece = 1; piece <= strlen(rows[i].body) + 1; piece++) {
            CHECK_ROW(rows[i].name, read_in_pieces(FORM, rows[i].body, piece) == rows[i].expect);
            CHECK_ROW(rows[i].name, rows[i].seen == NULL || strcmp(buffer_text(&seen), rows[i].seen) == 0);
        }
    }
    buffer_finish(&seen);
}

static void test_content_types(void)
{
    static const struct {
        const char *type;
        enum status expect;
    } rows[] = {
        {FORM, OK},
        {"Multipart/Form-Data;charset=x; Boundary=\"B\"", OK},
        {"multipart/form-data", E_FORMAT},
        {"multipart/form-data; boundary=", E_FORMAT},
        {"multipart/form-data; boundary=\"B", E_FORMAT},
        {"multipart/form-data; xboundary=B", E_FORMAT},
        {"multipart/mixed; boundary=B", E_FORMAT},
        {"multipart/form-data; boundary=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhh",
         E_FORMAT},
        {"text/plain", E_FORMAT},
        {"", E_FORMAT},
        {NULL, E_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct multipart *multipart = NULL;
        CHECK_ROW(rows[i].type == NULL ? "(none)" : rows[i].type,
                  multipart_create(rows[i].type, &handlers, NULL, &multipart) == rows[i].expect);
        multipart_destroy(multipart);
    }
}

static void test_headers_are_bounded(void)
{
    struct multipart *multipart = NULL;
    CHECK_OK(multipart_create(FORM, &handlers, NULL, &multipart));
    static char line[MULTIPART_HEADERS + 100];
    memset(line, 'x', sizeof line);
    CHECK_OK(multipart_add(multipart, "--B\r\n", 5));
    CU_ASSERT_EQUAL(multipart_add(multipart, line, sizeof line), E_LIMIT);
    CU_ASSERT_EQUAL(multipart_add(multipart, "\r\n\r\n", 4), E_LIMIT); /* sticks */
    multipart_destroy(multipart);
}

static void test_large_content(void)
{
    size_t size = 1000003;
    char *content = malloc(size);
    buffer_init(&seen, size + 65536);
    for (size_t i = 0; i < size; i++) {
        content[i] = "\r\n--B\r"[i % 7 % 6];
        content[i] = i % 11 == 0 ? 'x' : content[i] == 'B' ? 'C' : content[i];
    }
    struct multipart *multipart = NULL;
    CHECK_OK(multipart_create(FORM, &handlers, NULL, &multipart));
    CHECK_OK(multipart_add(multipart, HEAD("a"), strlen(HEAD("a"))));
    CHECK_OK(multipart_add(multipart, content, size));
    CHECK_OK(multipart_add(multipart, "\r\n--B--", 7));
    CHECK_OK(multipart_end(multipart));
    CHECK(seen.length == size + 5 && memcmp(seen.data + 4, content, size) == 0);
    multipart_destroy(multipart);
    buffer_finish(&seen);
    free(content);
}

int main(void)
{
    static const struct test_case cases[] = {{"table, cut at every place", test_table},
                                             {"content types", test_content_types},
                                             {"headers are bounded", test_headers_are_bounded},
                                             {"large content", test_large_content},
                                             {0}};
    return suite_run("http: multipart", cases);
}
