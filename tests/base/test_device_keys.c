#include "base/device_keys.h"

#include "support/suite.h"

static void test_rows(void)
{
    static const struct {
        const char *first;
        size_t steps;
        enum status status;
        const char *key; /* "old": untouched */
    } rows[] = {
        {"867000000000001", 0, OK, "867000000000001"},
        {"867000000000001", 8, OK, "867000000000009"},
        {"867000000000001", 9, OK, "867000000000010"},
        {"867000000000999", 49001, OK, "867000000050000"},
        {"PUMP0099", 1, OK, "PUMP0100"},
        {"PUMP99", 1, E_LIMIT, "old"},
        {"PUMP", 0, OK, "PUMP"},
        {"PUMP", 1, E_LIMIT, "old"},
        {"9", 1, E_LIMIT, "old"},
        {"8", 1, OK, "9"},
        {"86700000000000001", 0, E_LIMIT, "old"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char key[LIMIT_DEVICE_KEY + 1] = "old";
        CHECK_ROW(rows[i].first, device_key_count(rows[i].first, rows[i].steps, key) == rows[i].status);
        CHECK_ROW(rows[i].first, strcmp(key, rows[i].key) == 0);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"keys count up", test_rows}, {0}};
    return suite_run("device_keys", cases);
}
