/* 0x00B4 (protocol.md, 4.4). */
#include <string.h>

#include "base/cleanup.h"
#include "codec/fields.h"
#include "codec/server_messages.h"

enum {
    ID_SERVER = 1,
    ID_SERVER_HOST = 2,
    ID_SERVER_IP = 3,
    ID_SERVER_PORT = 4,
    ID_DEVICE_SECRET = 5,
    ID_SESSION_KEY = 6,
    ID_NEW_PRODUCT_KEY = 7,
    ID_NEW_PRODUCT_SECRET = 8,
    ID_AUTHENTICATE_AGAIN = 9,
    ID_NEW_DEVICE_SECRET = 10,
};

enum { SERVER_MEMBERS = 3 };

enum status configuration_encode(const struct configuration_message *message, struct buffer *out)
{
    if (message->port != 0) {
        size_t server = ttlv_open_struct(out, ID_SERVER);
        ttlv_put_string(out, ID_SERVER_HOST, message->host);
        ttlv_put_string(out, ID_SERVER_IP, message->ip);
        ttlv_put_int(out, ID_SERVER_PORT, message->port);
        ttlv_close_struct(out, server, SERVER_MEMBERS);
    }
    (void)field_put_text(out, ID_DEVICE_SECRET, message->device_secret);
    if (message->has_session_key) {
        ttlv_put_bytes(out, ID_SESSION_KEY, message->session_key, sizeof message->session_key);
    }
    (void)field_put_text(out, ID_NEW_PRODUCT_KEY, message->new_product_key);
    (void)field_put_text(out, ID_NEW_PRODUCT_SECRET, message->new_product_secret);
    if (message->authenticate_again) {
        ttlv_put_bool(out, ID_AUTHENTICATE_AGAIN, true);
    }
    (void)field_put_text(out, ID_NEW_DEVICE_SECRET, message->new_device_secret);
    return buffer_status(out);
}

/* All three members or nothing. */
static void read_server(const struct ttlv_document *document, struct configuration_message *message)
{
    const struct ttlv_item *server = ttlv_find(ttlv_top(document), ID_SERVER);
    if (server == NULL || server->type != TTLV_STRUCT) {
        return;
    }
    struct ttlv_level members = ttlv_children(document, server);
    if (field_read_required(members, ID_SERVER_HOST, message->host, sizeof message->host) != OK ||
        field_read_required(members, ID_SERVER_IP, message->ip, sizeof message->ip) != OK ||
        !ttlv_get_int(members, ID_SERVER_PORT, &message->port) || message->port == 0) {
        message->host[0] = '\0';
        message->ip[0] = '\0';
        message->port = 0;
    }
}

enum status configuration_decode(const uint8_t *payload, size_t length, struct configuration_message *message)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status != OK) {
        return status;
    }
    struct ttlv_level top = ttlv_top(&document);
    *message = (struct configuration_message){0};
    (void)field_read_text(top, ID_DEVICE_SECRET, message->device_secret, sizeof message->device_secret);
    const uint8_t *key = NULL;
    size_t key_length = 0;
    if (ttlv_get_bytes(top, ID_SESSION_KEY, &key, &key_length) && key_length >= sizeof message->session_key) {
        message->has_session_key = true;
        memcpy(message->session_key, key, sizeof message->session_key);
    }
    (void)ttlv_get_bool(top, ID_AUTHENTICATE_AGAIN, &message->authenticate_again);
    (void)field_read_text(top, ID_NEW_DEVICE_SECRET, message->new_device_secret, sizeof message->new_device_secret);
    (void)field_read_text(top, ID_NEW_PRODUCT_KEY, message->new_product_key, sizeof message->new_product_key);
    (void)field_read_text(top, ID_NEW_PRODUCT_SECRET, message->new_product_secret, sizeof message->new_product_secret);
    read_server(&document, message);
    return OK;
}
