#include "loop/stream.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "loop/port_holder.h"
#include "support/suite.h"

/* A pair of streams over a listener: `client` sends, `server` counts and echoes what it is told to. */
struct pair {
    struct loop *loop;
    struct listener *listener;
    struct stream *server;
    struct stream *client;
    SSL_CTX *server_tls;
    SSL_CTX *client_tls;
    struct loop_timer *limit;
    size_t opened;
    size_t wanted; /* bytes after which the loop stops */
    size_t received;
    uint8_t sum;
    bool echo;
    bool destroy_in_data;
    bool timed_out;
    size_t drained;
    char why[128];
};

static void on_open(void *context)
{
    struct pair *pair = context;
    pair->opened++;
}

static void on_server_data(void *context)
{
    struct pair *pair = context;
    size_t length;
    const uint8_t *bytes = stream_input(pair->server, &length);
    if (pair->destroy_in_data) {
        stream_destroy(pair->server);
        pair->server = NULL;
        loop_stop(pair->loop);
        return;
    }
    if (pair->echo) {
        CHECK_OK(stream_write(pair->server, bytes, length));
    }
    for (size_t i = 0; i < length; i++) {
        pair->sum = (uint8_t)(pair->sum + bytes[i]);
    }
    pair->received += length;
    stream_consume(pair->server, length);
    if (pair->received >= pair->wanted && !pair->echo) {
        loop_stop(pair->loop);
    }
}

/* Takes only whole groups of four, so that rests stay in the stream. */
static void on_client_data(void *context)
{
    struct pair *pair = context;
    size_t length;
    (void)stream_input(pair->client, &length);
    stream_consume(pair->client, length / 4 * 4);
    pair->drained += length / 4 * 4;
    if (pair->drained >= pair->wanted) {
        loop_stop(pair->loop);
    }
}

static void on_close(void *context, const char *why)
{
    struct pair *pair = context;
    (void)snprintf(pair->why, sizeof pair->why, "%s", why);
    loop_stop(pair->loop);
}

static void on_limit(void *context)
{
    struct pair *pair = context;
    pair->timed_out = true;
    loop_stop(pair->loop);
}

static void on_accept(void *context, int fd)
{
    static const struct stream_handlers handlers = {
        .on_open = on_open, .on_data = on_server_data, .on_close = on_close};
    struct pair *pair = context;
    CHECK_OK(stream_accept(pair->loop, fd, pair->server_tls, &handlers, pair, &pair->server));
}

static const struct stream_handlers client_handlers = {
    .on_open = on_open, .on_data = on_client_data, .on_close = on_close};

/* A self-signed certificate, made for the test. */
static void make_tls(struct pair *pair)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    CHECK_FATAL(key != NULL && certificate != NULL);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    (void)X509_set_pubkey(certificate, key);
    CHECK_FATAL(X509_sign(certificate, key, EVP_sha256()) > 0);
    pair->server_tls = SSL_CTX_new(TLS_server_method());
    pair->client_tls = SSL_CTX_new(TLS_client_method());
    CHECK_FATAL(SSL_CTX_use_certificate(pair->server_tls, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(pair->server_tls, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static uint16_t pair_begin(struct pair *pair, bool tls)
{
    uint16_t port = 0;
    struct error error = {0};
    CHECK_FATAL(loop_create(&pair->loop) == OK);
    if (tls) {
        make_tls(pair);
    }
    CHECK_FATAL(loop_timer_create(pair->loop, on_limit, pair, &pair->limit) == OK);
    loop_timer_arm(pair->limit, 20000);
    CHECK_FATAL(listener_create(pair->loop, "127.0.0.1", &port, on_accept, pair, &pair->listener, &error) == OK);
    CHECK(port != 0);
    return port;
}

static void pair_end(struct pair *pair)
{
    CHECK(!pair->timed_out);
    stream_destroy(pair->client);
    stream_destroy(pair->server);
    listener_destroy(pair->listener);
    loop_timer_destroy(pair->limit);
    loop_destroy(pair->loop);
    SSL_CTX_free(pair->server_tls);
    SSL_CTX_free(pair->client_tls);
}

static void echo(bool tls, size_t count)
{
    struct pair pair = {.echo = true, .wanted = count};
    uint16_t port = pair_begin(&pair, tls);
    CHECK_OK(stream_connect_tcp(pair.loop, "127.0.0.1", port, pair.client_tls, &client_handlers, &pair, &pair.client));
    uint8_t *bytes = malloc(count);
    CHECK_FATAL(bytes != NULL);
    uint8_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(i * 7);
        sum = (uint8_t)(sum + bytes[i]);
    }
    CHECK_OK(stream_write(pair.client, bytes, count / 2)); /* before it is open */
    CHECK_OK(stream_write(pair.client, bytes + count / 2, count - count / 2));
    CHECK_OK(loop_run(pair.loop));
    CHECK(pair.opened == 2);
    CHECK(pair.received == count);
    CHECK(pair.sum == sum);
    CHECK(pair.drained == count);
    CHECK(stream_unsent(pair.client) == 0);
    free(bytes);
    pair_end(&pair);
}

static void test_echo_clear(void)
{
    echo(false, 4);
    echo(false, 600000);
}

static void test_echo_tls(void)
{
    echo(true, 4);
    echo(true, 600000);
}

static void test_tls_against_clear(void)
{
    struct pair pair = {.wanted = 1};
    uint16_t port = pair_begin(&pair, true);
    CHECK_OK(stream_connect_tcp(pair.loop, "127.0.0.1", port, NULL, &client_handlers, &pair, &pair.client));
    CHECK_OK(stream_write(pair.client, "this is no TLS at all", 21));
    CHECK_OK(loop_run(pair.loop));
    CHECK(strstr(pair.why, "TLS handshake") != NULL);
    CHECK(pair.received == 0);
    pair_end(&pair);
}

static void test_refused_connection_comes_later(void)
{
    struct pair pair = {0};
    uint16_t port = pair_begin(&pair, false);
    listener_destroy(pair.listener);
    pair.listener = NULL;
    CHECK_OK(stream_connect_tcp(pair.loop, "127.0.0.1", port, NULL, &client_handlers, &pair, &pair.client));
    CHECK_TEXT(pair.why, "");
    CHECK_OK(loop_run(pair.loop));
    CHECK(strstr(pair.why, "refused") != NULL);
    CHECK(pair.opened == 0);
    pair_end(&pair);
}

static void test_unix_socket_missing(void)
{
    struct pair pair = {0};
    (void)pair_begin(&pair, false);
    CHECK_OK(stream_connect_unix(pair.loop, "/nonexistent/socket", &client_handlers, &pair, &pair.client));
    CHECK_OK(loop_run(pair.loop));
    CHECK(strstr(pair.why, "No such file") != NULL);
    pair_end(&pair);
}

static void test_unix_path_too_long(void)
{
    struct pair pair = {0};
    (void)pair_begin(&pair, false);
    char path[200];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    CHECK(stream_connect_unix(pair.loop, path, &client_handlers, &pair, &pair.client) == E_LIMIT);
    pair_end(&pair);
}

static void test_peer_close(void)
{
    struct pair pair = {.wanted = 5};
    uint16_t port = pair_begin(&pair, false);
    CHECK_OK(stream_connect_tcp(pair.loop, "127.0.0.1", port, NULL, &client_handlers, &pair, &pair.client));
    CHECK_OK(stream_write(pair.client, "hello", 5));
    CHECK_OK(loop_run(pair.loop));
    CHECK(pair.received == 5);
    stream_destroy(pair.client);
    pair.client = NULL;
    CHECK_OK(loop_run(pair.loop));
    CHECK_TEXT(pair.why, "closed by the other side");
    pair_end(&pair);
}

static void test_destroy_within_handler(void)
{
    struct pair pair = {.destroy_in_data = true};
    uint16_t port = pair_begin(&pair, false);
    CHECK_OK(stream_connect_tcp(pair.loop, "127.0.0.1", port, NULL, &client_handlers, &pair, &pair.client));
    CHECK_OK(stream_write(pair.client, "x", 1));
    CHECK_OK(loop_run(pair.loop));
    CHECK(pair.server == NULL);
    pair_end(&pair);
}

static void test_write_limit(void)
{
    struct pair pair = {.wanted = 1};
    uint16_t port = pair_begin(&pair, false);
    CHECK_OK(stream_connect_tcp(pair.loop, "127.0.0.1", port, NULL, &client_handlers, &pair, &pair.client));
    static uint8_t bytes[LIMIT_LINK_QUEUE + 1];
    CHECK(stream_write(pair.client, bytes, sizeof bytes) == E_LIMIT);
    CHECK(stream_unsent(pair.client) == 0);
    CHECK_OK(stream_write(pair.client, bytes, LIMIT_LINK_QUEUE)); /* not open yet: all of it waits */
    CHECK_OK(stream_write(pair.client, bytes, 1));
    CHECK(stream_write(pair.client, bytes, 1) == E_LIMIT);
    CHECK(stream_unsent(pair.client) == LIMIT_LINK_QUEUE + 1);
    pair_end(&pair);
}

static void test_paused_stream_is_silent(void)
{
    struct pair pair = {.wanted = 3};
    uint16_t port = pair_begin(&pair, false);
    CHECK_OK(stream_connect_tcp(pair.loop, "127.0.0.1", port, NULL, &client_handlers, &pair, &pair.client));
    CHECK_OK(stream_write(pair.client, "abc", 3));
    CHECK_OK(loop_run(pair.loop));
    stream_pause(pair.server, true);
    pair.wanted = 6;
    CHECK_OK(stream_write(pair.client, "def", 3));
    loop_timer_arm(pair.limit, 50);
    CHECK_OK(loop_run(pair.loop));
    CHECK(pair.timed_out && pair.received == 3);
    pair.timed_out = false;
    loop_timer_arm(pair.limit, 20000);
    stream_pause(pair.server, false);
    CHECK_OK(loop_run(pair.loop));
    CHECK(pair.received == 6);
    pair_end(&pair);
}

static void test_addresses(void)
{
    struct pair pair = {.wanted = 1};
    uint16_t port = pair_begin(&pair, false);
    CHECK_OK(stream_connect_tcp(pair.loop, "127.0.0.1", port, NULL, &client_handlers, &pair, &pair.client));
    CHECK_OK(stream_write(pair.client, "x", 1));
    CHECK_OK(loop_run(pair.loop));
    char address[64];
    uint16_t found;
    stream_local(pair.server, address, sizeof address, &found);
    CHECK_TEXT(address, "127.0.0.1");
    CHECK(found == port);
    stream_peer(pair.client, address, sizeof address, &found);
    CHECK_TEXT(address, "127.0.0.1");
    CHECK(found == port);
    pair_end(&pair);
}

static void test_taken_port_names_its_holder(void)
{
    struct pair pair = {0};
    uint16_t port = pair_begin(&pair, false);
    struct listener *second;
    struct error error = {0};
    CHECK(listener_create(pair.loop, "127.0.0.1", &port, on_accept, &pair, &second, &error) == E_IO);
    char own[32];
    (void)snprintf(own, sizeof own, "process %ld", (long)getpid());
    CHECK(strstr(error.text, own) != NULL);
    CHECK(listener_create(pair.loop, "localhost", &port, on_accept, &pair, &second, &error) == E_FORMAT);
    pair_end(&pair);
}

int main(void)
{
    static const struct test_case cases[] = {{"echo, clear", test_echo_clear},
                                             {"echo, TLS", test_echo_tls},
                                             {"TLS against clear", test_tls_against_clear},
                                             {"a refused connection comes later", test_refused_connection_comes_later},
                                             {"unix socket missing", test_unix_socket_missing},
                                             {"unix path too long", test_unix_path_too_long},
                                             {"peer close", test_peer_close},
                                             {"destroy within a handler", test_destroy_within_handler},
                                             {"write limit", test_write_limit},
                                             {"a paused stream is silent", test_paused_stream_is_silent},
                                             {"addresses", test_addresses},
                                             {"a taken port names its holder", test_taken_port_names_its_holder},
                                             {0}};
    return suite_run("stream", cases);
}
