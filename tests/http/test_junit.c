#include "support/suite.h"

#include "base/xml_text.h"
#include "http/junit.h"
#include "xml.h"

static void test_text(void)
{
    static const struct {
        const char *name;
        const char *text;
        const char *content;
        const char *attribute;
    } rows[] = {
        {"plain", "M 1_0", "M 1_0", " a=\"M 1_0\""},
        {"markup", "<a b=\"c\">&amp;]]>", "&lt;a b=&quot;c&quot;&gt;&amp;amp;]]&gt;",
         " a=\"&lt;a b=&quot;c&quot;&gt;&amp;amp;]]&gt;\""},
        {"line ends and tab", "a\r\nb\tc", "a&#13;\nb\tc", " a=\"a&#13;&#10;b&#9;c\""},
        {"control characters", "a\x01\x08\x0b\x1f\x7f\xc2\x80\xc2\x9fz", "az", " a=\"az\""},
        {"no-break space stays", "\xc2\xa0", "\xc2\xa0", " a=\"\xc2\xa0\""},
        {"U+FFFD stays, U+FFFE and U+FFFF go", "\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbd",
         " a=\"\xef\xbf\xbd\""},
        {"a surrogate is no character", "\xed\xa0\x80", "???", " a=\"???\""},
        {"overlong", "\xc0\xbc\xe0\x80\xbc\xf0\x80\x80\xbc", "?????????", " a=\"?????????\""},
        {"beyond U+10FFFF", "\xf4\x90\x80\x80\xff", "?????", " a=\"?????\""},
        {"cut off", "a\xe6\xa8", "a??", " a=\"a??\""},
        {"a quote behind a cut character", "\xe6\"", "?&quot;", " a=\"?&quot;\""},
        {"four bytes", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", " a=\"\xf0\x9f\x98\x80\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer buffer;
        buffer_init(&buffer, 1024);
        xml_append_text(&buffer, rows[i].text);
        CHECK_ROW(rows[i].name, strcmp(buffer_text(&buffer), rows[i].content) == 0);
        buffer_clear(&buffer);
        xml_append_attribute(&buffer, "a", rows[i].text);
        CHECK_ROW(rows[i].name, strcmp(buffer_text(&buffer), rows[i].attribute) == 0);
        buffer_finish(&buffer);
    }
}

static struct task_component component(const char *no, enum component_step step)
{
    struct task_component made = {.step = step, .source_version = "1_0", .target_version = "2_0", .attempts = 1};
    (void)snprintf(made.component_no, sizeof made.component_no, "%s", no);
    return made;
}

static void test_every_byte(void)
{
    struct plan plan = {.name = "Winter <\"&'> \xe5\x86\xac", .created_at = 1000};
    struct junit junit;
    junit_begin(&junit, &plan, 1 << 20);
    for (int byte = 1; byte < 256; byte++) {
        struct task task = {.status = DEVICE_FAILED, .reason = REASON_WRONG_VERSION, .component_count = 1};
        char text[8] = {(char)byte, ']', ']', '>', (char)byte, '<', (char)byte, '\0'};
        task.components[0] = component(text, STEP_FAILED);
        memcpy(task.components[0].source_version, text, sizeof text);
        memcpy(task.components[0].target_version, text, sizeof text);
        struct log_entry entry = {.kind = LOG_FAILED, .attempt = 1, .code = {.known = true, .value = 12}};
        memcpy(entry.component_no, text, sizeof text);
        memcpy(entry.detail, text, sizeof text);
        junit_case_log(&junit, &task, &entry);
        junit_cases(&junit, "861", &task);
    }
    CHECK_OK(junit_end(&junit));
    CHECK(strstr(buffer_text(&junit.text), " tests=\"255\" failures=\"255\" errors=\"0\" skipped=\"0\"") != NULL);
    CHECK(xml_is_well_formed(buffer_text(&junit.text), junit.text.length));
    junit_finish(&junit);
}

/* The outcome of the component at `place`, as the report names it. */
static const char *outcome_of(struct buffer *document, size_t place)
{
    static const char *const names[] = {"<failure", "<skipped", "<error"};
    const char *text = buffer_text(document);
    for (size_t i = 0; i <= place; i++) {
        text = strstr(text + 1, "<testcase");
        if (text == NULL) {
            return "no such case";
        }
    }
    const char *end = strstr(text, "</testcase>");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *found = strstr(text, names[i]);
        if (found != NULL && found < end) {
            return names[i] + 1;
        }
    }
    return "pass";
}

static void test_outcomes(void)
{
    static const struct {
        const char *name;
        enum device_status status;
        enum reason reason;
        enum component_step steps[2];
        const char *expect[2];
        const char *says;
    } rows[] = {
        {"upgraded",
         DEVICE_UPGRADED,
         REASON_NONE,
         {STEP_SUCCESSFUL, STEP_SUCCESSFUL},
         {"pass", "pass"},
         "errors=\"0\""},
        {"at the target already",
         DEVICE_UPGRADED,
         REASON_ALREADY_AT_TARGET,
         {STEP_WAITING, STEP_WAITING},
         {"pass", "pass"},
         "failures=\"0\""},
        {"the first failed",
         DEVICE_FAILED,
         REASON_DOWNLOAD_FAILED,
         {STEP_FAILED, STEP_WAITING},
         {"failure", "skipped"},
         "<failure type=\"downloadFailed\" message=\"downloadFailed in step failed after 1 attempts\"/>"},
        {"the second failed",
         DEVICE_FAILED,
         REASON_TIMEOUT,
         {STEP_SUCCESSFUL, STEP_FAILED},
         {"pass", "failure"},
         "failures=\"1\""},
        {"not reached",
         DEVICE_FAILED,
         REASON_TIMEOUT,
         {STEP_FAILED, STEP_WAITING},
         {"failure", "skipped"},
         "<skipped message=\"not reached: timeout\"/>"},
        {"declined",
         DEVICE_FAILED,
         REASON_DECLINED,
         {STEP_WAITING, STEP_WAITING},
         {"failure", "failure"},
         "failures=\"2\""},
        {"waits",
         DEVICE_NON_UPGRADED,
         REASON_BATTERY,
         {STEP_WAITING, STEP_WAITING},
         {"skipped", "skipped"},
         "<skipped message=\"battery\"/>"},
        {"never evaluated",
         DEVICE_NON_UPGRADED,
         REASON_NONE,
         {STEP_WAITING, STEP_WAITING},
         {"skipped", "skipped"},
         "<skipped message=\"not evaluated yet\"/>"},
        {"unfinished",
         DEVICE_IN_UPGRADE,
         REASON_NONE,
         {STEP_SUCCESSFUL, STEP_DOWNLOADING},
         {"pass", "error"},
         "<error type=\"unfinished\" message=\"still in step downloading, 0 percent\"/>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = {.name = "P"};
        struct task task = {.status = rows[i].status, .reason = rows[i].reason, .component_count = 2};
        task.components[0] = component("A", rows[i].steps[0]);
        task.components[1] = component("B", rows[i].steps[1]);
        struct junit junit;
        junit_begin(&junit, &plan, 1 << 20);
        junit_cases(&junit, "861", &task);
        CHECK_OK(junit_end(&junit));
        CHECK_ROW(rows[i].name, strcmp(outcome_of(&junit.text, 0), rows[i].expect[0]) == 0);
        CHECK_ROW(rows[i].name, strcmp(outcome_of(&junit.text, 1), rows[i].expect[1]) == 0);
        CHECK_ROW(rows[i].name, strstr(buffer_text(&junit.text), rows[i].says) != NULL);
        CHECK_ROW(rows[i].name, xml_is_well_formed(buffer_text(&junit.text), junit.text.length));
        junit_finish(&junit);
    }
}

static void test_case_text(void)
{
    struct plan plan = {.name = "v1.2 plan", .activated_at = {.known = true, .at = 1795428000000}};
    struct task task = {.status = DEVICE_UPGRADED, .component_count = 2};
    task.components[0] = component("A", STEP_SUCCESSFUL);
    task.components[0].source_version[0] = '\0';
    task.components[0].started_at = (struct maybe_instant){.known = true, .at = 1000};
    task.components[0].ended_at = (struct maybe_instant){.known = true, .at = 62005};
    task.components[1] = component("B", STEP_SUCCESSFUL);
    task.components[1].started_at = (struct maybe_instant){.known = true, .at = 62005};
    task.components[1].ended_at = (struct maybe_instant){.known = true, .at = 1000}; /* the clock was set back */
    struct log_entry issued = {.kind = LOG_PLAN_ISSUED, .direction = LOG_FROM_SERVER, .detail = "both"};
    struct log_entry done = {.kind = LOG_SUCCEEDED, .component_no = "B", .attempt = 2};
    struct junit junit;
    junit_begin(&junit, &plan, 1 << 20);
    junit_case_log(&junit, &task, &issued);
    junit_case_log(&junit, &task, &done);
    junit_cases(&junit, "861", &task);
    junit_cases(&junit, "862", &task); /* has no log */
    CHECK_OK(junit_end(&junit));
    const char *text = buffer_text(&junit.text);
    CHECK(strstr(text, "<testsuite name=\"v1.2 plan\" timestamp=\"2026-11-23T10:00:00\" tests=\"4\"") != NULL);
    CHECK(strstr(text, "<testcase classname=\"v1.2 plan.861\" name=\"A ? -&gt; 2_0\" time=\"61.005\">\n"
                       "<system-out>1970-01-01T00:00:00.000Z server planIssued: both\n</system-out>") != NULL);
    CHECK(strstr(text, "<testcase classname=\"v1.2 plan.861\" name=\"B 1_0 -&gt; 2_0\" time=\"0.000\">\n"
                       "<system-out>1970-01-01T00:00:00.000Z server planIssued: both\n"
                       "1970-01-01T00:00:00.000Z device succeeded attempt 2\n</system-out>") != NULL);
    CHECK(strstr(text, "<testcase classname=\"v1.2 plan.862\" name=\"A ? -&gt; 2_0\" time=\"61.005\">\n</testcase>") !=
          NULL);
    CHECK(xml_is_well_formed(buffer_text(&junit.text), junit.text.length));
    junit_finish(&junit);
}

static void test_limit(void)
{
    struct plan plan = {.name = "P"};
    struct task task = {.status = DEVICE_UPGRADED, .component_count = 1};
    task.components[0] = component("A", STEP_SUCCESSFUL);
    struct junit junit;
    junit_begin(&junit, &plan, 1000);
    for (int i = 0; i < 10; i++) {
        junit_cases(&junit, "861", &task);
    }
    CU_ASSERT_EQUAL(junit_end(&junit), E_LIMIT);
    junit_finish(&junit);
    junit_begin(&junit, &plan, 10);
    CU_ASSERT_EQUAL(junit_end(&junit), E_LIMIT);
    junit_finish(&junit);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"text of any bytes", test_text}, {"a document with every byte", test_every_byte},
        {"outcomes", test_outcomes},      {"what a case says", test_case_text},
        {"too long", test_limit},         {0}};
    return suite_run("http: junit", cases);
}
