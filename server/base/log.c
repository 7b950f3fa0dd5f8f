#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/terminal.h"

enum { LINE_LENGTH = 4096 }; /* one write() of at most PIPE_BUF bytes keeps lines whole between threads */

static enum log_level least_level = LOG_LEVEL_INFO;
static bool as_json = false;
static bool in_colour = false;

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
    in_colour = !json && terminal_has_colour(STDERR_FILENO);
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

static void append_text(char *line, size_t *length, const char *text)
{
    while (*text != '\0' && *length < LINE_LENGTH - 16) {
        line[(*length)++] = *text++;
    }
}

/* The length of the name of "name=value" at `text`; 0: there is no such word. */
static size_t subject_name(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    return text[length] == '=' ? length : 0;
}

/* Appends each "name=value" with which the text begins as a member of its own; returns what is left of the text. */
static char *append_subjects(char *line, size_t *length, char *text)
{
    for (size_t name = subject_name(text); name > 0; name = subject_name(text)) {
        char *value = text + name + 1;
        size_t end = strcspn(value, " ");
        bool last = value[end] == '\0';
        text[name] = '\0';
        value[end] = '\0';
        append_text(line, length, ",\"");
        append_text(line, length, text);
        append_text(line, length, "\":\"");
        append_escaped(line, length, value);
        append_text(line, length, "\"");
        text = value + end + (last ? 0 : 1);
    }
    return text;
}

static size_t json_line(char *line, enum log_level level, const char *room, const char *at, char *text)
{
    size_t length = (size_t)snprintf(line, LINE_LENGTH / 2, "{\"at\":\"%s\",\"level\":\"%s\",\"room\":\"%s\"", at,
                                     level_names[level], room);
    text = append_subjects(line, &length, text);
    append_text(line, &length, ",\"text\":\"");
    append_escaped(line, &length, text);
    line[length++] = '"';
    line[length++] = '}';
    return length;
}

static size_t text_line(char *line, enum log_level level, const char *room, const char *at, const char *text)
{
    const char *colour = !in_colour || level < LOG_LEVEL_WARN ? "" : level == LOG_LEVEL_WARN ? "\033[33m" : "\033[31m";
    size_t length = (size_t)snprintf(line, LINE_LENGTH / 2, "%s %s%-5s%s %-7s ", at, colour, level_names[level],
                                     colour[0] == '\0' ? "" : "\033[0m", room);
    append_escaped(line, &length, text);
    return length;
}

static void write_line(enum log_level level, const char *room, const char *format, va_list arguments)
{
    char text[LINE_LENGTH];
    (void)vsnprintf(text, sizeof text, format, arguments);
    char at[INSTANT_TEXT];
    instant_format(instant_now(), at);
    char line[LINE_LENGTH];
    size_t length = as_json ? json_line(line, level, room, at, text) : text_line(line, level, room, at, text);
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
