/* Faults of the point http.firmware, each proved on the wire: bytes, header, time, how the connection ends. */
#include "house.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/faults.h"
#include "app/firmware_table.h"
#include "app/journal.h"
#include "base/instant.h"
#include "crypto/digest.h"

enum {
    SIZE = 1024 * 1024,
    HALF = SIZE / 2,
    ANSWER = SIZE + 64 * 1024 /* with the header */,
    HUGE_SIZE = 32 * 1024 * 1024
};

#define TOKEN   "AAAAAAAAAAAAAAAAAAAAA"
#define PATH_OF "/firmware/" TOKEN

static struct house house;
static char *bytes;

/* Puts a token whose last letter is `letter`, of attempt 1 of a device. */
static void put(char letter, int64_t size)
{
    struct firmware_entry entry = {
        .size = size,
        .extension = ".bin",
        .name = "a.bin",
        .subject = {.attempt = 1, .product_key = "demo", .device_key = "8671", .component_no = "STM32"}};
    (void)snprintf(entry.token, sizeof entry.token, TOKEN "%c", letter);
    (void)snprintf(entry.path, sizeof entry.path, "%s/files/firmware%c", house.folder, letter);
    struct digests digests;
    CHECK_OK(digest_bytes(bytes, (size_t)size, &digests));
    memcpy(entry.sha256, digests.sha256, sizeof entry.sha256);
    FILE *file = fopen(entry.path, "wb");
    CHECK_FATAL(file != NULL);
    CHECK(fwrite(bytes, 1, (size_t)size, file) == (size_t)size);
    CHECK(fclose(file) == 0);
    CHECK_OK(firmware_table_put(app_firmware_table(house.app), &entry));
}

static void arm(const char *action, const char *others)
{
    char body[512];
    (void)snprintf(body, sizeof body, "{\"point\": \"http.firmware\", \"action\": %s%s}", action, others);
    json_decref(rest(&house, "POST", "/api/v1/faults", body, 201));
}

/* The only fault that is armed has fired as often as it may. */
static bool is_exhausted(void)
{
    json_t *list = rest(&house, "GET", "/api/v1/faults", NULL, 200);
    bool exhausted = json_is_true(json_object_get(json_array_get(json_object_get(list, "items"), 0), "exhausted"));
    json_decref(list);
    return exhausted;
}

static void clear(void)
{
    json_decref(rest(&house, "DELETE", "/api/v1/faults", NULL, 204));
}

struct answer_seen {
    char *bytes;
    size_t length;
    size_t head; /* length of status line and headers; 0: none came */
    int error;   /* errno of the last read; 0: the other end closed */
    int64_t header_ms;
    int64_t total_ms;
};

static int ask_device(const char *path, const char *range)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(http_server_port(house.server))};
    struct timeval patience = {.tv_sec = 20};
    char request[512];
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_FATAL(fd >= 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    CHECK_FATAL(connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost:localhost:80\r\nAccept-Ranges: bytes\r\nRange: bytes=%s\r\n\r\n",
                          path, range);
    CHECK(send(fd, request, (size_t)length, 0) == length);
    return fd;
}

/* Reads until the connection ends, or all that a Content-Length promises has come. */
static void read_answer(int fd, struct answer_seen *seen)
{
    int64_t begin = monotonic_ms();
    *seen = (struct answer_seen){.bytes = calloc(1, ANSWER + 1)};
    CHECK_FATAL(seen->bytes != NULL);
    size_t whole = ANSWER;
    while (seen->length < whole) {
        ssize_t got = recv(fd, seen->bytes + seen->length, whole - seen->length, 0);
        if (got <= 0) {
            seen->error = got < 0 ? errno : 0;
            break;
        }
        seen->length += (size_t)got;
        const char *end = seen->head == 0 ? strstr(seen->bytes, "\r\n\r\n") : NULL;
        if (end != NULL) {
            seen->head = (size_t)(end - seen->bytes) + 4;
            seen->header_ms = monotonic_ms() - begin;
            const char *promise = strstr(seen->bytes, "Content-Length: ");
            if (promise != NULL && promise < end) {
                whole = seen->head + (size_t)strtoul(promise + 16, NULL, 10);
            }
        }
    }
    seen->total_ms = monotonic_ms() - begin;
    (void)close(fd);
}

static void fetch(const char *path, const char *range, struct answer_seen *seen)
{
    read_answer(ask_device(path, range), seen);
}

static size_t body_of(const struct answer_seen *seen)
{
    return seen->length - seen->head;
}

static bool head_has(const struct answer_seen *seen, const char *text)
{
    char *head = strndup(seen->bytes, seen->head);
    bool found = head != NULL && strstr(head, text) != NULL;
    free(head);
    return found;
}

/* Each action: what comes of a request for the whole file. */
static void test_each_action(void)
{
    static const struct {
        const char *action;
        const char *first; /* the answer begins with it; NULL: no answer comes */
        const char *has;   /* the header has it */
        const char *lacks; /* and lacks this */
        size_t body;       /* bytes of the body that come */
        int error;
    } rows[] = {
        {"{\"type\": \"status\", \"code\": 301}", "HTTP/1.1 301 ", "Location: /firmware/" TOKEN "1.bin\r\n", NULL, 0,
         0},
        {"{\"type\": \"status\", \"code\": 302, \"location\": \"http://h.x/\"}", "HTTP/1.1 302 ",
         "Location: http://h.x/\r\n", NULL, 0, 0},
        {"{\"type\": \"status\", \"code\": 401}", "HTTP/1.1 401 ", "Content-Length: 0", "Location", 0, 0},
        {"{\"type\": \"status\", \"code\": 403}", "HTTP/1.1 403 ", "Content-Length: 0", NULL, 0, 0},
        {"{\"type\": \"status\", \"code\": 404}", "HTTP/1.1 404 ", "Content-Length: 0", NULL, 0, 0},
        {"{\"type\": \"status\", \"code\": 500}", "HTTP/1.1 500 ", "Content-Length: 0", NULL, 0, 0},
        {"{\"type\": \"status\", \"code\": 416}", "HTTP/1.1 416 ", "Content-Range: bytes */1048576", NULL, 0, 0},
        {"{\"type\": \"status\", \"code\": 503, \"retryAfter\": 7}", "HTTP/1.1 503 ", "Retry-After: 7\r\n", NULL, 0, 0},
        {"{\"type\": \"reset\"}", NULL, NULL, NULL, 0, ECONNRESET},
        {"{\"type\": \"reset\", \"afterBytes\": 1000}", "HTTP/1.1 206 ", "Content-Length: 1048576\r\n", NULL, 1000,
         ECONNRESET},
        {"{\"type\": \"closeBeforeHeader\"}", NULL, NULL, NULL, 0, 0},
        {"{\"type\": \"cut\", \"atByte\": \"50%\"}", "HTTP/1.1 206 ", "Content-Length: 1048576\r\n", NULL, HALF, 0},
        {"{\"type\": \"cut\", \"atByte\": 1}", "HTTP/1.1 206 ", "Content-Length: 1048576\r\n", NULL, 1, 0},
        {"{\"type\": \"shortBody\", \"bytes\": 777}", "HTTP/1.1 206 ", "Content-Length: 777\r\n", NULL, 777, 0},
        {"{\"type\": \"expire\", \"atByte\": 4096}", "HTTP/1.1 206 ", "Content-Length: 1048576\r\n", NULL, 4096, 0},
        {"{\"type\": \"ignoreRange\"}", "HTTP/1.1 200 OK", "Content-Length: 1048576\r\n", "Content-Range", SIZE, 0},
        {"{\"type\": \"noContentLength\"}", "HTTP/1.1 206 ", "Content-Range: bytes 0-1048575/1048576", "ontent-Length",
         SIZE, 0},
        {"{\"type\": \"lowerCaseContentLength\"}", "HTTP/1.1 206 ", "content-length: 1048576\r\n", "Content-Length",
         SIZE, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_seen seen;
        char path[64];
        char letter = rows[i].action[10] == 'e' && rows[i].action[11] == 'x' ? '2' : '1'; /* expire uses its token up */
        (void)snprintf(path, sizeof path, PATH_OF "%c.bin", letter);
        arm(rows[i].action, "");
        fetch(path, "0-1048575", &seen);
        clear();
        CHECK_ROW(rows[i].action, (rows[i].first == NULL) == (seen.length == 0));
        CHECK_ROW(rows[i].action,
                  rows[i].first == NULL || strncmp(seen.bytes, rows[i].first, strlen(rows[i].first)) == 0);
        CHECK_ROW(rows[i].action, rows[i].has == NULL || head_has(&seen, rows[i].has));
        CHECK_ROW(rows[i].action, rows[i].lacks == NULL || !head_has(&seen, rows[i].lacks));
        CHECK_ROW(rows[i].action, body_of(&seen) == rows[i].body);
        CHECK_ROW(rows[i].action, memcmp(seen.bytes + seen.head, bytes, body_of(&seen)) == 0);
        CHECK_ROW(rows[i].action, seen.error == rows[i].error);
        free(seen.bytes);
    }
    struct answer_seen gone;
    fetch(PATH_OF "2.bin", "0-1048575", &gone);
    CHECK(strncmp(gone.bytes, "HTTP/1.1 410 ", 13) == 0);
    free(gone.bytes);
}

static void test_changed_bytes(void)
{
    struct answer_seen seen;
    struct answer_seen again;
    arm("{\"type\": \"flipByte\", \"atByte\": 70000}", "");
    fetch(PATH_OF "1.bin", "0-1048575", &seen);
    clear();
    size_t wrong = 0;
    for (size_t i = 0; i < SIZE; i++) {
        wrong += seen.bytes[seen.head + i] != bytes[i] ? 1 : 0;
    }
    CHECK(body_of(&seen) == SIZE && wrong == 1 && seen.bytes[seen.head + 70000] != bytes[70000]);
    free(seen.bytes);
    arm("{\"type\": \"rangeOffByOne\"}", "");
    fetch(PATH_OF "1.bin", "100-199", &seen);
    clear();
    CHECK(body_of(&seen) == 100 && memcmp(seen.bytes + seen.head, bytes + 101, 100) == 0);
    CHECK(head_has(&seen, "Content-Range: bytes 100-199/1048576\r\n"));
    free(seen.bytes);
    arm("{\"type\": \"randomBytes\"}", "");
    fetch(PATH_OF "1.bin", "0-9999", &seen);
    fetch(PATH_OF "1.bin", "0-9999", &again);
    clear();
    CHECK(body_of(&seen) == 10000 && memcmp(seen.bytes + seen.head, bytes, 10000) != 0);
    CHECK(memcmp(seen.bytes + seen.head, again.bytes + again.head, 10000) == 0);
    free(seen.bytes);
    free(again.bytes);
}

static void test_chunked(void)
{
    struct answer_seen seen;
    arm("{\"type\": \"chunked\"}", "");
    fetch(PATH_OF "1.bin", "0-99", &seen);
    clear();
    CHECK(head_has(&seen, "Transfer-Encoding: chunked\r\n") && !head_has(&seen, "Content-Length"));
    CHECK(strncmp(seen.bytes + seen.head, "64\r\n", 4) == 0);
    CHECK(memcmp(seen.bytes + seen.head + 4, bytes, 100) == 0);
    CHECK_TEXT(seen.bytes + seen.head + 104, "\r\n0\r\n\r\n");
    free(seen.bytes);
}

static void test_times(void)
{
    struct answer_seen seen;
    arm("{\"type\": \"headerDelay\", \"seconds\": 0.4}", "");
    fetch(PATH_OF "1.bin", "0-99", &seen);
    clear();
    CHECK(seen.header_ms >= 390 && body_of(&seen) == 100);
    free(seen.bytes);
    arm("{\"type\": \"stall\", \"atByte\": 1000, \"seconds\": 0.4}", "");
    int fd = ask_device(PATH_OF "1.bin", "0-1999");
    (void)usleep(200000);
    struct answer_seen first = {0};
    static char early[8192];
    ssize_t got = recv(fd, early, sizeof early, 0);
    const char *end = got > 0 ? memmem(early, (size_t)got, "\r\n\r\n", 4) : NULL;
    CHECK(end != NULL && early + got - (end + 4) == 1000);
    read_answer(fd, &first);
    CHECK(first.length == 1000 && first.total_ms >= 100 && memcmp(first.bytes, bytes + 1000, 1000) == 0);
    clear();
    free(first.bytes);
    arm("{\"type\": \"throttle\", \"bytesPerSecond\": 20000}", "");
    fetch(PATH_OF "1.bin", "0-9999", &seen);
    clear();
    CHECK(seen.total_ms >= 450 && body_of(&seen) == 10000 && memcmp(seen.bytes + seen.head, bytes, 10000) == 0);
    free(seen.bytes);
}

static void test_trigger_and_match(void)
{
    static const struct {
        const char *others;
        size_t bodies[3];
    } rows[] = {
        {", \"trigger\": {\"times\": 1}", {10, 100, 100}},
        {", \"trigger\": {\"skip\": 1, \"times\": 1}", {100, 10, 100}},
        {", \"match\": {\"deviceKey\": \"8671\", \"attempt\": 1}", {10, 10, 10}},
        {", \"match\": {\"deviceKey\": \"8671\", \"attempt\": 2}", {100, 100, 100}},
        {", \"match\": {\"componentNo\": \"ESP\"}", {100, 100, 100}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        arm("{\"type\": \"cut\", \"atByte\": 10}", rows[i].others);
        for (size_t k = 0; k < 3; k++) {
            struct answer_seen seen;
            fetch(PATH_OF "1.bin", "0-99", &seen);
            CHECK_ROW(rows[i].others, body_of(&seen) == rows[i].bodies[k]);
            free(seen.bytes);
        }
        clear();
    }
}

/* A byte that a range does not cover is not met. */
static void test_later_piece_is_whole(void)
{
    struct answer_seen seen;
    arm("{\"type\": \"cut\", \"atByte\": 10}", "");
    fetch(PATH_OF "1.bin", "50-99", &seen);
    clear();
    CHECK(body_of(&seen) == 50 && memcmp(seen.bytes + seen.head, bytes + 50, 50) == 0);
    free(seen.bytes);
}

/* The byte right behind a piece is the next piece's; behind the last byte of the file nothing is left to be flipped. */
static void test_edges_of_pieces(void)
{
    struct answer_seen seen;
    arm("{\"type\": \"flipByte\", \"atByte\": 100}", "");
    fetch(PATH_OF "1.bin", "50-99", &seen);
    CHECK(body_of(&seen) == 50 && memcmp(seen.bytes + seen.head, bytes + 50, 50) == 0);
    free(seen.bytes);
    fetch(PATH_OF "1.bin", "100-149", &seen);
    clear();
    CHECK(body_of(&seen) == 50 && seen.bytes[seen.head] == (char)(bytes[100] ^ 0xFF));
    CHECK(memcmp(seen.bytes + seen.head + 1, bytes + 101, 49) == 0);
    free(seen.bytes);
    arm("{\"type\": \"flipByte\", \"atByte\": \"100%\"}", "");
    fetch(PATH_OF "1.bin", "1048000-1048575", &seen);
    clear();
    CHECK(body_of(&seen) == 576 && seen.bytes[seen.head + 575] == (char)(bytes[SIZE - 1] ^ 0xFF));
    free(seen.bytes);
}

/* "100%": behind the last byte. */
static void test_at_the_end(void)
{
    static const char *const rows[] = {"{\"type\": \"reset\", \"afterBytes\": \"100%\"}",
                                       "{\"type\": \"stall\", \"atByte\": \"100%\", \"seconds\": 0.1}",
                                       "{\"type\": \"expire\", \"atByte\": \"100%\"}"};
    put('4', SIZE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_seen seen;
        arm(rows[i], ", \"trigger\": {\"times\": 1}");
        fetch(PATH_OF "4.bin", "1048000-1048575", &seen);
        CHECK_ROW(rows[i], body_of(&seen) == 576);
        free(seen.bytes);
        (void)usleep(50000);
        CHECK_ROW(rows[i], is_exhausted());
        clear();
    }
    struct answer_seen gone;
    fetch(PATH_OF "4.bin", "0-9", &gone);
    CHECK(strncmp(gone.bytes, "HTTP/1.1 410 ", 13) == 0);
    free(gone.bytes);
}

/* The client reads slowly; a fault that is armed in mid-download acts on it. */
static void test_open_download(void)
{
    static char sink[65536];
    put('3', HUGE_SIZE);
    int fd = ask_device(PATH_OF "3.bin", "0-33554431");
    CHECK(recv(fd, sink, 100, 0) == 100);
    arm("{\"type\": \"cut\", \"atByte\": 0}", "");
    int64_t total = 100;
    ssize_t got;
    while ((got = recv(fd, sink, sizeof sink, 0)) > 0) {
        total += got;
    }
    clear();
    (void)close(fd);
    CHECK(got == 0 && total < HUGE_SIZE);
}

static bool find_cut(void *context, const struct journal_entry *entry)
{
    bool *found = context;
    *found = *found || (strcmp(entry->word, "cut") == 0 && entry->code == 206 && entry->count == HALF &&
                        strcmp(entry->name, "GET " PATH_OF "1.bin") == 0 &&
                        strcmp(entry->range, "bytes=0-1048575") == 0 && strcmp(entry->device_key, "8671") == 0);
    return true;
}

static bool find_fault(void *context, const struct journal_entry *entry)
{
    bool *found = context;
    *found = *found || (strcmp(entry->word, "http.firmware") == 0 && strcmp(entry->name, "cut") == 0);
    return true;
}

static void look_into_journal(struct house *at, void *context)
{
    bool *found = context;
    uint64_t from = 0;
    struct journal_filter filter = {.kinds = 1U << JOURNAL_FIRMWARE};
    app_faults_tell(at->app);
    (void)app_journal_read(at->app, &filter, LIMIT_JOURNAL, find_cut, &found[0], &from);
    from = 0;
    filter.kinds = 1U << JOURNAL_FAULT;
    (void)app_journal_read(at->app, &filter, LIMIT_JOURNAL, find_fault, &found[1], &from);
}

static void test_journal(void)
{
    struct answer_seen seen;
    bool found[2] = {false, false};
    arm("{\"type\": \"cut\", \"atByte\": \"50%\"}", "");
    fetch(PATH_OF "1.bin", "0-1048575", &seen);
    free(seen.bytes);
    for (int i = 0; i < 100 && !found[0]; i++) {
        (void)usleep(10000);
        house_run(&house, look_into_journal, found);
    }
    clear();
    CHECK(found[0] && found[1]);
}

/* The server goes down while a download is held. */
static void test_close_while_held(void)
{
    arm("{\"type\": \"headerDelay\", \"seconds\": 3600}", "");
    int fd = ask_device(PATH_OF "1.bin", "0-99");
    (void)usleep(100000);
    int64_t begin = monotonic_ms();
    house_close(&house);
    CHECK(monotonic_ms() - begin < 3000);
    (void)close(fd);
}

static void test_open(void)
{
    house_open(&house, NULL);
    put('1', SIZE);
    put('2', SIZE);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"each action of http.firmware", test_each_action},
                                             {"changed bytes", test_changed_bytes},
                                             {"chunked", test_chunked},
                                             {"delay, stall, throttle", test_times},
                                             {"trigger and match", test_trigger_and_match},
                                             {"a later piece is whole", test_later_piece_is_whole},
                                             {"the edges of pieces", test_edges_of_pieces},
                                             {"behind the last byte", test_at_the_end},
                                             {"a fault acts on an open download", test_open_download},
                                             {"journal of firmware requests", test_journal},
                                             {"the server ends while a download is held", test_close_while_held},
                                             {0}};
    bytes = malloc(HUGE_SIZE);
    for (size_t i = 0; bytes != NULL && i < HUGE_SIZE; i++) {
        bytes[i] = (char)(i * 2654435761U >> 13);
    }
    int result = bytes == NULL ? 1 : suite_run("http door: faults", cases);
    free(bytes);
    return result;
}
