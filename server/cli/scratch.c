#include "cli/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum status scratch_make(const char *word, char path[SCRATCH_PATH], struct error *error)
{
    const char *folder = getenv("TMPDIR");
    char made[SCRATCH_PATH];
    folder = folder != NULL && folder[0] != '\0' ? folder : "/tmp";
    int length = snprintf(made, sizeof made, "%s/mockdc-%s-XXXXXX", folder, word);
    if (length < 0 || (size_t)length >= sizeof made) {
        return error_set(error, E_LIMIT, "TMPDIR", "it is too long: %s", folder);
    }
    if (mkdtemp(made) == NULL) {
        return error_set(error, E_IO, folder, "no folder for us: %s", strerror(errno));
    }
    return text_copy(path, SCRATCH_PATH, made);
}

void scratch_remove(const char *path)
{
    DIR *files = path[0] != '\0' ? opendir(path) : NULL;
    const struct dirent *entry = NULL;
    while (files != NULL && (entry = readdir(files)) != NULL) {
        (void)unlinkat(dirfd(files), entry->d_name, 0);
    }
    if (files != NULL) {
        (void)closedir(files);
        (void)rmdir(path);
    }
}
