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

const char *command_topic_kind(uint16_t command)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (commands[i].command == command) {
            return commands[i].topic_kind;
        }
    }
    return "bus";
}
