#include "base/device_keys.h"

#include <string.h>

#include "base/text.h"

enum status device_key_count(const char *first, size_t steps, char key[LIMIT_DEVICE_KEY + 1])
{
    char made[LIMIT_DEVICE_KEY + 1];
    enum status status = text_copy(made, sizeof made, first);
    if (status != OK) {
        return status;
    }
    size_t at = strlen(made);
    while (steps > 0) {
        if (at == 0 || made[at - 1] < '0' || made[at - 1] > '9') {
            return E_LIMIT;
        }
        at--;
        steps += (size_t)(made[at] - '0');
        made[at] = (char)('0' + (int)(steps % 10));
        steps /= 10;
    }
    memcpy(key, made, sizeof made);
    return OK;
}
