#include "cli/text_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum status text_file_write(const char *path, const struct buffer *text, struct error *error)
{
    if (buffer_status(text) != OK) {
        return error_set(error, buffer_status(text), path, "%s", status_text(buffer_status(text)));
    }
    FILE *file = fopen(path, "we");
    bool written = file != NULL && fwrite(text->data, 1, text->length, file) == text->length;
    if (file != NULL && fclose(file) != 0) {
        written = false;
    }
    return written ? OK : error_set(error, E_IO, path, "%s", strerror(errno));
}
