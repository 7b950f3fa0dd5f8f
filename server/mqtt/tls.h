/*
 * The TLS of the MQTTS listener: TLS 1.2 or newer, a certificate chain and its key from PEM files.
 */
#ifndef MQTT_TLS_H
#define MQTT_TLS_H

#include "base/status.h"

struct ssl_ctx_st;

/* *error names the file that is wrong and why. */
MUST_USE enum status tls_context_create(const char *certificate, const char *key, struct ssl_ctx_st **context,
                                        struct error *error);
void tls_context_destroy(struct ssl_ctx_st *context); /* NULL is allowed */

#endif
