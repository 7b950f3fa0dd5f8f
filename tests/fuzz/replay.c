/* Runs a fuzzer over every file of a folder, where libFuzzer is not at hand: replay FOLDER. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "fuzz.h"

enum { LARGEST_FILE = 256 * 1024, PATH_LENGTH = 4096 };

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *room = malloc(LARGEST_FILE);
    if (file == NULL || room == NULL) {
        (void)fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
        exit(1);
    }
    size_t size = fread(room, 1, LARGEST_FILE, file);
    (void)fclose(file);
    /* a block of exactly this size, so that a sanitizer sees the first byte behind it */
    uint8_t *data = malloc(size == 0 ? 1 : size);
    if (data == NULL) {
        exit(1);
    }
    memcpy(data, room, size);
    free(room);
    (void)fprintf(stderr, "%s\n", path);
    int result = LLVMFuzzerTestOneInput(data, size);
    free(data);
    return result;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 1;
    }
    unsigned files = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            char path[PATH_LENGTH];
            (void)snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
            (void)replay_file(path);
            files++;
        }
    }
    (void)closedir(folder);
    (void)fprintf(stderr, "%u files\n", files);
    return files == 0 ? 1 : 0;
}
