#include "qualify/report.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/xml_text.h"
#include "cli/text_file.h"

enum { REPORT_LIMIT = 4 * 1024 * 1024 };

static const char head_of_html[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
    "content=\"width=device-width\"><title>Device qualification</title><style>\n"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430}\n"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.5rem;"
    "border-bottom:1px solid #d5dbe3}\n"
    ".passed{color:#0a6b3d}.failed{color:#a8182b;font-weight:600}.na{color:#5a6676}\n"
    "pre{background:#f3f5f8;padding:.6rem;overflow-x:auto;font-size:12px}small{color:#5a6676}\n"
    "@media(prefers-color-scheme:dark){body{background:#12161c;color:#dfe5ec}pre{background:#1c232c}"
    "td,th{border-color:#313b47}.passed{color:#5fd08f}.failed{color:#ff8593}.na,small{color:#9aa7b6}}\n"
    "</style></head><body>\n<h1>Device qualification</h1>\n";

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"passed", "failed", "not applicable"};
    return names[verdict];
}

void report_before(FILE *file, size_t index, const struct qualify_case *played, bool unattended)
{
    (void)fprintf(file, "[%2zu/%zu] %s: %s\n        %s\n", index + 1, qualify_case_count, played->id, played->title,
                  played->why);
    if (played->tester != NULL && !unattended) {
        (void)fprintf(file, "        You: %s\n", played->tester);
    }
    (void)fflush(file);
}

void report_after(FILE *file, struct result *result, bool colour)
{
    static const char *const colours[] = {"\033[32m", "\033[31m", "\033[90m"};
    (void)fprintf(file, "        %s%s%s%s%s (%.1f s)\n", colour ? colours[result->verdict] : "",
                  result->verdict == VERDICT_FAILED ? "FAILED" : verdict_name(result->verdict), colour ? "\033[0m" : "",
                  result->reason[0] != '\0' ? ": " : "", result->reason, result->seconds);
    if (result->verdict == VERDICT_FAILED && result->excerpt.length > 0) {
        const char *line = buffer_text(&result->excerpt);
        while (line != NULL && *line != '\0') {
            size_t length = strcspn(line, "\n");
            (void)fprintf(file, "          | %.*s\n", (int)length, line);
            line += length + (line[length] == '\n' ? 1 : 0);
        }
    }
    (void)fflush(file);
}

struct report_counts report_count(const struct result *results)
{
    struct report_counts counts = {0};
    for (size_t i = 0; i < qualify_case_count; i++) {
        counts.passed += results[i].verdict == VERDICT_PASSED ? 1 : 0;
        counts.failed += results[i].verdict == VERDICT_FAILED ? 1 : 0;
        counts.not_applicable += results[i].verdict == VERDICT_NOT_APPLICABLE ? 1 : 0;
    }
    return counts;
}

void report_summary(FILE *file, const struct report_counts *counts, const struct result *results)
{
    (void)fprintf(file, "\n%zu passed, %zu failed, %zu not applicable\n", counts->passed, counts->failed,
                  counts->not_applicable);
    for (size_t i = 0; i < qualify_case_count; i++) {
        if (results[i].verdict == VERDICT_FAILED) {
            (void)fprintf(file, "failed: %s: %s\n", qualify_cases[i].id, results[i].reason);
        }
    }
    (void)fflush(file);
}

static void junit_case(struct buffer *text, const struct report_head *head, const struct qualify_case *played,
                       struct result *result)
{
    char seconds[32];
    (void)snprintf(seconds, sizeof seconds, "%.3f", result->seconds);
    buffer_append_text(text, "<testcase classname=\"qualify.");
    xml_append_text(text, head->device_key);
    buffer_append_text(text, "\"");
    xml_append_attribute(text, "name", played->id);
    xml_append_attribute(text, "time", seconds);
    buffer_append_text(text, ">\n");
    if (result->verdict == VERDICT_FAILED) {
        buffer_append_text(text, "<failure type=\"failed\"");
        xml_append_attribute(text, "message", result->reason);
        buffer_append_text(text, ">");
        xml_append_text(text, buffer_text(&result->excerpt));
        buffer_append_text(text, "</failure>\n");
    } else if (result->verdict == VERDICT_NOT_APPLICABLE) {
        buffer_append_text(text, "<skipped");
        xml_append_attribute(text, "message", result->reason);
        buffer_append_text(text, "/>\n");
    }
    buffer_append_text(text, "<system-out>");
    xml_append_text(text, played->title);
    buffer_append_text(text, "\n");
    xml_append_text(text, played->why);
    buffer_append_text(text, "</system-out>\n</testcase>\n");
}

enum status report_junit(const char *path, const struct report_head *head, struct result *results, struct error *error)
{
    CLEANUP(cleanup_buffer) struct buffer text;
    struct report_counts counts = report_count(results);
    buffer_init(&text, REPORT_LIMIT);
    buffer_append_text(&text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite");
    xml_append_attribute(&text, "name", "mockdc qualify");
    xml_append_attribute(&text, "hostname", head->device_key);
    buffer_append_format(&text, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n", qualify_case_count,
                         counts.failed, counts.not_applicable);
    buffer_append_text(&text, "<properties><property name=\"device\"");
    xml_append_attribute(&text, "value", head->device);
    buffer_append_text(&text, "/></properties>\n");
    for (size_t i = 0; i < qualify_case_count; i++) {
        junit_case(&text, head, &qualify_cases[i], &results[i]);
    }
    buffer_append_text(&text, "</testsuite>\n</testsuites>\n");
    return text_file_write(path, &text, error);
}

static void html_case(struct buffer *text, const struct qualify_case *played, struct result *result)
{
    static const char *const classes[] = {"passed", "failed", "na"};
    buffer_append_text(text, "<tr><td><code>");
    xml_append_text(text, played->id);
    buffer_append_format(text, "</code><td class=\"%s\">%s<br><small>%.1f s</small><td>", classes[result->verdict],
                         verdict_name(result->verdict), result->seconds);
    xml_append_text(text, played->title);
    buffer_append_text(text, "<br><small>");
    xml_append_text(text, played->why);
    buffer_append_text(text, "</small>");
    if (result->reason[0] != '\0') {
        buffer_append_format(text, "<p class=\"%s\">", classes[result->verdict]);
        xml_append_text(text, result->reason);
        buffer_append_text(text, "</p>");
    }
    if (result->excerpt.length > 0) {
        buffer_append_text(text, "<pre>");
        xml_append_text(text, buffer_text(&result->excerpt));
        buffer_append_text(text, "</pre>");
    }
    buffer_append_text(text, "\n");
}

enum status report_html(const char *path, const struct report_head *head, struct result *results, struct error *error)
{
    CLEANUP(cleanup_buffer) struct buffer text;
    struct report_counts counts = report_count(results);
    char now[INSTANT_TEXT];
    instant_format(instant_now(), now);
    buffer_init(&text, REPORT_LIMIT);
    buffer_append_text(&text, head_of_html);
    buffer_append_text(&text, "<p>Device <b>");
    xml_append_text(&text, head->device_key);
    buffer_append_text(&text, "</b> of product ");
    xml_append_text(&text, head->product_key);
    buffer_append_text(&text, ": ");
    xml_append_text(&text, head->device);
    buffer_append_format(&text, "<br>mockdc %s, %s</p>\n", MOCKDC_VERSION, now);
    buffer_append_format(&text,
                         "<p><span class=\"passed\">%zu passed</span>, <span class=\"failed\">%zu failed</span>, <span "
                         "class=\"na\">%zu not applicable</span></p>\n<table><tr><th>case<th>verdict<th>what\n",
                         counts.passed, counts.failed, counts.not_applicable);
    for (size_t i = 0; i < qualify_case_count; i++) {
        html_case(&text, &qualify_cases[i], &results[i]);
    }
    buffer_append_text(&text, "</table></body></html>\n");
    return text_file_write(path, &text, error);
}
