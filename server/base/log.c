#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"

enum { LINE_LENGTH = 4096 }; /* one write() of at most PIPE_BUF bytes keeps lines whole between threads */

static enum log_level least_level = LOG_LEVEL_INFO;
static bool as_json = false;

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};

enum status log_level_parse(const char *word, enum log_level *level)
{
    for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_OFF; i++) {
        if (strcmp(word, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return OK;
        }
    }
    return E_FORMAT;
}

void log_setup(enum log_level least, bool json)
{
    least_level = least;
    as_json = json;
}

bool log_is_on(enum log_level level)
{
    return level >= least_level && level < LOG_LEVEL_OFF;
}

/* Appends `text` to line[*length], escaped for JSON or for a terminal; stops when the line is full. */
static void append_escaped(char *line, size_t *length, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != 0 && *length < LINE_LENGTH - 16; p++) {
        if (*p < 0x20 || *p == 0x7F) {
            *length += (size_t)snprintf(line + *length, 8, as_json ? "\\u%04x" : "\\x%02x", *p);
        } else if (as_json && (*p == '"' || *p == '\\')) {
            line[(*length)++] = '\\';
            line[(*length)++] = (char)*p;
        } else {
            line[(*length)++] = (char)*p;
        }
    }
}

static void write_line(enum log_level level, const char *room, const char *format, va_list arguments)
{
    char text[LINE_LENGTH];
    (void)vsnprintf(text, sizeof text, format, arguments);
    char at[INSTANT_TEXT];
    instant_format(instant_now(), at);
    char line[LINE_LENGTH];
    const char *head = as_json ? "{\"at\":\"%s\",\"level\":\"%s\",\"room\":\"%s\",\"text\":\"" : "%s %-5s %-7s ";
    int start = snprintf(line, sizeof line / 2, head, at, level_names[level], room);
    size_t length = start < 0 ? 0 : (size_t)start;
    append_escaped(line, &length, text);
    if (as_json) {
        line[length++] = '"';
        line[length++] = '}';
    }
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0) {
        return; /* nobody is left to tell */
    }
}

#define LOG_FUNCTION(name, level)                                                                                      \
    void name(const char *room, const char *format, ...)                                                               \
    {                                                                                                                  \
        if (log_is_on(level)) {                                                                                        \
            va_list arguments;                                                                                         \
            va_start(arguments, format);                                                                               \
            write_line(level, room, format, arguments);                                                                \
            va_end(arguments);                                                                                         \
        }                                                                                                              \
    }

LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
