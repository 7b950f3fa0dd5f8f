#include "scenario/flaws.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

void flaws_add(struct flaws *flaws, const char *pointer, const char *format, ...)
{
    if (flaws->count == FLAWS_MOST) {
        return;
    }
    struct flaw *flaw = &flaws->items[flaws->count++];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(flaw->text, sizeof flaw->text, format, arguments);
    va_end(arguments);
    text_copy_cut(flaw->pointer, sizeof flaw->pointer, pointer);
}

void pointer_extend(const char *pointer, const char *name, char extended[POINTER_MOST])
{
    size_t used = (size_t)snprintf(extended, POINTER_MOST, "%s/", pointer);
    for (; *name != '\0' && used + 2 < POINTER_MOST; name++) {
        if (*name == '~' || *name == '/') {
            extended[used++] = '~';
            extended[used++] = *name == '~' ? '0' : '1';
        } else {
            extended[used++] = *name;
        }
    }
    extended[used < POINTER_MOST ? used : POINTER_MOST - 1] = '\0';
}

void pointer_extend_index(const char *pointer, size_t index, char extended[POINTER_MOST])
{
    (void)snprintf(extended, POINTER_MOST, "%s/%zu", pointer, index);
}
