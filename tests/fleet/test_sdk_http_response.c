/* Every line of protocol.md 10.2 and 10.3; each answer whole and one byte at a time. */
#include "fleet/sdk_http_response.h"

#include <stdbool.h>

#include "base/limits.h"
#include "support/suite.h"

static const struct row {
    const char *name;
    const char *answer;
    enum status status;
    enum sdk_http_part part;
    const char *body;
} rows[] = {
    {"200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", OK, SDK_HTTP_COMPLETE, "hello"},
    {"206", "HTTP/1.1 206 X\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello", OK, SDK_HTTP_COMPLETE,
     "hello"},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", E_FORMAT, SDK_HTTP_BROKEN, ""},
    {"two spaces are no protocol", "HTTP/1.1\t200 OK\r\nContent-Length: 5\r\n\r\nhello", E_FORMAT, SDK_HTTP_BROKEN, ""},
    {"302", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", E_FORMAT, SDK_HTTP_BROKEN, ""},
    {"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", E_FORMAT, SDK_HTTP_BROKEN, ""},
    {"416", "HTTP/1.1 416 X\r\nContent-Length: 0\r\n\r\n", E_FORMAT, SDK_HTTP_BROKEN, ""},
    {"503", "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", E_FORMAT, SDK_HTTP_BROKEN, ""},
    {"201", "HTTP/1.1 201 X\r\nContent-Length: 1\r\n\r\nx", E_FORMAT, SDK_HTTP_BROKEN, ""},
    {"not HTTP", "SSH-2.0-x\r\n\r\n", E_FORMAT, SDK_HTTP_BROKEN, ""},
    {"lower case length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", E_AGAIN, SDK_HTTP_ENDLESS, "hello"},
    {"length without a space", "HTTP/1.1 200 OK\r\nContent-Length:5\r\n\r\nhello", E_AGAIN, SDK_HTTP_ENDLESS, "hello"},
    {"no length", "HTTP/1.1 200 OK\r\n\r\nhello", E_AGAIN, SDK_HTTP_ENDLESS, "hello"},
    {"first place anywhere", "HTTP/1.1 200 OK\r\nX-Original-Content-Length: 2\r\nContent-Length: 5\r\n\r\nhello", OK,
     SDK_HTTP_COMPLETE, "he"},
    {"length wins over chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello",
     OK, SDK_HTTP_COMPLETE, "5\r\n"},
    {"length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", OK, SDK_HTTP_COMPLETE, ""},
    {"behind the body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello", OK, SDK_HTTP_COMPLETE, "he"},
    {"body cut", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", E_AGAIN, SDK_HTTP_BODY, "hello"},
    {"header cut", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", E_AGAIN, SDK_HTTP_HEADER, ""},
    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", OK,
     SDK_HTTP_COMPLETE, "hello"},
    {"chunk of hex size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0A\r\n0123456789\r\n0\r\n\r\n", OK,
     SDK_HTTP_COMPLETE, "0123456789"},
    {"chunk extension", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=5\r\nx\r\n0\r\n\r\n", OK,
     SDK_HTTP_COMPLETE, "x"},
    {"trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n", OK,
     SDK_HTTP_COMPLETE, "x"},
    {"chunks not ended", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", E_AGAIN,
     SDK_HTTP_CHUNK_SIZE, "x"},
    {"chunk without size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", E_FORMAT, SDK_HTTP_BROKEN, ""},
    {"chunk of bad size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", E_FORMAT, SDK_HTTP_BROKEN,
     ""},
    {"chunk of huge size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789\r\n", E_FORMAT,
     SDK_HTTP_BROKEN, ""},
    {"chunk longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", E_FORMAT,
     SDK_HTTP_BROKEN, "x"},
    {"lower case chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n", E_AGAIN, SDK_HTTP_ENDLESS,
     "1\r\n"},
};

struct body {
    char bytes[64];
    size_t count;
};

static void sink(void *context, const uint8_t *bytes, size_t count)
{
    struct body *body = context;
    if (count < sizeof body->bytes - body->count) {
        memcpy(body->bytes + body->count, bytes, count);
        body->count += count;
    }
}

static void check_row(const struct row *row, size_t segment)
{
    struct sdk_http_response response;
    struct body body = {.count = 0};
    sdk_http_response_init(&response);
    enum status status = E_AGAIN;
    size_t length = strlen(row->answer);
    for (size_t i = 0; i < length; i += segment) {
        size_t count = length - i < segment ? length - i : segment;
        status = sdk_http_response_feed(&response, (const uint8_t *)row->answer + i, count, sink, &body);
    }
    CHECK_ROW(row->name, status == row->status);
    CHECK_ROW(row->name, response.part == row->part);
    CHECK_ROW(row->name, body.count == strlen(row->body) && memcmp(body.bytes, row->body, body.count) == 0);
    sdk_http_response_finish(&response);
}

static void test_answers(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row(&rows[i], strlen(rows[i].answer));
        check_row(&rows[i], 1);
        check_row(&rows[i], 3);
    }
}

static void test_header_limit(void)
{
    struct sdk_http_response response;
    struct body body = {.count = 0};
    static uint8_t filler[4096];
    memset(filler, 'a', sizeof filler);
    sdk_http_response_init(&response);
    enum status status = E_AGAIN;
    for (size_t sent = 0; sent <= LIMIT_DEVICE_HTTP_HEADER && status == E_AGAIN; sent += sizeof filler) {
        status = sdk_http_response_feed(&response, filler, sizeof filler, sink, &body);
    }
    CHECK(status == E_FORMAT);
    sdk_http_response_finish(&response);
}

static void check_request(uint32_t first, uint32_t length, const char *wanted)
{
    struct buffer out;
    buffer_init(&out, 1024);
    char range[SDK_HTTP_RANGE + 1];
    sdk_http_range(first, length, range);
    sdk_http_request_write(&out, "127.0.0.1", 34729, "/fw.bin", range);
    CHECK_TEXT(buffer_text(&out), wanted);
    buffer_finish(&out);
}

/* Vectors v292 and v293. */
static void test_request(void)
{
    check_request(
        0, 5000, "GET /fw.bin HTTP/1.1\r\nHost:127.0.0.1:34729\r\nAccept-Ranges: bytes\r\nRange: bytes=0-4999\r\n\r\n");
    check_request(
        2000, 2000,
        "GET /fw.bin HTTP/1.1\r\nHost:127.0.0.1:34729\r\nAccept-Ranges: bytes\r\nRange: bytes=2000-3999\r\n\r\n");
    check_request(0, 0, "GET /fw.bin HTTP/1.1\r\nHost:127.0.0.1:34729\r\nAccept-Ranges: bytes\r\n\r\n");
}

int main(void)
{
    static const struct test_case cases[] = {
        {"answers", test_answers}, {"header limit", test_header_limit}, {"request", test_request}, {0}};
    return suite_run("sdk_http_response", cases);
}
