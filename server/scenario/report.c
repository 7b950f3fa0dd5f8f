#include "scenario/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xml_text.h"
#include "cli/json.h"
#include "cli/text_file.h"

enum { JUNIT_MOST = 256 * 1024 * 1024, ARCHIVE_MOST = 1024 * 1024 * 1024 };

static const char *file_of(const struct scenario *scenario)
{
    const char *slash = strrchr(scenario->path, '/');
    return slash != NULL ? slash + 1 : scenario->path;
}

struct programme_counts programme_count(const struct programme *programme)
{
    struct programme_counts counts = {0};
    for (size_t i = 0; i < programme->count; i++) {
        switch (programme->outcomes[i].verdict) {
        case PLAY_PASSED:
            counts.passed++;
            break;
        case PLAY_FAILED:
            counts.failed++;
            break;
        case PLAY_BROKEN:
            counts.broken++;
            break;
        case PLAY_NOT_PLAYED:
            counts.not_played++;
            break;
        }
    }
    return counts;
}

/* Lines with blanks in front. */
static void print_lines(FILE *file, const char *lines, const char *indent)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        (void)fprintf(file, "%s%.*s\n", indent, (int)length, lines);
        lines += length + (lines[length] == '\n' ? 1 : 0);
    }
}

void programme_begin(FILE *file, const struct programme *programme, size_t index)
{
    const struct scenario *scenario = &programme->scenarios[index];
    (void)fprintf(file, "[%2zu/%zu] %-60s %s\n", index + 1, programme->count, scenario->name, file_of(scenario));
    (void)fflush(file);
}

void programme_end(FILE *file, const struct programme *programme, size_t index, bool with_transcript)
{
    static const char *const colours[] = {"\033[90m", "\033[32m", "\033[31m", "\033[31m"};
    struct outcome *outcome = &programme->outcomes[index];
    if (with_transcript) {
        (void)fputs(buffer_text(&outcome->transcript.text), file);
    }
    (void)fprintf(file, "  %s%s%s (%.1f s)\n", programme->colour ? colours[outcome->verdict] : "",
                  play_verdict_name(outcome->verdict), programme->colour ? "\033[0m" : "", outcome->seconds);
    print_lines(file, buffer_text(&outcome->reason), "    ");
    print_lines(file, buffer_text(&outcome->details), "      ");
    (void)fflush(file);
}

void programme_summary(FILE *file, const struct programme *programme, double seconds)
{
    struct programme_counts counts = programme_count(programme);
    (void)fprintf(file, "\n%zu passed, %zu failed", counts.passed, counts.failed);
    if (counts.broken > 0) {
        (void)fprintf(file, ", %zu broken", counts.broken);
    }
    if (counts.not_played > 0) {
        (void)fprintf(file, ", %zu not played", counts.not_played);
    }
    (void)fprintf(file, " in %.1f s\n", seconds);
    for (size_t i = 0; i < programme->count; i++) {
        struct outcome *outcome = &programme->outcomes[i];
        if (outcome->verdict == PLAY_FAILED || outcome->verdict == PLAY_BROKEN) {
            const char *reason = buffer_text(&outcome->reason);
            (void)fprintf(file, "%s: %s: %.*s\n", play_verdict_name(outcome->verdict), programme->scenarios[i].path,
                          (int)strcspn(reason, "\n"), reason);
        }
    }
    (void)fflush(file);
}

/* --- JUnit ------------------------------------------------------------------------------------------------------ */

static void append_seconds(struct buffer *text, double seconds)
{
    char number[32];
    (void)snprintf(number, sizeof number, "%.3f", seconds);
    xml_append_attribute(text, "time", number);
}

static void append_fault(struct buffer *text, struct outcome *outcome, const char *element)
{
    const char *reason = buffer_text(&outcome->reason);
    CLEANUP(cleanup_free) char *first = strndup(reason, strcspn(reason, "\n"));
    buffer_append_format(text, "<%s type=\"%s\"", element, element);
    xml_append_attribute(text, "message", first != NULL ? first : reason);
    buffer_append_text(text, ">");
    xml_append_text(text, reason);
    xml_append_text(text, buffer_text(&outcome->details));
    buffer_append_format(text, "</%s>\n", element);
}

static void append_case(struct buffer *text, const struct scenario *scenario, struct outcome *outcome)
{
    CLEANUP(cleanup_free) char *stem = strndup(file_of(scenario), strcspn(file_of(scenario), "."));
    buffer_append_text(text, "<testcase");
    xml_append_attribute(text, "classname", stem != NULL ? stem : "scenario");
    xml_append_attribute(text, "name", scenario->name);
    xml_append_attribute(text, "file", scenario->path);
    append_seconds(text, outcome->seconds);
    buffer_append_text(text, ">\n");
    if (outcome->verdict == PLAY_FAILED) {
        append_fault(text, outcome, "failure");
    } else if (outcome->verdict == PLAY_BROKEN) {
        append_fault(text, outcome, "error");
    } else if (outcome->verdict == PLAY_NOT_PLAYED) {
        buffer_append_text(text, "<skipped message=\"the run was interrupted\"/>\n");
    }
    buffer_append_text(text, "<system-out>");
    xml_append_text(text, buffer_text(&outcome->transcript.text));
    buffer_append_text(text, "</system-out>\n</testcase>\n");
}

enum status programme_junit(const char *path, const struct programme *programme, double seconds, struct error *error)
{
    CLEANUP(cleanup_buffer) struct buffer text;
    struct programme_counts counts = programme_count(programme);
    buffer_init(&text, JUNIT_MOST);
    buffer_append_text(&text,
                       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"mockdc run\"");
    buffer_append_format(&text, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", programme->count,
                         counts.failed, counts.broken, counts.not_played);
    append_seconds(&text, seconds);
    buffer_append_text(&text, ">\n");
    for (size_t i = 0; i < programme->count; i++) {
        append_case(&text, &programme->scenarios[i], &programme->outcomes[i]);
    }
    buffer_append_text(&text, "</testsuite>\n</testsuites>\n");
    return text_file_write(path, &text, error);
}

/* --- HTTP archive ----------------------------------------------------------------------------------------------- */

/* One archive of all: the requests of each scenario are a page of it. */
static json_t *merge_archives(const struct programme *programme)
{
    json_t *entries = json_array();
    json_t *others = json_array();
    json_t *pages = json_array();
    json_int_t dropped = 0;
    for (size_t i = 0; i < programme->count; i++) {
        json_t *log = json_object_get(programme->outcomes[i].archive, "log");
        json_t *came = json_object_get(log, "entries");
        char id[32];
        size_t k = 0;
        json_t *entry = NULL;
        (void)snprintf(id, sizeof id, "scenario_%zu", i + 1);
        json_array_foreach(came, k, entry)
        {
            (void)json_object_set_new(entry, "pageref", json_string(id));
        }
        if (json_array_size(came) > 0) {
            json_t *started = json_object_get(json_array_get(came, 0), "startedDateTime");
            (void)json_array_append_new(pages, json_pack("{s:O, s:s, s:s, s:{}}", "startedDateTime", started, "id", id,
                                                         "title", programme->scenarios[i].name, "pageTimings"));
        }
        (void)json_array_extend(entries, came);
        (void)json_array_extend(others, json_object_get(log, "_journal"));
        dropped += json_integer_value(json_object_get(log, "_dropped"));
    }
    return json_pack("{s:{s:s, s:{s:s, s:s}, s:o, s:o, s:o, s:I}}", "log", "version", "1.2", "creator", "name",
                     "mockdc run", "version", MOCKDC_VERSION, "pages", pages, "entries", entries, "_journal", others,
                     "_dropped", dropped);
}

enum status programme_archive(const char *path, const struct programme *programme, struct error *error)
{
    CLEANUP(cleanup_buffer) struct buffer text;
    CLEANUP(cleanup_json) json_t *archive = merge_archives(programme);
    CLEANUP(cleanup_free) char *written = json_dumps(archive, JSON_INDENT(1));
    buffer_init(&text, ARCHIVE_MOST);
    if (written == NULL) {
        return error_set(error, E_NOMEM, path, "%s", status_text(E_NOMEM));
    }
    buffer_append_text(&text, written);
    return text_file_write(path, &text, error);
}
