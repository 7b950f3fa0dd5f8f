/* 0x0114 (protocol.md, 9.1). */
#include <string.h>

#include "base/cleanup.h"
#include "codec/versions.h"

enum { ID_COMPONENT_NO = 4, ID_COMPONENT_TYPE = 7, ID_STATUS = 13, ID_NAME = 14, ID_DIGEST = 19 };

static const char DIGEST_SHA256[] = "sha256";

const char *ota_status_name(int32_t status)
{
    switch (status) {
    case OTA_STATUS_PLAN_RECEIVED:
        return "REVICEPLAN";
    case OTA_STATUS_CONFIRMED:
        return "SUBMITOTA";
    case OTA_STATUS_REFUSED:
        return "REFUSEDOTA";
    case OTA_STATUS_DOWNLOAD_START:
        return "DOWNLOADSTART";
    case OTA_STATUS_DOWNLOADING:
        return "DOWNLOADING";
    case OTA_STATUS_DOWNLOAD_ERROR:
        return "DOWNLOADERROR";
    case OTA_STATUS_DOWNLOADED:
        return "DOWNLOADSUCCESS";
    case OTA_STATUS_UPDATING:
        return "UPDATING";
    case OTA_STATUS_SUCCESS:
        return "UPDATESUCCESS";
    case OTA_STATUS_UPDATE_ERROR:
        return "UPDATEERROR";
    default:
        return "";
    }
}

enum status ota_status_decode(const uint8_t *payload, size_t length, struct ota_status_message *message)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status != OK) {
        return status;
    }
    struct ttlv_level top = ttlv_top(&document);
    int32_t step = 0;
    if (!ttlv_get_int(top, ID_STATUS, &step)) {
        return E_FORMAT;
    }
    *message = (struct ota_status_message){.status = step};
    (void)field_read_text(top, ID_NAME, message->name, sizeof message->name);
    field_read_int(top, ID_COMPONENT_TYPE, &message->component_type);
    (void)field_read_text(top, ID_COMPONENT_NO, message->component_no, sizeof message->component_no);
    char digest[sizeof DIGEST_SHA256 + 1];
    message->has_digest = ttlv_find(top, ID_DIGEST) != NULL;
    message->wants_sha256 =
        field_read_text(top, ID_DIGEST, digest, sizeof digest) && strcmp(digest, DIGEST_SHA256) == 0;
    versions_read(top, &message->versions);
    return OK;
}

enum status ota_status_encode(const struct ota_status_message *message, struct buffer *out)
{
    ttlv_put_int(out, ID_STATUS, message->status);
    ttlv_put_string(out, ID_NAME, message->name[0] != '\0' ? message->name : ota_status_name(message->status));
    (void)field_put_int(out, ID_COMPONENT_TYPE, &message->component_type);
    ttlv_put_string(out, ID_COMPONENT_NO, message->component_no);
    if (message->wants_sha256) {
        ttlv_put_string(out, ID_DIGEST, DIGEST_SHA256);
    }
    versions_put(out, &message->versions);
    return buffer_status(out);
}
