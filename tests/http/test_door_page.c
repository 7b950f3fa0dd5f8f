/*
 * The browser page as the door serves it: its files, forms, tags and the policy that keeps them harmless.
 */
#include "house.h"

static struct house house;

static void get(const char *path, const char *header, struct reply *reply)
{
    const char *headers[] = {header, NULL};
    ask(&house, "GET", path, header == NULL ? NULL : headers, NULL, reply);
}

static const char *const paths[] = {"/",
                                    "/page/app.js",
                                    "/page/style.css",
                                    "/page/icon.svg",
                                    "/docs",
                                    "/docs/docs.js",
                                    "/docs/docs.css",
                                    "/docs/rapidoc.js",
                                    "/openapi.json"};
enum { PATHS = sizeof paths / sizeof paths[0] };

static void test_files(void)
{
    static const char *const types[PATHS] = {"text/html; charset=utf-8", "text/javascript; charset=utf-8",
                                             "text/css; charset=utf-8",  "image/svg+xml",
                                             "text/html; charset=utf-8", "text/javascript; charset=utf-8",
                                             "text/css; charset=utf-8",  "text/javascript; charset=utf-8",
                                             "application/json"};
    for (size_t i = 0; i < PATHS; i++) {
        struct reply reply;
        get(paths[i], NULL, &reply);
        CHECK_ROW(paths[i], reply.status == 200 && reply.body.length > 100);
        CHECK_ROW(paths[i], strcmp(reply_header(&reply, "Content-Type"), types[i]) == 0);
        CHECK_ROW(paths[i], strcmp(reply_header(&reply, "Content-Encoding"), "") == 0);
        CHECK_ROW(paths[i], strcmp(reply_header(&reply, "Vary"), "Accept-Encoding") == 0);
        CHECK_ROW(paths[i], strcmp(reply_header(&reply, "Cache-Control"), "no-cache") == 0);
        reply_finish(&reply);
    }
}

static void test_policy(void)
{
    static const char *const wanted[] = {"default-src 'none'", "script-src 'self'", "connect-src 'self'",
                                         "frame-ancestors 'none'", "base-uri 'none'"};
    struct reply reply;
    get("/", NULL, &reply);
    const char *policy = reply_header(&reply, "Content-Security-Policy");
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        CHECK_ROW(wanted[i], strstr(policy, wanted[i]) != NULL);
    }
    CHECK(strstr(policy, "unsafe") == NULL);
    reply_finish(&reply);
}

/* RapiDoc may style its parts where they stand; scripts come from here alone, and none is made of a text. */
static void test_policy_of_docs(void)
{
    static const char *const wanted[] = {"default-src 'none'", "script-src 'self';", "connect-src 'self'",
                                         "frame-ancestors 'none'", "require-trusted-types-for 'script'"};
    struct reply reply;
    get("/docs", NULL, &reply);
    const char *policy = reply_header(&reply, "Content-Security-Policy");
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        CHECK_ROW(wanted[i], strstr(policy, wanted[i]) != NULL);
    }
    CHECK(strstr(policy, "unsafe-eval") == NULL);
    reply_finish(&reply);
}

static void test_forms(void)
{
    static const struct {
        const char *accepted;
        bool gzip;
    } rows[] = {
        {"Accept-Encoding: gzip, deflate, br", true},
        {"Accept-Encoding: br, GZIP;q=0.5", true},
        {"Accept-Encoding: *", true},
        {"Accept-Encoding: gzip;q=0, *", false},
        {"Accept-Encoding: br", false},
        {"Accept-Encoding: identity", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply reply;
        get("/page/app.js", rows[i].accepted, &reply);
        CHECK_ROW(rows[i].accepted, reply.status == 200);
        CHECK_ROW(rows[i].accepted, (strcmp(reply_header(&reply, "Content-Encoding"), "gzip") == 0) == rows[i].gzip);
        CHECK_ROW(rows[i].accepted,
                  (reply.body.length > 2 && reply.body.data[0] == 0x1f && reply.body.data[1] == 0x8b) == rows[i].gzip);
        reply_finish(&reply);
    }
}

/* The tag of one form is no tag of the other; with it the file need not be sent again. */
static void test_tags(void)
{
    char tags[2][96];
    static const char *const accepted[2] = {"Accept-Encoding: identity", "Accept-Encoding: gzip"};
    for (size_t i = 0; i < 2; i++) {
        struct reply reply;
        get("/page/app.js", accepted[i], &reply);
        (void)snprintf(tags[i], sizeof tags[i], "%s", reply_header(&reply, "ETag"));
        CHECK(tags[i][0] == '"');
        reply_finish(&reply);
    }
    CHECK(strcmp(tags[0], tags[1]) != 0);
    for (size_t i = 0; i < 4; i++) {
        char known[128];
        (void)snprintf(known, sizeof known, "If-None-Match: \"other\", %s", tags[i / 2]);
        const char *headers[] = {accepted[i % 2], known, NULL};
        struct reply reply;
        ask(&house, "GET", "/page/app.js", headers, NULL, &reply);
        CHECK_ROW(known, reply.status == (i / 2 == i % 2 ? 304 : 200));
        CHECK_ROW(known, (reply.body.length == 0) == (i / 2 == i % 2));
        CHECK_ROW(known, strcmp(reply_header(&reply, "ETag"), tags[i % 2]) == 0);
        reply_finish(&reply);
    }
}

static void test_unknown_file(void)
{
    static const char *const unknown[] = {"/page/",         "/page/other.js", "/page/..%2Fapp.js", "/page",
                                          "/page/app.js/x", "/docs/",         "/docs/app.js"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        struct reply reply;
        get(unknown[i], NULL, &reply);
        CHECK_ROW(unknown[i], reply.status == 404);
        reply_finish(&reply);
    }
}

/* The document can be had without the token, which the page then asks for; what it shows cannot. */
static void test_token(void)
{
    struct house guarded;
    house_open(&guarded, "secret-of-the-house");
    for (size_t i = 0; i < PATHS; i++) {
        struct reply reply;
        ask(&guarded, "GET", paths[i], NULL, NULL, &reply);
        CHECK_ROW(paths[i], reply.status == 200);
        reply_finish(&reply);
    }
    json_decref(rest(&guarded, "GET", "/api/v1/server", NULL, 401));
    house_close(&guarded);
}

static void test_server(void)
{
    json_t *server = rest(&house, "GET", "/api/v1/server", NULL, 200);
    CHECK(strcmp(json_string_value(json_object_get(server, "version")), MOCKDC_VERSION) == 0);
    CHECK(strcmp(json_string_value(json_object_get(server, "http")), house.base) == 0);
    CHECK(json_is_null(json_object_get(server, "mqtt")));
    json_decref(server);
}

static void test_open(void)
{
    house_open(&house, NULL);
}

static void test_close(void)
{
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"files", test_files},
                                             {"policy", test_policy},
                                             {"policy of the contract's page", test_policy_of_docs},
                                             {"forms", test_forms},
                                             {"tags", test_tags},
                                             {"an unknown file", test_unknown_file},
                                             {"the token", test_token},
                                             {"the server", test_server},
                                             {"closes", test_close},
                                             {0}};
    return suite_run("http door: page", cases);
}
