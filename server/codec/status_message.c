/* 0x0034 (protocol.md, 6). */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "codec/fields.h"

enum { ID_BATTERY = 1, ID_VOLTAGE, ID_SIGNAL, ID_FLASH_FREE, ID_RSRP, ID_RSRQ, ID_SNR };

/* 3.8500000000000001 -> 3.85: what the SDK's own multiplication added goes (protocol.md, 8). */
static double round_to_6_places(double value)
{
    char text[48];
    (void)snprintf(text, sizeof text, "%.6f", value);
    return strtod(text, NULL);
}

enum status status_message_decode(const uint8_t *payload, size_t length, struct status_message *message)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status != OK) {
        return status;
    }
    struct ttlv_level top = ttlv_top(&document);
    *message = (struct status_message){0};
    field_read_int(top, ID_BATTERY, &message->battery);
    double voltage = 0;
    if (ttlv_get_number(top, ID_VOLTAGE, &voltage)) {
        message->voltage = (struct wire_number){.known = true, .value = round_to_6_places(voltage)};
    }
    field_read_int(top, ID_SIGNAL, &message->signal);
    field_read_int(top, ID_FLASH_FREE, &message->flash_free);
    field_read_int(top, ID_RSRP, &message->rsrp);
    field_read_int(top, ID_RSRQ, &message->rsrq);
    field_read_int(top, ID_SNR, &message->snr);
    return OK;
}

enum status status_message_encode(const struct status_message *message, struct buffer *out)
{
    (void)field_put_int(out, ID_BATTERY, &message->battery);
    if (message->voltage.known) {
        ttlv_put_number(out, ID_VOLTAGE, message->voltage.value);
    }
    (void)field_put_int(out, ID_SIGNAL, &message->signal);
    if (message->flash_free.known) {
        ttlv_put_int(out, ID_FLASH_FREE, (uint32_t)message->flash_free.value);
    }
    (void)field_put_int(out, ID_RSRP, &message->rsrp);
    (void)field_put_int(out, ID_RSRQ, &message->rsrq);
    (void)field_put_int(out, ID_SNR, &message->snr);
    return buffer_status(out);
}
