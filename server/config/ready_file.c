#include "config/ready_file.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

static const char name_end[] = ".json";

static void put_url(FILE *file, const char *name, const char *url)
{
    if (url[0] != '\0') {
        (void)fprintf(file, "\"%s\": \"%s\", ", name, url);
    }
}

enum status ready_file_write(const char *path, const struct ready *ready, struct error *error)
{
    CLEANUP(cleanup_free) char *temporary = NULL;
    if (asprintf(&temporary, "%s.%ld.tmp", path, (long)getpid()) < 0) {
        return error_set(error, E_NOMEM, "ready-file", "%s", status_text(E_NOMEM));
    }
    FILE *file = fopen(temporary, "we");
    bool written = file != NULL && fchmod(fileno(file), 0644) == 0;
    if (file != NULL) {
        (void)fputc('{', file);
        put_url(file, "http", ready->http);
        put_url(file, "https", ready->https);
        put_url(file, "mqtt", ready->mqtt);
        put_url(file, "mqtts", ready->mqtts);
        (void)fprintf(file, "\"pid\": %ld}\n", ready->pid);
        written = ferror(file) == 0 && written;
        written = fclose(file) == 0 && written;
    }
    if (!written || rename(temporary, path) != 0) {
        int reason = errno;
        (void)unlink(temporary);
        return error_set(error, E_IO, "ready-file", "%s cannot be written: %s", path, strerror(reason));
    }
    return OK;
}

void ready_folder(const char *configured, char path[LIMIT_PATH])
{
    const char *temporary = getenv("TMPDIR");
    if (configured != NULL) {
        text_copy_cut(path, LIMIT_PATH, configured);
    } else {
        (void)snprintf(path, LIMIT_PATH, "%s/mockdc-%lu",
                       temporary != NULL && temporary[0] != '\0' ? temporary : "/tmp", (unsigned long)getuid());
    }
}

/* The process id that a file's name tells; 0: it is no ready file. */
static long pid_of(const char *name)
{
    char digits[24];
    int64_t pid = 0;
    size_t length = strlen(name);
    if (!text_ends_with(name, name_end) || length - strlen(name_end) >= sizeof digits) {
        return 0;
    }
    (void)snprintf(digits, sizeof digits, "%.*s", (int)(length - strlen(name_end)), name);
    return text_parse_int(digits, 1, INT32_MAX, &pid) == OK ? (long)pid : 0;
}

static bool is_alive(long pid)
{
    return kill((pid_t)pid, 0) == 0 || errno != ESRCH;
}

/* Calls visit() for each ready file of the folder; true from it ends the walk. */
static void walk(const char *folder, bool (*visit)(void *context, const char *path, long pid), void *context)
{
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        return;
    }
    bool over = false;
    for (const struct dirent *entry = readdir(entries); entry != NULL && !over; entry = readdir(entries)) {
        long pid = pid_of(entry->d_name);
        char path[LIMIT_PATH + 256];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        over = pid != 0 && visit(context, path, pid);
    }
    (void)closedir(entries);
}

static bool sweep(void *context, const char *path, long pid)
{
    (void)context;
    if (!is_alive(pid)) {
        (void)unlink(path);
    }
    return false;
}

enum status ready_folder_add(const char *configured, const struct ready *ready, struct error *error)
{
    char folder[LIMIT_PATH];
    char path[LIMIT_PATH + 32];
    struct stat info;
    ready_folder(configured, folder);
    if ((mkdir(folder, 0700) != 0 && errno != EEXIST) || lstat(folder, &info) != 0) {
        return error_set(error, E_IO, "runtime-dir", "cannot make %s: %s", folder, strerror(errno));
    }
    /* the temporary folder is everybody's: who made ours first could tell `health` anything */
    if (configured == NULL && (!S_ISDIR(info.st_mode) || info.st_uid != getuid())) {
        return error_set(error, E_DENIED, "runtime-dir", "%s belongs to somebody else", folder);
    }
    walk(folder, sweep, NULL);
    (void)snprintf(path, sizeof path, "%s/%ld%s", folder, ready->pid, name_end);
    return ready_file_write(path, ready, error);
}

void ready_folder_remove(const char *configured)
{
    char folder[LIMIT_PATH];
    char path[LIMIT_PATH + 32];
    ready_folder(configured, folder);
    (void)snprintf(path, sizeof path, "%s/%ld%s", folder, (long)getpid(), name_end);
    (void)unlink(path);
}

struct reading {
    struct ready *found;
    size_t count;
};

static void take_url(const json_t *root, const char *name, char url[READY_URL])
{
    const char *text = json_string_value(json_object_get(root, name));
    if (text == NULL || text_copy(url, READY_URL, text) != OK) {
        url[0] = '\0';
    }
}

static bool read_one(void *context, const char *path, long pid)
{
    struct reading *reading = context;
    json_t *root = is_alive(pid) ? json_load_file(path, 0, NULL) : NULL;
    if (root != NULL) {
        struct ready *ready = &reading->found[reading->count];
        *ready = (struct ready){.pid = pid};
        take_url(root, "http", ready->http);
        take_url(root, "https", ready->https);
        take_url(root, "mqtt", ready->mqtt);
        take_url(root, "mqtts", ready->mqtts);
        reading->count += ready->http[0] != '\0';
        json_decref(root);
    }
    return reading->count == READY_MOST;
}

size_t ready_folder_read(const char *configured, struct ready found[READY_MOST])
{
    char folder[LIMIT_PATH];
    struct reading reading = {.found = found};
    ready_folder(configured, folder);
    walk(folder, read_one, &reading);
    return reading.count;
}
