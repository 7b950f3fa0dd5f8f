/*
 * What becomes of a right device that meets each fault: what it reports, what the server makes of it, how often it
 * downloads. (What goes over the wire: test_faults.c, ../http/test_door_faults.c.) The referee must find nothing: a
 * right device stays right, whatever the server does to it.
 *
 * The table is fault_outcomes.txt. One server; each row has a product, a package, a plan, a fault and a virtual device of its own, and all run at once:
 * the whole takes as long as the slowest, for which the SDK is patient for 30 s.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/text.h"
#include "codec/device_messages.h"
#include "codec/frame.h"
#include "device.h"
#include "support/suite.h"

enum {
    SIZE = 250000,
    ROWS = 200,
    TEXT = 512,
    FIELDS = 6,
    OPTIONS = 8,
    ARGUMENTS = 40,
    PATIENCE_MS = 50000,
};

/* A line of fault_outcomes.txt, taken apart, and what becomes of it. */
struct row {
    char text[TEXT]; /* the fields below point into it */
    const char *name;
    char *faults;
    char *options;
    const char *statuses;
    char status[16];
    char reason[24];
    int attempts;
    int requests;
    bool module;
    bool no_retry;
    bool always;
    bool by_secret;
    char product_key[16];
    char device_key[LIMIT_DEVICE_KEY + 1];
    int64_t plan;
    int64_t armed[2];
    bool may_miss; /* the second of them */
    pid_t device;
    bool over;
};

static const char secret[] = "0123456789abcdef0123456789abcdef";
static struct server server;
static struct row rows[ROWS];
static size_t count;

/* --- the table ---------------------------------------------------------------------------------------------------- */

/* Replaces each "$WORD". */
static void fill_in(char *text, size_t capacity, const char *word, const char *by)
{
    for (char *at = strstr(text, word); at != NULL; at = strstr(at + strlen(by), word)) {
        char rest[TEXT];
        (void)snprintf(rest, sizeof rest, "%s", at + strlen(word));
        (void)snprintf(at, capacity - (size_t)(at - text), "%s%s", by, rest);
    }
}

static void read_line(const char *line)
{
    static const char *const words[][2] = {
        {"$SMOOTH", "1 2 4 5 8 9 11"},
        {"$NO_ANSWER", "1 2 4 6 4 5 8 9 11"},
        {"$BROKEN_OFF", "1 2 4 5 6 4 5 8 9 11"},
        {"$REJECTED", "1 2 12 4 5 8 9 11"},
        {"$SPOILT", "1 2 4 5 8 12 4 5 8 9 11"},
        {"$UNFIT", "1 2 4 5 8 6 4 5 8 9 11"},
        {"$LONG_64", "0123456789012345678901234567890123456789012345678901234567890123456789"},
        {"$LONG_32", "A_COMPONENT_WITH_A_NUMBER_OF_40_LETTERS_"},
        {"$ZEROS", "0000000000000000000000000000000000000000000000000000000000000000"},
    };
    struct row *row = &rows[count];
    char *fields[FIELDS] = {NULL};
    CHECK_FATAL(count < ROWS && strlen(line) < sizeof row->text);
    (void)snprintf(row->text, sizeof row->text, "%s", line);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        fill_in(row->text, sizeof row->text, words[i][0], words[i][1]);
    }
    char *at = row->text;
    for (size_t i = 0; i < FIELDS && at != NULL; i++) {
        fields[i] = at;
        at = strstr(at, " | ");
        if (at != NULL) {
            *at = '\0';
            at += 3;
        }
    }
    CHECK_FATAL(fields[FIELDS - 1] != NULL && at == NULL);
    row->name = fields[0];
    row->faults = fields[1];
    row->options = fields[2];
    row->statuses = strcmp(fields[3], "-") == 0 ? "" : fields[3];
    CHECK_FATAL(sscanf(fields[4], "%15s %23s", row->status, row->reason) == 2);
    CHECK_FATAL(sscanf(fields[5], "%d %d", &row->attempts, &row->requests) == 2);
    if (strcmp(row->reason, "-") == 0) {
        row->reason[0] = '\0';
    }
    count++;
}

static void test_read(void)
{
    char line[TEXT];
    FILE *file = fopen(FAULT_OUTCOMES, "re");
    CHECK_FATAL(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            read_line(line);
        }
    }
    (void)fclose(file);
    CHECK(count > 100);
}

/* --- before ------------------------------------------------------------------------------------------------------- */

static int64_t id_of(json_t *json)
{
    int64_t id = json_integer_value(json_object_get(json, "id"));
    json_decref(json);
    return id;
}

/* The md5 of the package's file in upper case. */
static void find_md5(int64_t package, char md5[33])
{
    char path[64];
    (void)snprintf(path, sizeof path, "/api/v1/packages/%lld", (long long)package);
    json_t *json = rest_expect(&server, "GET", path, NULL, 200);
    (void)snprintf(md5, 33, "%s", json_text_at(json, "files.0.md5"));
    for (char *c = md5; *c != '\0'; c++) {
        *c = (char)toupper(*c);
    }
    json_decref(json);
}

static int64_t make_package(const struct row *row)
{
    char text[256];
    (void)snprintf(text, sizeof text,
                   "{\"name\":\"two\",\"productKey\":\"%s\",\"componentType\":\"%s\",\"packageType\":\"full\","
                   "\"targetVersion\":\"2_0_0\"}",
                   row->product_key, row->module ? "module" : "mcu");
    return rest_package(&server, text, "fw.bin", test_bytes(SIZE, 1), SIZE);
}

static void make_plan(struct row *row, int64_t package)
{
    char text[512];
    (void)snprintf(
        text, sizeof text,
        "{\"name\":\"plan\",\"productKey\":\"%s\",\"mode\":\"silent\",\"timeZone\":\"UTC\",%s\"components\":["
        "{\"componentNo\":\"%s\",\"name\":\"c\",\"componentType\":\"%s\",\"packageId\":%lld,"
        "\"sequence\":1}]}",
        row->product_key, row->no_retry ? "\"strategy\":{\"retries\":0}," : "", row->module ? "FOTA" : "STM32",
        row->module ? "module" : "mcu", (long long)package);
    row->plan = id_of(rest_expect(&server, "POST", "/api/v1/plans", text, 201));
    (void)snprintf(text, sizeof text, "/api/v1/plans/%lld/activate", (long long)row->plan);
    json_decref(rest_expect(&server, "POST", text, NULL, 200));
}

/* "point {action}" */
static int64_t arm(const struct row *row, const char *fault)
{
    char text[2 * TEXT];
    int point = (int)strcspn(fault, " ");
    (void)snprintf(text, sizeof text,
                   "{\"point\":\"%.*s\",\"action\":%s,\"match\":{\"productKey\":\"%s\"},\"trigger\":{%s}}", point,
                   fault, fault + point + 1, row->product_key, row->always ? "" : "\"times\":1");
    return id_of(rest_expect(&server, "POST", "/api/v1/faults", text, 201));
}

static void arm_faults(struct row *row, const char *md5)
{
    char faults[TEXT];
    (void)snprintf(faults, sizeof faults, "%s", row->faults);
    fill_in(faults, sizeof faults, "$MD5", md5);
    char *second = strstr(faults, " & ");
    if (second != NULL) {
        *second = '\0';
        row->may_miss = second[3] == '?';
        row->armed[1] = arm(row, second + (row->may_miss ? 4 : 3));
    }
    row->armed[0] = arm(row, faults);
}

/* Takes the words of the row itself; what is left are the device's. */
static size_t read_options(struct row *row, const char *options[OPTIONS])
{
    size_t given = 0;
    char *rest = NULL;
    for (char *word = strtok_r(row->options, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        bool *flag = strcmp(word, "module") == 0     ? &row->module
                     : strcmp(word, "noRetry") == 0  ? &row->no_retry
                     : strcmp(word, "always") == 0   ? &row->always
                     : strcmp(word, "bySecret") == 0 ? &row->by_secret
                                                     : NULL;
        if (flag != NULL) {
            *flag = true;
        } else if (strcmp(word, "-") != 0) {
            CHECK_FATAL(given < OPTIONS);
            options[given++] = word;
        }
    }
    return given;
}

static void start_device(struct row *row, const char *const *options, size_t given)
{
    const char *argv[ARGUMENTS] = {server_program(),
                                   "device",
                                   "--mqtt",
                                   server.mqtt,
                                   "--product-key",
                                   row->product_key,
                                   "--product-secret",
                                   "s",
                                   "--device-key",
                                   row->device_key,
                                   "--module-version",
                                   row->module ? "1_0_0" : "M1",
                                   "--exit-after",
                                   "never",
                                   "--time-scale",
                                   row->module ? "20"
                                               : "1000", /* a module that restarts at once loses its last statuses */
                                   "--rsrp",
                                   "-90",
                                   "--mcu",
                                   "STM32=1_0_0"};
    size_t used = 20;
    if (row->by_secret) {
        argv[used++] = "--device-secret";
        argv[used++] = secret;
    }
    for (size_t i = 0; i < given; i++) {
        argv[used++] = options[i];
    }
    row->device = process_start(argv, NULL);
}

/* Known ahead of time: one that never gets in belongs to the plan, too. */
static void register_device(const struct row *row)
{
    char path[64];
    char body[160];
    (void)snprintf(path, sizeof path, "/api/v1/products/%s/devices", row->product_key);
    (void)snprintf(body, sizeof body, "{\"deviceKey\":\"%s\"%s%s%s}", row->device_key,
                   row->by_secret ? ",\"deviceSecret\":\"" : "", row->by_secret ? secret : "",
                   row->by_secret ? "\"" : "");
    json_decref(rest_expect(&server, "POST", path, body, 201));
}

static void start_row(size_t number)
{
    struct row *row = &rows[number];
    const char *options[OPTIONS];
    char text[128];
    char md5[33];
    size_t given = read_options(row, options);
    (void)snprintf(row->product_key, sizeof row->product_key, "f%zu", number);
    (void)snprintf(row->device_key, sizeof row->device_key, "8671230456%05zu", number % 100000);
    (void)snprintf(text, sizeof text, "{\"name\":\"row\",\"productKey\":\"%s\",\"productSecret\":\"s\"}",
                   row->product_key);
    json_decref(rest_expect(&server, "POST", "/api/v1/products", text, 201));
    int64_t package = make_package(row);
    find_md5(package, md5);
    make_plan(row, package);
    arm_faults(row, md5);
    register_device(row);
    start_device(row, options, given);
}

static void test_start(void)
{
    server_start(&server, NULL);
    for (size_t i = 0; i < count; i++) {
        start_row(i);
    }
}

/* --- while ------------------------------------------------------------------------------------------------------- */

static json_t *device_in_plan(const struct row *row, int *http_status)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/%s", (long long)row->plan, row->device_key);
    return rest_call(&server, "GET", path, NULL, http_status);
}

/* The number in a frame of 0x0114 as it went over the wire; 0: it is another. */
static int status_of(const char *hex)
{
    uint8_t raw[1024];
    uint8_t scratch[1024];
    struct frame frame;
    struct ota_status_message message;
    size_t length = 0;
    if (hex_decode(hex, raw, sizeof raw, &length) != OK || frame_decode(raw, length, scratch, &frame) != OK ||
        frame.command != COMMAND_OTA_STATUS || ota_status_decode(frame.payload, frame.payload_length, &message) != OK) {
        return 0;
    }
    return message.status;
}

/* What the journal knows: statuses in order, how many requests for firmware. */
static void read_journal(const struct row *row, char statuses[TEXT], int *requests)
{
    char path[96];
    size_t i = 0;
    json_t *entry = NULL;
    int last = 0;
    *requests = 0;
    statuses[0] = '\0';
    (void)snprintf(path, sizeof path, "/api/v1/journal?limit=1000&kind=frame,firmware&productKey=%s", row->product_key);
    json_t *page = rest_expect(&server, "GET", path, NULL, 200);
    json_array_foreach(json_object_get(page, "items"), i, entry)
    {
        bool frame = strcmp(json_text_at(entry, "kind"), "frame") == 0;
        *requests += frame ? 0 : 1;
        int status = frame && strcmp(json_text_at(entry, "direction"), "device") == 0 &&
                             strcmp(json_text_at(entry, "verdict"), "ok") == 0
                         ? status_of(json_text_at(entry, "raw"))
                         : 0;
        if (status != 0 && !(status == 5 && last == 5)) {
            size_t used = strlen(statuses);
            (void)snprintf(statuses + used, TEXT - used, "%s%d", used > 0 ? " " : "", status);
        }
        last = status != 0 ? status : last;
    }
    json_decref(page);
}

/* As it is to be; or it never will be. */
static bool is_over(const struct row *row)
{
    int http_status = 0;
    int requests = 0;
    char statuses[TEXT];
    json_t *json = device_in_plan(row, &http_status);
    bool over = strcmp(json_text_at(json, "status"), row->status) == 0;
    json_decref(json);
    if (over && strcmp(row->statuses, "*") != 0) {
        read_journal(row, statuses, &requests);
        over = strcmp(statuses, row->statuses) == 0;
    }
    return over;
}

/* A row that stays where it is from the start has its time until the last of the others is over. */
static void test_run(void)
{
    int64_t end = monotonic_ms() + PATIENCE_MS;
    size_t left = count;
    while (left > 0 && monotonic_ms() < end) {
        sleep_ms(500);
        left = 0;
        for (size_t i = 0; i < count; i++) {
            rows[i].over = rows[i].over || is_over(&rows[i]);
            left += rows[i].over ? 0 : 1;
        }
    }
}

/* --- after ------------------------------------------------------------------------------------------------------- */

static bool same_text(const char *name, const char *what, const char *is, const char *wanted)
{
    if (strcmp(is, wanted) != 0) {
        (void)fprintf(stderr, "    %s: %s '%s' instead of '%s'\n", name, what, is, wanted);
        return false;
    }
    return true;
}

static bool same_number(const char *name, const char *what, int64_t is, int64_t wanted)
{
    if (is != wanted) {
        (void)fprintf(stderr, "    %s: %s %lld instead of %lld\n", name, what, (long long)is, (long long)wanted);
        return false;
    }
    return true;
}

static int64_t fired(int64_t fault)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/api/v1/faults/%lld", (long long)fault);
    json_t *json = rest_expect(&server, "GET", path, NULL, 200);
    int64_t times = json_integer_value(json_object_get(json, "fired"));
    json_decref(json);
    return times;
}

static void check_device(const struct row *row)
{
    int http_status = 0;
    char statuses[TEXT];
    int requests = 0;
    json_t *json = device_in_plan(row, &http_status);
    json_t *component = json_array_get(json_object_get(json, "components"), 0);
    json_t *warnings = json_object_get(json, "warnings");
    char *rules = json_dumps(warnings, JSON_COMPACT);
    read_journal(row, statuses, &requests);
    CHECK_ROW(row->name, same_text(row->name, "status", json_text_at(json, "status"), row->status));
    CHECK_ROW(row->name, same_text(row->name, "reason", json_text_at(json, "reason"), row->reason));
    CHECK_ROW(row->name, same_number(row->name, "attempts", json_integer_value(json_object_get(component, "attempts")),
                                     row->attempts));
    CHECK_ROW(row->name, same_number(row->name, "requests", requests, row->requests));
    CHECK_ROW(row->name, strcmp(row->statuses, "*") == 0 || same_text(row->name, "statuses", statuses, row->statuses));
    CHECK_ROW(row->name, rules != NULL && same_text(row->name, "warnings", rules, "[]"));
    free(rules);
    json_decref(json);
}

static void test_outcomes(void)
{
    for (size_t i = 0; i < count; i++) {
        CHECK_ROW(rows[i].name, fired(rows[i].armed[0]) > 0);
        CHECK_ROW(rows[i].name, rows[i].armed[1] == 0 || rows[i].may_miss || fired(rows[i].armed[1]) > 0);
        check_device(&rows[i]);
    }
}

/* What a fault did to a plan is to be seen there. */
static void test_plans(void)
{
    static const struct {
        const char *begin; /* of the row's name */
        const char *status;
    } wanted[] = {{"suspend ", "suspended"}, {"terminate ", "terminated"}, {"end ", "ended"}, {"revoke ", "upgrading"}};
    for (size_t i = 0; i < count; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/api/v1/plans/%lld", (long long)rows[i].plan);
        json_t *plan = rest_expect(&server, "GET", path, NULL, 200);
        for (size_t k = 0; k < 4; k++) {
            if (strncmp(rows[i].name, wanted[k].begin, strlen(wanted[k].begin)) == 0) {
                CHECK_ROW(rows[i].name,
                          same_text(rows[i].name, "plan", json_text_at(plan, "status"), wanted[k].status));
            }
        }
        json_decref(plan);
    }
}

static void test_stop(void)
{
    for (size_t i = 0; i < count; i++) {
        (void)kill(rows[i].device, SIGTERM);
    }
    for (size_t i = 0; i < count; i++) {
        (void)process_wait(rows[i].device, 5);
    }
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"the table is read", test_read},
                                             {"each row begins", test_start},
                                             {"and comes to its end", test_run},
                                             {"outcome of each fault", test_outcomes},
                                             {"plans on which a fault acted", test_plans},
                                             {"ends", test_stop},
                                             {0}};
    return suite_run("server fault outcomes", cases);
}
