/* Which names are time zones. */
#include "zone/zone.h"

#include "support/suite.h"

static void test_names(void)
{
    static const struct {
        const char *name;
        bool expect;
    } rows[] = {{"UTC", true},
                {"Asia/Shanghai", true},
                {"America/Argentina/Buenos_Aires", true},
                {"America/Port-au-Prince", true},
                {"Etc/GMT+5", true},
                {"", false},
                {"Mars/Phobos", false},
                {"Asia", false},
                {"Asia/", false},
                {"Asia//Shanghai", false},
                {"asia/shanghai", false},
                {"+08:00", false},
                {"XYZ5", false},
                {"CET-1CEST", false},
                {"../../etc/passwd", false},
                {"/usr/share/zoneinfo/UTC", false},
                {"localtime", false},
                {"posix/UTC", false},
                {"zone.tab", false},
                {"leapseconds", false},
                {"Asia/Shanghai ", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].name, zone_exists(rows[i].name) == rows[i].expect);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"names", test_names}, {0}};
    return suite_run("zone", cases);
}
