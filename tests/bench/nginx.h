/*
 * The peer of the download figures: nginx, started by us, as our own user, with a configuration of our own that is
 * made for this job (sendfile, tcp_nopush, no access log, keep-alive without end).
 */
#ifndef TESTS_NGINX_H
#define TESTS_NGINX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct nginx {
    pid_t pid;
    uint16_t port;
    char folder[64]; /* root/fw.bin is what it serves as /fw.bin */
};

/* `workers`: "auto" or a number. False: it did not come up in 5 s; its error log goes to the standard error. */
bool nginx_start(struct nginx *nginx, const char *workers, const void *file, size_t size);
void nginx_stop(struct nginx *nginx);

#endif
