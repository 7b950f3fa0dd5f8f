#include "mqtt/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

static enum status tls_failed(struct error *error, const char *what, const char *file)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return error_set(error, E_IO, "mqtts", "%s %s: %s", what, file, reason != NULL ? reason : "OpenSSL refuses it");
}

enum status tls_context_create(const char *certificate, const char *key, struct ssl_ctx_st **context,
                               struct error *error)
{
    ERR_clear_error();
    SSL_CTX *made = SSL_CTX_new(TLS_server_method());
    if (made == NULL || SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(made);
        return tls_failed(error, "cannot set up", "TLS");
    }
    SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION);
    enum status status = OK;
    if (SSL_CTX_use_certificate_chain_file(made, certificate) != 1) {
        status = tls_failed(error, "cannot use the certificate", certificate);
    } else if (SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) != 1) {
        status = tls_failed(error, "cannot use the key", key);
    }
    if (status != OK) {
        SSL_CTX_free(made);
        return status;
    }
    *context = made;
    return OK;
}

void tls_context_destroy(struct ssl_ctx_st *context)
{
    SSL_CTX_free(context);
}
