#include "loop/port_holder.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { TCP_LISTEN_STATE = 0x0A };

/* The inode of a listening socket on `port` in /proc/net/tcp or tcp6; 0: none. */
static unsigned long listening_inode(const char *table, uint16_t port)
{
    FILE *file = fopen(table, "re");
    if (file == NULL) {
        return 0;
    }
    char line[512];
    unsigned long inode = 0;
    while (inode == 0 && fgets(line, sizeof line, file) != NULL) {
        unsigned local_port;
        unsigned state;
        unsigned long found;
        /* "  0: 0100007F:075B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0  123456 ..." */
        if (sscanf(line, " %*[^:]: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*s %*s %lu", &local_port, &state,
                   &found) == 3 &&
            local_port == port && state == TCP_LISTEN_STATE) {
            inode = found;
        }
    }
    (void)fclose(file);
    return inode;
}

/* Whether the process has the socket among its descriptors. */
static bool process_holds(const char *pid, const char *link)
{
    char folder[64];
    (void)snprintf(folder, sizeof folder, "/proc/%.20s/fd", pid);
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return false;
    }
    bool holds = false;
    const struct dirent *entry;
    while (!holds && (entry = readdir(dir)) != NULL) {
        char path[128];
        char target[64];
        (void)snprintf(path, sizeof path, "%s/%.20s", folder, entry->d_name);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length > 0) {
            target[length] = '\0';
            holds = strcmp(target, link) == 0;
        }
    }
    (void)closedir(dir);
    return holds;
}

static void name_process(const char *pid, char *text, size_t capacity)
{
    char path[64];
    char name[64] = "a process";
    (void)snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(name, sizeof name, file) != NULL) {
            name[strcspn(name, "\n")] = '\0';
        }
        (void)fclose(file);
    }
    (void)snprintf(text, capacity, "%s, process %s", name, pid);
}

const char *port_holder_find(uint16_t port, char *text, size_t capacity)
{
    text_copy_cut(text, capacity, "another process");
    unsigned long inode = listening_inode("/proc/net/tcp", port);
    if (inode == 0) {
        inode = listening_inode("/proc/net/tcp6", port);
    }
    DIR *dir = inode != 0 ? opendir("/proc") : NULL;
    if (dir == NULL) {
        return text;
    }
    char link[64];
    (void)snprintf(link, sizeof link, "socket:[%lu]", inode);
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && process_holds(entry->d_name, link)) {
            name_process(entry->d_name, text, capacity);
            break;
        }
    }
    (void)closedir(dir);
    return text;
}
