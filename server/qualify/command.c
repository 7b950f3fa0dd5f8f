#include "qualify/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/own_server.h"
#include "qualify/report.h"

enum {
    EXIT_PASSED = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_SERVER = 3,
    EXCERPT_LIMIT = 65536,
    CASES_MOST = 64,
    LISTEN_TEXT = 128
};

#define TEXT(option, meta, standard, sentence)                                                                         \
    {                                                                                                                  \
        .kind = OPTION_TEXT, .name = (option), .argument = (meta), .value = (standard), .help = (sentence)             \
    }

static const struct option qualify_options[] = {
    TEXT("product-key", "PK", NULL, "Product key of the device; needed. The product is made when the server has none."),
    {.kind = OPTION_TEXT,
     .name = "product-secret",
     .argument = "PS",
     .secret = true,
     .help = "Product secret of the device; needed."},
    TEXT("device-key", "DK", NULL, "Device key of the device; needed."),
    TEXT("component", "NAME", NULL,
         "What is upgraded: an MCU component, or 'module'. Default: the first MCU component that the device reports."),
    TEXT("image-a", "FILE", NULL, "Firmware that the device can run. A and B are installed in turn."),
    TEXT("version-a", "VERSION", NULL, "The version that the device reports with it."),
    TEXT("image-b", "FILE", NULL, "Another one."),
    TEXT("version-b", "VERSION", NULL, "Its version."),
    {.kind = OPTION_FLAG,
     .name = "made-up-images",
     .no_environment = true,
     .help =
         "Offer files of made-up bytes. For virtual devices, and boards that check nothing but the digest: any other "
         "is bricked."},
    {.kind = OPTION_NUMBER,
     .name = "patience",
     .argument = "S",
     .value = "300",
     .least = 1,
     .most = 86400,
     .help = "How long the device may take for one upgrade, and to connect."},
    {.kind = OPTION_FLAG, .name = "unattended", .help = "Leave the cases out in which somebody must do something."},
    TEXT("junit", "FILE", NULL, "Write the report as JUnit XML."),
    TEXT("html", "FILE", NULL, "Write the report as one HTML file."),
    TEXT("listen-mqtt", "ADDRESS:PORT", "127.0.0.1:1883",
         "Without --url: where a server of our own listens for the device."),
    TEXT("listen-http", "ADDRESS:PORT", NULL, "And for its downloads. Default: the same address, any port."),
    REST_OPTIONS_OR("one of our own, for the time of the run"),
    {0}};

struct qualification {
    struct options options;
    struct own_server own;
    struct stand stand;
    struct suite suite;
    struct report_head head;
    struct result results[CASES_MOST];
};

static enum status need(const struct options *options, const char *name, const char **value, struct error *error)
{
    *value = options_text(options, name);
    return *value != NULL && **value != '\0' ? OK : options_refuse(options, name, error, E_FORMAT, "it is needed");
}

static enum status read_image(const struct options *options, const char *file_option, const char *version_option,
                              struct stand_image *image, struct error *error)
{
    const char *path = options_text(options, file_option);
    const char *version = options_text(options, version_option);
    if (path == NULL && version == NULL) {
        return OK;
    }
    if (path == NULL || version == NULL || text_copy(image->version, sizeof image->version, version) != OK) {
        return options_refuse(options, path == NULL ? file_option : version_option, error, E_FORMAT,
                              "an image and its version of 1 to 64 characters belong together");
    }
    FILE *file = fopen(path, "re");
    struct stat about;
    if (file == NULL || fstat(fileno(file), &about) != 0) {
        (void)(file != NULL && fclose(file));
        return options_refuse(options, file_option, error, E_IO, "cannot read %s: %s", path, strerror(errno));
    }
    bool fits = about.st_size > 0 && about.st_size <= LIMIT_FILE;
    image->size = fits ? (size_t)about.st_size : 0;
    image->bytes = fits ? malloc(image->size) : NULL;
    bool whole = image->bytes != NULL && fread(image->bytes, 1, image->size, file) == image->size;
    (void)fclose(file);
    return whole ? OK
                 : options_refuse(options, file_option, error, E_IO, "%s must be a file of 1 byte to 100 MiB", path);
}

static enum status read_all(struct qualification *q, struct error *error)
{
    const char *secret = NULL;
    const struct options *options = &q->options;
    struct stand *stand = &q->stand;
    enum status status = need(options, "product-key", &stand->product_key, error);
    if (status == OK && (status = need(options, "product-secret", &secret, error)) == OK &&
        (status = need(options, "device-key", &stand->device_key, error)) == OK &&
        (status = read_image(options, "image-a", "version-a", &stand->images[0], error)) == OK) {
        status = read_image(options, "image-b", "version-b", &stand->images[1], error);
    }
    if (status == OK && (stand->images[0].bytes == NULL) != (stand->images[1].bytes == NULL)) {
        status = options_refuse(options, "image-b", error, E_FORMAT,
                                "two images are needed: the device changes between them");
    }
    if (status == OK && stand->images[0].bytes != NULL &&
        strcmp(stand->images[0].version, stand->images[1].version) == 0) {
        status = options_refuse(options, "version-b", error, E_FORMAT,
                                "must differ from --version-a: the version shows which image runs");
    }
    stand->made_up = options_flag(options, "made-up-images");
    if (status == OK && stand->made_up && stand->images[0].bytes != NULL) {
        status = options_refuse(options, "made-up-images", error, E_FORMAT, "either made-up images or real ones");
    }
    stand->patience_ms = options_number(options, "patience") * 1000;
    stand->begin_ms = instant_now();
    q->suite.stand = stand;
    q->suite.unattended = options_flag(options, "unattended");
    q->head = (struct report_head){
        .product_key = stand->product_key, .device_key = stand->device_key, .device = "never seen"};
    return status;
}

/* Downloads come from where the device's link goes to, unless somebody says otherwise. */
static void choose_http(const struct options *options, char http[LISTEN_TEXT])
{
    const char *given = options_text(options, "listen-http");
    const char *mqtt = options_text(options, "listen-mqtt");
    const char *port = strrchr(mqtt, ':');
    if (given != NULL) {
        text_copy_cut(http, LISTEN_TEXT, given);
    } else {
        (void)snprintf(http, LISTEN_TEXT, "%.*s:0", port != NULL ? (int)(port - mqtt) : 0, mqtt);
    }
}

/* The server of --url, or one of our own. */
static enum status open_server(struct qualification *q, struct error *error)
{
    const struct options *options = &q->options;
    char http[LISTEN_TEXT];
    if (options_text(options, "url") != NULL) {
        return rest_open(options, &q->stand.rest, error);
    }
    choose_http(options, http);
    enum status status = own_server_start(&q->own, options_text(options, "listen-mqtt"), http, error);
    if (status == OK) {
        status = rest_open_at(q->own.ready.http, q->own.token, NULL, &q->stand.rest, error);
        (void)printf("server: %s for the device, %s for the rest\n", q->own.ready.mqtt, q->own.ready.http);
    }
    return status;
}

/* Makes the product; one that is there already is as good when its secret is that of the device. */
static enum status make_product(struct qualification *q, struct error *error)
{
    const struct stand *stand = &q->stand;
    const char *secret = options_text(&q->options, "product-secret");
    CLEANUP(cleanup_json) json_t *product = NULL;
    enum status status =
        stand_call(stand, "GET", 200, NULL, &product, error, "/api/v1/products/%s", stand->product_key);
    if (status == E_NOT_FOUND) {
        return stand_call(stand, "POST", 201,
                          json_pack("{s:s, s:s, s:s}", "name", stand->product_key, "productKey", stand->product_key,
                                    "productSecret", secret),
                          NULL, error, "/api/v1/products");
    }
    if (status == OK && strcmp(json_text_of(product, "productSecret"), secret) != 0) {
        status = options_refuse(&q->options, "product-secret", error, E_STATE,
                                "the server knows product %s with another secret", stand->product_key);
    }
    return status;
}

static const char *word_of(const json_t *device, const char *member)
{
    const char *word = json_text_of(device, member);
    return word[0] != '\0' ? word : "unknown";
}

/* Once the device is online: what it is, and which of its components is upgraded. */
static enum status find_out(struct qualification *q, struct error *error)
{
    CLEANUP(cleanup_json) json_t *device = stand_device(&q->stand);
    CLEANUP(cleanup_buffer) struct buffer text;
    const char *component = NULL;
    json_t *version = NULL;
    buffer_init(&text, sizeof q->head.device - 1);
    buffer_append_format(&text, "%s, module %s, SDK %s, %lld bytes of flash free", word_of(device, "moduleType"),
                         word_of(device, "moduleVersion"), word_of(device, "sdkVersion"),
                         (long long)json_integer_value(json_object_get(device, "flashFree")));
    json_object_foreach(json_object_get(device, "mcuVersions"), component, version)
    {
        buffer_append_format(&text, ", %s %s", component, json_string_value(version));
    }
    text_copy_cut(q->head.device, sizeof q->head.device, buffer_text(&text));
    enum status status = stand_choose_component(&q->stand, options_text(&q->options, "component"), error);
    if (status == OK) {
        (void)printf("\ndevice: %s\nupgraded: %s\n\n", q->head.device, q->stand.component_no);
    }
    return status;
}

static enum status play_all(struct qualification *q, struct error *error)
{
    bool colour = terminal_has_colour(STDOUT_FILENO);
    enum status status = OK;
    bool known = false;
    for (size_t i = 0; status == OK && i < qualify_case_count; i++) {
        const struct qualify_case *played = &qualify_cases[i];
        if (!known && (played->needs & NEEDS_IMAGES) != 0 && q->suite.online) {
            known = true;
            status = find_out(q, error);
        }
        if (status == OK) {
            report_before(stdout, i, played, suite_obstacle(&q->suite, played) == NULL);
            suite_play(&q->suite, played, &q->results[i]);
            report_after(stdout, &q->results[i], colour);
        }
    }
    return status;
}

static enum status report(struct qualification *q, int *exit_code, struct error *error)
{
    struct report_counts counts = report_count(q->results);
    const char *junit = options_text(&q->options, "junit");
    const char *html = options_text(&q->options, "html");
    report_summary(stdout, &counts, q->results);
    *exit_code = counts.failed == 0 ? EXIT_PASSED : EXIT_FAILED;
    enum status status = junit != NULL ? report_junit(junit, &q->head, q->results, error) : OK;
    if (status == OK && html != NULL) {
        status = report_html(html, &q->head, q->results, error);
    }
    return status;
}

static int qualify(struct qualification *q, struct error *error)
{
    int exit_code = EXIT_USAGE;
    enum status status = read_all(q, error);
    if (status != OK) {
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < qualify_case_count; i++) {
        buffer_init(&q->results[i].excerpt, EXCERPT_LIMIT);
    }
    status = open_server(q, error);
    if (status == OK) {
        status = make_product(q, error);
    }
    if (status == OK) {
        status = play_all(q, error);
        exit_code = EXIT_NO_SERVER;
    } else {
        exit_code = EXIT_NO_SERVER;
    }
    if (status == OK) {
        status = report(q, &exit_code, error);
    }
    for (size_t i = 0; i < qualify_case_count; i++) {
        buffer_finish(&q->results[i].excerpt);
    }
    suite_finish(&q->suite);
    rest_close(q->stand.rest);
    own_server_stop(&q->own);
    return exit_code;
}

static int qualify_main(int argc, char **argv)
{
    static struct qualification q;
    struct error error = {0};
    int exit_code = EXIT_USAGE;
    enum status status = options_read(&q.options, qualify_options, argc, argv, &error);
    if (status == OK && q.options.wants_help) {
        command_help(stdout, &qualify_command);
        options_finish(&q.options);
        return EXIT_PASSED;
    }
    if (status == OK && (status = command_no_arguments(&q.options, &error)) == OK) {
        exit_code = qualify(&q, &error);
    }
    if (error.text[0] != '\0' && (status != OK || exit_code > EXIT_FAILED)) {
        exit_code = command_complain(&qualify_command, &error, exit_code);
    }
    free(q.stand.images[0].bytes);
    free(q.stand.images[1].bytes);
    options_finish(&q.options);
    return exit_code;
}

const struct subcommand qualify_command = {
    .name = "qualify",
    .summary = "the standard suite of tests against one device",
    .usage = "--product-key PK --product-secret PS --device-key DK [--url URL] [OPTIONS]",
    .about =
        "Plays every case of the standard suite against the device that you connect: how it authenticates, accepts "
        "plans, downloads, checks digests, gets over faults of server and network, reports. What it can find out it "
        "does not "
        "ask for: versions, components and SDK come from the device's own reports. Each case says what it is about "
        "before, "
        "and after it whether the device passed, failed (with what went over the wire) or why it does not apply.\n\n"
        "Without --url it starts a server of its own for the time it runs.\n\n"
        "A real device really changes its version: give two images that it can run, and the version of each. Without "
        "them only the connection is tried. Made-up bytes are never offered, not even to be refused, unless "
        "--made-up-images says that this device survives them.",
    .examples = "# a real board, with two releases of its firmware\n"
                "mockdc qualify --product-key p1a2b3 --product-secret ... --device-key 867123045678901 "
                "--listen-mqtt 192.0.2.7:1883 --image-a v1.bin --version-a 1_0_0 "
                "--image-b v2.bin --version-b 1_1_0 --html report.html",
    .exits = "0  no case failed\n1  at least one failed\n2  wrong command line\n3  no server, or it is of no use",
    .options = qualify_options,
    .run = qualify_main,
};
