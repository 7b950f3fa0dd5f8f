/*
 * What becomes of a plan's devices, as files and figures: the JUnit report, the table in CSV, the statistics.
 */
#include "plans.h"

#include <stdlib.h>

#include "devices.h"
#include "xml.h"

/* More devices than one turn of the loop takes, and than one page of JSON here. */
enum { ABSENT = 119, PAGE = 50, DEVICES = ABSENT + 6 };

#define PLAN_NAME      "Winter <\"&'> \xe5\x86\xac"
#define COMPONENT_NAME "=1+1,\"x\" <&> \xe5\x86\xac"

static struct house house;
static int64_t plan_id;

static json_t *whitelist(void)
{
    static const char *const keys[] = {"U1", "U2", "F1", "F2", "I1", "R1"};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        (void)json_array_append_new(list, json_string(keys[i]));
    }
    for (int i = 0; i < ABSENT; i++) {
        (void)json_array_append_new(list, json_sprintf("N%03d", i));
    }
    return list;
}

static void take_steps(const char *device_key, const int *steps, const char *version)
{
    int64_t id = devices_connect(&house, "pk1", device_key, "1_0_0");
    char path[80];
    (void)snprintf(path, sizeof path, "/devices/%s?waitFor=inUpgrade&timeout=10", device_key);
    json_decref(plans_get_json(&house, plan_id, path, 200));
    for (; *steps != 0; steps++) {
        devices_status(&house, id, *steps, steps[1] == 0 ? version : NULL);
    }
}

static void advance(const char *seconds)
{
    char body[48];
    (void)snprintf(body, sizeof body, "{\"seconds\": %s}", seconds);
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/clock/advance", body, 200));
}

/* Two are upgraded, two fail, one is on its way, one refused, the others were never there. */
static void test_open(void)
{
    static const int good[] = {1, 2, 4, 8, 9, 11, 0};
    static const int failing[] = {1, 2, 4, 6, 0};
    static const int loading[] = {1, 2, 4, 0};
    static const int refusing[] = {3, 0};
    house_open(&house, NULL);
    house.takes_orders = true;
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Meter\", \"productKey\": \"pk1\"}", 201));
    json_decref(rest(&house, "PUT", "/api/v1/products/pk1/clock",
                     "{\"mode\": \"manual\", \"now\": \"2027-03-01T03:00:00Z\"}", 200));
    json_t *plan = json_loads(plans_body("x", "pk1", plans_package(&house, "pk1", "App"), ""), 0, NULL);
    (void)json_object_set_new(plan, "name", json_string(PLAN_NAME));
    (void)json_object_set_new(json_array_get(json_object_get(plan, "components"), 0), "name",
                              json_string(COMPONENT_NAME));
    (void)json_object_set_new(plan, "strategy", json_pack("{s:i}", "retries", 0));
    (void)json_object_set_new(plan, "whitelist", whitelist());
    char *text = json_dumps(plan, 0);
    json_t *made = rest(&house, "POST", "/api/v1/plans", text, 201);
    plan_id = json_integer_value(json_object_get(made, "id"));
    free(text);
    json_decref(made);
    json_decref(plan);
    json_decref(plans_act(&house, plan_id, "activate", 200));
    take_steps("U1", good, "2_0_0");
    advance("330.5");
    take_steps("U2", good, "2_0_0");
    take_steps("F1", failing, NULL);
    advance("29");
    take_steps("F2", good, "1_<&\">");
    take_steps("I1", loading, NULL);
    take_steps("R1", refusing, NULL);
}

static void test_close(void)
{
    house_close(&house);
}

/* --- report.xml ------------------------------------------------------------------------------------------------- */

static void get_file(int64_t id, const char *what, const char *accept, struct reply *reply)
{
    char path[128];
    const char *headers[] = {accept, NULL};
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/%s", (long long)id, what);
    ask(&house, "GET", path, headers, NULL, reply);
    CHECK_ROW(what, reply->status == 200);
}

/* The test case of the device, up to its end. Static memory. */
static const char *case_of(const char *report, const char *device_key)
{
    static char found[8192];
    char class_end[32];
    (void)snprintf(class_end, sizeof class_end, ".%s\" name=", device_key);
    const char *place = strstr(report, class_end);
    CHECK_FATAL(place != NULL);
    const char *begin = place;
    while (strncmp(begin, "<testcase", 9) != 0) {
        begin--;
    }
    const char *end = strstr(place, "</testcase>");
    CHECK_FATAL(end != NULL && end - begin < (long)sizeof found);
    memcpy(found, begin, (size_t)(end - begin));
    found[end - begin] = '\0';
    return found;
}

static void test_report(void)
{
    static const struct {
        const char *device_key;
        const char *has;
        const char *has_not;
    } rows[] = {
        {"U1", "name=\"MCU1 1_0_0 -&gt; 2_0_0\"", "<failure"},
        {"U1", "<system-out>2027-03-01T03:00:00.000Z server planIssued", "<skipped"},
        {"U2", "2027-03-01T03:05:30.500Z device downloading (4) attempt 1", "<error"},
        {"F1", "<failure type=\"downloadFailed\" message=\"downloadFailed in step failed after 1 attempts\"/>",
         "<error"},
        {"F2", "<failure type=\"wrongVersion\"", "<skipped"},
        {"F2", "1_&lt;&amp;&quot;&gt;", "1_<"},
        {"I1", "<error type=\"unfinished\" message=\"still in step downloading, 0 percent\"/>", "<failure"},
        {"R1", "<skipped message=\"refused\"/>", "<failure"},
        {"N000", "<skipped message=\"not evaluated yet\"/>", "<system-out"},
        {"N000", "name=\"MCU1 ? -&gt; 2_0_0\" time=\"0.000\"", "<failure"},
        {"N118", "classname=\"Winter &lt;&quot;&amp;'&gt; \xe5\x86\xac.N118\"", "<error"},
    };
    struct reply reply;
    get_file(plan_id, "report.xml", NULL, &reply);
    CHECK_TEXT(reply_header(&reply, "Content-Type"), "application/xml; charset=utf-8");
    char file_name[48];
    (void)snprintf(file_name, sizeof file_name, "plan-%lld.xml", (long long)plan_id);
    CHECK(strstr(reply_header(&reply, "Content-Disposition"), file_name) != NULL);
    const char *report = buffer_text(&reply.body);
    CHECK(xml_is_well_formed(report, reply.body.length));
    char head[80];
    (void)snprintf(head, sizeof head, " tests=\"%d\" failures=\"2\" errors=\"1\" skipped=\"%d\"", DEVICES, ABSENT + 1);
    CHECK(strstr(report, head) != NULL);
    CHECK(strstr(report, "<testsuite name=\"Winter &lt;&quot;&amp;'&gt; \xe5\x86\xac\"") != NULL);
    CHECK(strstr(report, " timestamp=\"2027-03-01T03:00:00\"") != NULL);
    CU_ASSERT_EQUAL(xml_count(report, "<testcase "), DEVICES);
    CU_ASSERT_EQUAL(xml_count(report, "<failure "), 2);
    CU_ASSERT_EQUAL(xml_count(report, "<error "), 1);
    CU_ASSERT_EQUAL(xml_count(report, "<skipped "), ABSENT + 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *seen = case_of(report, rows[i].device_key);
        CHECK_ROW(rows[i].has, strstr(seen, rows[i].has) != NULL);
        CHECK_ROW(rows[i].has, strstr(seen, rows[i].has_not) == NULL);
    }
    reply_finish(&reply);
}

/* A plan with nobody in it has files, too; one that is not there has none. */
static void test_nobody(void)
{
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Empty\", \"productKey\": \"pk2\"}", 201));
    int64_t id = plans_save(&house, "Nobody", "pk2", plans_package(&house, "pk2", "App"), "");
    struct reply reply;
    get_file(id, "report.xml", NULL, &reply);
    const char *report = buffer_text(&reply.body);
    CHECK(xml_is_well_formed(report, reply.body.length));
    CHECK(strstr(report, " tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0.000\"") != NULL);
    CU_ASSERT_EQUAL(xml_count(report, "<testcase"), 0);
    reply_finish(&reply);
    get_file(id, "devices?format=csv", NULL, &reply);
    CU_ASSERT_EQUAL(xml_count(buffer_text(&reply.body), "\r\n"), 1);
    CHECK(strncmp(buffer_text(&reply.body), "deviceKey,status,", 17) == 0);
    reply_finish(&reply);
    json_decref(plans_get_json(&house, 999999, "/report.xml", 404));
    json_decref(plans_get_json(&house, 999999, "/devices?format=csv", 404));
    json_decref(plans_get_json(&house, 999999, "/statistics", 404));
}

/* --- devices as CSV --------------------------------------------------------------------------------------------- */

static void append_field(struct buffer *csv, const json_t *value, bool first)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    const char *text = json_is_string(value) ? json_string_value(value) : json_is_integer(value) ? number : "";
    size_t length = strlen(text);
    bool quoted = strpbrk(text, ",\"\r\n") != NULL || (length > 0 && (text[0] == ' ' || text[length - 1] == ' '));
    buffer_append_text(csv, first ? "" : ",");
    buffer_append_text(csv, quoted ? "\"" : "");
    for (const char *p = text; *p != '\0'; p++) {
        buffer_append(csv, p, 1);
        buffer_append_text(csv, *p == '"' ? "\"" : "");
    }
    buffer_append_text(csv, quoted ? "\"" : "");
}

static void append_rows(struct buffer *csv, const json_t *device)
{
    static const char *const of_device[] = {"deviceKey", "status", "reason", "startedAt", "endedAt"};
    static const char *const of_component[] = {"componentNo",   "name", "componentType", "sourceVersion",
                                               "targetVersion", "step", "progress",      "attempts"};
    size_t i = 0;
    const json_t *component = NULL;
    json_array_foreach(json_object_get(device, "components"), i, component)
    {
        for (size_t k = 0; k < sizeof of_device / sizeof of_device[0]; k++) {
            append_field(csv, json_object_get(device, of_device[k]), k == 0);
        }
        for (size_t k = 0; k < sizeof of_component / sizeof of_component[0]; k++) {
            const json_t *value = json_object_get(component, of_component[k]);
            CHECK_ROW(of_component[k], value != NULL);
            append_field(csv, value, false);
        }
        buffer_append_text(csv, "\r\n");
    }
}

/* The table as the pages of JSON give it; how many devices there are. `filter`: "", "&status=failed". */
static size_t table_of_json(int64_t id, const char *filter, struct buffer *csv)
{
    size_t count = 0;
    char query[256];
    (void)snprintf(query, sizeof query, "/devices?limit=%d%s", PAGE, filter);
    buffer_append_text(csv, "deviceKey,status,reason,startedAt,endedAt,componentNo,name,componentType,sourceVersion,"
                            "targetVersion,step,progress,attempts\r\n");
    for (bool more = true; more;) {
        json_t *page = plans_get_json(&house, id, query, 200);
        size_t i = 0;
        const json_t *device = NULL;
        json_array_foreach(json_object_get(page, "items"), i, device)
        {
            append_rows(csv, device);
        }
        count += i;
        const char *cursor = json_string_value(json_object_get(page, "nextCursor"));
        more = cursor != NULL;
        CHECK(i == PAGE || !more);
        (void)snprintf(query, sizeof query, "/devices?limit=%d%s&cursor=%s", PAGE, filter, more ? cursor : "");
        json_decref(page);
    }
    return count;
}

/* Byte by byte what the pages of JSON say, of all devices or those of a filter. */
static void test_table_is_the_json(void)
{
    static const struct {
        const char *filter;
        size_t count;
    } rows[] = {{"", DEVICES}, {"&status=nonUpgraded", ABSENT + 1}, {"&status=failed", 2}, {"&status=inUpgrade", 1},
                {"&q=N11", 9}, {"&status=upgraded&q=U2", 1},        {"&q=nobody", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer wanted;
        struct reply reply;
        char what[64];
        buffer_init(&wanted, 1 << 20);
        CHECK_ROW(rows[i].filter, table_of_json(plan_id, rows[i].filter, &wanted) == rows[i].count);
        (void)snprintf(what, sizeof what, "devices?format=csv%s", rows[i].filter);
        get_file(plan_id, what, NULL, &reply);
        CHECK_ROW(rows[i].filter, strcmp(buffer_text(&reply.body), buffer_text(&wanted)) == 0);
        CHECK_ROW(rows[i].filter, xml_count(buffer_text(&reply.body), "\r\n") == rows[i].count + 1);
        reply_finish(&reply);
        buffer_finish(&wanted);
    }
}

static void test_table(void)
{
    /* as they are, in quotes where needed: formulas, too, for JSON says the same and programs read it */
    static const char *const lines[] = {
        "\r\nU1,upgraded,,2027-03-01T03:00:00.000Z,2027-03-01T03:00:00.000Z,MCU1,\"=1+1,\"\"x\"\" <&> "
        "\xe5\x86\xac\",mcu,1_0_0,2_0_0,successful,100,1\r\n",
        "\r\nN000,nonUpgraded,,,,MCU1,\"=1+1,\"\"x\"\" <&> \xe5\x86\xac\",mcu,,2_0_0,waiting,0,0\r\n",
        "\r\nF1,failed,downloadFailed,2027-03-01T03:05:30.500Z,2027-03-01T03:05:30.500Z,MCU1,",
        "\r\nR1,nonUpgraded,refused,",
    };
    static const struct {
        const char *query;
        const char *accept;
        const char *type;
    } kinds[] = {{"devices", "Accept: text/csv", "text/csv; charset=utf-8"},
                 {"devices", "Accept: text/csv;q=0.9, */*;q=0.1", "text/csv; charset=utf-8"},
                 {"devices?format=csv", "Accept: application/json", "text/csv; charset=utf-8"},
                 {"devices?format=json", "Accept: text/csv", "application/json"},
                 {"devices", "Accept: application/json", "application/json"},
                 {"devices", "Accept: */*", "application/json"}};
    static const struct {
        const char *query;
        const char *pointer;
    } refused[] = {{"?format=xml", "/?format"},
                   {"?format=", "/?format"},
                   {"?format=csv&limit=10", "/?limit"},
                   {"?format=csv&cursor=x", "/?cursor"},
                   {"?format=csv&status=lost", "/?status"}};
    struct reply reply;
    get_file(plan_id, "devices?format=csv", NULL, &reply);
    char file_name[48];
    (void)snprintf(file_name, sizeof file_name, "plan-%lld-devices.csv", (long long)plan_id);
    CHECK(strstr(reply_header(&reply, "Content-Disposition"), file_name) != NULL);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        CHECK_ROW(lines[i], strstr(buffer_text(&reply.body), lines[i]) != NULL);
    }
    reply_finish(&reply);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        get_file(plan_id, kinds[i].query, kinds[i].accept, &reply);
        CHECK_ROW(kinds[i].accept, strcmp(reply_header(&reply, "Content-Type"), kinds[i].type) == 0);
        reply_finish(&reply);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/devices%s", refused[i].query);
        json_t *problem = plans_get_json(&house, plan_id, path, 400);
        CHECK_ROW(refused[i].query, strcmp(error_pointer(problem, 0), refused[i].pointer) == 0);
        json_decref(problem);
    }
}

/* Components that were sent in another order than that of their sequence have their own names everywhere. */
static void test_order_of_components(void)
{
    json_decref(rest(&house, "POST", "/api/v1/products/pk2/devices", "{\"deviceKey\": \"S1\"}", 201));
    int64_t package = plans_package(&house, "pk2", "Order");
    char components[512];
    (void)snprintf(components, sizeof components,
                   ", \"components\": [{\"componentNo\": \"M3\", \"name\": \"Third\", \"componentType\": \"mcu\", "
                   "\"packageId\": %lld, \"sequence\": 30}, {\"componentNo\": \"M1\", \"name\": \"First\", "
                   "\"componentType\": \"mcu\", \"packageId\": %lld, \"sequence\": 1}, {\"componentNo\": \"M2\", "
                   "\"name\": \"Second\", \"componentType\": \"mcu\", \"packageId\": %lld, \"sequence\": 2}]",
                   (long long)package, (long long)package, (long long)package);
    int64_t id = plans_save(&house, "Order", "pk2", package, components);
    struct buffer wanted;
    struct reply reply;
    buffer_init(&wanted, 1 << 20);
    CU_ASSERT_EQUAL(table_of_json(id, "", &wanted), 1);
    get_file(id, "devices?format=csv", NULL, &reply);
    CHECK_TEXT(buffer_text(&reply.body), buffer_text(&wanted));
    const char *first = strstr(buffer_text(&wanted), ",M1,First,mcu,");
    const char *second = strstr(buffer_text(&wanted), ",M2,Second,mcu,");
    const char *third = strstr(buffer_text(&wanted), ",M3,Third,mcu,");
    CHECK(first != NULL && second > first && third > second);
    reply_finish(&reply);
    buffer_finish(&wanted);
}

/* --- statistics ------------------------------------------------------------------------------------------------- */

static json_int_t number_of(const json_t *json, const char *name)
{
    CHECK_ROW(name, json_is_integer(json_object_get(json, name)));
    return json_integer_value(json_object_get(json, name));
}

static void test_statistics(void)
{
    json_t *figures = plans_get_json(&house, plan_id, "/statistics", 200);
    CU_ASSERT_EQUAL(number_of(figures, "total"), DEVICES);
    CU_ASSERT_EQUAL(number_of(figures, "nonUpgraded"), ABSENT + 1);
    CU_ASSERT_EQUAL(number_of(figures, "inUpgrade"), 1);
    CU_ASSERT_EQUAL(number_of(figures, "upgraded"), 2);
    CU_ASSERT_EQUAL(number_of(figures, "failed"), 2);
    CU_ASSERT_EQUAL(json_real_value(json_object_get(figures, "successRate")), 0.5);
    const json_t *reasons = json_object_get(figures, "byReason");
    CU_ASSERT_EQUAL(json_object_size(reasons), 3);
    CU_ASSERT_EQUAL(number_of(reasons, "downloadFailed"), 1);
    CU_ASSERT_EQUAL(number_of(reasons, "wrongVersion"), 1);
    CU_ASSERT_EQUAL(number_of(reasons, "refused"), 1);
    static const struct {
        const char *at;
        json_int_t upgraded;
        json_int_t failed;
    } points[] = {{"2027-03-01T03:00:00.000Z", 1, 0}, {"2027-03-01T03:05:00.000Z", 1, 2}};
    const json_t *timeline = json_object_get(figures, "timeline");
    CU_ASSERT_EQUAL(json_array_size(timeline), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *point = json_array_get(timeline, i);
        CHECK_TEXT(text_of(point, "at"), points[i].at);
        CHECK_ROW(points[i].at, number_of(point, "upgraded") == points[i].upgraded);
        CHECK_ROW(points[i].at, number_of(point, "failed") == points[i].failed);
    }
    json_decref(figures);
}

/* The plan is terminated: who waited has failed now, everywhere; who is on the way goes on. */
static void test_after_the_end(void)
{
    json_decref(plans_act(&house, plan_id, "terminate", 200));
    json_t *figures = plans_get_json(&house, plan_id, "/statistics", 200);
    CU_ASSERT_EQUAL(number_of(figures, "nonUpgraded"), 0);
    CU_ASSERT_EQUAL(number_of(figures, "inUpgrade"), 1);
    CU_ASSERT_EQUAL(number_of(figures, "failed"), ABSENT + 3);
    double rate = json_real_value(json_object_get(figures, "successRate"));
    CHECK(rate > 0.01612 && rate < 0.01614); /* 2 of 124 */
    CU_ASSERT_EQUAL(number_of(json_object_get(figures, "byReason"), "planTerminated"), ABSENT + 1);
    json_decref(figures);
    struct reply reply;
    get_file(plan_id, "report.xml", NULL, &reply);
    const char *report = buffer_text(&reply.body);
    CHECK(xml_is_well_formed(report, reply.body.length));
    char head[80];
    (void)snprintf(head, sizeof head, " tests=\"%d\" failures=\"%d\" errors=\"1\" skipped=\"0\"", DEVICES, ABSENT + 3);
    CHECK(strstr(report, head) != NULL);
    CHECK(strstr(case_of(report, "N000"), "<failure type=\"planTerminated\"") != NULL);
    reply_finish(&reply);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"report", test_report},
                                             {"nobody", test_nobody},
                                             {"table", test_table},
                                             {"the table is the JSON", test_table_is_the_json},
                                             {"order of components", test_order_of_components},
                                             {"statistics", test_statistics},
                                             {"after the end", test_after_the_end},
                                             {"closes", test_close},
                                             {0}};
    return suite_run("http door: reports", cases);
}
