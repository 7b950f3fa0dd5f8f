#include "codec/device_url.h"

#include "support/suite.h"

static void test_urls(void)
{
    static const struct {
        const char *url;
        enum status expect;
        const char *host;
        uint16_t port;
        bool tls;
        const char *path;
    } rows[] = {
        {"http://127.0.0.1:8080/firmware/Zr3.bin", OK, "127.0.0.1", 8080, false, "/firmware/Zr3.bin"},
        {"127.0.0.1:1883", OK, "127.0.0.1", 1883, false, "/"},
        {"h.nn/p?u=https://z", OK, "h.nn", 0, true, "/p?u=https://z"},
        {"HTTPS://hh.nn/x", OK, "hh.nn", 0, true, "/x"},
        {"http://hh.nn?x=1", OK, "hh.nn?x=1", 0, false, "/"},
        {"http://hh.nn:99999/x", OK, "hh.nn", 34463, false, "/x"},
        {"http://hh.nn:/x", OK, "hh.nn", 0, false, "/x"},
        {"http://hh.nn", OK, "hh.nn", 0, false, "/"},
        {"http://localhost/x", E_RULE, "localhost", 0, false, "/"},
        {"http://a.c/", E_RULE, "a.c", 0, false, "/"},
        {"http://[::1]:80/x", E_RULE, "[", 0, false, "/"},
        {"http://user:pw@hh.nn/x", E_RULE, "user", 0, false, "/"},
        {"", E_RULE, "", 0, false, "/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct device_url url;
        CHECK_ROW(rows[i].url, device_url_parse(rows[i].url, &url) == rows[i].expect);
        CHECK_ROW(rows[i].url, strcmp(url.host, rows[i].host) == 0 && url.port == rows[i].port);
        CHECK_ROW(rows[i].url, strcmp(url.path, rows[i].path) == 0 && url.tls == rows[i].tls);
    }
}

static void test_lengths(void)
{
    struct device_url url;
    char text[LIMIT_DEVICE_URL + 2];
    memset(text, 'a', sizeof text);
    text[61] = '.';
    text[63] = '\0';
    CHECK_OK(device_url_parse(text, &url));
    text[63] = 'a';
    text[64] = '\0';
    CHECK(device_url_parse(text, &url) == E_RULE);
    memset(text, 'a', sizeof text);
    memcpy(text, "h.nn/", 5);
    text[LIMIT_DEVICE_URL] = '\0';
    CHECK_OK(device_url_parse(text, &url));
    CHECK(strlen(url.path) == LIMIT_DEVICE_URL - 4);
    text[LIMIT_DEVICE_URL] = 'a';
    text[LIMIT_DEVICE_URL + 1] = '\0';
    CHECK(device_url_parse(text, &url) == E_LIMIT);
}

int main(void)
{
    static const struct test_case cases[] = {{"URLs", test_urls}, {"lengths", test_lengths}, {0}};
    return suite_run("device_url", cases);
}
