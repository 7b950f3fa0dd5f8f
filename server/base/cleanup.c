#include "base/cleanup.h"

#include <stdlib.h>
#include <unistd.h>

void cleanup_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

void cleanup_free(void *slot)
{
    free(*(void **)slot);
}
