/*
 * The log: one line per event on standard error, as text or as JSON.
 *
 *   2026-11-23T10:00:00.123Z info  front   device=pk1/8671 connected type=1 encrypted=no
 *   {"at":"2026-11-23T10:00:00.123Z","level":"info","room":"front","device":"pk1/8671","text":"connected ..."}
 *
 * The subjects come first in the text ("device=<pk>/<dk>", "plan=<id>"): in JSON they become members of their own. On a
 * terminal warnings and errors have a colour (terminal.h). Rooms below app/ do not log. Secrets never.
 * Any thread may log; lines do not mix. Control characters in a text are written as \xNN.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/status.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_OFF };

/* "debug", "info", "warn", "error", "off" -> level. E_FORMAT for another word. */
MUST_USE enum status log_level_parse(const char *word, enum log_level *level);

/* Call once before threads start. Default: info, text. */
void log_setup(enum log_level least, bool json);

bool log_is_on(enum log_level level);

void log_debug(const char *room, const char *format, ...) PRINTF_LIKE(2, 3);
void log_info(const char *room, const char *format, ...) PRINTF_LIKE(2, 3);
void log_warn(const char *room, const char *format, ...) PRINTF_LIKE(2, 3);
void log_error(const char *room, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
