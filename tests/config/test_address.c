#include "config/address.h"

#include "support/suite.h"

struct row {
    const char *text;
    const char *host; /* NULL: refused */
    unsigned port;
    bool loopback;
};

static const struct row rows[] = {
    {"127.0.0.1:8080", "127.0.0.1", 8080, true},
    {"127.255.255.254:1", "127.255.255.254", 1, true},
    {"0.0.0.0:0", "0.0.0.0", 0, false},
    {"10.1.2.3:65535", "10.1.2.3", 65535, false},
    {"[::1]:1883", "::1", 1883, true},
    {"[::]:0", "::", 0, false},
    {"[fe80::1:2]:80", "fe80::1:2", 80, false},
    {"[::ffff:10.1.2.3]:80", "::ffff:10.1.2.3", 80, false},
    {"", NULL, 0, false},
    {":", NULL, 0, false},
    {"127.0.0.1", NULL, 0, false},
    {"127.0.0.1:", NULL, 0, false},
    {":8080", NULL, 0, false},
    {"[]:8080", NULL, 0, false},
    {"127.0.0.1:65536", NULL, 0, false},
    {"127.0.0.1:-1", NULL, 0, false},
    {"127.0.0.1:80a", NULL, 0, false},
    {"127.0.0.1: 80", NULL, 0, false},
    {"127.0.0:80", NULL, 0, false},
    {"256.0.0.1:80", NULL, 0, false},
    {"localhost:80", NULL, 0, false},
    {"::1:80", NULL, 0, false},
    {"[127.0.0.1]:80", NULL, 0, false},
    {"[::1:80", NULL, 0, false},
    {"::1]:80", NULL, 0, false},
    {"[fe80::1%eth0]:80", NULL, 0, false},
    {"127.0.0.1.................................................................:80", NULL, 0, false},
};

static void test_parse(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct address address = {.host = "kept", .port = 7};
        enum status status = address_parse(row->text, &address);
        if (row->host == NULL) {
            CHECK_ROW(row->text, status == E_FORMAT);
            CHECK_ROW(row->text, strcmp(address.host, "kept") == 0 && address.port == 7);
            continue;
        }
        CHECK_ROW(row->text, status == OK);
        CHECK_ROW(row->text, strcmp(address.host, row->host) == 0);
        CHECK_ROW(row->text, address.port == row->port);
        CHECK_ROW(row->text, address_is_loopback(&address) == row->loopback);
    }
}

/* What was read is written the same way. */
static void test_format(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address address;
        char text[80];
        if (address_parse(rows[i].text, &address) == OK) {
            CHECK_ROW(rows[i].text, address_format(&address, text, sizeof text) == text);
            CHECK_ROW(rows[i].text, strcmp(text, rows[i].text) == 0);
        }
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"parse", test_parse}, {"format", test_format}, {0}};
    return suite_run("address", cases);
}
