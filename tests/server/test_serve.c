/* `mockdc serve` itself: command line, what it refuses, TLS, the API token, temporary state. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "support/suite.h"

/* Runs `mockdc serve` with options that must end it by itself; its exit code; its output goes to `text`. */
static int serve_code(const char *const *options, char *text, size_t capacity)
{
    const char *argv[24] = {server_program(), "serve"};
    char output[] = "/tmp/mockdc-serve-XXXXXX";
    int fd = mkstemp(output);
    CU_ASSERT_FATAL(fd >= 0);
    for (size_t i = 0; options[i] != NULL && i < 20; i++) {
        argv[i + 2] = options[i];
    }
    int code = process_wait(process_start(argv, output), 10);
    ssize_t got = read(fd, text, capacity - 1);
    text[got > 0 ? got : 0] = '\0';
    (void)close(fd);
    (void)unlink(output);
    return code;
}

static void test_command_line(void)
{
    static const struct {
        const char *name;
        const char *options[4];
        const char *says;
    } rows[] = {
        {"unknown flag", {"--nonsense"}, "--nonsense: no such option"},
        {"no port", {"--http", "127.0.0.1"}, "http: '127.0.0.1' is not ADDRESS:PORT"},
        {"a name", {"--mqtt", "localhost:1883", "--ephemeral"}, "mqtt: 'localhost:1883' is not ADDRESS:PORT"},
        {"no device would take it", {"--public-url", "http://localhost:1"}, "no device would take"},
        {"certificate without key", {"--tls-cert", "/dev/null"}, "belong together"},
        {"log level", {"--log-level", "loud"}, "debug|info|warn|error|off"},
        {"an argument", {"now"}, "now: is no option"},
    };
    char text[4096];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].name, serve_code(rows[i].options, text, sizeof text) == 2);
        CHECK_ROW(rows[i].name, strstr(text, rows[i].says) != NULL);
    }
}

static void test_places_taken(void)
{
    struct server server;
    char text[4096];
    char address[32];
    server_start(&server, NULL);
    const char *same_folder[] = {"--data-dir", server.data_dir, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", NULL};
    CU_ASSERT_EQUAL(serve_code(same_folder, text, sizeof text), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "another mockdc"));
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", server.mqtt_port);
    const char *same_port[] = {"--ephemeral", "--http", "127.0.0.1:0", "--mqtt", address, NULL};
    CU_ASSERT_EQUAL(serve_code(same_port, text, sizeof text), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "mockdc")); /* who holds it */
    server_stop(&server);
}

static void test_token(void)
{
    static const char *const options[] = {"--api-token", "open sesame", NULL};
    struct server server;
    server_start(&server, options);
    json_decref(rest_expect(&server, "GET", "/healthz", NULL, 200));
    json_decref(rest_expect(&server, "GET", "/readyz", NULL, 200));
    json_decref(rest_expect(&server, "GET", "/api/v1/products", NULL, 401));
    json_decref(rest_expect(&server, "POST", "/api/v1/evaluations", "{}", 401));
    char line[256];
    (void)snprintf(line, sizeof line, "curl -sf -H 'Authorization: Bearer open sesame' %s/api/v1/products",
                   server.http);
    const char *right[] = {"bash", "-c", line, NULL};
    CU_ASSERT_EQUAL(process_wait(process_start(right, NULL), 10), 0);
    (void)snprintf(line, sizeof line, "curl -sf -H 'Authorization: Bearer open sesamE' %s/api/v1/products",
                   server.http);
    const char *wrong[] = {"bash", "-c", line, NULL};
    CU_ASSERT_NOT_EQUAL(process_wait(process_start(wrong, NULL), 10), 0);
    server_stop(&server);
}

/* Bound wider than loopback, without a token: one is made; --no-auth must be said. */
static void test_wide_bind(void)
{
    static const char *const wide[] = {"--http", "0.0.0.0:0", NULL};
    static const char *const open[] = {"--http", "0.0.0.0:0", "--no-auth", NULL};
    struct server server;
    server_start(&server, wide);
    json_decref(rest_expect(&server, "GET", "/api/v1/products", NULL, 401));
    server_stop(&server);
    server_start(&server, open);
    json_decref(rest_expect(&server, "GET", "/api/v1/products", NULL, 200));
    server_stop(&server);
}

static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 &&
                 getsockname(fd, (struct sockaddr *)&address, &length) == 0;
    (void)close(fd);
    return bound ? ntohs(address.sin_port) : 0;
}

static void test_tls(void)
{
    char folder[] = "/tmp/mockdc-tls-XXXXXX";
    char line[512];
    char certificate[64];
    char key[64];
    char mqtts[32];
    char url[64];
    struct server server;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    (void)snprintf(line, sizeof line,
                   "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
                   "subjectAltName=IP:127.0.0.1 -keyout %s/key.pem -out %s/cert.pem",
                   folder, folder);
    const char *make[] = {"bash", "-c", line, NULL};
    CU_ASSERT_EQUAL_FATAL(process_wait(process_start(make, NULL), 30), 0);
    (void)snprintf(certificate, sizeof certificate, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    (void)snprintf(mqtts, sizeof mqtts, "127.0.0.1:%u", free_port());
    const char *options[] = {"--mqtts", mqtts, "--tls-cert", certificate, "--tls-key", key, NULL};
    server_start(&server, options);
    int64_t plan = rest_simple_plan(&server, 20000, NULL);
    (void)snprintf(url, sizeof url, "mqtts://%s", mqtts);
    const char *over_tls[] = {"--mqtt", url, "--ca-file", certificate, NULL};
    CU_ASSERT_EQUAL(process_wait(device_start(&server, over_tls, NULL), 60), 0);
    CU_ASSERT_TRUE(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    struct raw_mqtt link;
    CU_ASSERT_TRUE_FATAL(raw_open(&link, (uint16_t)strtoul(strrchr(mqtts, ':') + 1, NULL, 10)));
    CU_ASSERT_EQUAL(raw_connect_code(&link, TEST_CLIENT, "hello"), -1); /* clear text on the TLS port */
    raw_close(&link);
    server_stop(&server);
    (void)snprintf(line, sizeof line, "rm -rf %s", folder);
    const char *clean[] = {"bash", "-c", line, NULL};
    (void)process_wait(process_start(clean, NULL), 10);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"command line", test_command_line}, {"taken folder and port", test_places_taken},
        {"API token", test_token},           {"wide binds", test_wide_bind},
        {"an upgrade over TLS", test_tls},   {0}};
    return suite_run("serve", cases);
}
