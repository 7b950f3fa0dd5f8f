#include "fleet/ground.h"

#include <openssl/ssl.h>
#include <signal.h>

void ground_end(struct ground *ground, int exit_code)
{
    if (!ground->over) {
        ground->over = true;
        ground->exit_code = exit_code;
        loop_stop(ground->loop);
    }
}

static void on_timeout(void *context)
{
    struct ground *ground = context;
    if (!ground->over) {
        ground->on_end(ground->context, "timeout", "the time of --timeout is over");
        ground_end(ground, EXIT_TIMEOUT);
    }
}

static void on_signal(void *context, int number)
{
    struct ground *ground = context;
    if (!ground->over) {
        ground->on_end(ground->context, "interrupted", "ended by a signal");
        ground_end(ground, EXIT_SIGNAL + number);
    }
}

/* Any certificate is taken, as the SDK does, unless `ca_file` names those to trust. */
static enum status make_tls(const char *ca_file, SSL_CTX **tls, struct error *error)
{
    *tls = SSL_CTX_new(TLS_client_method());
    if (*tls == NULL) {
        return error_set(error, E_NOMEM, "TLS", "no context");
    }
    if (ca_file != NULL) {
        if (SSL_CTX_load_verify_locations(*tls, ca_file, NULL) != 1) {
            return error_set(error, E_IO, "--ca-file", "%s cannot be read as certificates", ca_file);
        }
        SSL_CTX_set_verify(*tls, SSL_VERIFY_PEER, NULL);
    }
    return OK;
}

enum status ground_open(struct ground *ground, const struct options *options, ground_end_handler *on_end, void *context,
                        struct error *error)
{
    *ground = (struct ground){.on_end = on_end, .context = context, .exit_code = EXIT_FAILED};
    const char *ca_file = options_text(options, "ca-file");
    enum status status = make_tls(ca_file, &ground->mqtt_tls, error);
    if (status == OK) {
        status = make_tls(ca_file, &ground->http_tls, error);
    }
    if (status == OK && (status = loop_create(&ground->loop)) == OK &&
        (status = loop_timer_create(ground->loop, on_timeout, ground, &ground->timeout)) == OK &&
        (status = loop_signal_create(ground->loop, SIGINT, on_signal, ground, &ground->interrupt)) == OK) {
        status = loop_signal_create(ground->loop, SIGTERM, on_signal, ground, &ground->terminate);
    }
    int64_t timeout_s = options_number(options, "timeout");
    if (status == OK && timeout_s > 0) {
        loop_timer_arm(ground->timeout, timeout_s * 1000);
    }
    return status;
}

void ground_close(struct ground *ground)
{
    loop_signal_destroy(ground->terminate);
    loop_signal_destroy(ground->interrupt);
    loop_timer_destroy(ground->timeout);
    if (ground->loop != NULL) {
        loop_destroy(ground->loop);
    }
    SSL_CTX_free(ground->http_tls);
    SSL_CTX_free(ground->mqtt_tls);
}
