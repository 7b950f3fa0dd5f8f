/*
 * The options of `mockdc serve` (and of `mockdc config`, which shows them), and the settings that they make.
 *
 *   flags, environment, file --options_read--> struct options --serve_settings_read--> struct serve_settings
 */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include <stdint.h>

#include "base/log.h"
#include "config/address.h"
#include "config/options.h"

extern const struct option serve_options[];

struct serve_settings {
    struct address http;
    struct address https; /* empty host: no TLS */
    struct address mqtt;
    struct address mqtts;
    const char *tls_cert; /* texts are borrowed from the options; NULL: not given */
    const char *tls_key;
    const char *public_url;
    const char *seed_dir;
    const char *api_token;
    const char *observer_token;
    bool no_auth;
    bool refuse_unknown;
    bool log_json;
    bool access_log;
    enum log_level log_level;
};

/* E_FORMAT: *error names the option, where its value comes from and what is allowed. */
MUST_USE enum status serve_settings_read(const struct options *options, struct serve_settings *settings,
                                         struct error *error);

#endif
