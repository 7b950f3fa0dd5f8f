#include "mqtt/authenticate.h"

#include <stdlib.h>

#include "crypto/aes.h"
#include "crypto/password.h"
#include "mock_app.h"
#include "support/suite.h"

static const struct mock_device devices[] = {
    {"PK1", "dev1", "secret1", false},  {"PK1", "off", "secretoff", true},
    {"PK12", "34", "secret34", false},  /* "qdPK1234": PK12 + 34, */
    {"PK1", "234", "secret234", false}, /* or PK1 + 234 */
    {"PK1", "fresh", "", false},
};

static struct app app;

static enum status find_product(void *context, const char *key, struct product *product)
{
    return app_product_find(context, key, product);
}

static enum status find_device(void *context, const char *product_key, const char *device_key, struct device *device)
{
    return app_device_find(context, product_key, device_key, device);
}

static struct decision decide(const char *client_id, const char *user, const char *password, bool refuse_unknown,
                              const char *observer_token)
{
    struct mqtt_connect connect = {.protocol = "MQTT",
                                   .level = 4,
                                   .client_id = {client_id, strlen(client_id)},
                                   .user_name = {user, strlen(user)},
                                   .password = {password, strlen(password)}};
    struct auth_settings settings = {.observer_token = observer_token, .refuse_unknown = refuse_unknown};
    struct auth_lookups lookups = {.context = &app, .product = find_product, .device = find_device};
    struct decision decision;
    authenticate(&connect, &settings, &lookups, &decision);
    return decision;
}

static const char good_random[] = "0123456789abcdef";

/* "0", "1": type; then the arguments of the password as the device would make it. */
struct row {
    const char *name;
    const char *client_id;
    int type; /* -1: `first` is the password itself */
    bool session;
    const char *first;  /* type 0: product key; type 1: device secret */
    const char *second; /* product secret */
    const char *third;  /* type 0: device key */
    const char *random;
    enum verdict verdict;
    int code;
    const char *product_key; /* when accepted */
    const char *device_key;
};

static void make_password(const struct row *row, char *text, size_t capacity)
{
    enum status status = OK;
    if (row->type == 0) {
        status = password_make_type0(row->session, row->first, row->second, row->third, row->random, text, capacity);
    } else if (row->type == 1) {
        status = password_make_type1(row->session, row->first, row->second, row->random, text, capacity);
    } else {
        (void)snprintf(text, capacity, "%s", row->first);
    }
    CHECK_ROW(row->name, status == OK);
}

static const struct row rows[] = {
    {"type 0", "qdPK1new", 0, false, "PK1", "ps1", "new", good_random, VERDICT_ACCEPT, 0, "PK1", "new"},
    {"type 0, session", "qdPK1new", 0, true, "PK1", "ps1", "new", good_random, VERDICT_ACCEPT, 0, "PK1", "new"},
    {"type 0, known device", "qdPK1dev1", 0, false, "PK1", "ps1", "dev1", good_random, VERDICT_ACCEPT, 0, "PK1",
     "dev1"},
    {"type 0, disabled", "qdPK1off", 0, false, "PK1", "ps1", "off", good_random, VERDICT_CONNACK, 5, NULL, NULL},
    {"10423 unknown product", "qdNOPEnew", 0, false, "NOPE", "ps1", "new", good_random, VERDICT_POLITE, 10423, NULL,
     NULL},
    {"10423 before all else", "qdother", 0, false, "NOPE", "bad", "n-w", "short", VERDICT_POLITE, 10423, NULL, NULL},
    {"10424 wrong secret", "qdPK1new", 0, false, "PK1", "wrong", "new", good_random, VERDICT_POLITE, 10424, NULL, NULL},
    {"10424 not base64", "qdPK1new", -1, false, "0;0000;PK1;!!!!", NULL, NULL, NULL, VERDICT_POLITE, 10424, NULL, NULL},
    {"10424 neither form", "qdPK1new", -1, false, "hello", NULL, NULL, NULL, VERDICT_POLITE, 10424, NULL, NULL},
    {"10424 type 2", "qdPK1new", -1, false, "2;0000;a;b", NULL, NULL, NULL, VERDICT_POLITE, 10424, NULL, NULL},
    {"10424 bad flag", "qdPK1new", -1, false, "1;1;a;b", NULL, NULL, NULL, VERDICT_POLITE, 10424, NULL, NULL},
    {"10427 random", "qdPK1new", 0, false, "PK1", "ps1", "new", "0123456789abcde!", VERDICT_POLITE, 10427, NULL, NULL},
    {"10427 before 10431", "qdPK1n_w", 0, false, "PK1", "ps1", "n_w", "0123456789abcde!", VERDICT_POLITE, 10427, NULL,
     NULL},
    {"10431 device key", "qdPK1n_w", 0, false, "PK1", "ps1", "n_w", good_random, VERDICT_POLITE, 10431, NULL, NULL},
    {"10431 device key of 17", "qdPK112345678901234567", 0, false, "PK1", "ps1", "12345678901234567", good_random,
     VERDICT_POLITE, 10431, NULL, NULL},
    {"10434 client id", "qdPK1other", 0, false, "PK1", "ps1", "new", good_random, VERDICT_POLITE, 10434, NULL, NULL},
    {"type 1", "qdPK1dev1", 1, false, "secret1", "ps1", NULL, good_random, VERDICT_ACCEPT, 0, "PK1", "dev1"},
    {"type 1, session", "qdPK1dev1", 1, true, "secret1", "ps1", NULL, good_random, VERDICT_ACCEPT, 0, "PK1", "dev1"},
    {"type 1, first split", "qdPK1234", 1, false, "secret234", "ps1", NULL, good_random, VERDICT_ACCEPT, 0, "PK1",
     "234"},
    {"type 1, second split", "qdPK1234", 1, false, "secret34", "ps12", NULL, good_random, VERDICT_ACCEPT, 0, "PK12",
     "34"},
    {"type 1, no split fits", "qdPK1234", 1, false, "wrong", "ps12", NULL, good_random, VERDICT_CONNACK, 4, NULL, NULL},
    {"type 1, wrong secret", "qdPK1dev1", 1, false, "other", "ps1", NULL, good_random, VERDICT_CONNACK, 4, NULL, NULL},
    {"type 1, disabled", "qdPK1off", 1, false, "secretoff", "ps1", NULL, good_random, VERDICT_CONNACK, 5, NULL, NULL},
    {"type 1, disabled and wrong", "qdPK1off", 1, false, "x", "ps1", NULL, good_random, VERDICT_CONNACK, 4, NULL, NULL},
    {"type 1, unknown", "qdPK1lost", 1, false, "s", "ps1", NULL, good_random, VERDICT_REAUTH, 0, NULL, NULL},
    {"type 1, unknown product", "qdXX", 1, false, "s", "ps1", NULL, good_random, VERDICT_REAUTH, 0, NULL, NULL},
    {"type 1, never had a secret", "qdPK1fresh", 1, false, "s", "ps1", NULL, good_random, VERDICT_REAUTH, 0, NULL,
     NULL},
    {"no password", "qdPK1dev1", -1, false, "", NULL, NULL, NULL, VERDICT_CONNACK, 4, NULL, NULL},
};

static void test_decisions(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        mock_app_init(&app, devices, sizeof devices / sizeof devices[0]);
        char password[PASSWORD_LIMIT];
        make_password(row, password, sizeof password);
        struct decision decision = decide(row->client_id, "whatever", password, false, NULL);
        CHECK_ROW(row->name, decision.verdict == row->verdict);
        CHECK_ROW(row->name, decision.code == row->code);
        CHECK_ROW(row->name, row->verdict != VERDICT_ACCEPT || (strcmp(decision.product_key, row->product_key) == 0 &&
                                                                strcmp(decision.device_key, row->device_key) == 0 &&
                                                                strcmp(decision.client_id, row->client_id) == 0));
        CHECK_ROW(row->name, row->type < 0 || decision.session == row->session);
        CHECK_ROW(row->name, row->type < 0 || decision.mode == (row->type == 0 ? AUTH_TYPE_0 : AUTH_TYPE_1));
        CHECK_ROW(row->name, app.calls[0] == '\0'); /* deciding changes nothing */
    }
}

/* A wrong signature inside a password that opens: the device knows the product secret but not its own key's signature.
 */
static void test_wrong_signature(void)
{
    static const char text[] = "new;0123456789abcdef;AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    static const uint8_t key[AES_BLOCK] = "ps1";
    uint8_t iv[AES_BLOCK];
    uint8_t sealed[sizeof text + AES_BLOCK];
    size_t length = 0;
    CHECK_OK(aes_iv_of("ps1", 3, iv));
    CHECK_OK(aes_encrypt(key, iv, (const uint8_t *)text, sizeof text - 1, sealed, &length));
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char password[PASSWORD_LIMIT] = "0;0000;PK1;";
    size_t at = strlen(password);
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)sealed[i] << 16;
        group |= i + 1 < length ? (uint32_t)sealed[i + 1] << 8 : 0;
        group |= i + 2 < length ? sealed[i + 2] : 0;
        password[at++] = digits[group >> 18];
        password[at++] = digits[group >> 12 & 63];
        password[at++] = i + 1 < length ? digits[group >> 6 & 63] : '=';
        password[at++] = i + 2 < length ? digits[group & 63] : '=';
    }
    password[at] = '\0';
    mock_app_init(&app, devices, sizeof devices / sizeof devices[0]);
    struct decision decision = decide("qdPK1new", "", password, false, NULL);
    CHECK(decision.verdict == VERDICT_POLITE);
    CHECK(decision.code == AUTH_CODE_SIGNATURE);
    decision = decide("qdPK1newer", "", password, false, NULL); /* 10434 is looked at before */
    CHECK(decision.code == AUTH_CODE_CLIENT_ID);
}

static void test_refuse_unknown(void)
{
    mock_app_init(&app, devices, sizeof devices / sizeof devices[0]);
    char password[PASSWORD_LIMIT];
    CHECK_OK(password_make_type1(false, "s", "ps1", good_random, password, sizeof password));
    struct decision decision = decide("qdPK1lost", "", password, true, NULL);
    CHECK(decision.verdict == VERDICT_CONNACK && decision.code == 4);
}

static void test_sick_store_refuses_nobody(void)
{
    mock_app_init(&app, devices, sizeof devices / sizeof devices[0]);
    app.lookup_status = E_IO;
    char password[PASSWORD_LIMIT];
    CHECK_OK(password_make_type1(false, "secret1", "ps1", good_random, password, sizeof password));
    CHECK(decide("qdPK1dev1", "", password, true, NULL).verdict == VERDICT_CLOSE);
    CHECK_OK(password_make_type0(false, "PK1", "ps1", "new", good_random, password, sizeof password));
    CHECK(decide("qdPK1new", "", password, false, NULL).verdict == VERDICT_CLOSE);
}

static void test_observers(void)
{
    static const struct {
        const char *name;
        const char *client_id;
        const char *user;
        const char *password;
        const char *token;
        enum verdict verdict;
    } observers[] = {
        {"right", "watcher", "observer", "tok", "tok", VERDICT_OBSERVE},
        {"empty client id", "", "observer", "tok", "tok", VERDICT_OBSERVE},
        {"core's name", "mockdc-core", "observer", "tok", "tok", VERDICT_OBSERVE},
        {"wrong token", "watcher", "observer", "tox", "tok", VERDICT_CONNACK},
        {"token's beginning", "watcher", "observer", "to", "tok", VERDICT_CONNACK},
        {"wrong user", "watcher", "mockdc-core", "tok", "tok", VERDICT_CONNACK},
        {"no password", "watcher", "observer", "", "tok", VERDICT_CONNACK},
        {"none configured", "watcher", "observer", "", NULL, VERDICT_CONNACK},
        {"device with the token", "qdPK1dev1", "observer", "tok", "tok", VERDICT_POLITE},
    };
    mock_app_init(&app, devices, sizeof devices / sizeof devices[0]);
    for (size_t i = 0; i < sizeof observers / sizeof observers[0]; i++) {
        struct decision decision =
            decide(observers[i].client_id, observers[i].user, observers[i].password, false, observers[i].token);
        CHECK_ROW(observers[i].name, decision.verdict == observers[i].verdict);
        CHECK_ROW(observers[i].name, decision.verdict != VERDICT_CONNACK || decision.code == 5);
    }
}

static void test_long_client_id(void)
{
    char client_id[400];
    memset(client_id, 'a', sizeof client_id - 1);
    client_id[sizeof client_id - 1] = '\0';
    memcpy(client_id, "qd", 2);
    mock_app_init(&app, devices, sizeof devices / sizeof devices[0]);
    struct decision decision = decide(client_id, "", "1;0000;a;b", false, NULL);
    CHECK(decision.verdict == VERDICT_CONNACK && decision.code == CONNACK_BAD_CLIENT_ID);
}

int main(void)
{
    static const struct test_case cases[] = {{"decisions", test_decisions},
                                             {"wrong signature", test_wrong_signature},
                                             {"refuse unknown", test_refuse_unknown},
                                             {"a sick store refuses nobody", test_sick_store_refuses_nobody},
                                             {"observers", test_observers},
                                             {"long client id", test_long_client_id},
                                             {0}};
    return suite_run("authenticate", cases);
}
