#include <string.h>

#include "base/instant.h"
#include "fuzz.h"

enum { LONGEST = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > LONGEST) {
        return 0;
    }
    char text[LONGEST + 1];
    memcpy(text, data, size);
    text[size] = '\0';
    int64_t instant_ms = 0;
    if (instant_parse(text, &instant_ms) != OK) {
        FUZZ_HOLDS(instant_ms == 0);
        return 0;
    }
    char written[INSTANT_TEXT];
    instant_format(instant_ms, written);
    int64_t back = 0;
    FUZZ_HOLDS(instant_parse(written, &back) == OK);
    /* an offset may lead out of the years 0000..9999, where the nearer end is written */
    int64_t distance = instant_ms > back ? instant_ms - back : back - instant_ms;
    FUZZ_HOLDS(distance == 0 || (distance < 86400000 && (strncmp(written, "0000-01-01T00:00:00.000", 23) == 0 ||
                                                         strncmp(written, "9999-12-31T23:59:59.999", 23) == 0)));
    return 0;
}
