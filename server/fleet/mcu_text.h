/*
 * The MCU list as a device keeps it: one text "comp:version;comp:version" of at most LIMIT_MCU_LIST characters. Setting
 * a version moves its component to the end, also when nothing changed (protocol.md, 6).
 */
#ifndef FLEET_MCU_TEXT_H
#define FLEET_MCU_TEXT_H

#include "base/limits.h"
#include "base/status.h"

struct mcu_text {
    char text[LIMIT_MCU_LIST + 1];
};

/* E_LIMIT: the list would be too long; E_FORMAT: an empty component or one with ';' or ':'. Then it is unchanged. */
MUST_USE enum status mcu_text_set(struct mcu_text *list, const char *component_no, const char *version);

/* E_NOT_FOUND. */
MUST_USE enum status mcu_text_get(const struct mcu_text *list, const char *component_no,
                                  char version[LIMIT_VERSION + 1]);

#endif
