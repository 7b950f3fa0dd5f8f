/* 0x0115, and the versions that 0x0114 has too (protocol.md, 9.1). */
#include "base/cleanup.h"
#include "codec/versions.h"

enum { ID_MODULE_VERSION = 25, ID_MCU_LIST = 26 };

void versions_read(struct ttlv_level level, struct reported_versions *versions)
{
    (void)field_read_text(level, ID_MODULE_VERSION, versions->module_version, sizeof versions->module_version);
    versions->has_mcu_list = field_read_text(level, ID_MCU_LIST, versions->mcu_list, sizeof versions->mcu_list);
}

void versions_put(struct buffer *out, const struct reported_versions *versions)
{
    (void)field_put_text(out, ID_MODULE_VERSION, versions->module_version);
    if (versions->has_mcu_list) {
        ttlv_put_string(out, ID_MCU_LIST, versions->mcu_list);
    }
}

enum status ota_request_decode(const uint8_t *payload, size_t length, struct reported_versions *versions)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status == OK) {
        versions_read(ttlv_top(&document), versions);
    }
    return status;
}

enum status ota_request_encode(const struct reported_versions *versions, struct buffer *out)
{
    versions_put(out, versions);
    return buffer_status(out);
}
