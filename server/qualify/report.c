#include "qualify/report.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/xml_text.h"
#include "cli/text_file.h"

enum { REPORT_LIMIT = 4 * 1024 * 1024 };

static const char head_of_html[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
    "content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">"
    "<title>Device qualification</title><style>\n"
    ":root{--page:#f4f6f9;--card:#fff;--text:#1c2430;--soft:#5a6676;--line:#d5dbe3;--code:#f0f3f7;"
    "--passed:#0a6b3d;--failed:#a8182b;--na:#5a6676}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1a2029;--text:#dfe5ec;--soft:#9aa7b6;--line:#"
    "313b47;"
    "--code:#12161c;--passed:#5fd08f;--failed:#ff8593;--na:#9aa7b6}}\n"
    "*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1.5rem 1rem;"
    "background:var(--page);color:var(--text)}\n"
    "h1{font-size:1.6rem;margin:0 0 .5rem}header p{margin:.25rem 0}p{overflow-wrap:anywhere}\n"
    "small{font-weight:400}small,.soft{color:var(--soft)}code,pre{font:12px/1.5 ui-monospace,monospace}\n"
    ".counts{display:flex;flex-wrap:wrap;gap:.5rem;padding:0;margin:1rem 0;list-style:none}\n"
    ".counts li,article{background:var(--card);border:1px solid var(--line);border-radius:8px}\n"
    ".counts li{padding:.4rem .9rem}.counts b{font-size:1.25rem}\n"
    "article{margin:.6rem 0;padding:.7rem 1rem;border-left:5px solid var(--na)}\n"
    "article.passed{border-left-color:var(--passed)}article.failed{border-left-color:var(--failed)}\n"
    "h2{display:flex;flex-wrap:wrap;gap:.2rem .8rem;align-items:baseline;font-size:1rem;margin:0}h2 span{flex:1 1 "
    "16rem}\n"
    "h2 code{font-weight:400;color:var(--soft)}article p{margin:.2rem 0}\n"
    ".verdict{flex:none;font-weight:600}.passed .verdict,b.passed{color:var(--passed)}.failed .verdict,.failed "
    ".reason,b.failed,.failures a{color:var(--failed)}.na .verdict,b.na{color:var(--na)}\n"
    "pre{background:var(--code);border-radius:6px;padding:.6rem;margin:.5rem 0 0;overflow-x:auto;max-height:30rem}\n"
    "@media print{body{background:none}pre{max-height:none;white-space:pre-wrap;overflow-wrap:anywhere}"
    "article{break-inside:avoid}}\n"
    "</style></head><body>\n<header><h1>Device qualification</h1>\n";

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"passed", "failed", "not applicable"};
    return names[verdict];
}

void report_before(FILE *file, size_t index, const struct qualify_case *played, bool applies)
{
    (void)fprintf(file, "[%2zu/%zu] %s: %s\n        %s\n", index + 1, qualify_case_count, played->id, played->title,
                  played->why);
    if (played->tester != NULL && applies) {
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

static const char *const html_classes[] = {"passed", "failed", "na"};

static void html_case(struct buffer *text, const struct qualify_case *played, struct result *result)
{
    const char *class = html_classes[result->verdict];
    buffer_append_format(text, "<article class=\"%s\" id=\"%s\"><h2><span>", class, played->id);
    xml_append_text(text, played->title);
    buffer_append_format(text,
                         "</span><code>%s</code><small>%.1f s</small><span class=\"verdict\">%s</span></h2>\n<p "
                         "class=\"soft\">",
                         played->id, result->seconds, verdict_name(result->verdict));
    xml_append_text(text, played->why);
    buffer_append_text(text, "</p>\n");
    if (result->reason[0] != '\0') {
        buffer_append_text(text, "<p class=\"reason\">");
        xml_append_text(text, result->reason);
        buffer_append_text(text, "</p>\n");
    }
    if (result->excerpt.length > 0) {
        buffer_append_text(text, "<pre tabindex=\"0\" aria-label=\"what went over the wire\">");
        xml_append_text(text, buffer_text(&result->excerpt));
        buffer_append_text(text, "</pre>\n");
    }
    buffer_append_text(text, "</article>\n");
}

/* What a reader wants first: how it went, and what to look at. */
static void html_summary(struct buffer *text, const struct report_counts *counts, const struct result *results)
{
    const size_t numbers[] = {counts->passed, counts->failed, counts->not_applicable};
    buffer_append_text(text, "<ul class=\"counts\">");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        buffer_append_format(text, "<li><b class=\"%s\">%zu</b> %s</li>", html_classes[i], numbers[i],
                             verdict_name((enum verdict)i));
    }
    buffer_append_text(text, "</ul>\n");
    if (counts->failed == 0) {
        return;
    }
    buffer_append_text(text, "<ul class=\"failures\">\n");
    for (size_t i = 0; i < qualify_case_count; i++) {
        if (results[i].verdict == VERDICT_FAILED) {
            buffer_append_format(text, "<li><a href=\"#%s\">%s</a>: ", qualify_cases[i].id, qualify_cases[i].id);
            xml_append_text(text, results[i].reason);
            buffer_append_text(text, "</li>\n");
        }
    }
    buffer_append_text(text, "</ul>\n");
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
    buffer_append_text(&text, "</b> of product <b>");
    xml_append_text(&text, head->product_key);
    buffer_append_text(&text, "</b>: ");
    xml_append_text(&text, head->device);
    buffer_append_format(&text, "</p>\n<p class=\"soft\">mockdc %s, %s</p></header>\n<main>\n", MOCKDC_VERSION, now);
    html_summary(&text, &counts, results);
    for (size_t i = 0; i < qualify_case_count; i++) {
        html_case(&text, &qualify_cases[i], &results[i]);
    }
    buffer_append_text(&text, "</main></body></html>\n");
    return text_file_write(path, &text, error);
}
