#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/ready_file.h"
#include "support/suite.h"

static char folder[64];

static void path_of(const char *name, char path[128])
{
    (void)snprintf(path, 128, "%s/%s", folder, name);
}

static void write_text(const char *name, const char *text)
{
    char path[128];
    path_of(name, path);
    FILE *file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void test_there_and_back(void)
{
    struct ready ready = {.http = "http://127.0.0.1:1", .mqtt = "mqtt://127.0.0.1:2", .pid = (long)getpid()};
    struct ready found[READY_MOST];
    struct error error = {0};
    CHECK_OK(ready_folder_add(folder, &ready, &error));
    CU_ASSERT_EQUAL_FATAL(ready_folder_read(folder, found), 1);
    CHECK_TEXT(found[0].http, ready.http);
    CHECK_TEXT(found[0].mqtt, ready.mqtt);
    CHECK_TEXT(found[0].https, "");
    CU_ASSERT_EQUAL(found[0].pid, ready.pid);
    ready_folder_remove(folder);
    CU_ASSERT_EQUAL(ready_folder_read(folder, found), 0);
}

/* What a kill -9 left, half a file, and what is no ready file at all. */
static void test_strangers(void)
{
    struct ready ready = {.http = "http://127.0.0.1:1", .mqtt = "mqtt://127.0.0.1:2", .pid = (long)getpid()};
    struct ready found[READY_MOST];
    struct error error = {0};
    char path[128];
    write_text("2147483647.json", "{\"http\": \"http://127.0.0.1:9\"}"); /* nobody has this process id */
    write_text("1.json", "{\"http\": ");
    write_text("notes.json", "{\"http\": \"http://127.0.0.1:9\"}");
    CU_ASSERT_EQUAL(ready_folder_read(folder, found), 0);
    CHECK_OK(ready_folder_add(folder, &ready, &error));
    path_of("2147483647.json", path);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0); /* swept */
    path_of("notes.json", path);
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_EQUAL(ready_folder_read(folder, found), 1);
    ready_folder_remove(folder);
}

static void test_file(void)
{
    struct ready ready = {.http = "http://127.0.0.1:1",
                          .https = "https://127.0.0.1:3",
                          .mqtt = "mqtt://127.0.0.1:2",
                          .mqtts = "mqtts://127.0.0.1:4",
                          .pid = 5};
    struct error error = {0};
    char path[128];
    char text[256] = "";
    struct stat info;
    path_of("ready", path);
    CHECK_OK(ready_file_write(path, &ready, &error));
    FILE *file = fopen(path, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_PTR_NOT_NULL(fgets(text, sizeof text, file));
    (void)fclose(file);
    CHECK_TEXT(text, "{\"http\": \"http://127.0.0.1:1\", \"https\": \"https://127.0.0.1:3\", \"mqtt\": "
                     "\"mqtt://127.0.0.1:2\", \"mqtts\": \"mqtts://127.0.0.1:4\", \"pid\": 5}\n");
    CU_ASSERT_EQUAL(stat(path, &info), 0);
    CU_ASSERT_EQUAL(info.st_mode & 0777, 0644);
    CU_ASSERT_EQUAL(ready_file_write("/nowhere/ready", &ready, &error), E_IO);
    CHECK(strstr(error.text, "/nowhere/ready") != NULL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"there and back", test_there_and_back}, {"strangers", test_strangers}, {"file", test_file}, {0}};
    (void)snprintf(folder, sizeof folder, "/tmp/mockdc-ready-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    int code = suite_run("ready_file", cases);
    char line[128];
    (void)snprintf(line, sizeof line, "rm -r '%s'", folder);
    return system(line) == 0 ? code : 1;
}
