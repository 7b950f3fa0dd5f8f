#include "house.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/firmware_table.h"
#include "base/instant.h"
#include "base/text.h"
#include "crypto/digest.h"

enum { SIZE = 8 * 1024 * 1024, PATIENCE_MS = 8000 };

#define TOKEN     "AAAAAAAAAAAAAAAAAAAAA"
#define FILE_PATH "/firmware/" TOKEN "1.bin"

static struct house house;
static char *bytes;

static void write_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "wb");
    CHECK_FATAL(file != NULL);
    CHECK(fwrite(bytes, 1, size, file) == size);
    CHECK(fclose(file) == 0);
}

/* Puts a token whose last letter is `letter`. */
static void put(char letter, const char *name, int64_t size)
{
    struct firmware_entry entry = {.size = size, .extension = ".bin"};
    (void)snprintf(entry.token, sizeof entry.token, TOKEN "%c", letter);
    (void)snprintf(entry.path, sizeof entry.path, "%s/files/firmware%c", house.folder, letter);
    (void)snprintf(entry.name, sizeof entry.name, "%s", name);
    struct digests digests;
    CHECK_OK(digest_bytes(bytes, (size_t)size, &digests));
    memcpy(entry.sha256, digests.sha256, sizeof entry.sha256);
    write_file(entry.path, (size_t)size);
    CHECK_OK(firmware_table_put(app_firmware_table(house.app), &entry));
}

static void get(const char *path, const char *header, struct reply *reply)
{
    const char *headers[] = {header, NULL};
    ask(&house, "GET", path, headers, NULL, reply);
}

static void test_whole(void)
{
    struct reply reply;
    get(FILE_PATH, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 200);
    CHECK(reply.body.length == SIZE && memcmp(reply.body.data, bytes, SIZE) == 0);
    CHECK(strstr(buffer_text(&reply.head), "\r\nContent-Length: 8388608\r\n") != NULL);
    CHECK(strstr(buffer_text(&reply.head), "HTTP/1.1 200") == buffer_text(&reply.head));
    CHECK_TEXT(reply_header(&reply, "Accept-Ranges"), "bytes");
    CHECK_TEXT(reply_header(&reply, "Transfer-Encoding"), "");
    CHECK_TEXT(reply_header(&reply, "Content-Encoding"), "");
    CHECK_TEXT(reply_header(&reply, "Content-Disposition"),
               "attachment; filename=\"f__r_1_.bin\"; filename*=UTF-8''f%C3%BCr%221%22.bin");
    reply_finish(&reply);
    ask(&house, "HEAD", FILE_PATH, NULL, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 200);
    CHECK_TEXT(reply_header(&reply, "Content-Length"), "8388608");
    CU_ASSERT_EQUAL(reply.body.length, 0);
    reply_finish(&reply);
}

static void test_ranges(void)
{
    static const struct {
        const char *range;
        long status;
        const char *content_range;
        size_t first;
        size_t length;
    } rows[] = {
        {"Range: bytes=0-0", 206, "bytes 0-0/8388608", 0, 1},
        {"Range: bytes=1000-1999", 206, "bytes 1000-1999/8388608", 1000, 1000},
        {"Range: bytes=8388600-", 206, "bytes 8388600-8388607/8388608", 8388600, 8},
        {"Range: bytes=8388600-99999999", 206, "bytes 8388600-8388607/8388608", 8388600, 8},
        {"Range: bytes=-5", 206, "bytes 8388603-8388607/8388608", 8388603, 5},
        {"Range: bytes=0-8388607", 206, "bytes 0-8388607/8388608", 0, SIZE},
        {"Range: bytes=8388608-", 416, "bytes */8388608", 0, 0},
        {"Range: bytes=-0", 416, "bytes */8388608", 0, 0},
        {"Range: bytes=5-2", 200, "", 0, SIZE},
        {"Range: lines=1-2", 200, "", 0, SIZE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply reply;
        get(FILE_PATH, rows[i].range, &reply);
        CHECK_ROW(rows[i].range, reply.status == rows[i].status);
        CHECK_ROW(rows[i].range, strcmp(reply_header(&reply, "Content-Range"), rows[i].content_range) == 0);
        if (rows[i].status != 416) {
            CHECK_ROW(rows[i].range, reply.body.length == rows[i].length &&
                                         memcmp(reply.body.data, bytes + rows[i].first, rows[i].length) == 0);
        }
        reply_finish(&reply);
    }
}

static void test_several_ranges(void)
{
    struct reply reply;
    get(FILE_PATH, "Range: bytes=10-19, -3", &reply);
    CU_ASSERT_EQUAL(reply.status, 206);
    CHECK(strstr(reply_header(&reply, "Content-Type"), "multipart/byteranges; boundary=") != NULL);
    char length[24];
    (void)snprintf(length, sizeof length, "%zu", reply.body.length);
    CHECK_TEXT(reply_header(&reply, "Content-Length"), length);
    const char *first = memmem(reply.body.data, reply.body.length, "bytes 10-19/8388608\r\n\r\n", 23);
    const char *second = memmem(reply.body.data, reply.body.length, "bytes 8388605-8388607/8388608\r\n\r\n", 33);
    CHECK_FATAL(first != NULL && second != NULL);
    CHECK(memcmp(first + 23, bytes + 10, 10) == 0);
    CHECK(memcmp(second + 33, bytes + SIZE - 3, 3) == 0);
    reply_finish(&reply);
}

static void test_conditions(void)
{
    struct reply reply;
    ask(&house, "HEAD", FILE_PATH, NULL, NULL, &reply);
    char etag[80];
    (void)snprintf(etag, sizeof etag, "%s", reply_header(&reply, "ETag"));
    reply_finish(&reply);
    CU_ASSERT_EQUAL(strlen(etag), 66);
    char line[160];
    (void)snprintf(line, sizeof line, "If-None-Match: \"x\", %s", etag);
    get(FILE_PATH, line, &reply);
    CU_ASSERT_EQUAL(reply.status, 304);
    CHECK_TEXT(reply_header(&reply, "ETag"), etag);
    reply_finish(&reply);
    (void)snprintf(line, sizeof line, "If-Range: %s", etag);
    const char *same[] = {line, "Range: bytes=0-9", NULL};
    ask(&house, "GET", FILE_PATH, same, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 206);
    reply_finish(&reply);
    static const char *const other[] = {"If-Range: \"other\"", "Range: bytes=0-9", NULL};
    ask(&house, "GET", FILE_PATH, other, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 200);
    CU_ASSERT_EQUAL(reply.body.length, SIZE);
    reply_finish(&reply);
}

static void test_links(void)
{
    static const struct {
        const char *path;
        long status;
    } rows[] = {
        {"/firmware/BBBBBBBBBBBBBBBBBBBBBB.bin", 404},
        {"/firmware/" TOKEN "1.zip", 404},
        {"/firmware/" TOKEN "1", 404},
        {"/firmware/" TOKEN "1.bin.zip", 404},
        {"/firmware/", 404},
        {"/firmware", 404},
        {"/firmware/../healthz", 404},
        {"/firmware/" TOKEN "2.bin", 410},
        {"/firmware/" TOKEN "3.bin", 500},
        {"/firmware/" TOKEN "4.bin", 500},
        {FILE_PATH "?a=b", 200},
        {"/firmware/%41"
         "AAAAAAAAAAAAAAAAAAAA1.bin",
         200},
    };
    put('2', "gone.bin", 10);
    firmware_table_expire(app_firmware_table(house.app), TOKEN "2");
    put('3', "changed.bin", 10);
    put('4', "short.bin", 10);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/files/firmware3", house.folder);
    bytes[0] ^= 1;
    write_file(path, 10);
    bytes[0] ^= 1;
    (void)snprintf(path, sizeof path, "%s/files/firmware4", house.folder);
    write_file(path, 9);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply reply;
        get(rows[i].path, NULL, &reply);
        CHECK_ROW(rows[i].path, reply.status == rows[i].status);
        reply_finish(&reply);
    }
}

static int open_socket(int receive_buffer)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(http_server_port(house.server))};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_FATAL(fd >= 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer) == 0);
    CHECK_FATAL(connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
    return fd;
}

static size_t read_up_to(int fd, size_t count)
{
    static char sink[65536];
    size_t seen = 0;
    while (seen < count) {
        ssize_t got = recv(fd, sink, count - seen < sizeof sink ? count - seen : sizeof sink, 0);
        if (got <= 0) {
            break;
        }
        seen += (size_t)got;
    }
    return seen;
}

/* Waits until the table says at least `least`; what it says then. */
static int64_t await_sent(const char *token, int64_t least)
{
    int64_t until = monotonic_ms() + PATIENCE_MS;
    int64_t sent = 0;
    do {
        (void)usleep(20000);
        sent = firmware_table_sent(app_firmware_table(house.app), token);
    } while (sent < least && monotonic_ms() < until);
    return sent;
}

/* The device's own request; it reads slowly, then leaves: what is told is what it got, not what was queued for it. */
static void test_progress_is_what_arrived(void)
{
    enum { WINDOW = 65536, READ = 2 * 1024 * 1024, OVER = 1024 * 1024 };
    put('5', "slow.bin", SIZE);
    int fd = open_socket(WINDOW);
    static const char request[] =
        "GET /firmware/" TOKEN "5.bin HTTP/1.1\r\nHost:127.0.0.1:80\r\nAccept-Ranges: bytes\r\n"
        "Range: bytes=0-8388607\r\n\r\n";
    CHECK(send(fd, request, sizeof request - 1, 0) == (ssize_t)sizeof request - 1);
    CU_ASSERT_EQUAL(read_up_to(fd, READ), READ);
    int64_t sent = await_sent(TOKEN "5", READ - OVER);
    CHECK(sent >= READ - OVER);
    CHECK(sent <= READ + OVER);
    (void)close(fd);
    CHECK(firmware_table_sent(app_firmware_table(house.app), TOKEN "5") < SIZE);
}

static void test_progress_reaches_the_end(void)
{
    static const struct {
        const char *name;
        const char *request;
        char letter;
        int64_t end;
    } rows[] = {
        {"kept open", "GET /firmware/" TOKEN "6.bin HTTP/1.1\r\nHost:a\r\n\r\n", '6', SIZE},
        {"closed by us", "GET /firmware/" TOKEN "7.bin HTTP/1.1\r\nHost:a\r\nConnection: close\r\n\r\n", '7', SIZE},
        {"HTTP/1.0", "GET /firmware/" TOKEN "8.bin HTTP/1.0\r\n\r\n", '8', SIZE},
        {"a piece", "GET /firmware/" TOKEN "9.bin HTTP/1.1\r\nHost:a\r\nRange: bytes=100-199\r\n\r\n", '9', 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put(rows[i].letter, "a.bin", SIZE);
        int fd = open_socket(1 << 20);
        CHECK(send(fd, rows[i].request, strlen(rows[i].request), 0) > 0);
        CHECK_ROW(rows[i].name, read_up_to(fd, (size_t)(rows[i].end == SIZE ? SIZE : 100)) > 0);
        char token[LIMIT_TOKEN + 1];
        (void)snprintf(token, sizeof token, TOKEN "%c", rows[i].letter);
        (void)shutdown(fd, SHUT_WR);
        (void)read_up_to(fd, SIZE);
        CHECK_ROW(rows[i].name, await_sent(token, rows[i].end) == rows[i].end);
        (void)close(fd);
    }
}

/* CUnit checks only within tests: so the house is opened and closed by the first and the last one. */
static void test_open(void)
{
    house_open(&house, NULL);
    put('1', "f\xc3\xbcr\"1\".bin", SIZE);
}

static void test_close(void)
{
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"the whole file", test_whole},
                                             {"ranges", test_ranges},
                                             {"several ranges", test_several_ranges},
                                             {"conditions", test_conditions},
                                             {"links", test_links},
                                             {"progress is what arrived", test_progress_is_what_arrived},
                                             {"progress reaches the end", test_progress_reaches_the_end},
                                             {"closes", test_close},
                                             {0}};
    bytes = malloc(SIZE);
    for (size_t i = 0; bytes != NULL && i < SIZE; i++) {
        bytes[i] = (char)(i * 2654435761U >> 13);
    }
    int result = bytes == NULL ? 1 : suite_run("http door: firmware", cases);
    free(bytes);
    return result;
}
