#include "domain/violation.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

void violation_add(struct violations *violations, const char *detail, const char *pointer, ...)
{
    if (violations->count == LIMIT_VIOLATIONS) {
        return;
    }
    struct violation *violation = &violations->items[violations->count++];
    text_copy_cut(violation->detail, sizeof violation->detail, detail);
    va_list arguments;
    va_start(arguments, pointer);
    (void)vsnprintf(violation->pointer, sizeof violation->pointer, pointer, arguments);
    va_end(arguments);
}
