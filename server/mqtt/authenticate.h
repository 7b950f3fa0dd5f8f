/*
 * What becomes of a CONNECT (protocol.md, Passwords and 13). A decision without effects; the catalogue is asked through
 * two functions.
 *
 *   client id qd...   password 0;flag;pk;B       10423 10424 10427 10431 10434 10425 (in this order) or accept
 *                     password 1;flag;random;sign   accept, CONNACK 4 (wrong signature), reauth or CONNACK 4 (unknown)
 *                     other password             10424;   none: CONNACK 4;   disabled device: CONNACK 5
 *   another           user observer + token      observe, else CONNACK 5
 */
#ifndef MQTT_AUTHENTICATE_H
#define MQTT_AUTHENTICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"
#include "codec/mqtt_packet.h"
#include "domain/device.h"
#include "domain/product.h"

enum verdict {
    VERDICT_ACCEPT,
    VERDICT_OBSERVE,
    VERDICT_CONNACK, /* `code`: CONNACK return code, then close */
    VERDICT_POLITE,  /* CONNACK 0, SUBACK, then 0x00A3 with `code` */
    VERDICT_REAUTH,  /* CONNACK 0, SUBACK, then 0x00B4 {9: true} */
    VERDICT_CLOSE,   /* our own trouble: close the connection, the device tries again */
};

enum auth_code {
    AUTH_CODE_PRODUCT = 10423,    /* unknown product */
    AUTH_CODE_PASSWORD = 10424,   /* does not parse or decrypt */
    AUTH_CODE_SIGNATURE = 10425,  /* wrong signature */
    AUTH_CODE_RANDOM = 10427,     /* random of wrong form */
    AUTH_CODE_DEVICE_KEY = 10431, /* bad device key */
    AUTH_CODE_CLIENT_ID = 10434,  /* client id and password disagree */
};

enum connack_code { CONNACK_BAD_CLIENT_ID = 2, CONNACK_BAD_PASSWORD = 4, CONNACK_NOT_AUTHORIZED = 5 };

/* Client ids are read up to this length, so that a wrong one can be answered; accepted ones are LIMIT_CLIENT_ID at
 * most. */
enum { AUTH_CLIENT_ID = 128 };

struct decision {
    enum verdict verdict;
    int code;
    const char *why; /* for the log; static text */
    enum auth_mode mode;
    bool session; /* the device can encrypt */
    char client_id[AUTH_CLIENT_ID + 1];
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char device_key[LIMIT_DEVICE_KEY + 1];
};

/* The catalogue. OK, E_NOT_FOUND, or the store's trouble. */
struct auth_lookups {
    void *context;
    enum status (*product)(void *context, const char *product_key, struct product *product);
    enum status (*device)(void *context, const char *product_key, const char *device_key, struct device *device);
};

struct auth_settings {
    const char *observer_token; /* NULL: no observers */
    bool refuse_unknown;
};

void authenticate(const struct mqtt_connect *connect, const struct auth_settings *settings,
                  const struct auth_lookups *lookups, struct decision *decision);

/*
 * Calls `visit` for each way to split "qd" + pk + dk into keys of legal form, until it returns false. Without a
 * separator one product key may be a prefix of another.
 */
void client_id_each_split(const char *client_id,
                          bool (*visit)(void *context, const char *product_key, const char *device_key), void *context);

#endif
