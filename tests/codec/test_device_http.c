#include "codec/device_http.h"

#include "base/cleanup.h"
#include "support/suite.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define HEAD        "GET /fw.bin HTTP/1.1\r\nHost:127.0.0.1:34729\r\nAccept-Ranges: bytes\r\n"

static void test_request(void)
{
    static const char text[] = HEAD "Range: bytes=2000-3999\r\n\r\n";
    struct device_request request;
    CHECK_OK(device_request_read(text, strlen(text), &request));
    CHECK_TEXT(request.path, "/fw.bin");
    CHECK_TEXT(request.host, "127.0.0.1");
    CHECK(request.port == 34729 && request.has_range && request.first == 2000 && request.last == 3999);
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    device_request_write(&out, &request);
    CHECK_TEXT(buffer_text(&out), text);
}

static void test_requests_of_others(void)
{
    static const struct {
        const char *name;
        const char *text;
        enum status expect;
    } rows[] = {
        {"without range", HEAD "\r\n", OK},
        {"HTTP/1.0", "GET /fw.bin HTTP/1.0\r\nHost:h.nn:80\r\nAccept-Ranges: bytes\r\n\r\n", E_FORMAT},
        {"blank behind Host", "GET /f HTTP/1.1\r\nHost: h.nn:80\r\nAccept-Ranges: bytes\r\n\r\n", E_FORMAT},
        {"no port", "GET /f HTTP/1.1\r\nHost:h.nn\r\nAccept-Ranges: bytes\r\n\r\n", E_FORMAT},
        {"port too large", "GET /f HTTP/1.1\r\nHost:h.nn:65536\r\nAccept-Ranges: bytes\r\n\r\n", E_FORMAT},
        {"no path", "GET f HTTP/1.1\r\nHost:h.nn:1\r\nAccept-Ranges: bytes\r\n\r\n", E_FORMAT},
        {"open range", HEAD "Range: bytes=5-\r\n\r\n", E_FORMAT},
        {"range backwards", HEAD "Range: bytes=5-4\r\n\r\n", E_FORMAT},
        {"huge range", HEAD "Range: bytes=0-99999999999999999999\r\n\r\n", E_FORMAT},
        {"another field", HEAD "Accept: */*\r\n\r\n", E_FORMAT},
        {"body", HEAD "\r\nx", E_FORMAT},
        {"cut", HEAD, E_FORMAT},
        {"empty", "", E_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct device_request request;
        CHECK_ROW(rows[i].name, device_request_read(rows[i].text, strlen(rows[i].text), &request) == rows[i].expect);
    }
}

static void test_answers(void)
{
    static const struct {
        const char *name;
        const char *head;
        enum status expect;
        enum device_body body;
        uint64_t length;
    } rows[] = {
        {"whole", "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", OK, DEVICE_BODY_LENGTH, 5000},
        {"part", "HTTP/1.1 206 X\r\nContent-Range: bytes 0-9/50\r\nContent-Length: 10\r\n\r\n", OK, DEVICE_BODY_LENGTH,
         10},
        {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", OK, DEVICE_BODY_CHUNKED, 0},
        {"lower case", "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n", OK, DEVICE_BODY_ENDLESS, 0},
        {"no blank", "HTTP/1.1 200 OK\r\nContent-Length:5000\r\n\r\n", OK, DEVICE_BODY_ENDLESS, 0},
        {"first occurrence", "HTTP/1.1 200 OK\r\nX-Original-Content-Length: 10\r\nContent-Length: 5000\r\n\r\n", OK,
         DEVICE_BODY_LENGTH, 10},
        {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5000\r\n\r\n", E_RULE, 0, 0},
        {"redirect", "HTTP/1.1 302 Found\r\n\r\n", E_RULE, 0, 0},
        {"not found", "HTTP/1.1 404 Not Found\r\n\r\n", E_RULE, 0, 0},
        {"empty", "", E_RULE, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct device_answer answer = {0};
        CHECK_ROW(rows[i].name, device_answer_read(rows[i].head, strlen(rows[i].head), &answer) == rows[i].expect);
        CHECK_ROW(rows[i].name, answer.body == rows[i].body && answer.body_length == rows[i].length);
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        {"a request", test_request}, {"requests of others", test_requests_of_others}, {"answers", test_answers}, {0}};
    return suite_run("device_http", cases);
}
