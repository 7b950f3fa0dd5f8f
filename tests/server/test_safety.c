/* Who may do what, and how much of it: token, Host, Origin, limits as settings, TLS, private files, silent logs. */
#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/password.h"
#include "device.h"
#include "support/suite.h"

static char output[65536];

/* Runs a line of the shell in which $H is the server's URL and $D its data folder. */
static int shell(const char *line, const struct server *server)
{
    (void)setenv("H", server->http, 1);
    (void)setenv("D", server->data_dir, 1);
    return shell_run(line, output, sizeof output);
}

static bool says(const char *text)
{
    return strstr(output, text) != NULL;
}

/* The status of one call by curl with these arguments. */
static int http_code(const struct server *server, const char *arguments)
{
    char line[1024];
    (void)snprintf(line, sizeof line, "curl -s -o /dev/null -w '%%{http_code}' %s", arguments);
    (void)shell(line, server);
    return (int)strtol(output, NULL, 10);
}

static void test_token(void)
{
    static const struct {
        const char *path;
        int without; /* its status without the token */
        int with;
    } rows[] = {
        {"/", 200, 200},
        {"/healthz", 200, 200},
        {"/readyz", 200, 200},
        {"/openapi.json", 200, 200},
        {"/firmware/nothing.bin", 404, 404},
        {"/page/nothing", 404, 404},
        {"/metrics", 401, 200},
        {"/api/v1/products", 401, 200},
        {"/api/v1/server", 401, 200},
        {"/api/v1/events", 401, 200},
        {"/api/v1/nothing", 401, 404},
        {"/api", 401, 404},
        {"//api/v1/products", 404, 404},
        {"/api/../api/v1/products", 401, 404},
        {"/%61pi/v1/products", 401, 200},
        {"/API/v1/products", 404, 404},
    };
    struct server server;
    server_start(&server, (const char *const[]){"--api-token", "sesame-4711", "--access-log", NULL});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char arguments[256];
        (void)snprintf(arguments, sizeof arguments, "--path-as-is -m 1 $H%s", rows[i].path);
        CHECK_ROW(rows[i].path, http_code(&server, arguments) == rows[i].without);
        (void)snprintf(arguments, sizeof arguments, "--path-as-is -m 1 -H 'Authorization: Bearer sesame-4711' $H%s",
                       rows[i].path);
        CHECK_ROW(rows[i].path, http_code(&server, arguments) == rows[i].with);
    }
    (void)shell("curl -s $H/readyz?verbose", &server);
    CHECK(!says("seeds")); /* the details are for who has the token */
    (void)shell("curl -s -H 'Authorization: Bearer sesame-4711' $H/readyz?verbose", &server);
    CHECK(says("\"seeds\":[]"));
    CU_ASSERT_EQUAL(http_code(&server, "-H 'Authorization: Bearer sesame-4712' $H/metrics"), 401);
    CU_ASSERT_EQUAL(http_code(&server, "-H 'Authorization: Basic sesame-4711' $H/metrics"), 401);
    server_stop(&server);
}

static void test_foreign_pages(void)
{
    static const struct {
        const char *arguments;
        int code;
    } rows[] = {
        {"$H/api/v1/products", 200},
        {"-H 'Host: localhost' $H/api/v1/products", 200},
        {"-H 'Host: evil.example' $H/api/v1/products", 403},
        {"-H 'Host: evil.example' $H/", 403},
        {"-H 'Host: evil.example' $H/firmware/nothing.bin", 404}, /* a device may call us what it likes */
        {"-H \"Origin: $H\" $H/api/v1/products", 200},
        {"-H 'Origin: http://evil.example' $H/api/v1/products", 403},
        {"-H 'Origin: null' -X POST $H/api/v1/evaluations", 403},
        {"-H 'Origin: http://evil.example' -X OPTIONS $H/api/v1/products", 403},
        {"-H 'Origin: http://127.0.0.1:1' -X POST -d '{}' $H/api/v1/evaluations", 403},
    };
    struct server server;
    server_start(&server, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].arguments, http_code(&server, rows[i].arguments) == rows[i].code);
    }
    (void)shell("curl -s -H 'Host: evil.example' $H/api/v1/products", &server);
    CHECK(says("urn:mockdc:problem:foreign"));
    server_stop(&server);
    /* wider than loopback: any name may be ours, pages of strangers stay out */
    server_start(&server, (const char *const[]){"--http", "0.0.0.0:0", "--no-auth", NULL});
    CU_ASSERT_EQUAL(http_code(&server, "-H 'Host: lab.example' $H/api/v1/products"), 200);
    CU_ASSERT_EQUAL(http_code(&server, "-H 'Host: lab.example' -H 'Origin: http://evil.example' $H/api/v1/products"),
                    403);
    (void)shell("curl -s -H 'Host: lab.example:18080' $H/api/v1/server", &server);
    CHECK(says("\"http\":\"http://lab.example:18080\"")); /* as this client calls us */
    (void)shell("curl -s -H $'Host: l\\xffb' $H/api/v1/server; curl -s -H 'Host: a\"<b>' $H/api/v1/server", &server);
    CHECK(says("\"http\":\"http://0.0.0.0:") && !says("<b>")); /* no name at all */
    (void)shell("curl -s $H/readyz?verbose", &server);
    CHECK(says("mapped port")); /* and somebody should say so to the devices */
    server_stop(&server);
}

static void test_public_url(void)
{
    struct server server;
    server_start(&server, (const char *const[]){"--public-url", "http://lab.example:18080", NULL});
    (void)shell("curl -s $H/api/v1/server", &server);
    CHECK(says("\"http\":\"http://lab.example:18080\""));
    CU_ASSERT_EQUAL(http_code(&server, "-H 'Origin: http://lab.example:18080' $H/api/v1/products"), 200);
    (void)shell("curl -s $H/readyz?verbose", &server);
    CHECK(says("\"warnings\":[]"));
    server_stop(&server);
}

/* A raw connection that sends `bytes` and then nothing: how many milliseconds until it is closed, at most 5 s. */
static int closed_after(const struct server *server, const char *bytes)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(server->http_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    const struct timeval most = {.tv_sec = 5};
    char byte[1024];
    CU_ASSERT_FATAL(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    CU_ASSERT_EQUAL(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), (ssize_t)strlen(bytes));
    struct timespec start;
    struct timespec end;
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    while (recv(fd, byte, sizeof byte, 0) > 0) {
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    (void)close(fd);
    return (int)((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000);
}

static void test_http_limits(void)
{
    struct server server;
    server_start(&server,
                 (const char *const[]){"--max-body", "2000", "--max-header", "4096", "--slow-client", "1", NULL});
    CU_ASSERT_EQUAL(http_code(&server,
                              "-H 'Content-Type: application/json' -d \"{\\\"name\\\": \\\"$(printf %2000s)\\\"}\" "
                              "$H/api/v1/products"),
                    413);
    CU_ASSERT_EQUAL(http_code(&server,
                              "-H 'Content-Type: application/json' -d \"{\\\"name\\\": \\\"$(printf %1900s)\\\"}\" "
                              "$H/api/v1/products"),
                    422);
    CU_ASSERT_EQUAL(http_code(&server, "-H \"X-Long: $(printf %5000s | tr ' ' x)\" $H/healthz"), 431);
    int half = closed_after(&server, "GET /healthz HTT");
    CHECK(half >= 900 && half < 4000);
    int body = closed_after(&server, "POST /api/v1/products HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                                     "application/json\r\nContent-Length: 100\r\n\r\n{");
    CHECK(body >= 900 && body < 4000);
    (void)shell("curl -s $H/metrics", &server);
    CHECK(says("why=\"slow\"} 2\n"));
    server_stop(&server);

    server_start(&server, (const char *const[]){"--max-connections", "8", NULL});
    (void)shell("for i in 1 2 3 4 5 6 7 8; do exec {fd}<>/dev/tcp/127.0.0.1/${H##*:}; done; sleep 0.3; "
                "curl -s -o /dev/null -w '%{http_code}' -m 2 $H/healthz; true",
                &server);
    CHECK_TEXT(output, "000"); /* eight are open: this one is turned away */
    (void)shell("sleep 0.3; curl -s $H/metrics", &server);
    CHECK(says("mockdc_http_connections 1\n") && !says("why=\"limit\"} 0\n"));
    server_stop(&server);
}

static void test_device_limits(void)
{
    struct server server;
    struct raw_mqtt links[4];
    server_start(&server, (const char *const[]){"--max-links-per-address", "2", "--max-devices", "2", NULL});
    json_decref(rest_expect(&server, "POST", "/api/v1/products",
                            "{\"name\": \"P\", \"productKey\": \"pk1\", \"productSecret\": \"secret1\"}", 201));
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_TRUE_FATAL(raw_open(&links[i], server.mqtt_port));
    }
    sleep_ms(100);
    (void)shell("curl -s $H/metrics", &server);
    CHECK(says("mockdc_mqtt_links 2\n") && says("mockdc_mqtt_links_total{outcome=\"limit\"} 1\n"));
    for (int i = 0; i < 3; i++) {
        raw_close(&links[i]);
    }
    sleep_ms(100);
    (void)shell("curl -s $H/metrics", &server);
    CHECK(says("mockdc_mqtt_links 0\n")); /* and there is room again */
    const char *devices = "/api/v1/products/pk1/devices";
    json_decref(rest_expect(&server, "POST", devices, "{\"deviceKey\": \"a\"}", 201));
    json_decref(rest_expect(&server, "POST", devices, "{\"deviceKey\": \"b\"}", 201));
    json_t *problem = rest_expect(&server, "POST", devices, "{\"deviceKey\": \"c\"}", 422);
    CHECK_TEXT(json_text_at(problem, "errors.0.pointer"), "/deviceKey");
    json_decref(problem);
    /* a device that comes by itself is not admitted either */
    CU_ASSERT_EQUAL(process_wait(device_start(&server, (const char *const[]){"--timeout", "2", NULL}, NULL), 10), 3);
    json_decref(rest_expect(&server, "GET", "/api/v1/products/pk1/devices/867123045678901", NULL, 404));
    json_decref(rest_expect(&server, "DELETE", "/api/v1/products/pk1/devices/a", NULL, 204));
    json_decref(rest_expect(&server, "POST", devices, "{\"deviceKey\": \"c\"}", 201));
    server_stop(&server);
}

/* A key that a device sends reaches neither SQL nor a path nor markup: what is no key is refused, and told harmlessly.
 */
static void test_hostile_keys(void)
{
    static const char *const keys[] = {"<b>x</b>",   "';DROP TABLE--", "../../etc", "a b",      "a/b",       "a\"b",
                                       "a\nlevel=x", "%2e%2e",         "a+b#",      "\xc3\xa4", "x\x1b[31m", "-"};
    static const char random16[] = "0123456789abcdef";
    struct server server;
    server_start(&server, NULL);
    json_decref(rest_expect(&server, "POST", "/api/v1/products",
                            "{\"name\": \"P\", \"productKey\": \"pk1\", \"productSecret\": \"secret1\"}", 201));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char client_id[64];
        char password[PASSWORD_LIMIT];
        struct raw_mqtt link;
        (void)snprintf(client_id, sizeof client_id, "qdpk1%s", keys[i]);
        CHECK_ROW(keys[i],
                  password_make_type0(false, "pk1", "secret1", keys[i], random16, password, sizeof password) == OK);
        CU_ASSERT_TRUE_FATAL(raw_open(&link, server.mqtt_port));
        (void)raw_connect_code(&link, client_id, password); /* a polite refusal begins with code 0 */
        raw_close(&link);
    }
    json_t *devices = rest_expect(&server, "GET", "/api/v1/products/pk1/devices", NULL, 200);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(devices, "items")), 0);
    json_decref(devices);
    (void)shell("grep -c refused ${D%/*}/server.log; grep -cvE '^2[0-9]{3}-|^mockdc ' ${D%/*}/server.log; "
                "grep -c $'\\033' ${D%/*}/server.log; ls $D | grep -v -e -wal -e -shm",
                &server);
    CHECK_TEXT(output, "12\n0\n0\nbroker\nfiles\nlock\nmockdc.db\ntmp\n");
    server_stop(&server);
}

/* What is kept is for its owner; what is logged tells no secret, and of a firmware link no token. */
static void test_secrets(void)
{
    struct server server;
    server_start(&server, (const char *const[]){"--api-token", "sesame-4711", "--observer-token", "watch-4711",
                                                "--access-log", "--log-level", "debug", NULL});
    (void)shell("find $D -type f ! -perm 600 ! -perm 400; find $D -type d ! -perm 700", &server);
    CHECK_TEXT(output, "");
    (void)shell(
        "curl -s -H 'Authorization: Bearer sesame-4711' -H 'Content-Type: application/json' -d '{\"name\": \"P\", "
        "\"productKey\": \"pk1\", \"productSecret\": \"secret1\"}' $H/api/v1/products; "
        "curl -s $H/firmware/AAAAAAAAAAAAAAAAAAAAAA.bin?x=y; curl -s -H 'Authorization: Bearer wrong-4711' "
        "$H/api/v1/products",
        &server);
    CU_ASSERT_EQUAL(process_wait(device_start(&server, (const char *const[]){"--timeout", "1", NULL}, NULL), 10), 3);
    (void)shell("cat ${D%/*}/*.log", &server);
    CHECK(says("path=/firmware/...") && says("path=/api/v1/products status=201"));
    static const char *const secrets[] = {"4711", "secret1", "AAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        CHECK_ROW(secrets[i], !says(secrets[i]));
    }
    server_stop(&server);
}

/* One certificate for both doors. */
static void test_tls(void)
{
    struct server server;
    char folder[] = "/tmp/mockdc-tls-XXXXXX";
    char certificate[64];
    char key[64];
    char line[1024];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    (void)snprintf(certificate, sizeof certificate, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    (void)snprintf(line, sizeof line,
                   "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
                   "subjectAltName=IP:127.0.0.1 -keyout %s -out %s",
                   key, certificate);
    const char *make[] = {"bash", "-c", line, NULL};
    CU_ASSERT_EQUAL_FATAL(process_wait(process_start(make, NULL), 30), 0);
    server_start(&server, (const char *const[]){"--tls-cert", certificate, "--tls-key", key, "--https", "127.0.0.1:0",
                                                "--mqtts", "127.0.0.1:0", "--api-token", "x", NULL});
    (void)snprintf(
        line, sizeof line,
        "S=$(grep -o 'https://[^ \"]*' ${D%%/*}/ready.json); curl -s --cacert %s $S/healthz; curl -s --cacert %s "
        "-o /dev/null -w ' %%{http_code}' $S/api/v1/products; curl -s --cacert %s -H 'Authorization: Bearer x' "
        "$S/api/v1/server; curl -s -o /dev/null -w ' refused=%%{http_code}' $S/healthz; %s health --url $S "
        "--ca-file %s; curl -s --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 --cacert %s -o /dev/null -w "
        "' old=%%{http_code}' $S/healthz",
        certificate, certificate, certificate, server_program(), certificate, certificate);
    (void)shell(line, &server);
    CHECK(says("alive") && says(" 401") && says("\"http\":\"https://127.0.0.1:"));
    CHECK(says("refused=000") && says("ready: https://127.0.0.1:") && says("old=000"));
    server_stop(&server);
    (void)snprintf(line, sizeof line, "rm -rf %s", folder);
    const char *clean[] = {"bash", "-c", line, NULL};
    (void)process_wait(process_start(clean, NULL), 10);
}

int main(void)
{
    static const struct test_case cases[] = {{"token", test_token},
                                             {"foreign pages", test_foreign_pages},
                                             {"public URL", test_public_url},
                                             {"limits of HTTP", test_http_limits},
                                             {"limits of devices", test_device_limits},
                                             {"hostile keys", test_hostile_keys},
                                             {"secrets", test_secrets},
                                             {"TLS on both doors", test_tls},
                                             {0}};
    return suite_run("safety", cases);
}
