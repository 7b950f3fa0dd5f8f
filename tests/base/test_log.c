/* What lines look like, as they leave on standard error. */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "support/suite.h"

static char line[8192];

/* One call's line, without the instant in front. */
static const char *logged(bool json, const char *text)
{
    int ends[2];
    int kept = dup(STDERR_FILENO);
    CU_ASSERT_FATAL(pipe(ends) == 0 && kept >= 0);
    (void)dup2(ends[1], STDERR_FILENO);
    log_setup(LOG_LEVEL_INFO, json);
    log_warn("room", "%s", text);
    log_debug("room", "not worth a line");
    (void)dup2(kept, STDERR_FILENO);
    (void)close(kept);
    (void)close(ends[1]);
    ssize_t got = read(ends[0], line, sizeof line - 1);
    (void)close(ends[0]);
    line[got > 0 ? got : 0] = '\0';
    return line + strcspn(line, json ? "," : " ") + 1;
}

static void test_text(void)
{
    CHECK_TEXT(logged(false, "device=pk/dk connected"), "warn  room    device=pk/dk connected\n");
    CHECK_TEXT(logged(false, "a\nb\033[1m"), "warn  room    a\\x0ab\\x1b[1m\n");
}

static void test_json(void)
{
    static const struct {
        const char *text;
        const char *rest;
    } rows[] = {
        {"plain", "\"level\":\"warn\",\"room\":\"room\",\"text\":\"plain\"}\n"},
        {"device=pk/dk plan=3 was notified",
         "\"level\":\"warn\",\"room\":\"room\",\"device\":\"pk/dk\",\"plan\":\"3\",\"text\":\"was notified\"}\n"},
        {"status=200 ms=0.1",
         "\"level\":\"warn\",\"room\":\"room\",\"status\":\"200\",\"ms\":\"0.1\",\"text\":\"\"}\n"},
        {"device=\"x\\ said", "\"level\":\"warn\",\"room\":\"room\",\"device\":\"\\\"x\\\\\",\"text\":\"said\"}\n"},
        {"said x=1", "\"level\":\"warn\",\"room\":\"room\",\"text\":\"said x=1\"}\n"},
        {"a\nb", "\"level\":\"warn\",\"room\":\"room\",\"text\":\"a\\u000ab\"}\n"},
        {"=x", "\"level\":\"warn\",\"room\":\"room\",\"text\":\"=x\"}\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].text, strcmp(logged(true, rows[i].text), rows[i].rest) == 0);
    }
}

/* A line has a limit, and is whole JSON all the same. */
static void test_long(void)
{
    static char text[6000];
    memset(text, '"', sizeof text - 1);
    memcpy(text, "device=", 7);
    (void)logged(true, text);
    size_t length = strlen(line);
    CHECK(length <= 4096);
    CHECK_TEXT(line + length - 3, "\"}\n");
}

int main(void)
{
    static const struct test_case cases[] = {{"text", test_text}, {"json", test_json}, {"long", test_long}, {0}};
    return suite_run("log", cases);
}
