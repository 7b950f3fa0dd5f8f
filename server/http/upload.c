#include "http/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "domain/characters.h"
#include "http/multipart.h"

enum part { PART_NONE, PART_PACKAGE, PART_FILE, PART_IGNORED };

struct upload {
    struct multipart *multipart;
    const char *dir;
    struct verdict *verdict; /* of the call in progress */
    enum part part;
    bool has_package;
    struct buffer package_text;
    int fd; /* of the file in progress, or -1 */
    struct digest_stream *digest;
    size_t file_count;
    struct package_file files[LIMIT_PACKAGE_FILES];
    bool released;
};

static enum status io_status(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EFBIG ? E_FULL : E_IO;
}

static void file_path(const struct upload *upload, size_t i, char path[LIMIT_PATH])
{
    (void)snprintf(path, LIMIT_PATH, "%s/%s", upload->dir, upload->files[i].stored);
}

static enum status begin_file(struct upload *upload, const char *file_name)
{
    if (upload->file_count == LIMIT_PACKAGE_FILES) {
        violation_add(&upload->verdict->broken, "must be 1 to 5 files", "/files");
        return E_RULE;
    }
    size_t i = upload->file_count;
    struct package_file *file = &upload->files[i];
    *file = (struct package_file){.index = (int)i};
    if (text_copy(file->name, sizeof file->name, file_name) != OK) {
        violation_add(&upload->verdict->broken, "the file name is longer than 255 bytes", "/files/%zu", i);
        return E_RULE;
    }
    if (text_utf8_length(file->name) < 0 || characters_have_control(file->name)) {
        violation_add(&upload->verdict->broken, "the file name is not plain UTF-8 text", "/files/%zu", i);
        return E_RULE;
    }
    char token[LIMIT_TOKEN + 1];
    enum status status = random_token(token);
    if (status == OK) {
        status = digest_stream_create(&upload->digest);
    }
    if (status != OK) {
        return status;
    }
    (void)snprintf(file->stored, sizeof file->stored, "%s", token);
    char path[LIMIT_PATH];
    file_path(upload, i, path);
    upload->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (upload->fd < 0) {
        return io_status(errno);
    }
    upload->file_count++;
    return OK;
}

static enum status on_part(void *context, const char *name, const char *file_name)
{
    struct upload *upload = context;
    if (strcmp(name, "package") == 0) {
        if (upload->has_package) {
            violation_add(&upload->verdict->wrong, "comes twice", "/package");
            return E_FORMAT;
        }
        upload->has_package = true;
        upload->part = PART_PACKAGE;
        return OK;
    }
    if (strcmp(name, "file") == 0) {
        if (file_name == NULL || file_name[0] == '\0') {
            violation_add(&upload->verdict->wrong, "a part 'file' needs a file name", "/files/%zu", upload->file_count);
            return E_FORMAT;
        }
        upload->part = PART_FILE;
        return begin_file(upload, file_name);
    }
    char pointer[MEMBER_PATH] = "";
    pointer_append(pointer, sizeof pointer, text_utf8_length(name) < 0 ? "?" : name);
    violation_add(&upload->verdict->wrong, "unknown part; there are 'package' and 'file'", "%s", pointer);
    upload->part = PART_IGNORED;
    return OK;
}

static enum status write_file(struct upload *upload, const char *bytes, size_t count)
{
    struct package_file *file = &upload->files[upload->file_count - 1];
    if (count > (uint64_t)(LIMIT_FILE - file->size)) {
        violation_add(&upload->verdict->broken, "the file is larger than 100 MiB", "/files/%zu",
                      upload->file_count - 1);
        return E_LIMIT;
    }
    file->size += (int64_t)count;
    enum status status = digest_stream_add(upload->digest, bytes, count);
    while (status == OK && count > 0) {
        ssize_t written = write(upload->fd, bytes, count);
        if (written < 0 && errno != EINTR) {
            return io_status(errno);
        }
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        }
    }
    return status;
}

static enum status on_data(void *context, const void *bytes, size_t count)
{
    struct upload *upload = context;
    if (upload->part == PART_FILE) {
        return write_file(upload, bytes, count);
    }
    if (upload->part == PART_PACKAGE) {
        buffer_append(&upload->package_text, bytes, count);
        return buffer_status(&upload->package_text);
    }
    return OK;
}

/* Closes the file in progress; the bytes are on the disk then. */
static enum status end_file(struct upload *upload)
{
    struct package_file *file = &upload->files[upload->file_count - 1];
    struct digests digests;
    enum status status = digest_stream_end(upload->digest, &digests);
    digest_stream_destroy(upload->digest);
    upload->digest = NULL;
    if (status == OK) {
        memcpy(file->md5, digests.md5, sizeof file->md5);
        memcpy(file->sha256, digests.sha256, sizeof file->sha256);
        memcpy(file->crc32, digests.crc32, sizeof file->crc32);
        status = fdatasync(upload->fd) == 0 ? OK : io_status(errno);
    }
    cleanup_fd(&upload->fd);
    upload->fd = -1;
    return status;
}

static enum status on_end(void *context)
{
    struct upload *upload = context;
    enum status status = upload->part == PART_FILE ? end_file(upload) : OK;
    upload->part = PART_NONE;
    return status;
}

enum status upload_create(const char *content_type, const char *dir, struct upload **upload)
{
    static const struct multipart_handlers handlers = {on_part, on_data, on_end};
    struct upload *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->dir = dir;
    created->fd = -1;
    buffer_init(&created->package_text, UPLOAD_PACKAGE_MOST);
    enum status status = multipart_create(content_type, &handlers, created, &created->multipart);
    if (status != OK) {
        upload_destroy(created);
        return status;
    }
    *upload = created;
    return OK;
}

static void remove_files(struct upload *upload)
{
    cleanup_fd(&upload->fd);
    upload->fd = -1;
    for (size_t i = 0; i < upload->file_count && !upload->released; i++) {
        char path[LIMIT_PATH];
        file_path(upload, i, path);
        (void)unlink(path);
    }
    upload->file_count = 0;
}

void upload_destroy(struct upload *upload)
{
    if (upload == NULL) {
        return;
    }
    remove_files(upload);
    digest_stream_destroy(upload->digest);
    multipart_destroy(upload->multipart);
    buffer_finish(&upload->package_text);
    free(upload);
}

enum status upload_add(struct upload *upload, const void *bytes, size_t count, struct verdict *verdict)
{
    upload->verdict = verdict;
    enum status status = multipart_add(upload->multipart, bytes, count);
    if (status != OK) {
        remove_files(upload);
    }
    return status;
}

enum status upload_end(struct upload *upload, struct verdict *verdict)
{
    upload->verdict = verdict;
    enum status status = multipart_end(upload->multipart);
    if (status != OK) {
        remove_files(upload);
    }
    return status;
}

const char *upload_package_text(struct upload *upload, size_t *length)
{
    *length = upload->package_text.length;
    return upload->has_package ? buffer_text(&upload->package_text) : NULL;
}

const struct package_file *upload_files(const struct upload *upload, size_t *count)
{
    *count = upload->file_count;
    return upload->files;
}

enum status upload_digest(const struct upload *upload, char sha256[65])
{
    CLEANUP(cleanup_digest_stream) struct digest_stream *stream = NULL;
    enum status status = digest_stream_create(&stream);
    if (status == OK) {
        status = digest_stream_add(stream, upload->package_text.data, upload->package_text.length);
    }
    for (size_t i = 0; i < upload->file_count && status == OK; i++) {
        /* with the final zero bytes, so that the parts cannot run into each other */
        status = digest_stream_add(stream, upload->files[i].name, strlen(upload->files[i].name) + 1);
        if (status == OK) {
            status = digest_stream_add(stream, upload->files[i].sha256, sizeof upload->files[i].sha256);
        }
    }
    struct digests digests;
    if (status == OK) {
        status = digest_stream_end(stream, &digests);
    }
    if (status == OK) {
        memcpy(sha256, digests.sha256, sizeof digests.sha256);
    }
    return status;
}

void upload_release(struct upload *upload)
{
    upload->released = true;
}
