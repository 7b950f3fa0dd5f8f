#include "codec/topic.h"

#include <stddef.h>
#include <string.h>

bool device_topic_accepts(const char *topic, const char *client_id)
{
    const char *found = strstr(topic, TOPIC_TO_DEVICE);
    if (found == NULL) {
        return false;
    }
    const char *level = found + strlen(TOPIC_TO_DEVICE);
    size_t id_length = strlen(client_id);
    if (strncmp(level, client_id, id_length) != 0 || level[id_length] != '/') {
        return false;
    }
    int levels = 0;
    for (level += id_length; *level == '/'; levels++) {
        level++;
        size_t length = strcspn(level, "/");
        if (length == 0) {
            return false;
        }
        level += length;
    }
    return levels == 1 || levels == 2;
}
