#include "http/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/catalog.h"
#include "app/exchange.h"
#include "base/cleanup.h"
#include "base/pattern.h"
#include "crypto/base64.h"
#include "http/inner.h"
#include "http/router.h"

enum { PLACE = 96 };

static void free_json(json_t **json)
{
    json_decref(*json);
}

/* One import; the first failure sticks. */
struct seeding {
    const struct api *api;
    const char *folder; /* NULL: there is none */
    bool strict;        /* what exists is an error */
    struct fixture_counts *counts;
    struct error *error;
    enum status status;
};

static void fail(struct seeding *import, enum status status, const char *place, const char *pointer, const char *detail)
{
    if (import->status == OK) {
        import->status = error_set(import->error, status, "seed", "%s%s: %s", place, pointer, detail);
    }
}

/* Counts what the answer says, or fails with its first violation. True: it was created. */
static bool take_answer(struct seeding *import, struct answer *answer, const char *place, int64_t *created)
{
    CLEANUP(free_json) json_t *body = answer->body == NULL ? NULL : json_loadb(answer->body, answer->length, 0, NULL);
    const char *type = json_string_value(json_object_get(body, "type"));
    if (answer->http_status == 201) {
        *created += 1;
        return true;
    }
    if (type != NULL && strcmp(type, "urn:mockdc:problem:duplicate") == 0 && !import->strict) {
        import->counts->kept++;
        return false;
    }
    const json_t *first = json_array_get(json_object_get(body, "errors"), 0);
    const char *pointer = json_string_value(json_object_get(first, "pointer"));
    const char *detail = json_string_value(json_object_get(first, "detail"));
    const char *general = json_string_value(json_object_get(body, "detail"));
    const char *title = json_string_value(json_object_get(body, "title"));
    fail(import, answer->http_status == 409 && import->strict ? E_EXISTS : E_RULE, place,
         pointer == NULL ? "" : pointer,
         detail != NULL    ? detail
         : general != NULL ? general
         : title != NULL   ? title
                           : "cannot be stored");
    return false;
}

static bool post(struct seeding *import, const char *path, const json_t *body, const char *place, int64_t *created)
{
    struct answer answer;
    enum status status = inner_call(import->api, METHOD_POST, path, body, &answer);
    if (status != OK) {
        fail(import, status, place, "", status_text(status));
        return false;
    }
    bool made = take_answer(import, &answer, place, created);
    answer_finish(&answer);
    return made;
}

/* A copy of the object without `name`; NULL and failed when it is no object. */
static json_t *without(struct seeding *import, const json_t *object, const char *name, const char *place)
{
    json_t *copy = json_is_object(object) ? json_copy((json_t *)(uintptr_t)object) : NULL;
    if (copy == NULL) {
        fail(import, E_FORMAT, place, "", "must be an object");
        return NULL;
    }
    (void)json_object_del(copy, name);
    return copy;
}

/* --- products --------------------------------------------------------------------------------------------------- */

static void import_product(struct seeding *import, const json_t *product, const char *place)
{
    CLEANUP(free_json) json_t *body = without(import, product, "devices", place);
    if (body == NULL) {
        return;
    }
    const json_t *devices = json_object_get(product, "devices");
    const char *key = json_string_value(json_object_get(product, "productKey"));
    if (devices != NULL && key == NULL) {
        fail(import, E_RULE, place, "/productKey", "is needed where there are devices");
        return;
    }
    (void)post(import, "/api/v1/products", body, place, &import->counts->products);
    size_t i;
    const json_t *device;
    json_array_foreach(devices, i, device)
    {
        char path[LIMIT_PRODUCT_KEY + 64];
        char inner[PLACE + 32];
        if (import->status != OK) {
            return;
        }
        (void)snprintf(path, sizeof path, "/api/v1/products/%.*s/devices", LIMIT_PRODUCT_KEY, key);
        (void)snprintf(inner, sizeof inner, "%s/devices/%zu", place, i);
        (void)post(import, path, device, inner, &import->counts->devices);
    }
}

/* --- packages --------------------------------------------------------------------------------------------------- */

/* One file of a package: from the folder, or made up. */
struct source {
    int fd;         /* -1: made up, or content */
    uint8_t *bytes; /* owned: content; NULL: made up */
    int64_t size;
    uint64_t seed;
    int64_t at;
};

static long read_source(void *context, void *bytes, size_t capacity)
{
    struct source *source = context;
    if (source->fd >= 0) {
        return read(source->fd, bytes, capacity);
    }
    int64_t left = source->size - source->at;
    size_t count = left < (int64_t)capacity ? (size_t)left : capacity;
    if (source->bytes != NULL) {
        memcpy(bytes, source->bytes + source->at, count);
    } else {
        pattern_fill(source->seed, source->at, bytes, count);
    }
    source->at += (int64_t)count;
    return (long)count;
}

static const char *open_path(const struct seeding *import, const char *path, struct source *source)
{
    CLEANUP(cleanup_free) char *full = NULL;
    if (import->folder == NULL) {
        return "only a fixture in a folder has files by path; send {\"name\", \"content\": base64}";
    }
    if (path[0] == '/' || strstr(path, "..") != NULL) {
        return "must stay in the folder of the fixture";
    }
    if (asprintf(&full, "%s/%s", import->folder, path) < 0) {
        return status_text(E_NOMEM);
    }
    source->fd = open(full, O_RDONLY | O_CLOEXEC);
    return source->fd < 0 ? strerror(errno) : NULL;
}

static void check_name(struct seeding *import, const char *name, const char *place)
{
    if (strlen(name) > LIMIT_FILE_NAME || strpbrk(name, "\"\r\n") != NULL) {
        fail(import, E_RULE, place, "", "no file has such a name");
    }
}

static void open_content(struct seeding *import, const json_t *entry, const char *place, struct source *source,
                         struct inner_file *file)
{
    const char *name = NULL;
    const char *content = NULL;
    size_t length = 0;
    size_t count = 0;
    json_error_t wrong;
    if (json_unpack_ex((json_t *)(uintptr_t)entry, &wrong, JSON_STRICT, "{s:s, s:s%}", "name", &name, "content",
                       &content, &length) != 0) {
        fail(import, E_FORMAT, place, "", "must be {\"name\", \"content\"}");
        return;
    }
    source->bytes = malloc(length + 1);
    if (source->bytes == NULL) {
        fail(import, E_NOMEM, place, "", status_text(E_NOMEM));
    } else if (base64_decode(content, length, source->bytes, &count) != OK || count > LIMIT_FILE) {
        fail(import, E_RULE, place, "/content", "must be base64 of at most 100 MiB");
    }
    source->size = (int64_t)count;
    *file = (struct inner_file){.name = name, .read = read_source, .context = source};
    check_name(import, name, place);
}

/* Fills in source and file, or fails. */
static void open_source(struct seeding *import, const json_t *entry, const char *place, struct source *source,
                        struct inner_file *file)
{
    const char *path = NULL;
    const char *name = NULL;
    json_int_t size = -1;
    json_int_t seed = 0;
    json_error_t wrong;
    if (json_object_get(entry, "content") != NULL) {
        open_content(import, entry, place, source, file);
        return;
    }
    bool by_path = json_unpack_ex((json_t *)(uintptr_t)entry, &wrong, JSON_STRICT, "{s:s}", "path", &path) == 0;
    if (!by_path && json_unpack_ex((json_t *)(uintptr_t)entry, &wrong, JSON_STRICT, "{s:s, s:I, s?:I}", "name", &name,
                                   "size", &size, "seed", &seed) != 0) {
        fail(import, E_FORMAT, place, "",
             "must be {\"path\"}, {\"name\", \"size\", \"seed\"} or {\"name\", \"content\"}");
        return;
    }
    const char *reason = by_path ? open_path(import, path, source) : NULL;
    if (reason != NULL || (!by_path && (size < 0 || size > LIMIT_FILE))) {
        fail(import, E_RULE, place, by_path ? "/path" : "/size", reason != NULL ? reason : "must be 0 to 104857600");
        return;
    }
    source->size = size;
    source->seed = (uint64_t)seed;
    const char *slash = by_path ? strrchr(path, '/') : NULL;
    *file = (struct inner_file){
        .name = slash != NULL ? slash + 1 : (by_path ? path : name), .read = read_source, .context = source};
    check_name(import, file->name, place);
}

static void upload(struct seeding *import, const json_t *package, const struct inner_file *files, size_t count,
                   const char *place)
{
    struct answer answer;
    enum status status = inner_upload(import->api, package, files, count, &answer);
    if (status != OK) {
        fail(import, status, place, "", status_text(status));
        return;
    }
    (void)take_answer(import, &answer, place, &import->counts->packages);
    answer_finish(&answer);
}

static void import_package(struct seeding *import, const json_t *package, const char *place)
{
    struct source sources[LIMIT_PACKAGE_FILES];
    struct inner_file files[LIMIT_PACKAGE_FILES];
    CLEANUP(free_json) json_t *body = without(import, package, "files", place);
    const json_t *entries = json_object_get(package, "files");
    size_t count = json_array_size(entries);
    if (body != NULL && (count == 0 || count > LIMIT_PACKAGE_FILES)) {
        fail(import, E_RULE, place, "/files", "must be 1 to 5 files");
    }
    size_t opened = 0;
    while (import->status == OK && opened < count) {
        char inner[PLACE + 32];
        (void)snprintf(inner, sizeof inner, "%s/files/%zu", place, opened);
        sources[opened] = (struct source){.fd = -1};
        open_source(import, json_array_get(entries, opened), inner, &sources[opened], &files[opened]);
        opened++;
    }
    if (import->status == OK) {
        upload(import, body, files, count, place);
    }
    for (size_t i = 0; i < opened; i++) {
        if (sources[i].fd >= 0) {
            (void)close(sources[i].fd);
        }
        free(sources[i].bytes);
    }
}

/* --- plans ------------------------------------------------------------------------------------------------------ */

struct search {
    const char *name;
    int64_t id;
};

static void look_at(void *context, const struct package *package)
{
    struct search *search = context;
    if (strcmp(package->name, search->name) == 0) {
        search->id = package->id;
    }
}

/* Replaces the component's "package" by the id of the package with this name. */
static void resolve(struct seeding *import, json_t *component, const char *product_key, const char *place)
{
    struct search search = {.name = json_string_value(json_object_get(component, "package"))};
    if (search.name == NULL || product_key == NULL) {
        fail(import, E_FORMAT, place, "/package", "must name a package of the plan's product");
        return;
    }
    struct page page = {.limit = LIMIT_PAGE, .query = search.name};
    bool more = false;
    enum status status = app_packages_list(import->api->app, product_key, &page, look_at, &search, &more);
    if (status != OK || search.id == 0) {
        fail(import, E_RULE, place, "/package", "the product has no package with this name");
        return;
    }
    (void)json_object_del(component, "package");
    (void)json_object_set_new(component, "packageId", json_integer(search.id));
}

static void activate(struct seeding *import, struct answer *answer, const char *place)
{
    char path[ANSWER_LOCATION + 16];
    struct answer activated;
    (void)snprintf(path, sizeof path, "%s/activate", answer->location);
    enum status status = inner_call(import->api, METHOD_POST, path, NULL, &activated);
    if (status != OK || activated.http_status != 200) {
        fail(import, E_RULE, place, "/activate", "the plan cannot be activated");
    }
    if (status == OK) {
        answer_finish(&activated);
    }
}

static void import_plan(struct seeding *import, const json_t *plan, const char *place)
{
    CLEANUP(free_json) json_t *shallow = without(import, plan, "activate", place);
    CLEANUP(free_json) json_t *body = shallow == NULL ? NULL : json_deep_copy(shallow);
    const json_t *wish = json_object_get(plan, "activate");
    if (body != NULL && wish != NULL && !json_is_boolean(wish)) {
        fail(import, E_FORMAT, place, "/activate", "must be true or false");
    }
    const char *product_key = json_string_value(json_object_get(body, "productKey"));
    size_t i;
    json_t *component;
    json_array_foreach(json_object_get(body, "components"), i, component)
    {
        char inner[PLACE + 32];
        (void)snprintf(inner, sizeof inner, "%s/components/%zu", place, i);
        resolve(import, component, product_key, inner);
    }
    struct answer answer;
    enum status status =
        import->status == OK ? inner_call(import->api, METHOD_POST, "/api/v1/plans", body, &answer) : import->status;
    if (status != OK) {
        fail(import, status, place, "", status_text(status));
        return;
    }
    if (take_answer(import, &answer, place, &import->counts->plans) && json_is_true(wish)) {
        activate(import, &answer, place);
    }
    answer_finish(&answer);
}

/* --- the document ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*import)(struct seeding *import, const json_t *item, const char *place);
} parts[] = {{"products", import_product}, {"packages", import_package}, {"plans", import_plan}};
enum { PARTS = sizeof parts / sizeof parts[0] };

static void check_members(struct seeding *import, const json_t *document)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)document, name, value)
    {
        size_t i = 0;
        while (i < PARTS && strcmp(parts[i].name, name) != 0) {
            i++;
        }
        char place[PLACE];
        (void)snprintf(place, sizeof place, "/%.64s", name);
        if (i == PARTS) {
            fail(import, E_FORMAT, place, "", "unknown member; products, packages, plans are known");
        } else if (!json_is_array(value)) {
            fail(import, E_FORMAT, place, "", "must be an array");
        }
    }
}

static void import_parts(struct seeding *import, const json_t *document)
{
    if (!json_is_object(document)) {
        fail(import, E_FORMAT, "/", "", "must be an object with products, packages, plans");
        return;
    }
    check_members(import, document);
    for (size_t part = 0; part < PARTS; part++) {
        size_t i;
        const json_t *item;
        json_array_foreach(json_object_get(document, parts[part].name), i, item)
        {
            char place[PLACE];
            (void)snprintf(place, sizeof place, "/%s/%zu", parts[part].name, i);
            if (import->status == OK) {
                parts[part].import(import, item, place);
            }
        }
    }
}

enum status fixture_import(const struct api *api, const json_t *document, const char *folder,
                           struct fixture_counts *counts, struct error *error)
{
    struct seeding import = {.api = api, .folder = folder, .counts = counts, .error = error, .status = OK};
    import_parts(&import, document);
    return import.status;
}

/* "/plans/0/timeZone: is unknown" */
static void name_error(const struct error *error, struct violations *violations)
{
    const char *end = strstr(error->text, ": ");
    bool whole = strncmp(error->text, "/: ", 3) == 0;
    if (end == NULL) {
        violation_add(violations, error->text, "%s", "");
    } else {
        violation_add(violations, end + 2, "%.*s", whole ? 0 : (int)(end - error->text), error->text);
    }
}

/* Keys of the products that the fixture makes; owned. */
static const char **product_keys(const json_t *document, size_t *count)
{
    const json_t *products = json_object_get(document, "products");
    const char **keys = calloc(json_array_size(products) + 1, sizeof *keys);
    size_t i;
    const json_t *product;
    *count = 0;
    json_array_foreach(products, i, product)
    {
        const char *key = json_string_value(json_object_get(product, "productKey"));
        if (keys != NULL) {
            keys[(*count)++] = key == NULL ? "" : key;
        }
    }
    return keys;
}

enum status fixture_import_whole(const struct api *api, const json_t *document, bool replace,
                                 struct fixture_counts *counts, struct violations *violations)
{
    struct error error = {0};
    struct replacing *replacing = NULL;
    struct seeding import = {.api = api, .counts = counts, .error = &error, .status = OK, .strict = true};
    size_t count = 0;
    const char **keys = product_keys(document, &count);
    enum status status =
        keys == NULL ? E_NOMEM : app_replace_begin(api->app, keys, count, replace, violations, &replacing);
    free(keys);
    if (status != OK) {
        return status;
    }
    import_parts(&import, document);
    if (import.status != OK) {
        name_error(&error, violations);
    }
    return app_replace_end(api->app, replacing, import.status);
}
