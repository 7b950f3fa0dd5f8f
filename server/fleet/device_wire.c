#include "fleet/device_wire.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "crypto/session_cipher.h"

uint16_t device_next_package_id(uint16_t last)
{
    return last >= PACKAGE_ID_LAST ? PACKAGE_ID_FIRST : (uint16_t)(last + 1);
}

enum status device_seal(const uint8_t *key, const struct frame *frame, struct buffer *out)
{
    CLEANUP(cleanup_buffer) struct buffer clear;
    buffer_init(&clear, LIMIT_FRAME_ESCAPED);
    if (key == NULL) {
        return frame_encode(frame, out);
    }
    enum status status = frame_encode(frame, &clear);
    return status == OK ? session_encrypt(key, clear.data, clear.length, out) : status;
}

const char *device_open(const uint8_t *key, const uint8_t *payload, size_t length, bool splits, struct buffer *memory,
                        struct frame *frame)
{
    CLEANUP(cleanup_buffer) struct buffer clear;
    buffer_init(&clear, LIMIT_MQTT_PACKET);
    if (key != NULL) {
        if (session_decrypt(key, payload, length, &clear) != OK) {
            return "not encrypted with the session key";
        }
        payload = clear.data;
        length = clear.length;
    }
    if (splits && !frame_survives_splitter(payload, length)) {
        return "the topic splitter broke the frame";
    }
    uint8_t *unescaped = buffer_reserve(memory, length > 0 ? length : 1);
    return unescaped == NULL || frame_decode(payload, length, unescaped, frame) != OK ? "no frame" : NULL;
}

static enum status make_random(char random[PASSWORD_RANDOM + 1])
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint8_t bytes[PASSWORD_RANDOM];
    enum status status = random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; status == OK && i < sizeof bytes; i++) {
        random[i] = alphabet[bytes[i] % (sizeof alphabet - 1)];
    }
    random[PASSWORD_RANDOM] = '\0';
    return status;
}

enum status device_password(bool announces_encryption, const char *product_key, const char *product_secret,
                            const char *device_key, const char *device_secret, char *text, size_t capacity)
{
    char random[PASSWORD_RANDOM + 1];
    enum status status = make_random(random);
    if (status != OK) {
        return status;
    }
    if (device_secret[0] == '\0') {
        return password_make_type0(announces_encryption, product_key, product_secret, device_key, random, text,
                                   capacity);
    }
    return password_make_type1(announces_encryption, device_secret, product_secret, random, text, capacity);
}
