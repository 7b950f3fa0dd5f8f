/* `mockdc qualify` against virtual devices: a right one passes, one with a known fault fails exactly what it should. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "support/suite.h"

enum { SECONDS = 200, TEXT = 65536 };

static const struct row {
    const char *name;
    const char *options[6];            /* of the device */
    const char *failed;                /* the cases that must fail, and no other */
    enum { MCU, MODULE, IMAGES } what; /* an MCU behind the module, the module alone, an MCU and two files for it */
} rows[] = {
    {"right", {NULL}, "", MCU},
    {"right, encrypted, wants a SHA-256", {"--encrypt", "--sha256"}, "", MCU},
    {"right, a module without MCU", {NULL}, "", MODULE},
    {"right, loads in pieces", {"--flash-free", "8000"}, "", MCU},
    {"right, two images of the user's", {NULL}, "", IMAGES},
    {"--power-cut 1", {"--power-cut", "1", "--power-off", "100"}, "first-attempt ", MCU},
    {"--power-cut 2", {"--power-cut", "2", "--power-off", "100"}, "first-attempt ", MCU},
    {"--power-cut 4", {"--power-cut", "4", "--power-off", "100"}, "first-attempt ", MCU},
    {"--power-cut 5", {"--power-cut", "5", "--power-off", "100"}, "first-attempt ", MCU},
    {"--power-cut 8", {"--power-cut", "8", "--power-off", "100"}, "first-attempt ", MCU},
    {"--power-cut 9", {"--power-cut", "9", "--power-off", "100"}, "first-attempt ", MCU},
    {"--flash fail", {"--flash", "fail"}, "first-attempt upgrade ", MCU},
    {"--flash wrong-version", {"--flash", "wrong-version"}, "first-attempt upgrade ", MCU},
    {"--flash silent", {"--flash", "silent"}, "first-attempt upgrade ", MCU},
    {"--on-notify refuse", {"--on-notify", "refuse"}, "accept ", MCU},
    {"--on-notify ignore", {"--on-notify", "ignore"}, "accept ", MCU},
    {"--disorder", {"--disorder"}, "order ", MCU},
};

enum { ROWS = sizeof rows / sizeof rows[0], HAND_MS = 150 * 1000, HAND_PAUSE_MS = 50, OFF_MS = 300 };

struct played {
    pid_t device;
    pid_t qualify;
    char product[16];
    char output[128];
    char junit[128];
};

static void make_product(const struct server *server, const char *name)
{
    char body[160];
    (void)snprintf(body, sizeof body, "{\"name\":\"%s\",\"productKey\":\"%s\",\"productSecret\":\"secret1\"}", name,
                   name);
    json_decref(rest_expect(server, "POST", "/api/v1/products", body, 201));
}

static char image_a[128];
static char image_b[128];

static void write_image(const struct server *server, const char *name, char path[128])
{
    enum { IMAGE = 12000 };
    (void)snprintf(path, 128, "%s/%s", server->folder, name);
    FILE *file = fopen(path, "we");
    CHECK_FATAL(file != NULL && fwrite(test_bytes(IMAGE, (unsigned)name[0]), 1, IMAGE, file) == IMAGE &&
                fclose(file) == 0);
}

static void start_row(const struct server *server, const struct row *row, struct played *played, size_t index)
{
    (void)snprintf(played->product, sizeof played->product, "q%zu", index);
    (void)snprintf(played->output, sizeof played->output, "%s/%zu.txt", server->folder, index);
    (void)snprintf(played->junit, sizeof played->junit, "%s/%zu.xml", server->folder, index);
    make_product(server, played->product);
    const char *device[24] = {server_program(), "device",        "--mqtt",           server->mqtt,
                              "--product-key",  played->product, "--product-secret", "secret1",
                              "--device-key",   "867",           "--time-scale",     "100",
                              "--exit-after",   "never"};
    size_t count = 14;
    if (row->what != MODULE) {
        device[count++] = "--mcu";
        device[count++] = "STM32=1_0_0";
    }
    for (size_t i = 0; i < 6 && row->options[i] != NULL; i++) {
        device[count++] = row->options[i];
    }
    played->device = process_start(device, NULL);
    const char *qualify[32] = {server_program(), "qualify",          "--url",   server->http,   "--product-key",
                               played->product,  "--product-secret", "secret1", "--device-key", "867",
                               "--unattended",   "--patience",       "25",      "--junit",      played->junit};
    count = 15;
    static const char *const images[] = {"--image-a", image_a, "--version-a", "7_0_0",
                                         "--image-b", image_b, "--version-b", "7_1_0"};
    for (size_t i = 0; row->what == IMAGES && i < sizeof images / sizeof images[0]; i++) {
        qualify[count++] = images[i];
    }
    if (row->what != IMAGES) {
        qualify[count++] = "--made-up-images";
    }
    played->qualify = process_start(qualify, played->output);
}

static char *read_text(const char *path)
{
    static char text[TEXT];
    FILE *file = fopen(path, "re");
    text[0] = '\0';
    if (file != NULL) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        (void)fclose(file);
    }
    return text;
}

/* "first-attempt upgrade ": the cases of the summary's lines "failed: ID: ..." */
static void collect_failed(const char *text, char *failed, size_t capacity)
{
    failed[0] = '\0';
    for (const char *at = strstr(text, "\nfailed: "); at != NULL; at = strstr(at + 1, "\nfailed: ")) {
        const char *id = at + strlen("\nfailed: ");
        size_t used = strlen(failed);
        (void)snprintf(failed + used, capacity - used, "%.*s ", (int)strcspn(id, ":"), id);
    }
}

static void check_row(const struct row *row, const struct played *played)
{
    char failed[256];
    int code = process_wait(played->qualify, SECONDS);
    (void)kill(played->device, SIGTERM);
    (void)process_wait(played->device, 10);
    const char *text = read_text(played->output);
    collect_failed(text, failed, sizeof failed);
    CHECK_ROW(row->name, code == (row->failed[0] != '\0' ? 1 : 0));
    CHECK_ROW(row->name, strcmp(failed, row->failed) == 0);
    CHECK_ROW(row->name, strstr(text, "[30/30] frames") != NULL);
    CHECK_ROW(row->name,
              row->what != IMAGES || strstr(text, "needs --made-up-images") != NULL); /* where the size matters */
    if (strcmp(failed, row->failed) != 0) {
        (void)fprintf(stderr, "    '%s' instead of '%s'\n%s\n", failed, row->failed, text);
    }
    /* the same in JUnit, with what went over the wire */
    const char *junit = read_text(played->junit);
    CHECK_ROW(row->name, strstr(junit, "tests=\"30\"") != NULL);
    CHECK_ROW(row->name, (strstr(junit, "<failure ") != NULL) == (row->failed[0] != '\0'));
    CHECK_ROW(row->name,
              row->failed[0] == '\0' || strstr(junit, "planIssued") != NULL || strstr(junit, "frame") != NULL);
}

/* --- by hand ------------------------------------------------------------------------------------------------- */

/* A device whose flash outlives its power. */
static pid_t switch_on(const struct server *server)
{
    char flash[128];
    (void)snprintf(flash, sizeof flash, "%s/hand.flash", server->folder);
    const char *const device[] = {server_program(),
                                  "device",
                                  "--mqtt",
                                  server->mqtt,
                                  "--product-key",
                                  "hand",
                                  "--product-secret",
                                  "secret1",
                                  "--device-key",
                                  "867",
                                  "--time-scale",
                                  "100",
                                  "--exit-after",
                                  "never",
                                  "--mcu",
                                  "STM32=1_0_0",
                                  "--state-file",
                                  flash,
                                  NULL};
    return process_start(device, NULL);
}

static pid_t switch_off_and_on(const struct server *server, pid_t device)
{
    (void)kill(device, SIGKILL);
    (void)process_wait(device, 10);
    sleep_ms(OFF_MS);
    return switch_on(server);
}

static bool await_text(const char *path, const char *text)
{
    for (int waited = 0; waited < HAND_MS; waited += HAND_PAUSE_MS) {
        if (strstr(read_text(path), text) != NULL) {
            return true;
        }
        sleep_ms(HAND_PAUSE_MS);
    }
    return false;
}

struct by_hand {
    pid_t device;
    pid_t qualify;
    char output[128];
};

static void start_by_hand(const struct server *server, struct by_hand *hand)
{
    make_product(server, "hand");
    (void)snprintf(hand->output, sizeof hand->output, "%s/hand.txt", server->folder);
    const char *const qualify[] = {
        server_program(), "qualify",      "--url", server->http,       "--product-key", "hand", "--product-secret",
        "secret1",        "--device-key", "867",   "--made-up-images", "--patience",    "40",   NULL};
    hand->device = switch_on(server);
    hand->qualify = process_start(qualify, hand->output);
}

/* What the tester is asked for is done; both cases pass, and nothing else fails for it. */
static void check_by_hand(const struct server *server, struct by_hand *hand)
{
    CHECK(await_text(hand->output, ">>> Take the power away NOW"));
    hand->device = switch_off_and_on(server, hand->device);
    CHECK(await_text(hand->output, ">>> Restart the device now."));
    hand->device = switch_off_and_on(server, hand->device);
    CU_ASSERT_EQUAL(process_wait(hand->qualify, SECONDS), 0);
    (void)kill(hand->device, SIGTERM);
    (void)process_wait(hand->device, 10);
    const char *text = read_text(hand->output);
    CHECK(strstr(text, "You: When asked, take the power away and give it back.") != NULL);
    CHECK(strstr(text, "29 passed, 0 failed, 1 not applicable") != NULL); /* encryption is not announced */
    if (strstr(text, "29 passed") == NULL) {
        (void)fprintf(stderr, "%s\n", text);
    }
}

/* All at once, each with a product of its own. */
static void test_table(void)
{
    static struct played played[ROWS];
    struct by_hand hand;
    struct server server;
    server_start(&server, NULL);
    write_image(&server, "a.bin", image_a);
    write_image(&server, "b.bin", image_b);
    start_by_hand(&server, &hand);
    for (size_t i = 0; i < ROWS; i++) {
        start_row(&server, &rows[i], &played[i], i);
    }
    check_by_hand(&server, &hand);
    for (size_t i = 0; i < ROWS; i++) {
        check_row(&rows[i], &played[i]);
    }
    server_stop(&server);
}

/* A device that never comes: one case fails, nothing else applies; the server of its own is gone afterwards. */
static void test_nobody_comes(void)
{
    static char output[TEXT];
    CU_ASSERT_EQUAL(shell_run("D=$(mktemp -d); $M qualify --listen-mqtt 127.0.0.1:0 --product-key p --product-secret s "
                              "--device-key 867 --patience 1 --html $D/report.html; code=$?; "
                              "grep -c 'article class=\"na\"' $D/report.html; rm -r $D; exit $code",
                              output, sizeof output),
                    1);
    CHECK(strstr(output, "failed: connect: no device 867 came online within 1 s") != NULL);
    CHECK(strstr(output, "0 passed, 1 failed, 29 not applicable") != NULL);
    CHECK(strstr(output, "| nothing came over the wire") != NULL);
    CHECK(strstr(output, "\n29\n") != NULL);
}

/* Without firmware nothing is offered to the device: no plan, no package. */
static void test_no_firmware_is_made_up(void)
{
    struct server server;
    char output[128];
    server_start(&server, NULL);
    (void)snprintf(output, sizeof output, "%s/output", server.folder);
    json_decref(rest_expect(&server, "POST", "/api/v1/products",
                            "{\"name\":\"two\",\"productKey\":\"two\",\"productSecret\":\"secret1\"}", 201));
    const char *const device[] = {
        server_program(), "device",       "--mqtt", server.mqtt,    "--product-key", "two",          "--product-secret",
        "secret1",        "--device-key", "868",    "--time-scale", "100",           "--exit-after", "never",
        "--mcu",          "STM32=1_0_0",  NULL};
    const char *const qualify[] = {
        server_program(), "qualify",      "--url", server.http,    "--product-key", "two", "--product-secret",
        "secret1",        "--device-key", "868",   "--unattended", "--patience",    "25",  NULL};
    pid_t pid = process_start(device, NULL);
    CU_ASSERT_EQUAL(process_wait(process_start(qualify, output), SECONDS), 0);
    (void)kill(pid, SIGTERM);
    (void)process_wait(pid, 10);
    CHECK(strstr(read_text(output), "no firmware was given") != NULL);
    json_t *packages = rest_expect(&server, "GET", "/api/v1/packages?productKey=two", NULL, 200);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(packages, "items")), 0);
    json_decref(packages);
    server_stop(&server);
}

/* A device with a wrong secret: what its tries were answered with is in the report. */
static void test_wrong_secret(void)
{
    struct server server;
    char command[512];
    char output[TEXT];
    server_start(&server, NULL);
    (void)snprintf(command, sizeof command,
                   "$M device --mqtt %s --product-key p --product-secret wrong --device-key 867 --exit-after never "
                   "--time-scale 1000 & "
                   "$M qualify --url %s --product-key p --product-secret right --device-key 867 --patience 2; code=$?; "
                   "kill %%1; exit $code",
                   server.mqtt, server.http);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 1);
    CHECK(strstr(output, "failed: connect") != NULL);
    CHECK(strstr(output, "refuse          the password does not open") != NULL);
    (void)snprintf(command, sizeof command,
                   "$M qualify --url %s --product-key p --product-secret other --device-key 867 --patience 2",
                   server.http);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 3);
    CHECK(strstr(output, "the server knows product p with another secret") != NULL);
    server_stop(&server);
}

/* Images that cannot be told apart, or are none. */
static void test_images(void)
{
    static const struct {
        const char *options;
        const char *text;
    } images[] = {
        {"--image-a $0 --version-a 1", "two images are needed"},
        {"--image-a $0", "an image and its version"},
        {"--version-a 1", "an image and its version"},
        {"--image-a $0 --version-a 1 --image-b $0 --version-b 1", "must differ from --version-a"},
        {"--image-a /dev/null --version-a 1", "a file of 1 byte to 100 MiB"},
        {"--image-a /nowhere --version-a 1", "cannot read /nowhere: No such file"},
        {"--image-a $0 --version-a 1 --image-b $0 --version-b 2 --made-up-images",
         "either made-up images or real ones"},
    };
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        char command[512];
        char output[TEXT];
        (void)snprintf(command, sizeof command,
                       "bash -c '$M qualify --product-key p --product-secret s --device-key 1 %s' $M",
                       images[i].options);
        CHECK_ROW(images[i].options, shell_run(command, output, sizeof output) == 2);
        CHECK_ROW(images[i].options, strstr(output, images[i].text) != NULL);
    }
}

int main(void)
{
    (void)setenv("M", server_program(), 1);
    static const struct test_case cases[] = {
        {"virtual devices, right, faulty, and in the hands of a tester", test_table},
        {"nobody comes", test_nobody_comes},
        {"a wrong secret", test_wrong_secret},
        {"images", test_images},
        {"no firmware is made up unasked", test_no_firmware_is_made_up},
        {0},
    };
    return suite_run("qualify", cases);
}
