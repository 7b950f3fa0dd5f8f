/*
 * Downloads on which a fault acts (domain/fault.h, http.firmware): their connections are taken over from libmicrohttpd,
 * which would not send a wrong header or stop at a byte, and are served by a thread of their own, with plain sends.
 *
 *   request, a fault matches ---> suspended, thread: header, body, faults ---> closed, resumed: libmicrohttpd lets go
 *   body being sent, a fault is armed that matches --> the same from the byte where it is
 *
 * So the sockets of such downloads are closed behind the answer. Their number is bounded (LIMIT_FAULTY_DOWNLOADS); what
 * comes beyond is served as if no fault were there. TLS connections are never taken: firmware links are plain.
 */
#ifndef HTTP_FAULTY_H
#define HTTP_FAULTY_H

#include <microhttpd.h>
#include <stdbool.h>

#include "app/faults.h"
#include "app/firmware_table.h"
#include "http/connection.h"
#include "http/mapping.h"

struct faulty;

MUST_USE enum status faulty_create(struct faults *faults, struct firmware_table *table, struct faulty **faulty);

/* Ends all downloads that it serves and takes no more; before libmicrohttpd is stopped. */
void faulty_close(struct faulty *faulty);
void faulty_destroy(struct faulty *faulty); /* closed before; NULL is allowed */

/* What is to be sent of an entry. */
struct faulty_task {
    struct MHD_Connection *connection;
    struct connection *state;
    const struct firmware_entry *entry; /* copied */
    struct mapping *mapping;            /* taken over when the answer is true */
    int64_t first;                      /* of the file, as the request asks; both inclusive */
    int64_t last;
    bool partial;
    bool in_body; /* the header has been sent ... */
    int64_t sent; /* ... and so many bytes of the body */
};

/*
 * The thread of the connection. True: a fault may act, the connection is suspended and no longer the caller's; when it
 * is asked for an answer again, it is to be closed. False: nothing was done.
 */
bool faulty_take(struct faulty *faulty, const struct faulty_task *task);

/* Grows when faults come or go: a body that is being sent asks faulty_take() again then. Any thread. */
uint64_t faulty_version(const struct faulty *faulty);

#endif
