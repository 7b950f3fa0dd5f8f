#include "codec/device_messages.h"

#include "base/cleanup.h"
#include "codec/hex.h"
#include "codec/ttlv.h"
#include "support/suite.h"

static void test_status(void)
{
    static const char hex[] = "000a005a 00120825 001a803c 00220280 0000 002a805a 0032800a 003a000c";
    struct hex_bytes bytes = from_hex(hex);
    struct status_message message;
    CHECK_OK(status_message_decode(bytes.data, bytes.length, &message));
    CHECK(message.battery.known && message.battery.value == 90);
    CHECK(message.voltage.known && message.voltage.value == 3.7);
    CHECK(message.signal.value == -60 && message.flash_free.value == 8388608);
    CHECK(message.rsrp.value == -90 && message.rsrq.value == -10 && message.snr.known && message.snr.value == 12);
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    CHECK_OK(status_message_encode(&message, &out));
    CHECK(buffer_is_hex(&out, hex));
}

static void test_status_of_other_types(void)
{
    /* battery as decimal, voltage as text, 3 GB of flash, 4.123 V comes only later */
    struct hex_bytes bytes = from_hex("000a0832 001300 0133 002203b2d05e00");
    struct status_message message;
    CHECK_OK(status_message_decode(bytes.data, bytes.length, &message));
    CHECK(!message.battery.known && !message.voltage.known && !message.rsrp.known);
    CHECK(message.flash_free.known && (uint32_t)message.flash_free.value == 3000000000U);
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    CHECK_OK(status_message_encode(&message, &out));
    CHECK(buffer_is_hex(&out, "002203b2d05e00"));
    CHECK(status_message_decode(bytes.data, bytes.length - 1, &message) == E_TRUNCATED);
}

static void test_voltage_is_rounded(void)
{
    struct hex_bytes bytes = from_hex("00127e0ea5d8be68b001");
    struct status_message message;
    CHECK_OK(status_message_decode(bytes.data, bytes.length, &message));
    CHECK(message.voltage.value == 4.123);
}

static void test_info(void)
{
    static const char hex[] = "000b00024543 00130002 5631 001b0000 002203010203 04 002b0002 3839 0032 0101cc 003a0000"
                              " 0042011234 004b00013 1 0053000134 005b0005322e392e30 006300094e4f4e453b4c42533b"
                              " 006b0005312e332e30 00730005332e302e30";
    struct hex_bytes bytes = from_hex(hex);
    struct info_message message;
    CHECK_OK(info_message_decode(bytes.data, bytes.length, &message));
    CHECK_TEXT(message.model, "EC");
    CHECK_TEXT(message.module_version, "V1");
    CHECK(message.has_mcu_list);
    CHECK_TEXT(message.mcu_list, "");
    CHECK(message.cell_id.value == 16909060 && message.mcc.value == 460 && message.mnc.known &&
          message.lac.value == 4660);
    CHECK_TEXT(message.iccid, "89");
    CHECK_TEXT(message.phone, "1");
    CHECK_TEXT(message.imsi, "4");
    CHECK_TEXT(message.sdk_version, "2.9.0");
    CHECK_TEXT(message.location_methods, "NONE;LBS;");
    CHECK_TEXT(message.data_protocol, "1.3.0");
    CHECK_TEXT(message.communication_protocol, "3.0.0");
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    CHECK_OK(info_message_encode(&message, &out));
    CHECK(buffer_is_hex(&out, hex));
}

static void test_long_texts_are_cut(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 4000};
    char wide[601];
    memset(wide, 'v', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    ttlv_put_string(&out, 25, wide);
    ttlv_put_string(&out, 26, wide);
    struct reported_versions versions;
    CHECK_OK(ota_request_decode(out.data, out.length, &versions));
    CHECK(strlen(versions.module_version) == LIMIT_DEVICE_TEXT && strlen(versions.mcu_list) == LIMIT_MCU_LIST);
    buffer_clear(&out);
    memcpy(wide + LIMIT_DEVICE_TEXT - 1, "\xC3\xA4", 2);
    ttlv_put_string(&out, 25, wide);
    CHECK_OK(ota_request_decode(out.data, out.length, &versions));
    CHECK(strlen(versions.module_version) == LIMIT_DEVICE_TEXT - 1 && !versions.has_mcu_list);
}

static void test_ota_request(void)
{
    static const char hex[] = "00cb00024d31 00d300074d43553a312e30";
    struct hex_bytes bytes = from_hex(hex);
    struct reported_versions versions;
    CHECK_OK(ota_request_decode(bytes.data, bytes.length, &versions));
    CHECK_TEXT(versions.module_version, "M1");
    CHECK(versions.has_mcu_list);
    CHECK_TEXT(versions.mcu_list, "MCU:1.0");
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    CHECK_OK(ota_request_encode(&versions, &out));
    CHECK(buffer_is_hex(&out, hex));
}

static void test_ota_status(void)
{
    static const char hex[] = "006a0002 007300095355424d49544f5441 003a0001 002300034d4355 009b0006736861323536";
    struct hex_bytes bytes = from_hex(hex);
    struct ota_status_message message;
    CHECK_OK(ota_status_decode(bytes.data, bytes.length, &message));
    CHECK(message.status == OTA_STATUS_CONFIRMED && message.wants_sha256);
    CHECK(message.component_type.known && message.component_type.value == 1);
    CHECK_TEXT(message.name, "SUBMITOTA");
    CHECK_TEXT(message.component_no, "MCU");
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    CHECK_OK(ota_status_encode(&message, &out));
    CHECK(buffer_is_hex(&out, hex));
    message.name[0] = '\0';
    buffer_clear(&out);
    CHECK_OK(ota_status_encode(&message, &out));
    CHECK(buffer_is_hex(&out, hex));
}

static void test_ota_status_refused(void)
{
    struct ota_status_message message = {.status = 77};
    struct hex_bytes bytes = from_hex("007300095355424d49544f5441");
    CHECK(ota_status_decode(bytes.data, bytes.length, &message) == E_FORMAT);
    bytes = from_hex("006a0814");
    CHECK(ota_status_decode(bytes.data, bytes.length, &message) == E_FORMAT);
    CHECK(message.status == 77);
    bytes = from_hex("006a0001 009b00077368613235 3678");
    CHECK_OK(ota_status_decode(bytes.data, bytes.length, &message));
    CHECK(!message.wants_sha256);
}

static void test_ota_status_names(void)
{
    static const int32_t known[] = {1, 2, 3, 4, 5, 6, 8, 9, 11, 12};
    size_t named = 0;
    for (int32_t i = -1; i < 20; i++) {
        named += ota_status_name(i)[0] != '\0';
    }
    CHECK(named == sizeof known / sizeof known[0]);
    CHECK_TEXT(ota_status_name(1), "REVICEPLAN");
    CHECK_TEXT(ota_status_name(7), "");
    CHECK_TEXT(ota_status_name(12), "UPDATEERROR");
}

static void test_location(void)
{
    struct hex_bytes bytes = from_hex("00130003 616263");
    char text[10];
    CHECK_OK(location_decode(bytes.data, bytes.length, text, sizeof text));
    CHECK_TEXT(text, "abc");
    CHECK_OK(location_decode(bytes.data, bytes.length, text, 3));
    CHECK_TEXT(text, "ab");
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    CHECK_OK(location_encode("abc", &out));
    CHECK(buffer_is_hex(&out, "00130003 616263"));
    bytes = from_hex("000a0001");
    CHECK(location_decode(bytes.data, bytes.length, text, sizeof text) == E_NOT_FOUND);
}

static void join(void *context, const char *component, const char *version)
{
    char *joined = context;
    size_t used = strlen(joined);
    (void)snprintf(joined + used, 500 - used, "[%s|%s]", component, version);
}

static void test_mcu_list(void)
{
    static const struct {
        const char *list;
        const char *expect;
    } rows[] = {
        {"", ""},
        {"MCU:1.0", "[MCU|1.0]"},
        {"MCU:1.0;SENSOR:3.1", "[MCU|1.0][SENSOR|3.1]"},
        {"A:1;", "[A|1]"},
        {"A:1:2", "[A|1:2]"},
        {"A:", "[A|]"},
        {"A;:1;B:2", "[B|2]"},
        {";;", ""},
        {"12345678901234567890123456789012X:1", "[12345678901234567890123456789012|1]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char joined[500] = "";
        mcu_list_each(rows[i].list, join, joined);
        CHECK_ROW(rows[i].list, strcmp(joined, rows[i].expect) == 0);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"status", test_status},
                                             {"status of other types", test_status_of_other_types},
                                             {"voltage is rounded", test_voltage_is_rounded},
                                             {"info", test_info},
                                             {"long texts are cut", test_long_texts_are_cut},
                                             {"OTA request", test_ota_request},
                                             {"OTA status", test_ota_status},
                                             {"OTA status refused", test_ota_status_refused},
                                             {"OTA status names", test_ota_status_names},
                                             {"location", test_location},
                                             {"MCU list", test_mcu_list},
                                             {0}};
    return suite_run("device_messages", cases);
}
