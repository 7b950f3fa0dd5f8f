#include "scenario/steps.h"

bool json_has(const json_t *whole, const json_t *part)
{
    if (!json_is_object(part)) {
        return json_equal(whole, part);
    }
    const char *name = NULL;
    const json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)part, name, value)
    {
        const json_t *other = json_object_get(whole, name);
        if (other == NULL || !json_has(other, value)) {
            return false;
        }
    }
    return json_is_object(whole);
}
