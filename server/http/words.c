#include "http/words.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* "must be some of: plan, device, log"; what has no room is "...". */
static void name_words(struct request *request, const char *name, word_name *word, unsigned count)
{
    static const char more[] = ", ...";
    char detail[sizeof request->verdict.wrong.items[0].detail] = "must be some of:";
    size_t used = strlen(detail);
    for (unsigned i = 0; i < count; i++) {
        size_t reserved = i + 1 == count ? 0 : sizeof more - 1;
        size_t length = strlen(word(i)) + (i == 0 ? 1 : 2);
        if (used + length + reserved >= sizeof detail) {
            (void)snprintf(detail + used, sizeof detail - used, "%s", more);
            break;
        }
        used += (size_t)snprintf(detail + used, sizeof detail - used, "%s %s", i == 0 ? "" : ",", word(i));
    }
    request_wrong_parameter(request, name, detail);
}

void words_check(struct request *request, const char *name, const char *text, word_name *word, unsigned count,
                 uint32_t *bits)
{
    assert(count <= 32);
    for (;;) {
        size_t length = strcspn(text, ",");
        unsigned i = 0;
        while (i < count && (strlen(word(i)) != length || memcmp(word(i), text, length) != 0)) {
            i++;
        }
        if (i == count) {
            name_words(request, name, word, count);
            return;
        }
        *bits |= 1U << i;
        if (text[length] == '\0') {
            return;
        }
        text += length + 1;
    }
}
