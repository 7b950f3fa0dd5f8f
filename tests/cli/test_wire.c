#include "cli/wire.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/wire_vector.h"
#include "support/suite.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* What a run printed; `code` is its exit code. */
struct run {
    int code;
    char *out;
    char *errors;
};

static void finish_run(struct run *run)
{
    free(run->out);
    free(run->errors);
}

static struct run run_check(const char *path)
{
    struct run run = {0};
    size_t out_size = 0;
    size_t errors_size = 0;
    FILE *out = open_memstream(&run.out, &out_size);
    FILE *errors = open_memstream(&run.errors, &errors_size);
    CU_ASSERT_FATAL(out != NULL && errors != NULL);
    run.code = wire_check_file(path, out, errors);
    (void)fclose(out);
    (void)fclose(errors);
    return run;
}

static struct run run_decode(const char *hex, const char *key)
{
    struct run run = {0};
    size_t out_size = 0;
    size_t errors_size = 0;
    FILE *out = open_memstream(&run.out, &out_size);
    FILE *errors = open_memstream(&run.errors, &errors_size);
    CU_ASSERT_FATAL(out != NULL && errors != NULL);
    run.code = wire_decode_text(hex, key, out, errors);
    (void)fclose(out);
    (void)fclose(errors);
    return run;
}

static struct run run_check_of(const char *content)
{
    char path[] = "/tmp/mockdc-wire-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CHECK(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    (void)close(fd);
    struct run run = run_check(path);
    (void)unlink(path);
    return run;
}

/* ------------------------------------------------------------------ check */

static void test_all_vectors_pass(void)
{
    struct run run = run_check(fixture_path("wire/vectors.json"));
    CHECK(run.code == 0);
    CHECK_TEXT(run.out, "200 vectors: 200 passed, 0 failed\n");
    CHECK_TEXT(run.errors, "");
    finish_run(&run);
}

/* A changed digit, number or verdict of a vector that tells. */
static json_t *flipped(const json_t *value)
{
    if (json_is_boolean(value)) {
        return json_boolean(!json_is_true(value));
    }
    if (json_is_integer(value)) {
        return json_integer(json_integer_value(value) + 1);
    }
    const char *text = json_string_value(value);
    size_t length = text == NULL ? 0 : strlen(text);
    if (length == 0) {
        return NULL;
    }
    char *copy = strdup(text);
    CU_ASSERT_FATAL(copy != NULL);
    char *c = copy + length / 2;
    *c = *c == '0' ? '1' : isxdigit((unsigned char)*c) ? '0' : *c == 'Z' ? 'Y' : 'Z';
    json_t *string = json_string(copy);
    free(copy);
    return string;
}

/* Members of which each is checked, so that a flipped one is named. Refused vectors stay refused: only the verdict
 * counts. */
static const struct {
    const char *kind;
    const char *members[20];
} checked[] = {
    {"connect",
     {"mqtt", "protocol", "level", "connect_flags", "keepalive", "client_id", "password", "pk", "ps", "dk", "ds",
      "password_type", "session_flag", "random", "sign", "plain_text", "aes_key", "aes_iv", "sign_input"}},
    {"password",
     {"password", "pk", "ps", "dk", "ds", "session_flag", "random", "sign", "plain_text", "aes_key", "aes_iv"}},
    {"mqtt", {"mqtt_packet_id", "direction"}},
    {"frame", {"mqtt", "frame", "package_id", "cmd", "length_field", "checksum", "payload", "accepted"}},
    {"frame-encrypted",
     {"mqtt", "frame", "package_id", "cmd", "length_field", "checksum", "payload", "session_key", "iv", "cipher"}},
    {"session-crypto", {"key", "iv", "clear", "cipher"}},
    {"frame-acceptance", {"frame", "received_payload", "accepted"}},
    {"ttlv-encode", {"hex"}},
    {"ttlv-decode", {"accepted"}},
    {"frame-encode", {"package_id", "cmd", "payload", "frame", "decodes_back"}},
    {"frame-decode", {"frame", "accepted", "package_id", "cmd", "payload"}},
    {"url", {"accepted", "host", "tls", "path"}},
    {"http", {"request_hex", "request", "answer_head_hex", "answer_head"}},
};

static bool is_refused(const json_t *object)
{
    const json_t *accepted = json_object_get(object, "accepted");
    return accepted != NULL && json_is_false(accepted);
}

/* PUBACK and the like have a direction that follows from nothing in the packet. */
static bool tells_nothing(const json_t *object, const char *member)
{
    const char *mqtt = json_string_value(json_object_get(object, "mqtt"));
    return strcmp(member, "direction") == 0 && mqtt != NULL && strchr("4567", mqtt[0]) != NULL;
}

static unsigned flip_members(const json_t *file, json_t *object, const char *const *members, size_t count)
{
    unsigned flips = 0;
    for (size_t i = 0; i < count && members[i] != NULL; i++) {
        bool is_verdict = strcmp(members[i], "accepted") == 0;
        json_t *value = flipped(json_object_get(object, members[i]));
        if (value == NULL || tells_nothing(object, members[i]) || (is_refused(object) && !is_verdict)) {
            json_decref(value);
            continue;
        }
        json_t *copy = json_deep_copy(object);
        (void)json_object_set_new(copy, members[i], value);
        struct vector vector;
        char row[100];
        (void)snprintf(row, sizeof row, "%s %s", json_string_value(json_object_get(object, "id")), members[i]);
        CHECK_ROW(row, !vector_check(file, copy, &vector) && vector.reason[0] != '\0');
        json_decref(copy);
        flips++;
    }
    return flips;
}

static void test_each_flip_is_named(void)
{
    json_t *file = json_load_file(fixture_path("wire/vectors.json"), JSON_ALLOW_NUL, NULL);
    CU_ASSERT_FATAL(file != NULL);
    json_t *vectors = json_object_get(file, "vectors");
    unsigned flips = 0;
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        json_t *object = json_array_get(vectors, i);
        const char *kind = json_string_value(json_object_get(object, "kind"));
        for (size_t k = 0; k < COUNT(checked); k++) {
            if (strcmp(checked[k].kind, kind) == 0) {
                flips += flip_members(file, object, checked[k].members, COUNT(checked[k].members));
            }
        }
    }
    CHECK(flips > 600);
    json_decref(file);
}

static void test_broken_copy(void)
{
    json_t *file = json_load_file(fixture_path("wire/vectors.json"), JSON_ALLOW_NUL, NULL);
    CU_ASSERT_FATAL(file != NULL);
    json_t *vectors = json_object_get(file, "vectors");
    (void)json_object_set_new(json_array_get(vectors, 0), "keepalive", json_integer(121));
    (void)json_object_set_new(json_array_get(vectors, 30), "checksum", json_integer(1));
    (void)json_object_set_new(json_array_get(vectors, 40), "extra", json_string("unknown members do not matter"));
    char *text = json_dumps(file, 0);
    struct run run = run_check_of(text);
    CHECK(run.code == 1);
    CHECK(strstr(run.out, "FAIL v001 connect (") == run.out);
    CHECK(strstr(run.out, "keepalive: the file says 121, mockdc 120\n") != NULL);
    CHECK(strstr(run.out, "checksum: the file says 1, mockdc ") != NULL);
    CHECK(strstr(run.out, "\n200 vectors: 198 passed, 2 failed\n") != NULL);
    finish_run(&run);
    free(text);
    json_decref(file);
}

static void test_files_of_other_form(void)
{
    static const struct {
        const char *name;
        const char *content;
        int code;
        const char *expect;
    } rows[] = {
        {"no JSON", "{\"vectors\": [", 2, "is not JSON: line 1"},
        {"empty", "", 2, "is not JSON"},
        {"no list", "{\"vectors\": 7}", 2, "no list 'vectors'"},
        {"empty list", "{\"vectors\": []}", 2, "no list 'vectors'"},
        {"array", "[1]", 2, "no list 'vectors'"},
        {"unknown kind", "{\"vectors\": [{\"id\": \"a\", \"kind\": \"odd\"}]}", 1, "FAIL a odd (): unknown kind 'odd'"},
        {"no kind", "{\"vectors\": [{\"id\": \"a\"}]}", 1, "member 'kind' is missing"},
        {"no object", "{\"vectors\": [1]}", 1, "FAIL vector number 1 ? (): not a JSON object"},
        {"no hexadecimal", "{\"vectors\": [{\"kind\": \"ttlv-decode\", \"hex\": \"0\", \"accepted\": true}]}", 1,
         "member 'hex' is not hexadecimal"},
        {"refused under a key",
         "{\"vectors\": [{\"kind\": \"frame-encrypted\", \"session_key\": \"00112233445566778899aabbccddeeff\", "
         "\"frame\": \"aaaa000a3d0005002468656c6c6f\", \"accepted\": false}]}",
         0, "1 passed"},
        {"wrongly refused under a key",
         "{\"vectors\": [{\"kind\": \"frame-encrypted\", \"session_key\": \"00112233445566778899aabbccddeeff\", "
         "\"cipher\": \"33117d768a8917ac48768c4ccd83e2ae\", \"accepted\": false}]}",
         1, "accepted: the file says false, mockdc true"},
        {"64 bits",
         "{\"vectors\": [{\"kind\": \"ttlv-encode\", \"hex\": \"000a07ffffffffffffffff\", \"decoded\": "
         "[[1, \"int\", 18446744073709551615]]}]}",
         0, "1 vectors: 1 passed"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run run = run_check_of(rows[i].content);
        CHECK_ROW(rows[i].name, run.code == rows[i].code);
        CHECK_ROW(rows[i].name, strstr(rows[i].code == 2 ? run.errors : run.out, rows[i].expect) != NULL);
        finish_run(&run);
    }
    struct run run = run_check("/nonexistent/vectors.json");
    CHECK(run.code == 2 && strstr(run.errors, "cannot read /nonexistent/vectors.json") != NULL);
    finish_run(&run);
}

/* ------------------------------------------------------------------ decode */

static void test_decodes(void)
{
    struct run run = run_decode("AAAA00223200060114006a00010073000a 524556494345504c414e003a0001002300034d4355", NULL);
    CHECK(run.code == 0);
    json_t *json = json_loads(run.out, 0, NULL);
    CHECK_TEXT(json_string_value(json_object_get(json, "name")), "otaStatus");
    CHECK_TEXT(json_string_value(json_object_get(json, "command")), "0114");
    CHECK(json_integer_value(json_object_get(json, "packageId")) == 6);
    CHECK(json_array_size(json_object_get(json, "ttlv")) == 4);
    const json_t *message = json_object_get(json, "message");
    CHECK(json_integer_value(json_object_get(message, "status")) == 1);
    CHECK_TEXT(json_string_value(json_object_get(message, "componentNo")), "MCU");
    json_decref(json);
    finish_run(&run);
}

static void test_decodes_encrypted(void)
{
    static const char key[] = "813a9a71b7de7f192790d19fe48a97c7";
    static const char cipher[] = "02c16a2ffaa663628807caca99bddd1c79817edc302e635008fc7402a1ceb003"
                                 "e68d89063546917d5a15246a325d8195";
    struct run run = run_decode(cipher, key);
    CHECK(run.code == 0 && strstr(run.out, "\"encrypted\": true") != NULL);
    CHECK(strstr(run.out, "\"mcuList\": \"MCU:1.0\"") != NULL);
    finish_run(&run);
    run = run_decode("aaaa00051700010115", key);
    CHECK(run.code == 1 && strstr(run.out, "\"encrypted\": false") != NULL);
    finish_run(&run);
    run = run_decode(cipher, "00");
    CHECK(run.code == 2);
    finish_run(&run);
    run = run_decode(cipher, "00000000000000000000000000000000");
    CHECK(run.code == 1 && strstr(run.errors, "session key") != NULL);
    finish_run(&run);
}

static void test_decode_refuses(void)
{
    static const struct {
        const char *name;
        const char *hex;
        const char *expect;
    } rows[] = {
        {"no digits", "xyz", "not hexadecimal"},
        {"nothing", "", "not hexadecimal"},
        {"no header", "aabb0006270002002401", "does not begin with AA AA"},
        {"short", "aaaa0007270002002401", "shorter than its length"},
        {"checksum", "aaaa0006280002002401", "checksum is wrong"},
        {"package id", "aaaa0006250000002401", "package id is 0000 or ffff"},
        {"payload", "aaaa0006 4a 0001 0034 15", "payload is no TTLV"},
        {"message without code", "aaaa0009 c8 0001 00a3 00120012", "message is refused"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run run = run_decode(rows[i].hex, NULL);
        CHECK_ROW(rows[i].name, run.code == 1);
        CHECK_ROW(rows[i].name, strstr(run.errors, rows[i].expect) != NULL);
        finish_run(&run);
    }
}

/* Every frame of the vectors can be shown. */
static void test_decodes_all_frames(void)
{
    json_t *file = json_load_file(fixture_path("wire/vectors.json"), JSON_ALLOW_NUL, NULL);
    CU_ASSERT_FATAL(file != NULL);
    json_t *vectors = json_object_get(file, "vectors");
    unsigned frames = 0;
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *object = json_array_get(vectors, i);
        const char *kind = json_string_value(json_object_get(object, "kind"));
        if (strcmp(kind, "frame") == 0 || strcmp(kind, "frame-encrypted") == 0) {
            struct run run = run_decode(json_string_value(json_object_get(object, "frame")), NULL);
            CHECK_ROW(json_string_value(json_object_get(object, "id")), run.code == 0);
            finish_run(&run);
            frames++;
        }
    }
    CHECK(frames > 40);
    json_decref(file);
}

static void test_usage(void)
{
    static char wire[] = "wire";
    static char check[] = "check";
    static char decode[] = "decode";
    static char help[] = "--help";
    static char other[] = "--other";
    char *none[] = {wire, NULL};
    char *no_file[] = {wire, check, NULL};
    char *no_hex[] = {wire, decode, NULL};
    char *unknown[] = {wire, decode, other, NULL};
    char *odd[] = {wire, other, NULL};
    char *helps[] = {wire, help, NULL};
    CHECK(cli_wire_command.run(1, none) == 2);
    CHECK(cli_wire_command.run(2, no_file) == 2);
    CHECK(cli_wire_command.run(2, no_hex) == 2);
    CHECK(cli_wire_command.run(3, unknown) == 2);
    CHECK(cli_wire_command.run(2, odd) == 2);
    CHECK(cli_wire_command.run(2, helps) == 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"all vectors pass", test_all_vectors_pass},
        {"each flip is named", test_each_flip_is_named},
        {"a broken copy", test_broken_copy},
        {"files of other form", test_files_of_other_form},
        {"decodes", test_decodes},
        {"decodes encrypted", test_decodes_encrypted},
        {"decode refuses", test_decode_refuses},
        {"decodes all frames", test_decodes_all_frames},
        {"usage", test_usage},
        {0},
    };
    return suite_run("wire", cases);
}
