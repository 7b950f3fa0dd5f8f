#include "mqtt/topics.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "codec/topic.h"

void topic_to_device(const char *client_id, const char *kind, char topic[TOPIC_TEXT])
{
    (void)snprintf(topic, TOPIC_TEXT, "%s%s/%s", TOPIC_TO_DEVICE, client_id, kind);
}

enum status topic_client_id(const char *topic, size_t length, char client_id[LIMIT_CLIENT_ID + 1])
{
    size_t prefix = strlen(TOPIC_FROM_DEVICE);
    if (length <= prefix || memcmp(topic, TOPIC_FROM_DEVICE, prefix) != 0) {
        return E_FORMAT;
    }
    const char *start = topic + prefix;
    size_t left = length - prefix;
    const char *slash = memchr(start, '/', left);
    if (slash == NULL || slash == start) {
        return E_FORMAT;
    }
    size_t id_length = (size_t)(slash - start);
    size_t kind_length = left - id_length - 1;
    if (kind_length == 0 || memchr(slash + 1, '/', kind_length) != NULL) {
        return E_FORMAT;
    }
    return text_copy_bytes(client_id, LIMIT_CLIENT_ID + 1, (const uint8_t *)start, id_length) == OK ? OK : E_FORMAT;
}

bool topic_filter_is_own(const char *filter, size_t length, const char *client_id)
{
    size_t prefix = strlen(TOPIC_TO_DEVICE);
    size_t id_length = strlen(client_id);
    return length > prefix + id_length + 1 && memcmp(filter, TOPIC_TO_DEVICE, prefix) == 0 &&
           memcmp(filter + prefix, client_id, id_length) == 0 && filter[prefix + id_length] == '/';
}
