/* Which connections are too slow, on a clock of our own. */
#include <sys/socket.h>
#include <unistd.h>

#include "base/instant.h"
#include "http/connection.h"
#include "support/suite.h"

enum { SLOW_MS = 10000, IDLE_MS = 60000 };

static struct connections *connections;
static struct connection *connection;
static int ends[2];

static void open_one(void)
{
    CHECK_OK(connections_create(2, SLOW_MS, IDLE_MS, &connections));
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    CHECK_OK(connection_open(connections, ends[0], NULL, NULL, false, &connection));
}

static void close_one(void)
{
    connection_close(connection);
    connections_destroy(connections);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* The other end reads the end of the stream. */
static bool is_shut(void)
{
    char byte;
    return recv(ends[1], &byte, 1, MSG_DONTWAIT) == 0;
}

/* Nothing at `before` ms from now, shut down at `after`. */
static void check_edge(const char *name, int64_t before, int64_t after)
{
    int64_t now = monotonic_ms();
    CHECK_ROW(name, connections_sweep(connections, now + before) == 0 && !is_shut());
    CHECK_ROW(name, connections_sweep(connections, now + after) == 1 && is_shut());
    CHECK_ROW(name, connections_sweep(connections, now + after + 1) == 0); /* once is enough */
    int64_t open = 0;
    int64_t refused = 0;
    int64_t slow = 0;
    connections_count(connections, &open, &refused, &slow);
    CHECK_ROW(name, open == 1 && refused == 0 && slow == 1);
}

static void test_header(void)
{
    open_one();
    check_edge("header", SLOW_MS - 1000, SLOW_MS + 1000);
    close_one();
}

static void test_body(void)
{
    open_one();
    connection_header_came(connection);
    connection_body_came(connection, 5000); /* five seconds more */
    check_edge("body", SLOW_MS + 4000, SLOW_MS + 6000);
    close_one();
}

static void test_idle(void)
{
    open_one();
    connection_header_came(connection);
    connection_answers(connection);
    CU_ASSERT_EQUAL(connections_sweep(connections, monotonic_ms() + 100 * IDLE_MS),
                    0); /* a download may take its time */
    connection_request_over(connection, true);
    check_edge("idle", IDLE_MS - 1000, IDLE_MS + 1000);
    close_one();
}

static void test_room(void)
{
    struct connection *second = NULL;
    open_one();
    CHECK(connections_have_room(connections));
    CHECK_OK(connection_open(connections, ends[1], NULL, NULL, true, &second));
    CHECK(!connections_have_room(connections));
    CHECK(connection_is_secure(second) && !connection_is_secure(connection));
    connection_close(second);
    CHECK(connections_have_room(connections));
    close_one();
}

static void test_answer(void)
{
    int64_t bytes = 0;
    open_one();
    connection_note_answer(connection, 206, 77);
    CU_ASSERT_EQUAL(connection_answer(connection, &bytes), 206);
    CU_ASSERT_EQUAL(bytes, 77);
    connection_header_came(connection); /* the next request */
    CU_ASSERT_EQUAL(connection_answer(connection, &bytes), 0);
    close_one();
}

int main(void)
{
    static const struct test_case cases[] = {{"header", test_header}, {"body", test_body},     {"idle", test_idle},
                                             {"room", test_room},     {"answer", test_answer}, {0}};
    return suite_run("connection", cases);
}
