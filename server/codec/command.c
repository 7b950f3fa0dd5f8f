#include <string.h>

#include "base/text.h"
#include "codec/frame.h"

static const struct {
    uint16_t command;
    const char *name;
    const char *topic_kind;
} commands[] = {
    {COMMAND_TSL_READ, "tslRead", "bus"},
    {COMMAND_TSL_ANSWER, "tslAnswer", "bus"},
    {COMMAND_TSL_WRITE, "tslWrite", "bus"},
    {COMMAND_TSL_REPORT, "tslReport", "bus"},
    {COMMAND_TRANSPARENT_DOWN, "transparentDown", "bus"},
    {COMMAND_TRANSPARENT_UP, "transparentUp", "bus"},
    {COMMAND_STATUS_READ, "statusRead", "bus"},
    {COMMAND_STATUS, "status", "sys"},
    {COMMAND_INFO_READ, "infoRead", "bus"},
    {COMMAND_INFO, "info", "sys"},
    {COMMAND_ERROR, "error", "sys"},
    {COMMAND_DEVICE_ERROR, "deviceError", "sys"},
    {COMMAND_CONFIGURATION, "configuration", "sys"},
    {COMMAND_OTA_NOTIFY, "otaNotify", "ota"},
    {COMMAND_FIRMWARE_INFO, "firmwareInfo", "ota"},
    {COMMAND_OTA_STATUS, "otaStatus", "ota"},
    {COMMAND_OTA_REQUEST, "otaRequest", "ota"},
    {COMMAND_LOCATION, "location", "bus"},
    {COMMAND_LOCATION_READ, "locationRead", "bus"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

const char *command_name(uint16_t command)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (commands[i].command == command) {
            return commands[i].name;
        }
    }
    return "unknown";
}

enum status command_parse(const char *text, uint16_t *command)
{
    uint8_t bytes[2];
    size_t length = 0;
    if (text_starts_with(text, "0x") && hex_decode(text + 2, bytes, sizeof bytes, &length) == OK &&
        length == sizeof bytes) {
        *command = (uint16_t)(bytes[0] << 8 | bytes[1]);
        return OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, text) == 0) {
            *command = commands[i].command;
            return OK;
        }
    }
    return E_NOT_FOUND;
}

const char *command_topic_kind(uint16_t command)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (commands[i].command == command) {
            return commands[i].topic_kind;
        }
    }
    return "bus";
}
