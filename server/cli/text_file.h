/*
 * Writes a report to a file.
 */
#ifndef CLI_TEXT_FILE_H
#define CLI_TEXT_FILE_H

#include "base/buffer.h"

/* E_IO: *error names the file and why. A buffer that failed is that failure; nothing is written then. */
MUST_USE enum status text_file_write(const char *path, const struct buffer *text, struct error *error);

#endif
