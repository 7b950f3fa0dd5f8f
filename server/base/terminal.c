#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool terminal_is(int fd)
{
    const char *kind = getenv("TERM");
    return isatty(fd) == 1 && (kind == NULL || strcmp(kind, "dumb") != 0);
}

bool terminal_has_colour(int fd)
{
    const char *refused = getenv("NO_COLOR");
    return terminal_is(fd) && (refused == NULL || refused[0] == '\0');
}
