#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/password.h"
#include "harness.h"
#include "loop/stream.h"
#include "mqtt/tls.h"
#include "support/suite.h"

static const struct mock_device devices[] = {{"PK1", "dev1", "secret1", false}};

/* A self-signed certificate and its key as PEM files in `folder`. */
static void write_certificate(const char *folder, char *certificate_path, char *key_path, size_t capacity)
{
    (void)snprintf(certificate_path, capacity, "%s/cert.pem", folder);
    (void)snprintf(key_path, capacity, "%s/key.pem", folder);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    CHECK_FATAL(key != NULL && certificate != NULL);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    (void)X509_set_pubkey(certificate, key);
    CHECK_FATAL(X509_sign(certificate, key, EVP_sha256()) > 0);
    FILE *file = fopen(certificate_path, "w");
    CHECK_FATAL(file != NULL && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
    file = fopen(key_path, "w");
    CHECK_FATAL(file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(file) == 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

struct client {
    struct stream *stream;
    struct buffer in;
    bool closed;
};

static void client_data(void *context)
{
    struct client *client = context;
    size_t length;
    const uint8_t *bytes = stream_input(client->stream, &length);
    buffer_append(&client->in, bytes, length);
    stream_consume(client->stream, length);
}

static void client_closed(void *context, const char *why)
{
    (void)why;
    struct client *client = context;
    client->closed = true;
}

static bool is_subscribed(void *context)
{
    const struct client *client = context;
    return client->closed || client->in.length >= 9;
}

/* A device that comes by MQTTS. */
static void test_device_over_tls(void)
{
    static struct harness harness;
    char certificate[300];
    char key[300];
    harness = (struct harness){.folder = "/tmp/mockdc-test-XXXXXX"};
    CHECK_FATAL(mkdtemp(harness.folder) != NULL);
    write_certificate(harness.folder, certificate, key, sizeof certificate);
    harness.settings = (struct mqtt_settings){.mqtts = {.host = "127.0.0.1"}, .tls_cert = certificate, .tls_key = key};
    harness_begin(&harness, devices, 1);
    CHECK(mqtt_door_tls_port(harness.door) != 0);
    static const struct stream_handlers handlers = {.on_data = client_data, .on_close = client_closed};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct client client = {.in = {.limit = 4096}};
    CHECK_OK(stream_connect_tcp(harness.loop, "127.0.0.1", mqtt_door_tls_port(harness.door), context, &handlers,
                                &client, &client.stream));
    char password[PASSWORD_LIMIT];
    CHECK_OK(password_make_type1(false, "secret1", "ps1", "0123456789abcdef", password, sizeof password));
    struct buffer out = {.limit = 4096};
    put_connect(&out, "qdPK1dev1", password);
    put_subscribe(&out, "qdPK1dev1");
    CHECK_OK(stream_write(client.stream, out.data, out.length));
    CHECK(harness_wait(&harness, is_subscribed, &client));
    static const uint8_t answers[] = {0x20, 2, 0, 0, 0x90, 3, 0, 1, 1};
    CHECK(client.in.length == sizeof answers && memcmp(client.in.data, answers, sizeof answers) == 0);
    CHECK(harness_wait_calls(&harness, "online 1;", 1));
    stream_destroy(client.stream);
    CHECK(harness_wait_calls(&harness, "offline 1;", 1));
    buffer_finish(&out);
    buffer_finish(&client.in);
    SSL_CTX_free(context);
    harness_end(&harness);
}

static void test_bad_files(void)
{
    char folder[] = "/tmp/mockdc-test-XXXXXX";
    char certificate[300];
    char key[300];
    CHECK_FATAL(mkdtemp(folder) != NULL);
    write_certificate(folder, certificate, key, sizeof certificate);
    const struct {
        const char *name;
        const char *certificate;
        const char *key;
        const char *named; /* the file in the error; NULL: good */
    } rows[] = {{"good", certificate, key, NULL},
                {"no certificate", "/nonexistent.pem", key, "/nonexistent.pem"},
                {"no key", certificate, "/nonexistent.pem", "/nonexistent.pem"},
                {"swapped", key, certificate, "key.pem"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ssl_ctx_st *context = NULL;
        struct error error = {0};
        enum status status = tls_context_create(rows[i].certificate, rows[i].key, &context, &error);
        CHECK_ROW(rows[i].name, (status == OK) == (rows[i].named == NULL));
        CHECK_ROW(rows[i].name, rows[i].named == NULL || strstr(error.text, rows[i].named) != NULL);
        tls_context_destroy(context);
    }
    CHECK(unlink(certificate) == 0 && unlink(key) == 0 && rmdir(folder) == 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"a device over TLS", test_device_over_tls}, {"bad files", test_bad_files}, {0}};
    return suite_run("tls", cases);
}
