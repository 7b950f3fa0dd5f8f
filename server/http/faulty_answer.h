/*
 * What goes over the wire of one download on which faults act. Blocking, on the download's own thread.
 *
 *   act on the request: status, closeBeforeHeader, reset, headerDelay, ... which header, which bytes
 *   header
 *   piece by piece: up to the next byte at which a fault acts --> cut, reset, stall, expire, flip ... --> next piece
 */
#ifndef HTTP_FAULTY_ANSWER_H
#define HTTP_FAULTY_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/faults.h"
#include "app/firmware_table.h"

/* How it ended; the words are those of the journal. */
enum faulty_end { FAULTY_COMPLETE, FAULTY_CUT, FAULTY_RESET, FAULTY_CLIENT_CLOSED, FAULTY_STOPPED };
const char *faulty_end_name(enum faulty_end end); /* "complete", "cut", "reset", "clientClosed", "serverEnds" */

enum { FAULTY_TRIED = 64 };

struct faulty_answer {
    /* given */
    struct faults *faults;
    struct firmware_table *table;
    int fd;
    int stop_fd; /* readable: end now */
    struct firmware_entry entry;
    const uint8_t *bytes; /* the whole file */
    int64_t first;
    int64_t last;
    bool partial;
    bool in_body;
    int64_t sent; /* bytes of the body, also the result */
    /* results */
    int http_status;
    int64_t length; /* of the body that was to be sent */
    /* its own */
    uint64_t version;
    size_t hit_count;
    struct fault_hit hits[FAULT_HITS];
    size_t tried_count;
    int64_t tried[FAULTY_TRIED]; /* faults whose use in this download is over */
    int64_t shift;               /* of the bytes in the file */
    int64_t bytes_per_second;    /* 0: as fast as it goes */
    int64_t throttle_since;
    int64_t throttled; /* bytes since then */
    bool random;
    uint64_t seed;
    bool chunked;
    bool no_length;
    bool lower_case;
};

enum faulty_end faulty_answer_send(struct faulty_answer *answer);

#endif
