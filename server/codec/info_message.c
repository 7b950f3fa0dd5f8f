/* 0x0044 (protocol.md, 6). */
#include "base/cleanup.h"
#include "codec/fields.h"

enum {
    ID_MODEL = 1,
    ID_MODULE_VERSION,
    ID_MCU_LIST,
    ID_CELL_ID,
    ID_ICCID,
    ID_MCC,
    ID_MNC,
    ID_LAC,
    ID_PHONE,
    ID_IMSI,
    ID_SDK_VERSION,
    ID_LOCATION_METHODS,
    ID_DATA_PROTOCOL,
    ID_COMMUNICATION_PROTOCOL,
};

enum status info_message_decode(const uint8_t *payload, size_t length, struct info_message *message)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status != OK) {
        return status;
    }
    struct ttlv_level top = ttlv_top(&document);
    *message = (struct info_message){0};
    (void)field_read_text(top, ID_MODEL, message->model, sizeof message->model);
    (void)field_read_text(top, ID_MODULE_VERSION, message->module_version, sizeof message->module_version);
    message->has_mcu_list = field_read_text(top, ID_MCU_LIST, message->mcu_list, sizeof message->mcu_list);
    field_read_int(top, ID_CELL_ID, &message->cell_id);
    (void)field_read_text(top, ID_ICCID, message->iccid, sizeof message->iccid);
    field_read_int(top, ID_MCC, &message->mcc);
    field_read_int(top, ID_MNC, &message->mnc);
    field_read_int(top, ID_LAC, &message->lac);
    (void)field_read_text(top, ID_PHONE, message->phone, sizeof message->phone);
    (void)field_read_text(top, ID_IMSI, message->imsi, sizeof message->imsi);
    (void)field_read_text(top, ID_SDK_VERSION, message->sdk_version, sizeof message->sdk_version);
    (void)field_read_text(top, ID_LOCATION_METHODS, message->location_methods, sizeof message->location_methods);
    (void)field_read_text(top, ID_DATA_PROTOCOL, message->data_protocol, sizeof message->data_protocol);
    (void)field_read_text(top, ID_COMMUNICATION_PROTOCOL, message->communication_protocol,
                          sizeof message->communication_protocol);
    return OK;
}

enum status info_message_encode(const struct info_message *message, struct buffer *out)
{
    (void)field_put_text(out, ID_MODEL, message->model);
    (void)field_put_text(out, ID_MODULE_VERSION, message->module_version);
    if (message->has_mcu_list) {
        ttlv_put_string(out, ID_MCU_LIST, message->mcu_list);
    }
    (void)field_put_int(out, ID_CELL_ID, &message->cell_id);
    (void)field_put_text(out, ID_ICCID, message->iccid);
    (void)field_put_int(out, ID_MCC, &message->mcc);
    (void)field_put_int(out, ID_MNC, &message->mnc);
    (void)field_put_int(out, ID_LAC, &message->lac);
    (void)field_put_text(out, ID_PHONE, message->phone);
    (void)field_put_text(out, ID_IMSI, message->imsi);
    (void)field_put_text(out, ID_SDK_VERSION, message->sdk_version);
    (void)field_put_text(out, ID_LOCATION_METHODS, message->location_methods);
    (void)field_put_text(out, ID_DATA_PROTOCOL, message->data_protocol);
    (void)field_put_text(out, ID_COMMUNICATION_PROTOCOL, message->communication_protocol);
    return buffer_status(out);
}
