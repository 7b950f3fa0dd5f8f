#include "http/guard.h"

#include "support/suite.h"

static void test_host(void)
{
    static const struct {
        const char *host;
        bool loopback;
    } rows[] = {
        {"localhost", true},
        {"LocalHost:8080", true},
        {"127.0.0.1", true},
        {"127.0.0.1:80", true},
        {"127.1.2.3:8080", true},
        {"[::1]", true},
        {"[::1]:8080", true},
        {"app.localhost:1", true},
        {"", false},
        {"evil.example", false},
        {"127.evil.example", false},
        {"localhost.evil.example", false},
        {"127.0.0.1.evil.example", false},
        {"127.0.0.1:", false},
        {"127.0.0.1:x", false},
        {"localhost:99999", false},
        {"[::2]", false},
        {"[::1", false},
        {"10.0.0.1", false},
        {"evillocalhost", false},
        {"0.0.0.0:80", false},
        {"localhost:80 evil", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].host, guard_host_is_loopback(rows[i].host) == rows[i].loopback);
    }
}

static void test_origin(void)
{
    static const struct {
        const char *origin;
        const char *host;
        const char *public_url;
        bool ours;
    } rows[] = {
        {"http://127.0.0.1:8080", "127.0.0.1:8080", NULL, true},
        {"https://Lab:8443", "lab:8443", NULL, true},
        {"http://127.0.0.1:8081", "127.0.0.1:8080", NULL, false},
        {"http://evil.example", "127.0.0.1:8080", NULL, false},
        {"null", "127.0.0.1:8080", NULL, false},
        {"", "127.0.0.1:8080", NULL, false},
        {"http://lab.example", "10.0.0.1", "http://lab.example/", true},
        {"http://lab.example.evil", "10.0.0.1", "http://lab.example", false},
        {"http://lab.example", NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].origin,
                  guard_origin_is_ours(rows[i].origin, rows[i].host, rows[i].public_url) == rows[i].ours);
    }
}

static void test_port(void)
{
    CU_ASSERT_EQUAL(guard_host_port("a:80"), 80);
    CU_ASSERT_EQUAL(guard_host_port("[::1]:8080"), 8080);
    CU_ASSERT_EQUAL(guard_host_port("a"), 0);
    CU_ASSERT_EQUAL(guard_host_port("a:0"), 0);
    CU_ASSERT_EQUAL(guard_host_port("a:b"), 0);
}

int main(void)
{
    static const struct test_case cases[] = {{"host", test_host}, {"origin", test_origin}, {"port", test_port}, {0}};
    return suite_run("guard", cases);
}
