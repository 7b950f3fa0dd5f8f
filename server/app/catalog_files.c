#include "app/catalog_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

enum status file_names_add(struct file_names *files, const char *stored)
{
    if (files->count == files->capacity) {
        size_t capacity = files->capacity == 0 ? 16 : 2 * files->capacity;
        void *grown = realloc(files->names, capacity * sizeof *files->names);
        if (grown == NULL) {
            return E_NOMEM;
        }
        files->names = grown;
        files->capacity = capacity;
    }
    enum status status = text_copy(files->names[files->count], sizeof *files->names, stored);
    if (status == OK) {
        files->count++;
    }
    return status;
}

void file_names_finish(struct file_names *files)
{
    free(files->names);
    *files = (struct file_names){0};
}

static enum status status_of_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO;
}

static enum status sync_folder(const char *path)
{
    CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd == -1 || fsync(fd) != 0 ? status_of_errno() : OK;
}

static enum status join(char path[LIMIT_PATH], const char *folder, const char *name)
{
    int length = snprintf(path, LIMIT_PATH, "%s/%s", folder, name);
    return length < 0 || length >= LIMIT_PATH ? E_LIMIT : OK;
}

/* The upload is whole on the disk. */
static enum status sync_upload(const char *path, int64_t size)
{
    CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat stat;
    if (fd == -1 || fstat(fd, &stat) != 0 || fsync(fd) != 0) {
        return status_of_errno();
    }
    return stat.st_size == size ? OK : E_CORRUPT;
}

static enum status move_one(struct app *app, struct package_file *file)
{
    char from[LIMIT_PATH];
    char to[LIMIT_PATH];
    char token[LIMIT_TOKEN + 1];
    char stored[sizeof file->stored];
    const char *extension = package_file_extension(file->name);
    enum status status = join(from, app->tmp_dir, file->stored);
    if (status != OK || (status = sync_upload(from, file->size)) != OK ||
        (status = app->ports.token(app->ports.context, token)) != OK) {
        return status;
    }
    (void)snprintf(stored, sizeof stored, "f%s%s", token, extension != NULL ? extension : "");
    if ((status = join(to, app->files_dir, stored)) != OK) {
        return status;
    }
    if (rename(from, to) != 0) {
        return status_of_errno();
    }
    memcpy(file->stored, stored, sizeof stored);
    return OK;
}

static void remove_file(const char *folder, const char *name)
{
    char path[LIMIT_PATH];
    if (name[0] == '\0' || join(path, folder, name) != OK) {
        return;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        log_warn("app", "file=%s cannot be removed: %s", name, strerror(errno));
    }
}

enum status files_move_in(struct app *app, struct package *package)
{
    enum status status = OK;
    size_t moved = 0;
    while (status == OK && moved < package->file_count) {
        if ((status = move_one(app, &package->files[moved])) == OK) {
            moved++;
        }
    }
    if (status == OK) {
        status = sync_folder(app->files_dir);
    }
    for (size_t i = 0; status != OK && i < moved; i++) {
        remove_file(app->files_dir, package->files[i].stored);
        package->files[i].stored[0] = '\0';
    }
    return status;
}

void files_drop_uploads(struct app *app, const struct package *package)
{
    for (size_t i = 0; i < package->file_count && i < LIMIT_PACKAGE_FILES; i++) {
        remove_file(app->tmp_dir, package->files[i].stored);
    }
}

void files_remove_of(struct app *app, const struct package *package)
{
    for (size_t i = 0; i < package->file_count; i++) {
        remove_file(app->files_dir, package->files[i].stored);
    }
}

void files_remove_all(struct app *app, const struct file_names *files)
{
    for (size_t i = 0; app->depth == 0 && i < files->count; i++) {
        remove_file(app->files_dir, files->names[i]);
    }
}
