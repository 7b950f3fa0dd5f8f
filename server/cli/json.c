#include "cli/json.h"

void cleanup_json(json_t **json)
{
    json_decref(*json);
}

const char *json_text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}
