/*
 * The Range header (RFC 9110, 14): which bytes of a file are wanted.
 *
 *   size 1000:  bytes=0-99 -> 0..99    bytes=900- -> 900..999    bytes=-100 -> 900..999    bytes=0-9,990-2000 -> 0..9,
 * 990..999
 *
 *   RANGE_WHOLE          no header, another unit, malformed, or more than RANGES_MOST ranges: the header is ignored
 * (200) RANGE_PARTS          206 RANGE_UNSATISFIABLE  well-formed, but nothing of it lies in the file: 416
 */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include <stddef.h>
#include <stdint.h>

enum { RANGES_MOST = 16 };

struct range {
    int64_t first; /* offsets of bytes, both inclusive, 0 <= first <= last < size */
    int64_t last;
};

struct ranges {
    size_t count;
    struct range items[RANGES_MOST]; /* in the order asked for; those outside the file are left out */
};

enum range_answer { RANGE_WHOLE, RANGE_PARTS, RANGE_UNSATISFIABLE };

/* `header` NULL: none. `size` > 0. *ranges is meaningful with RANGE_PARTS only. */
enum range_answer range_parse(const char *header, int64_t size, struct ranges *ranges);

#endif
