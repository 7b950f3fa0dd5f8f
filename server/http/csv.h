/*
 * Rows of comma-separated values (RFC 4180).
 *
 *   csv_add(b, "DK1"); csv_add(b, "a, \"b\""); csv_end(b)    -->   DK1,"a, ""b"""\r\n
 *
 * Bytes that are no UTF-8 are written as '?', as in JSON answers; zero bytes cannot come in.
 */
#ifndef HTTP_CSV_H
#define HTTP_CSV_H

#include "base/buffer.h"

struct csv {
    struct buffer *buffer; /* borrowed */
    size_t fields;         /* of the row that is being written */
};

void csv_add(struct csv *csv, const char *text);
void csv_add_int(struct csv *csv, int64_t number);
void csv_end(struct csv *csv);

#endif
