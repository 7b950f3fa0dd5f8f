#include "cli/state_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/rest.h"
#include "crypto/base64.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, CALL_MS = 120000 };

#define EXITS                                                                                                          \
    "0  done\n1  the server refused, or nobody answers\n2  wrong command line, or a file that cannot be read or "      \
    "written"

/* Runs `act` with an open client; what all three have in common. */
typedef enum status client_act(const struct options *options, struct rest *rest, struct error *error);

static int run_client(const struct subcommand *command, size_t arguments, client_act *act, int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    struct rest *rest = NULL;
    enum status status = options_read(&options, command->options, argc, argv, &error);
    int code = EXIT_DONE;
    if (status == OK && options.wants_help) {
        command_help(stdout, command);
    } else {
        if (status == OK && options.argument_count != arguments) {
            status =
                error_set(&error, E_FORMAT, "", "%s", arguments == 0 ? "it takes no arguments" : "it takes one file");
        }
        if (status == OK) {
            status = rest_open(&options, &rest, &error);
        }
        if (status == OK) {
            status = act(&options, rest, &error);
        }
        if (status != OK) {
            bool usage = status == E_FORMAT || status == E_IO;
            code = command_complain(command, &error, usage ? EXIT_USAGE : EXIT_REFUSED);
        }
    }
    rest_close(rest);
    options_finish(&options);
    return code;
}

static void print_counts(const json_t *counts, const char *verb)
{
    const char *name;
    json_t *value;
    bool any = false;
    (void)printf("%s", verb);
    json_object_foreach((json_t *)(uintptr_t)counts, name, value)
    {
        if (json_integer_value(value) > 0) {
            (void)printf("%s %lld %s", any ? "," : "", (long long)json_integer_value(value), name);
            any = true;
        }
    }
    (void)printf("%s\n", any ? "" : " nothing");
}

static void free_json(json_t **json)
{
    json_decref(*json);
}

/* --- reset ------------------------------------------------------------------------------------------------------ */

static const struct option reset_options[] = {
    {.kind = OPTION_TEXT,
     .name = "product-key",
     .argument = "PK",
     .no_environment = true,
     .help = "Reset this product only; it keeps its keys."},
    {.kind = OPTION_TEXT,
     .name = "keep",
     .argument = "WORDS",
     .no_environment = true,
     .help = "What stays when all is reset: some of products, packages, faults, with commas between."},
    REST_OPTIONS,
    {0}};

static json_t *keep_json(const char *words)
{
    json_t *keep = json_array();
    for (const char *at = words; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ",");
        (void)json_array_append_new(keep, json_stringn(at, length));
        at += length + (at[length] == ',' ? 1 : 0);
    }
    return json_pack("{s:o}", "keep", keep);
}

static enum status reset(const struct options *options, struct rest *rest, struct error *error)
{
    CLEANUP(free_json) json_t *answer = NULL;
    CLEANUP(cleanup_buffer) struct buffer path = {.limit = 512};
    const char *product = options_text(options, "product-key");
    const char *keep = options_text(options, "keep");
    if (product != NULL && keep != NULL) {
        return options_refuse(options, "keep", error, E_FORMAT, "says nothing with --product-key");
    }
    if (product != NULL) {
        buffer_append_text(&path, "/api/v1/products/");
        rest_append_escaped(&path, product);
        buffer_append_text(&path, "/reset");
    } else {
        buffer_append_text(&path, "/api/v1/reset");
    }
    enum status status = rest_ask(rest, "POST", 200, product != NULL ? NULL : keep_json(keep), &answer, CALL_MS, error,
                                  "%s", buffer_text(&path));
    if (status == OK) {
        print_counts(answer, "removed:");
    }
    return status;
}

static int reset_main(int argc, char **argv)
{
    return run_client(&cli_reset_command, 0, reset, argc, argv);
}

const struct subcommand cli_reset_command = {
    .name = "reset",
    .summary = "forget everything of a product, or of the server",
    .usage = "[--product-key PK] [--keep WORDS] [--url URL]",
    .about = "Devices, packages, plans, logs, faults, journal and clocks go; links of devices are cut, and each device "
             "is made anew when it comes back. A product that is reset keeps its keys and its snapshots.",
    .examples = "# between two tests of the same product\nmockdc reset --product-key p1a2b3\n\n"
                "# all but what was uploaded\nmockdc reset --keep packages",
    .exits = EXITS,
    .options = reset_options,
    .run = reset_main,
};

/* --- export ----------------------------------------------------------------------------------------------------- */

static const struct option export_options[] = {{.kind = OPTION_TEXT,
                                                .name = "product-key",
                                                .argument = "PK",
                                                .no_environment = true,
                                                .help = "This product only; without it all of them."},
                                               {.kind = OPTION_TEXT,
                                                .name = "output",
                                                .argument = "FILE",
                                                .no_environment = true,
                                                .help = "Where the document goes. Default: standard output."},
                                               {.kind = OPTION_CHOICE,
                                                .name = "files",
                                                .argument = "content|none",
                                                .value = "content",
                                                .no_environment = true,
                                                .help = "none leaves the contents of files out."},
                                               REST_OPTIONS,
                                               {0}};

static enum status export_to(const struct options *options, struct rest *rest, FILE *to, struct error *error)
{
    CLEANUP(cleanup_buffer) struct buffer path = {.limit = 512};
    const char *product = options_text(options, "product-key");
    buffer_append_format(&path, "/api/v1/export?files=%s", options_text(options, "files"));
    if (product != NULL) {
        buffer_append_text(&path, "&productKey=");
        rest_append_escaped(&path, product);
    }
    return rest_fetch(rest, buffer_text(&path), to, CALL_MS, error);
}

/* A file appears whole or not at all. */
static enum status export_state(const struct options *options, struct rest *rest, struct error *error)
{
    CLEANUP(cleanup_free) char *part = NULL;
    const char *output = options_text(options, "output");
    if (output == NULL) {
        enum status status = export_to(options, rest, stdout, error);
        return status == OK && fflush(stdout) != 0 ? error_set(error, E_IO, "standard output", "%s", strerror(errno))
                                                   : status;
    }
    if (asprintf(&part, "%s.part", output) < 0) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600); /* it holds secrets */
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        return error_set(error, E_IO, part, "%s", strerror(errno));
    }
    enum status status = export_to(options, rest, file, error);
    if (fclose(file) != 0 && status == OK) {
        status = error_set(error, E_IO, part, "%s", strerror(errno));
    }
    if (status == OK && rename(part, output) != 0) {
        status = error_set(error, E_IO, output, "%s", strerror(errno));
    }
    if (status != OK) {
        (void)unlink(part);
    }
    return status;
}

static int export_main(int argc, char **argv)
{
    return run_client(&cli_export_command, 0, export_state, argc, argv);
}

const struct subcommand cli_export_command = {
    .name = "export",
    .summary = "write the whole state of a product, or of all, to a file",
    .usage = "[--product-key PK] [--output FILE] [--files content|none] [--url URL]",
    .about = "One JSON document: products and devices with their secrets, packages with their files, plans, progress, "
             "upgrade logs, verifications, clocks, faults. 'mockdc import' takes it.",
    .examples = "# keep the state that a test found\nmockdc export --product-key p1a2b3 --output state.json",
    .exits = EXITS,
    .options = export_options,
    .run = export_main,
};

/* --- import ----------------------------------------------------------------------------------------------------- */

static const struct option import_options[] = {
    {.kind = OPTION_FLAG,
     .name = "replace",
     .no_environment = true,
     .help = "Products of the document that exist are removed first; otherwise they are refused."},
    REST_OPTIONS,
    {0}};

/* A file in memory. */
struct mapped {
    char *bytes;
    size_t size;
};

static void unmap(struct mapped *mapped)
{
    if (mapped->bytes != NULL) {
        (void)munmap(mapped->bytes, mapped->size);
    }
}

static enum status map_file(const char *path, struct mapped *mapped, struct error *error)
{
    struct stat about;
    CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        return error_set(error, E_IO, path, "%s", strerror(errno));
    }
    if (!S_ISREG(about.st_mode) || about.st_size == 0) {
        return error_set(error, E_IO, path, "is empty, or no file");
    }
    mapped->size = (size_t)about.st_size;
    mapped->bytes = mmap(NULL, mapped->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped->bytes == MAP_FAILED) {
        mapped->bytes = NULL;
        return error_set(error, E_IO, path, "%s", strerror(errno));
    }
    return OK;
}

/* {"path": "x/fw.bin"} -> {"name": "fw.bin", "content": base64} */
static enum status inline_file(json_t *entry, const char *folder, struct error *error)
{
    const char *path = json_string_value(json_object_get(entry, "path"));
    CLEANUP(cleanup_free) char *full = NULL;
    CLEANUP(cleanup_free) char *text = NULL;
    CLEANUP(unmap) struct mapped mapped = {0};
    if (path == NULL) {
        return OK;
    }
    if (path[0] == '/' || strstr(path, "..") != NULL) {
        return error_set(error, E_FORMAT, path, "must stay in the folder of the fixture");
    }
    if (asprintf(&full, "%s/%s", folder, path) < 0) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    enum status status = map_file(full, &mapped, error);
    if (status != OK) {
        return status;
    }
    size_t length = base64_length(mapped.size);
    text = malloc(length + 1);
    if (text == NULL) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    base64_encode((const uint8_t *)mapped.bytes, mapped.size, text);
    const char *slash = strrchr(path, '/');
    json_t *name = json_string(slash == NULL ? path : slash + 1);
    (void)json_object_set_new(entry, "name", name);
    (void)json_object_set_new(entry, "content", json_stringn(text, length));
    (void)json_object_del(entry, "path");
    return OK;
}

/* Files of a fixture that lie beside it go along in it. */
static enum status inline_files(json_t *fixture, const char *folder, struct error *error)
{
    size_t i;
    size_t k;
    json_t *package;
    json_t *entry;
    json_array_foreach(json_object_get(fixture, "packages"), i, package)
    {
        json_t *files = json_object_get(package, "files");
        json_array_foreach(files, k, entry)
        {
            enum status status = inline_file(entry, folder, error);
            if (status != OK) {
                return status;
            }
        }
    }
    return OK;
}

static enum status send(const struct options *options, struct rest *rest, const char *text, size_t size,
                        struct error *error)
{
    CLEANUP(free_json) json_t *answer = NULL;
    const char *path = options_flag(options, "replace") ? "/api/v1/import?replace=true" : "/api/v1/import";
    long code = 0;
    enum status status = rest_send(rest, path, text, size, CALL_MS, &code, &answer, error);
    if (status == OK && code != 200) {
        status = rest_refuse(path, 200, code, answer, error);
    }
    if (status == OK) {
        print_counts(answer, "imported:");
    }
    return status;
}

static enum status import_file(const struct options *options, struct rest *rest, struct error *error)
{
    CLEANUP(unmap) struct mapped mapped = {0};
    CLEANUP(free_json) json_t *json = NULL;
    CLEANUP(cleanup_free) char *folder = NULL;
    CLEANUP(cleanup_free) char *text = NULL;
    const char *path = options->arguments[0];
    json_error_t wrong;
    enum status status = map_file(path, &mapped, error);
    if (status != OK) {
        return status;
    }
    json = json_loadb(mapped.bytes, mapped.size, JSON_REJECT_DUPLICATES, &wrong);
    if (json == NULL) {
        return error_set(error, E_FORMAT, path, "line %d, column %d: %s", wrong.line, wrong.column, wrong.text);
    }
    if (json_object_get(json, "format") != NULL) { /* an export is whole: it goes as it is */
        return send(options, rest, mapped.bytes, mapped.size, error);
    }
    const char *slash = strrchr(path, '/');
    folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path));
    if (folder == NULL) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    status = inline_files(json, folder, error);
    if (status == OK && (text = json_dumps(json, JSON_COMPACT)) == NULL) {
        status = error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    return status == OK && text != NULL ? send(options, rest, text, strlen(text), error) : status;
}

static int import_main(int argc, char **argv)
{
    return run_client(&cli_import_command, 1, import_file, argc, argv);
}

const struct subcommand cli_import_command = {
    .name = "import",
    .summary = "load an export or a fixture into a server",
    .usage = "[--replace] [--url URL] FILE",
    .about = "Takes what 'mockdc export' wrote, and fixtures as for 'mockdc serve --seed', whose files may lie beside "
             "them ('path'). All or nothing: what is wrong is named, and then nothing has changed.",
    .examples = "# back to the state that was kept\nmockdc import --replace state.json\n\n"
                "# a fixture into a server that runs\nmockdc import fixtures/demo/demo.json",
    .exits = EXITS,
    .options = import_options,
    .run = import_main,
};
