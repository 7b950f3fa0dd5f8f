/* 0x0113 (protocol.md, 9.1 and 13). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "codec/fields.h"
#include "codec/server_messages.h"

enum {
    ID_URL = 1,
    ID_SIZE = 2,
    ID_MD5 = 3,
    ID_COMPONENT_NO = 4,
    ID_SOURCE_VERSION = 5,
    ID_TARGET_VERSION = 6,
    ID_COMPONENT_TYPE = 7,
    ID_CRC = 15,
    ID_SHA256 = 16,
    ID_FILES = 20,
    ID_INDEX = 30,
};

enum { MD5_LENGTH = 32, CRC_TEXT = 256, FILE_MEMBERS = 4 };

static void put_file(struct buffer *out, const struct firmware_file *file)
{
    ttlv_put_string(out, ID_URL, file->url);
    ttlv_put_int(out, ID_SIZE, file->size);
    ttlv_put_string(out, ID_MD5, file->md5);
}

static void put_component(struct buffer *out, const struct firmware_message *message)
{
    (void)field_put_text(out, ID_COMPONENT_NO, message->component_no);
    (void)field_put_text(out, ID_SOURCE_VERSION, message->source_version);
    (void)field_put_text(out, ID_TARGET_VERSION, message->target_version);
    ttlv_put_int(out, ID_COMPONENT_TYPE, message->component_type);
}

static void put_files(struct buffer *out, const struct firmware_message *message)
{
    size_t array = ttlv_open_struct(out, ID_FILES);
    for (size_t i = 0; i < message->file_count; i++) {
        size_t file = ttlv_open_struct(out, 0);
        put_file(out, &message->files[i]);
        ttlv_put_int(out, ID_INDEX, (int64_t)i);
        ttlv_close_struct(out, file, FILE_MEMBERS);
    }
    ttlv_close_struct(out, array, (uint16_t)message->file_count);
}

enum status firmware_encode(const struct firmware_message *message, struct buffer *out)
{
    if (message->file_count == 0 || message->file_count > LIMIT_PACKAGE_FILES) {
        return E_RANGE;
    }
    if (message->file_count > 1) {
        put_component(out, message);
        put_files(out, message);
        return buffer_status(out);
    }
    put_file(out, &message->files[0]);
    put_component(out, message);
    (void)field_put_text(out, ID_CRC, message->crc);
    (void)field_put_text(out, ID_SHA256, message->sha256);
    return buffer_status(out);
}

static enum status read_file(struct ttlv_level level, struct firmware_file *file)
{
    enum status status = field_read_required(level, ID_URL, file->url, sizeof file->url);
    int32_t size = 0;
    if (status == OK && !ttlv_get_int(level, ID_SIZE, &size)) {
        status = E_FORMAT;
    }
    if (status == OK) {
        file->size = (uint32_t)size;
        status = field_read_required(level, ID_MD5, file->md5, sizeof file->md5);
    }
    return status == OK && strlen(file->md5) != MD5_LENGTH ? E_FORMAT : status;
}

static enum status read_component(struct ttlv_level level, struct firmware_message *message)
{
    enum status status =
        field_read_required(level, ID_COMPONENT_NO, message->component_no, sizeof message->component_no);
    if (status == OK) {
        status = field_read_required(level, ID_TARGET_VERSION, message->target_version, sizeof message->target_version);
    }
    if (status == OK && !ttlv_get_int(level, ID_COMPONENT_TYPE, &message->component_type)) {
        status = E_FORMAT;
    }
    (void)field_read_text(level, ID_SOURCE_VERSION, message->source_version, sizeof message->source_version);
    return status;
}

/* What the device makes of it: C's strtoul with base 16, cut to 32 bit; written here as the eight digits of the value.
 */
static enum status read_crc(struct ttlv_level level, char crc[9])
{
    char text[CRC_TEXT];
    if (!field_read_text(level, ID_CRC, text, sizeof text) || text[0] == '\0') {
        return E_FORMAT;
    }
    (void)snprintf(crc, 9, "%08x", (unsigned)(uint32_t)strtoul(text, NULL, 16));
    return OK;
}

enum status firmware_decode(const uint8_t *payload, size_t length, bool wants_sha256, struct firmware_message *message)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status != OK) {
        return status;
    }
    struct ttlv_level top = ttlv_top(&document);
    struct firmware_message read = {.file_count = 1};
    status = read_file(top, &read.files[0]);
    if (status == OK) {
        status = read_component(top, &read);
    }
    if (status == OK) {
        status = read_crc(top, read.crc);
    }
    (void)field_read_text(top, ID_SHA256, read.sha256, sizeof read.sha256);
    if (status == OK && wants_sha256 && read.sha256[0] == '\0') {
        status = E_FORMAT;
    }
    if (status != OK) {
        return status == E_LIMIT ? E_FORMAT : status;
    }
    *message = read;
    return OK;
}

enum status firmware_decode_files(const uint8_t *payload, size_t length, struct firmware_message *message)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status != OK) {
        return status;
    }
    struct firmware_message read = {0};
    const struct ttlv_item *array = ttlv_find(ttlv_top(&document), ID_FILES);
    if (array == NULL || array->type != TTLV_STRUCT || array->children == 0 || array->children > LIMIT_PACKAGE_FILES ||
        read_component(ttlv_top(&document), &read) != OK) {
        return E_FORMAT;
    }
    struct ttlv_level level = ttlv_children(&document, array);
    for (size_t i = level.first; i < level.end; i = document.items[i].next) {
        const struct ttlv_item *item = &document.items[i];
        if (item->type != TTLV_STRUCT ||
            read_file(ttlv_children(&document, item), &read.files[read.file_count]) != OK) {
            return E_FORMAT;
        }
        read.file_count++;
    }
    *message = read;
    return OK;
}
