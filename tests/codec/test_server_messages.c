#include "codec/server_messages.h"

#include "base/cleanup.h"
#include "codec/hex.h"
#include "codec/ttlv.h"
#include "support/suite.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define TASK1       "002300034d4355 002b0003312e30 00330003322e30 003a0001 0042001e 00528071 004a010400"
#define TASK2       "0023000653454e534f52 002b0003332e31 00330003332e32 003a0001 0042001e 00528071 004a010400"

static const struct notify_task MCU = {.component_no = "MCU",
                                       .source_version = "1.0",
                                       .target_version = "2.0",
                                       .component_type = 1,
                                       .battery = {true, 30},
                                       .space = {true, 1024},
                                       .signal = {true, -113}};

static void test_notify_of_one(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    struct notify_message message = {.count = 1, .tasks = {MCU}};
    CHECK_OK(notify_encode(&message, &out));
    CHECK(buffer_is_hex(&out, TASK1));
    struct notify_message back;
    CHECK_OK(notify_decode(out.data, out.length, &back));
    CHECK(back.count == 1 && back.tasks[0].space.value == 1024 && back.tasks[0].signal.value == -113);
    CHECK_TEXT(back.tasks[0].target_version, "2.0");
}

static void test_notify_of_two(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    struct notify_message message = {.count = 2, .tasks = {MCU, MCU}};
    (void)snprintf(message.tasks[1].component_no, sizeof message.tasks[1].component_no, "SENSOR");
    (void)snprintf(message.tasks[1].source_version, sizeof message.tasks[1].source_version, "3.1");
    (void)snprintf(message.tasks[1].target_version, sizeof message.tasks[1].target_version, "3.2");
    CHECK_OK(notify_encode(&message, &out));
    CHECK(buffer_is_hex(&out, "00e40002 00040007" TASK1 "00040007" TASK2));
    struct notify_message back;
    CHECK_OK(notify_decode(out.data, out.length, &back));
    CHECK(back.count == 2);
    CHECK_TEXT(back.tasks[1].component_no, "SENSOR");
}

static void test_notify_leaves_out(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    struct notify_message message = {.count = 1, .tasks = {{.component_no = "M", .target_version = "2"}}};
    CHECK_OK(notify_encode(&message, &out));
    CHECK(buffer_is_hex(&out, "002300014d 0033000132 003a0000"));
    message.count = 0;
    CHECK(notify_encode(&message, &out) == E_RANGE);
    message.count = LIMIT_COMPONENTS + 1;
    CHECK(notify_encode(&message, &out) == E_RANGE);
}

static void test_notify_verdicts(void)
{
    static const struct {
        const char *name;
        const char *hex;
        enum status expect;
    } rows[] = {
        {"without source", "002300014d 0033000132 003a0000", OK},
        {"ids from 1 in the array", "00e40001 000c0003 002300014d 0033000132 003a0000", OK},
        {"no component", "0033000132 003a0000", E_FORMAT},
        {"empty component", "00230000 0033000132 003a0000", E_FORMAT},
        {"no target", "002300014d 003a0000", E_FORMAT},
        {"empty target", "002300014d 00330000 003a0000", E_FORMAT},
        {"no type", "002300014d 0033000132", E_FORMAT},
        {"type as text", "002300014d 0033000132 003b000130", E_FORMAT},
        {"empty array", "00e40000", E_FORMAT},
        {"array of ints", "00e40001 00020001", E_FORMAT},
        {"array as int", "00e20001", E_FORMAT},
        {"mixed ids in the array", "00e40002 00040000 002a0001", E_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex_bytes bytes = from_hex(rows[i].hex);
        struct notify_message message;
        CHECK_ROW(rows[i].name, notify_decode(bytes.data, bytes.length, &message) == rows[i].expect);
    }
}

static void put_numbered_tasks(struct buffer *out, uint16_t count, size_t target_length)
{
    char target[LIMIT_VERSION + 10] = "";
    memset(target, 'v', target_length);
    target[target_length] = '\0';
    size_t array = ttlv_open_struct(out, 28);
    for (uint16_t i = 0; i < count; i++) {
        size_t task = ttlv_open_struct(out, 0);
        ttlv_put_string(out, 4, "1234567890123456789012345678901234");
        ttlv_put_string(out, 6, target);
        ttlv_put_int(out, 7, 1);
        ttlv_close_struct(out, task, 3);
    }
    ttlv_close_struct(out, array, count);
}

static void test_notify_limits(void)
{
    static struct notify_message message;
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 10000};
    put_numbered_tasks(&out, 20, LIMIT_VERSION);
    CHECK_OK(notify_decode(out.data, out.length, &message));
    CHECK(message.count == 20 && strlen(message.tasks[19].component_no) == LIMIT_COMPONENT_NO);
    buffer_clear(&out);
    put_numbered_tasks(&out, 21, 3);
    CHECK(notify_decode(out.data, out.length, &message) == E_LIMIT);
    buffer_clear(&out);
    put_numbered_tasks(&out, 2, LIMIT_VERSION + 1);
    CHECK(notify_decode(out.data, out.length, &message) == E_FORMAT);
}

/* ------------------------------------------------------------------ firmware info */

static void put_firmware(struct buffer *out, uint16_t left_out)
{
    static const struct {
        uint16_t id;
        const char *text; /* NULL: an int */
        int64_t number;
    } members[] = {
        {1, "http://127.0.0.1:1/a.bin", 0},
        {2, NULL, 5000},
        {3, "fa98487784a1796aabc71e31da9a11b3", 0},
        {4, "MCU", 0},
        {6, "2.0", 0},
        {7, NULL, 1},
        {15, "0009B79C", 0},
        {16, "1b5c", 0},
    };
    for (size_t i = 0; i < COUNT(members); i++) {
        if (members[i].id == left_out) {
            continue;
        }
        if (members[i].text == NULL) {
            ttlv_put_int(out, members[i].id, members[i].number);
        } else {
            ttlv_put_string(out, members[i].id, members[i].text);
        }
    }
}

static void test_firmware_requires(void)
{
    static const uint16_t required[] = {1, 2, 3, 4, 6, 7, 15};
    struct firmware_message message;
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    put_firmware(&out, 0);
    CHECK_OK(firmware_decode(out.data, out.length, true, &message));
    CHECK(message.files[0].size == 5000 && message.file_count == 1 && message.component_type == 1);
    CHECK_TEXT(message.crc, "0009b79c");
    CHECK_TEXT(message.sha256, "1b5c");
    for (size_t i = 0; i < COUNT(required); i++) {
        buffer_clear(&out);
        put_firmware(&out, required[i]);
        CHECK(firmware_decode(out.data, out.length, false, &message) == E_FORMAT);
    }
    buffer_clear(&out);
    put_firmware(&out, 16);
    CHECK_OK(firmware_decode(out.data, out.length, false, &message));
    CHECK(firmware_decode(out.data, out.length, true, &message) == E_FORMAT);
}

/* One member in front of the good ones: the first counts. */
static void test_firmware_wrong_members(void)
{
    static const struct {
        const char *name;
        const char *hex;
    } rows[] = {
        {"url empty", "000b0000"},
        {"size as decimal", "00120801"},
        {"size as text", "0013000135"},
        {"md5 of 31", "001b001f 66613938343837373834613137393661616263373165333164613961313162"},
        {"md5 of 33", "001b0021 666139383438373738346131373936616162633731653331646139613131623333"},
        {"component of 33", "00230021 616161616161616161616161616161616161616161616161616161616161616161"},
        {"type as bool", "0039"},
        {"crc as int", "007a0001"},
        {"crc empty", "007b0000"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex_bytes bytes = from_hex(rows[i].hex);
        struct firmware_message message;
        CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
        buffer_append(&out, bytes.data, bytes.length);
        put_firmware(&out, 0);
        CHECK_ROW(rows[i].name, firmware_decode(out.data, out.length, false, &message) == E_FORMAT);
    }
}

static void test_crc_is_read_as_the_device_does(void)
{
    static const struct {
        const char *text;
        const char *expect;
    } rows[] = {
        {"0009B79C", "0009b79c"},  {"0xdeadbeef", "deadbeef"},        {"zz", "00000000"}, {"12q4", "00000012"},
        {"100000001", "00000001"}, {"fffffffffffffffff", "ffffffff"}, {"-1", "ffffffff"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct firmware_message message;
        CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
        ttlv_put_string(&out, 15, rows[i].text);
        put_firmware(&out, 0);
        CHECK_ROW(rows[i].text, firmware_decode(out.data, out.length, false, &message) == OK);
        CHECK_ROW(rows[i].text, strcmp(message.crc, rows[i].expect) == 0);
    }
}

static struct firmware_message sample_firmware(size_t files)
{
    struct firmware_message message = {.component_no = "MCU",
                                       .source_version = "1.0",
                                       .target_version = "2.0",
                                       .file_count = files,
                                       .crc = "0009b79c"};
    for (size_t i = 0; i < files; i++) {
        (void)snprintf(message.files[i].url, sizeof message.files[i].url, "http://h.n/%zu", i);
        message.files[i].size = 3000000000 + (int64_t)i;
        memset(message.files[i].md5, 'a', 32);
    }
    return message;
}

static void test_firmware_encodes(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 10000};
    struct firmware_message message = sample_firmware(1);
    struct firmware_message back;
    CHECK_OK(firmware_encode(&message, &out));
    CHECK_OK(firmware_decode(out.data, out.length, false, &back));
    CHECK(back.files[0].size == 3000000000);
    CHECK_TEXT(back.source_version, "1.0");
    CHECK_TEXT(back.sha256, "");
    message = sample_firmware(3);
    buffer_clear(&out);
    CHECK_OK(firmware_encode(&message, &out));
    CHECK(firmware_decode(out.data, out.length, false, &back) == E_FORMAT);
    CHECK_OK(firmware_decode_files(out.data, out.length, &back));
    CHECK(back.file_count == 3 && back.files[2].size == 3000000002);
    CHECK_TEXT(back.files[1].url, "http://h.n/1");
    message.file_count = 0;
    CHECK(firmware_encode(&message, &out) == E_RANGE);
    message.file_count = LIMIT_PACKAGE_FILES + 1;
    CHECK(firmware_encode(&message, &out) == E_RANGE);
}

/* ------------------------------------------------------------------ configuration and error */

static void test_configuration(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    struct configuration_message message = {.device_secret = "ds", .has_session_key = true, .authenticate_again = true};
    memset(message.session_key, 0x38, sizeof message.session_key);
    CHECK_OK(configuration_encode(&message, &out));
    CHECK(buffer_is_hex(&out, "002b00026473 00330010 38383838383838383838383838383838 0049"));
    struct configuration_message back;
    CHECK_OK(configuration_decode(out.data, out.length, &back));
    CHECK_TEXT(back.device_secret, "ds");
    CHECK(back.has_session_key && back.authenticate_again && back.session_key[15] == 0x38 && back.port == 0);
}

static void test_other_server(void)
{
    static const char hex[] = "000c0003 0013000468 2e6e6e 001b0007312e322e332e34 0022019131";
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    struct hex_bytes bytes = from_hex(hex);
    struct configuration_message message;
    CHECK_OK(configuration_decode(bytes.data, bytes.length, &message));
    CHECK_TEXT(message.host, "h.nn");
    CHECK_TEXT(message.ip, "1.2.3.4");
    CHECK(message.port == 37169);
    CHECK_OK(configuration_encode(&message, &out));
    CHECK(buffer_is_hex(&out, hex));
    bytes = from_hex("000c0002 00130004682e6e6e 0022019131");
    CHECK_OK(configuration_decode(bytes.data, bytes.length, &message));
    CHECK(message.port == 0 && message.host[0] == '\0');
}

static void test_configuration_of_wrong_members(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    struct configuration_message message;
    ttlv_put_bytes(&out, 6, (const uint8_t *)"0123456789abcde", 15);
    ttlv_put_string(&out, 10, "0123456789abcdef0123456789abcdefXY");
    ttlv_put_int(&out, 9, 1);
    CHECK_OK(configuration_decode(out.data, out.length, &message));
    CHECK(!message.has_session_key && !message.authenticate_again);
    CHECK_TEXT(message.new_device_secret, "0123456789abcdef0123456789abcdef");
}

static void test_error(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    struct error_message message = {.code = 10423, .package_id = {true, 7}};
    CHECK_OK(error_message_encode(&message, &out));
    CHECK(buffer_is_hex(&out, "000a0128b7 00120007"));
    struct error_message back = {0};
    CHECK_OK(error_message_decode(out.data, out.length, &back));
    CHECK(back.code == 10423 && back.package_id.known && back.package_id.value == 7);
    CHECK(error_message_decode(out.data + 5, 4, &back) == E_FORMAT);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"notify of one", test_notify_of_one},
        {"notify of two", test_notify_of_two},
        {"notify leaves out", test_notify_leaves_out},
        {"notify, verdicts", test_notify_verdicts},
        {"notify, limits", test_notify_limits},
        {"firmware requires", test_firmware_requires},
        {"firmware, wrong members", test_firmware_wrong_members},
        {"crc is read as the device does", test_crc_is_read_as_the_device_does},
        {"firmware encodes", test_firmware_encodes},
        {"configuration", test_configuration},
        {"other server", test_other_server},
        {"configuration of wrong members", test_configuration_of_wrong_members},
        {"error", test_error},
        {0},
    };
    return suite_run("server_messages", cases);
}
