#include "support/suite.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/upload.h"

#define FORM            "multipart/form-data; boundary=B"
#define PART(name)      "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_PART(name) "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" name "\"\r\n\r\n"
#define END             "\r\n--B--\r\n"

static char folder[] = "/tmp/mockdc-upload-XXXXXX";

static size_t count_files(void)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    for (const struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.';
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return count;
}

static enum status receive(const char *body, struct upload **upload, struct verdict *verdict)
{
    CHECK_FATAL(upload_create(FORM, folder, upload) == OK);
    enum status status = upload_add(*upload, body, strlen(body), verdict);
    return status == OK ? upload_end(*upload, verdict) : status;
}

static void test_table(void)
{
    static const struct {
        const char *name;
        const char *body;
        enum status expect;
        const char *pointer;
    } rows[] = {
        {"good", PART("package") "{}\r\n" FILE_PART("a.bin") "abc" END, OK, ""},
        {"files first", FILE_PART("a.bin") "abc\r\n" PART("package") "{}" END, OK, ""},
        {"truncated", PART("package") "{}\r\n" FILE_PART("a.bin") "abc", E_TRUNCATED, ""},
        {"package twice", PART("package") "{}\r\n" PART("package") "{}" END, E_FORMAT, "/package"},
        {"unknown part", PART("a/b") "{}" END, OK, "/a~1b"},
        {"file without a name", PART("file") "abc" END, E_FORMAT, "/files/0"},
        {"file with an empty name", FILE_PART("") "abc" END, E_FORMAT, "/files/0"},
        {"control character", FILE_PART("a\tb.bin") "abc" END, E_RULE, "/files/0"},
        {"no UTF-8", FILE_PART("a\xff.bin") "abc" END, E_RULE, "/files/0"},
        {"six files",
         FILE_PART("1") "a\r\n" FILE_PART("2") "a\r\n" FILE_PART("3") "a\r\n" FILE_PART("4") "a\r\n" FILE_PART(
             "5") "a\r\n" FILE_PART("6") "a" END,
         E_RULE, "/files"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct upload *upload = NULL;
        struct verdict verdict = {0};
        CHECK_ROW(rows[i].name, receive(rows[i].body, &upload, &verdict) == rows[i].expect);
        const char *pointer = verdict.wrong.count > 0    ? verdict.wrong.items[0].pointer
                              : verdict.broken.count > 0 ? verdict.broken.items[0].pointer
                                                         : "";
        CHECK_ROW(rows[i].name, strcmp(pointer, rows[i].pointer) == 0);
        CHECK_ROW(rows[i].name, rows[i].expect == OK || count_files() == 0); /* nothing is left behind, at once */
        upload_destroy(upload);
        CHECK_ROW(rows[i].name, count_files() == 0);
    }
}

static void test_digests(void)
{
    struct upload *upload = NULL;
    struct verdict verdict = {0};
    CHECK_OK(receive(FILE_PART("dir/a.bin") "abc\r\n" FILE_PART("b.bin") END, &upload, &verdict));
    size_t count = 0;
    const struct package_file *files = upload_files(upload, &count);
    CU_ASSERT_EQUAL(count, 2);
    CHECK_TEXT(files[0].name, "a.bin");
    CHECK_TEXT(files[0].md5, "900150983cd24fb0d6963f7d28e17f72");
    CHECK_TEXT(files[0].sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_TEXT(files[0].crc32, "352441c2");
    CU_ASSERT_EQUAL(files[0].size, 3);
    CU_ASSERT_EQUAL(files[1].size, 0);
    upload_destroy(upload);
}

static void test_released_files_stay(void)
{
    struct upload *upload = NULL;
    struct verdict verdict = {0};
    CHECK_OK(receive(FILE_PART("a.bin") "abc" END, &upload, &verdict));
    size_t count = 0;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, upload_files(upload, &count)[0].stored);
    upload_release(upload);
    upload_destroy(upload);
    CU_ASSERT_EQUAL(count_files(), 1);
    CHECK(unlink(path) == 0);
}

static void test_digest_of_the_upload(void)
{
    static const struct {
        const char *name;
        const char *body;
        bool same;
    } rows[] = {
        {"order of kinds", FILE_PART("a.bin") "abc\r\n" PART("package") "{}" END, true},
        {"other package", PART("package") "{ }\r\n" FILE_PART("a.bin") "abc" END, false},
        {"other name", PART("package") "{}\r\n" FILE_PART("b.bin") "abc" END, false},
        {"other bytes", PART("package") "{}\r\n" FILE_PART("a.bin") "abd" END, false},
    };
    struct upload *upload = NULL;
    struct verdict verdict = {0};
    char first[65];
    CHECK_OK(receive(PART("package") "{}\r\n" FILE_PART("a.bin") "abc" END, &upload, &verdict));
    CHECK_OK(upload_digest(upload, first));
    upload_destroy(upload);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char digest[65];
        CHECK_OK(receive(rows[i].body, &upload, &verdict));
        CHECK_OK(upload_digest(upload, digest));
        CHECK_ROW(rows[i].name, (strcmp(digest, first) == 0) == rows[i].same);
        upload_destroy(upload);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"table", test_table},
                                             {"digests", test_digests},
                                             {"released files stay", test_released_files_stay},
                                             {"digest of the upload", test_digest_of_the_upload},
                                             {0}};
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    int result = suite_run("http: upload", cases);
    return rmdir(folder) == 0 ? result : 1;
}
