#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "fleet/script.h"
#include "fleet/script_run.h"
#include "fuzz.h"

/* Any JSON: either every violation is named by a pointer, or all moves are within their limits and can be stepped. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct script_run run;
    static struct script_actions actions;
    json_t *array = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
    struct script script;
    struct violations wrong = {0};
    if (array == NULL) {
        return 0;
    }
    enum status status = script_read(array, &script, &wrong);
    FUZZ_HOLDS((status == E_FORMAT) == (wrong.count > 0));
    for (size_t i = 0; i < wrong.count; i++) {
        FUZZ_HOLDS(wrong.items[i].pointer[0] == '\0' || wrong.items[i].pointer[0] == '/');
        FUZZ_HOLDS(text_utf8_length(wrong.items[i].detail) > 0);
    }
    json_decref(array);
    if (status != OK) {
        FUZZ_HOLDS(script.moves == NULL);
        return 0;
    }
    script_run_init(&run, &script, true, 1);
    struct script_event event = {.kind = SCRIPT_START};
    for (size_t i = 0; i < script.count + 2 && run.end == SCRIPT_GOES_ON; i++) {
        FUZZ_HOLDS(run.at <= script.count);
        script_step(&run, &event, (int64_t)i, &actions);
        FUZZ_HOLDS(actions.count <= SCRIPT_ACTIONS);
        event = (struct script_event){.kind = i % 2 == 0 ? SCRIPT_SUBSCRIBED : SCRIPT_ENDED};
    }
    script_finish(&script);
    return 0;
}
