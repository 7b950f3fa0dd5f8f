#include "fleet/mcu_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "codec/device_messages.h"

struct search {
    const char *component_no;
    char *version;      /* NULL: not wanted */
    struct buffer *out; /* all others; NULL: not wanted */
    bool found;
};

static void put_part(struct buffer *out, const char *component_no, const char *version)
{
    buffer_append_format(out, "%s%s:%s", out->length > 0 ? ";" : "", component_no, version);
}

static void visit(void *context, const char *component_no, const char *version)
{
    struct search *search = context;
    if (strcmp(component_no, search->component_no) != 0) {
        if (search->out != NULL) {
            put_part(search->out, component_no, version);
        }
    } else if (search->version != NULL && !search->found) {
        text_copy_cut(search->version, LIMIT_VERSION + 1, version);
        search->found = true;
    }
}

enum status mcu_text_set(struct mcu_text *list, const char *component_no, const char *version)
{
    if (component_no[0] == '\0' || strlen(component_no) > LIMIT_COMPONENT_NO || strpbrk(component_no, ";:") != NULL ||
        strpbrk(version, ";:") != NULL) {
        return E_FORMAT;
    }
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, LIMIT_MCU_LIST);
    mcu_list_each(list->text, visit, &(struct search){.component_no = component_no, .out = &out});
    put_part(&out, component_no, version);
    enum status status = buffer_status(&out);
    return status == OK ? text_copy_bytes(list->text, sizeof list->text, out.data, out.length) : status;
}

enum status mcu_text_get(const struct mcu_text *list, const char *component_no, char version[LIMIT_VERSION + 1])
{
    struct search search = {.component_no = component_no, .version = version};
    mcu_list_each(list->text, visit, &search);
    return search.found ? OK : E_NOT_FOUND;
}
