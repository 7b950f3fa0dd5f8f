/* The MCU list of 0x0044, 0x0114 and 0x0115 (protocol.md, 6). */
#include <string.h>

#include "codec/device_messages.h"

static void copy_cut(char *target, size_t capacity, const char *from, size_t length)
{
    if (length >= capacity) {
        length = capacity - 1;
    }
    memcpy(target, from, length);
    target[length] = '\0';
}

void mcu_list_each(const char *list, void (*each)(void *context, const char *component, const char *version),
                   void *context)
{
    while (*list != '\0') {
        size_t part = strcspn(list, ";");
        size_t colon = strcspn(list, ":;");
        if (colon > 0 && colon < part) {
            char component[LIMIT_COMPONENT_NO + 1];
            char version[LIMIT_VERSION + 1];
            copy_cut(component, sizeof component, list, colon);
            copy_cut(version, sizeof version, list + colon + 1, part - colon - 1);
            each(context, component, version);
        }
        list += part;
        list += *list == ';' ? 1 : 0;
    }
}
