#include "data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static enum status make_temporary(struct data_dir *dir, struct error *error)
{
    const char *folder = getenv("TMPDIR");
    (void)snprintf(dir->path, sizeof dir->path, "%s/mockdc-XXXXXX",
                   folder != NULL && folder[0] != '\0' ? folder : "/tmp");
    if (mkdtemp(dir->path) == NULL) {
        return error_set(error, E_IO, "ephemeral", "cannot make %s: %s", dir->path, strerror(errno));
    }
    dir->temporary = true;
    return OK;
}

static enum status make_lasting(struct data_dir *dir, const char *folder, struct error *error)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return error_set(error, E_IO, "data-dir", "cannot make %s: %s", folder, strerror(errno));
    }
    if (realpath(folder, dir->path) == NULL) {
        return error_set(error, E_IO, "data-dir", "cannot use %s: %s", folder, strerror(errno));
    }
    return OK;
}

enum status data_dir_open(struct data_dir *dir, const char *folder, bool ephemeral, struct error *error)
{
    enum status status = ephemeral ? make_temporary(dir, error) : make_lasting(dir, folder, error);
    CLEANUP(cleanup_free) char *lock = NULL;
    if (status != OK) {
        return status;
    }
    if (asprintf(&lock, "%s/lock", dir->path) < 0) {
        return error_set(error, E_NOMEM, "data-dir", "out of memory");
    }
    dir->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (dir->lock_fd < 0) {
        return error_set(error, E_IO, "data-dir", "cannot write to %s: %s", dir->path, strerror(errno));
    }
    if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return error_set(error, E_STATE, "data-dir", "another mockdc works on %s; choose another folder", dir->path);
    }
    return OK;
}

void data_dir_close(struct data_dir *dir)
{
    if (dir->lock_fd >= 0) {
        (void)close(dir->lock_fd);
        dir->lock_fd = -1;
    }
    if (dir->temporary && nftw(dir->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0) {
        log_warn("serve", "the temporary folder %s could not be removed", dir->path);
    }
}
