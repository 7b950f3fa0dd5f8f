#include "scenario/transcript.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/instant.h"

void transcript_init(struct transcript *transcript, bool live)
{
    *transcript = (struct transcript){.begin_ms = monotonic_ms(), .live = live};
    buffer_init(&transcript->text, TRANSCRIPT_MOST);
}

void transcript_finish(struct transcript *transcript)
{
    buffer_finish(&transcript->text);
}

void transcript_say(struct transcript *transcript, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    double seconds = (double)(monotonic_ms() - transcript->begin_ms) / 1000;
    buffer_append_format(&transcript->text, "  %8.2f  %s\n", seconds, line);
    if (transcript->live) {
        (void)printf("  %8.2f  %s\n", seconds, line);
        (void)fflush(stdout);
    }
}
