/*
 * Clean-up by scope:  CLEANUP(cleanup_fd) int fd = open(...);  closes the descriptor when `fd` leaves its scope.
 * A handler gets the address of the variable; the neutral value (-1, NULL) is left alone.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#define CLEANUP(handler) __attribute__((cleanup(handler)))

void cleanup_fd(int *fd);      /* close; -1 is none */
void cleanup_free(void *slot); /* free; `slot` is the address of any pointer */

#endif
