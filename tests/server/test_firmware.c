/* The firmware route with curl: ranges, resume, 32 downloads at once, compared byte by byte. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "support/suite.h"

enum { SIZE = 3 * 1024 * 1024 + 17, PARALLEL = 32 };

static struct server server;
static char url[LIMIT_URL + 1];
static char original[160];

static int shell(const char *format, ...) PRINTF_LIKE(1, 2);

/* Runs a line of bash; its exit code. */
static int shell(const char *format, ...)
{
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    const char *argv[] = {"bash", "-c", line, NULL};
    int code = process_wait(process_start(argv, NULL), 60);
    if (code != 0) {
        (void)fprintf(stderr, "    exit %d: %s\n", code, line);
    }
    return code;
}

static void test_start(void)
{
    struct test_device device = {0};
    struct notify_message notify;
    struct firmware_message firmware;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, SIZE, NULL);
    (void)snprintf(original, sizeof original, "%s/original", server.folder);
    FILE *file = fopen(original, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(test_bytes(SIZE, 1), 1, SIZE, file), SIZE);
    (void)fclose(file);
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CU_ASSERT_TRUE(device_report(&device, "V1", "STM32:1_0_0"));
    CU_ASSERT_TRUE_FATAL(device_expect_notify(&device, 6000, &notify));
    CU_ASSERT_TRUE(device_status(&device, 2, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE_FATAL(device_expect_firmware(&device, 3000, &firmware));
    (void)snprintf(url, sizeof url, "%s", firmware.files[0].url);
    device_go_offline(&device);
}

static void test_stop(void)
{
    server_stop(&server);
}

static void test_whole(void)
{
    CU_ASSERT_EQUAL(shell("curl -sSf '%s' | cmp - '%s'", url, original), 0);
    CU_ASSERT_EQUAL(shell("curl -sSfI '%s' | grep -c 'Content-Length: %d' | grep -qx 1", url, SIZE), 0);
    CU_ASSERT_EQUAL(shell("curl -sSfI '%s' | grep -q 'Accept-Ranges: bytes'", url), 0);
    CU_ASSERT_EQUAL(shell("! curl -sSfI '%s' | grep -qi 'transfer-encoding'", url), 0);
}

static void test_ranges(void)
{
    CU_ASSERT_EQUAL(shell("curl -sSf -r 0-0 '%s' | cmp - <(head -c 1 '%s')", url, original), 0);
    CU_ASSERT_EQUAL(shell("curl -sSf -r 1000-1999 '%s' | cmp - <(tail -c +1001 '%s' | head -c 1000)", url, original),
                    0);
    CU_ASSERT_EQUAL(shell("curl -sSf -r -500 '%s' | cmp - <(tail -c 500 '%s')", url, original), 0);
    CU_ASSERT_EQUAL(shell("curl -sSf -r 3000000- '%s' | cmp - <(tail -c +3000001 '%s')", url, original), 0);
    CU_ASSERT_EQUAL(shell("curl -sS -o /dev/null -w '%%{http_code}' -r 0-9 '%s' | grep -qx 206", url), 0);
    CU_ASSERT_EQUAL(
        shell("curl -sS -D - -o /dev/null -r 99999999- '%s' | tr -d '\\r' | grep -q 'Content-Range: bytes \\*/%d'", url,
              SIZE),
        0);
    CU_ASSERT_EQUAL(shell("curl -sS -o /dev/null -w '%%{http_code}' -r 99999999- '%s' | grep -qx 416", url), 0);
    CU_ASSERT_EQUAL(shell("curl -sSf -r 0-9,20-29 '%s' | grep -ac 'Content-Range: bytes' | grep -qx 2", url), 0);
}

static void test_conditions(void)
{
    CU_ASSERT_EQUAL(
        shell("etag=$(curl -sSfI '%s' | tr -d '\\r' | sed -n 's/^ETag: //p'); test -n \"$etag\" && "
              "curl -sS -o /dev/null -w '%%{http_code}' -H \"If-None-Match: $etag\" '%s' | grep -qx 304 && "
              "curl -sS -o /dev/null -w '%%{http_code}' -H \"If-Range: $etag\" -r 0-9 '%s' | grep -qx 206 && "
              "curl -sS -o /dev/null -w '%%{http_code}' -H 'If-Range: \"other\"' -r 0-9 '%s' | grep -qx 200",
              url, url, url, url),
        0);
}

static void test_resume(void)
{
    CU_ASSERT_EQUAL(
        shell("cd '%s' && head -c 1000000 original >part && curl -sSf -C - -o part '%s' && cmp part original",
              server.folder, url),
        0);
}

static void test_as_the_device_asks(void)
{
    CU_ASSERT_EQUAL(shell("exec 3<>/dev/tcp/127.0.0.1/%u; printf 'GET %s HTTP/1.1\\r\\nHost:127.0.0.1:%u\\r\\n"
                          "Accept-Ranges: bytes\\r\\nRange: bytes=0-%d\\r\\n\\r\\n' >&3; "
                          "head -c 12 <&3 | grep -qx 'HTTP/1.1 206'",
                          server.http_port, url + strlen(server.http), server.http_port, SIZE - 1),
                    0);
}

static void test_parallel(void)
{
    CU_ASSERT_EQUAL(
        shell("cd '%s' && pids=; for i in $(seq %d); do curl -sSf -o copy$i '%s' & pids=\"$pids $!\"; done; "
              "for p in $pids; do wait $p || exit 1; done; for i in $(seq %d); do cmp copy$i original || exit 1; done; "
              "rm copy*",
              server.folder, PARALLEL, url, PARALLEL),
        0);
}

static void test_unknown(void)
{
    CU_ASSERT_EQUAL(
        shell("curl -sS -o /dev/null -w '%%{http_code}' %s/firmware/AAAAAAAAAAAAAAAAAAAAAA.bin | grep -qx 404",
              server.http),
        0);
    CU_ASSERT_EQUAL(shell("curl -sS -o /dev/null -w '%%{http_code}' '%s.zip' | grep -qx 404", url), 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"start", test_start},         {"whole file and HEAD", test_whole},
        {"ranges", test_ranges},       {"If-None-Match, If-Range", test_conditions},
        {"resume", test_resume},       {"as the device asks", test_as_the_device_asks},
        {"32 at once", test_parallel}, {"unknown tokens", test_unknown},
        {"stop", test_stop},           {0}};
    return suite_run("firmware", cases);
}
