#include "domain/snapshot.h"

#include <string.h>

#include "base/text.h"

bool snapshot_name_is_valid(const char *name)
{
    return text_is_word(name, 1, LIMIT_SNAPSHOT_NAME, "_-.") && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}
