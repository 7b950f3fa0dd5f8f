#include "mqtt/authenticate.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/password.h"
#include "crypto/random.h"

static const char observer_user[] = "observer";

static void decide(struct decision *decision, enum verdict verdict, int code, const char *why)
{
    decision->verdict = verdict;
    decision->code = code;
    decision->why = why;
}

static bool text_is(struct mqtt_text text, const char *wanted)
{
    return text.length == strlen(wanted) && memcmp(text.text, wanted, text.length) == 0;
}

static void authenticate_observer(const struct mqtt_connect *connect, const struct auth_settings *settings,
                                  struct decision *decision)
{
    char password[PASSWORD_LIMIT] = "";
    bool fits = text_copy_bytes(password, sizeof password, (const uint8_t *)connect->password.text,
                                connect->password.length) == OK;
    if (settings->observer_token == NULL) {
        decide(decision, VERDICT_CONNACK, CONNACK_NOT_AUTHORIZED, "no observer token is set");
    } else if (!text_is(connect->user_name, observer_user) || !fits ||
               !secret_equal(password, settings->observer_token)) {
        decide(decision, VERDICT_CONNACK, CONNACK_NOT_AUTHORIZED, "observer with wrong user or token");
    } else {
        decide(decision, VERDICT_OBSERVE, 0, "observer");
    }
}

/* The opened type 0 password against the client id; 0: it is good. */
static int check_opened(const struct password *password, const struct product *product, const char *client_id)
{
    if (!password_random_is_valid(password->random)) {
        return AUTH_CODE_RANDOM;
    }
    if (!device_key_is_valid(password->device_key)) {
        return AUTH_CODE_DEVICE_KEY;
    }
    char expected[2 + sizeof password->product_key + sizeof password->device_key];
    (void)snprintf(expected, sizeof expected, "qd%s%s", password->product_key, password->device_key);
    if (strcmp(expected, client_id) != 0) {
        return AUTH_CODE_CLIENT_ID;
    }
    return password_verify(password, password->device_key, product->secret) == OK ? 0 : AUTH_CODE_SIGNATURE;
}

static void authenticate_type0(struct password *password, const struct auth_lookups *lookups, struct decision *decision)
{
    struct product product;
    enum status status = lookups->product(lookups->context, password->product_key, &product);
    if (status == E_NOT_FOUND) {
        decide(decision, VERDICT_POLITE, AUTH_CODE_PRODUCT, "unknown product");
        return;
    }
    if (status != OK) {
        decide(decision, VERDICT_CLOSE, 0, status_text(status));
        return;
    }
    if (password_open(password, product.secret) != OK) {
        decide(decision, VERDICT_POLITE, AUTH_CODE_PASSWORD, "the password does not open");
        return;
    }
    int code = check_opened(password, &product, decision->client_id);
    if (code != 0) {
        decide(decision, VERDICT_POLITE, code, "bad type 0 password");
        return;
    }
    (void)!text_copy(decision->product_key, sizeof decision->product_key, product.key);
    (void)!text_copy(decision->device_key, sizeof decision->device_key, password->device_key);
    static _Thread_local struct device device; /* too large for comfort on the stack */
    status = lookups->device(lookups->context, product.key, password->device_key, &device);
    if (status == OK && !device.enabled) {
        decide(decision, VERDICT_CONNACK, CONNACK_NOT_AUTHORIZED, "disabled device");
    } else if (status == OK || status == E_NOT_FOUND) {
        decide(decision, VERDICT_ACCEPT, 0, "type 0");
    } else {
        decide(decision, VERDICT_CLOSE, 0, status_text(status));
    }
}

void client_id_each_split(const char *client_id,
                          bool (*visit)(void *context, const char *product_key, const char *device_key), void *context)
{
    if (!text_starts_with(client_id, "qd")) {
        return;
    }
    const char *keys = client_id + 2;
    size_t length = strlen(keys);
    for (size_t split = 1; split < length && split <= LIMIT_PRODUCT_KEY; split++) {
        char product_key[LIMIT_PRODUCT_KEY + 1];
        memcpy(product_key, keys, split);
        product_key[split] = '\0';
        if (device_key_is_valid(keys + split) && product_key_is_valid(product_key) &&
            !visit(context, product_key, keys + split)) {
            return;
        }
    }
}

/* What the splits of a type 1 client id have shown so far. */
struct type1_search {
    const struct password *password;
    const struct auth_lookups *lookups;
    struct decision *decision;
    struct device device;
    bool verified;
    bool exists; /* some split names a device */
    enum status trouble;
};

static bool try_split(void *context, const char *product_key, const char *device_key)
{
    struct type1_search *search = context;
    struct product product;
    enum status status = search->lookups->product(search->lookups->context, product_key, &product);
    if (status == OK) {
        status = search->lookups->device(search->lookups->context, product_key, device_key, &search->device);
    }
    if (status != OK) {
        search->trouble = status == E_NOT_FOUND ? search->trouble : status;
        return true;
    }
    if (search->device.secret[0] == '\0') {
        return true; /* registered, but it never got a secret: as good as unknown */
    }
    search->exists = true;
    if (password_verify(search->password, search->device.secret, product.secret) != OK) {
        return true;
    }
    search->verified = true;
    (void)!text_copy(search->decision->product_key, sizeof search->decision->product_key, product_key);
    (void)!text_copy(search->decision->device_key, sizeof search->decision->device_key, device_key);
    return false;
}

static void authenticate_type1(const struct password *password, const struct auth_settings *settings,
                               const struct auth_lookups *lookups, struct decision *decision)
{
    static _Thread_local struct type1_search search;
    search = (struct type1_search){.password = password, .lookups = lookups, .decision = decision};
    client_id_each_split(decision->client_id, try_split, &search);
    if (search.verified && !search.device.enabled) {
        decide(decision, VERDICT_CONNACK, CONNACK_NOT_AUTHORIZED, "disabled device");
    } else if (search.verified) {
        decide(decision, VERDICT_ACCEPT, 0, "type 1");
    } else if (search.trouble != OK) {
        decide(decision, VERDICT_CLOSE, 0, status_text(search.trouble));
    } else if (search.exists) {
        decide(decision, VERDICT_CONNACK, CONNACK_BAD_PASSWORD, "wrong signature");
    } else if (settings->refuse_unknown) {
        decide(decision, VERDICT_CONNACK, CONNACK_BAD_PASSWORD, "unknown device");
    } else {
        decide(decision, VERDICT_REAUTH, 0, "unknown device, is to authenticate again");
    }
}

void authenticate(const struct mqtt_connect *connect, const struct auth_settings *settings,
                  const struct auth_lookups *lookups, struct decision *decision)
{
    *decision = (struct decision){.mode = AUTH_NONE};
    if (connect->client_id.length < 2 || memcmp(connect->client_id.text, "qd", 2) != 0) {
        authenticate_observer(connect, settings, decision);
        return;
    }
    if (text_copy_bytes(decision->client_id, sizeof decision->client_id, (const uint8_t *)connect->client_id.text,
                        connect->client_id.length) != OK) {
        decide(decision, VERDICT_CONNACK, CONNACK_BAD_CLIENT_ID, "client id too long");
        return;
    }
    if (connect->password.length == 0) {
        decide(decision, VERDICT_CONNACK, CONNACK_BAD_PASSWORD, "no password");
        return;
    }
    struct password password;
    enum status status = password_parse(connect->password.text, connect->password.length, &password);
    if (status == E_LIMIT) {
        decide(decision, VERDICT_POLITE, AUTH_CODE_PRODUCT, "no product has so long a key");
        return;
    }
    if (status != OK) {
        decide(decision, VERDICT_POLITE, AUTH_CODE_PASSWORD, "the password has neither form");
        return;
    }
    decision->session = password.session;
    decision->mode = password.type == 0 ? AUTH_TYPE_0 : AUTH_TYPE_1;
    if (password.type == 0) {
        authenticate_type0(&password, lookups, decision);
    } else {
        authenticate_type1(&password, settings, lookups, decision);
    }
}
