#include <string.h>

#include "fuzz.h"
#include "http/cursor.h"
#include "http/target.h"

/* A request's target; each query value is tried as a cursor too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LONGEST = 4096 };
    if (size > LONGEST) {
        return 0;
    }
    char text[LONGEST + 1];
    memcpy(text, data, size);
    text[size] = '\0';
    struct target target;
    if (target_parse(text, &target) != OK) {
        return 0;
    }
    FUZZ_HOLDS(target.segment_count >= 1 && target.segment_count <= TARGET_SEGMENTS);
    for (size_t i = 0; i < target.parameter_count; i++) {
        FUZZ_HOLDS(target_parameter(&target, target.parameters[i].name) != NULL);
        char key[CURSOR_SORT_KEY + 1];
        char again[CURSOR_TEXT];
        if (cursor_read(target.parameters[i].value, CURSOR_KEY, key) == OK) {
            cursor_write(key, again);
            FUZZ_HOLDS(strcmp(again, target.parameters[i].value) == 0);
        }
    }
    return 0;
}
