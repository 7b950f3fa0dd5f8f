/*
 * Everything that a scenario needs before its first step.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/json.h"
#include "scenario/stage.h"

enum { UPLOAD_MS = 300000 };

/* What stands in *object, or is set to it when it does not. */
static void set_default(json_t *object, const char *name, json_t *value)
{
    if (json_object_get(object, name) != NULL) {
        json_decref(value);
    } else {
        (void)json_object_set_new(object, name, value);
    }
}

/* --- product ---------------------------------------------------------------------------------------------------- */

static enum status make_product(struct stage *stage, struct error *error)
{
    const json_t *wanted = json_object_get(stage->scenario->json, "product");
    const json_t *key = json_object_get(wanted, "productKey");
    json_t *body = wanted != NULL ? json_deep_copy(wanted) : json_object();
    CLEANUP(cleanup_json) json_t *product = NULL;
    set_default(body, "name", json_string(stage->scenario->name));
    enum status status = stage_ask(stage, "POST", 201, body, &product, error, "/api/v1/products");
    stage->has_product = status == OK;
    if (status == E_STATE && key != NULL) { /* it is there already */
        status = stage_ask(stage, "GET", 200, NULL, &product, error, "/api/v1/products/%s", json_string_value(key));
        if (status == OK &&
            !json_equal(json_object_get(product, "productSecret"), json_object_get(wanted, "productSecret"))) {
            status = error_set(error, E_STATE, "/product/productSecret", "the server's product %s has another secret",
                               json_string_value(key));
        }
    }
    if (status == OK) {
        text_copy_cut(stage->product_key, sizeof stage->product_key, json_text_of(product, "productKey"));
        text_copy_cut(stage->product_secret, sizeof stage->product_secret, json_text_of(product, "productSecret"));
    }
    return status;
}

static enum status set_clock(struct stage *stage, struct error *error)
{
    const json_t *clock = json_object_get(stage->scenario->json, "clock");
    return clock == NULL ? OK
                         : stage_ask(stage, "PUT", 200, json_deep_copy(clock), NULL, error, "/api/v1/products/%s/clock",
                                     stage->product_key);
}

/* --- packages --------------------------------------------------------------------------------------------------- */

/* A file that is mapped while it is uploaded. */
struct mapped {
    void *bytes;
    size_t size;
};

static enum status map_file(const char *folder, const char *path, struct mapped *mapped, struct rest_file *file,
                            struct error *error)
{
    CLEANUP(cleanup_free) char *full = NULL;
    struct stat found;
    if (asprintf(&full, "%s/%s", folder, path) < 0) {
        return E_NOMEM;
    }
    CLEANUP(cleanup_fd) int fd = open(full, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &found) != 0) {
        return error_set(error, E_IO, full, "%s", strerror(errno));
    }
    mapped->size = (size_t)found.st_size;
    mapped->bytes = mapped->size == 0 ? NULL : mmap(NULL, mapped->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped->bytes == MAP_FAILED) {
        mapped->bytes = NULL;
        return error_set(error, E_IO, full, "%s", strerror(errno));
    }
    const char *slash = strrchr(path, '/');
    *file = (struct rest_file){
        .name = slash != NULL ? slash + 1 : path, .bytes = mapped->bytes, .size = (int64_t)mapped->size};
    return OK;
}

static enum status open_file(const struct stage *stage, const json_t *entry, struct mapped *mapped,
                             struct rest_file *file, struct error *error)
{
    const json_t *path = json_object_get(entry, "path");
    if (path != NULL) {
        return map_file(stage->scenario->folder, json_string_value(path), mapped, file, error);
    }
    *file = (struct rest_file){.name = json_text_of(entry, "name"),
                               .size = json_integer_value(json_object_get(entry, "size")),
                               .seed = (uint64_t)json_integer_value(json_object_get(entry, "seed"))};
    return OK;
}

static enum status upload(struct stage *stage, const json_t *package, struct error *error)
{
    static const char path[] = "/api/v1/packages";
    struct mapped mapped[LIMIT_PACKAGE_FILES] = {{0}};
    struct rest_file files[LIMIT_PACKAGE_FILES];
    CLEANUP(cleanup_json) json_t *body = json_deep_copy(package);
    CLEANUP(cleanup_json) json_t *answer = NULL;
    const json_t *entries = json_object_get(package, "files");
    size_t count = json_array_size(entries);
    long http_status = 0;
    enum status status = OK;
    for (size_t i = 0; status == OK && i < count; i++) {
        status = open_file(stage, json_array_get(entries, i), &mapped[i], &files[i], error);
    }
    (void)json_object_del(body, "files");
    (void)json_object_set_new(body, "productKey", json_string(stage->product_key));
    set_default(body, "packageType", json_string("full"));
    if (status == OK) {
        status = rest_upload(stage->rest, path, "package", body, files, count, UPLOAD_MS, &http_status, &answer, error);
    }
    if (status == OK && http_status != 201) {
        status = rest_refuse(path, 201, http_status, answer, error);
    }
    if (status == OK) {
        (void)json_object_set(stage->packages, json_text_of(package, "name"), json_object_get(answer, "id"));
    }
    for (size_t i = 0; i < count; i++) {
        if (mapped[i].bytes != NULL) {
            (void)munmap(mapped[i].bytes, mapped[i].size);
        }
    }
    return status;
}

/* --- plans ------------------------------------------------------------------------------------------------------ */

static json_t *plan_body(const struct stage *stage, const json_t *plan)
{
    json_t *body = json_deep_copy(plan);
    size_t i = 0;
    json_t *component = NULL;
    (void)json_object_del(body, "activate");
    (void)json_object_set_new(body, "productKey", json_string(stage->product_key));
    set_default(body, "mode", json_string("silent"));
    set_default(body, "timeZone", json_string("Etc/UTC"));
    json_array_foreach(json_object_get(body, "components"), i, component)
    {
        const char *name = json_text_of(component, "package");
        const json_t *package = scenario_named(stage->scenario->json, "packages", name);
        set_default(component, "name", json_string(json_text_of(component, "componentNo")));
        set_default(component, "componentType", json_string(json_text_of(package, "componentType")));
        set_default(component, "sequence", json_integer((json_int_t)i + 1));
        (void)json_object_set_new(component, "packageId", json_integer(stage_package(stage, name)));
        (void)json_object_del(component, "package");
    }
    return body;
}

static enum status make_plans(struct stage *stage, struct error *error)
{
    enum status status = OK;
    size_t i = 0;
    const json_t *plan = NULL;
    json_array_foreach(json_object_get(stage->scenario->json, "plans"), i, plan)
    {
        CLEANUP(cleanup_json) json_t *answer = NULL;
        status = stage_ask(stage, "POST", 201, plan_body(stage, plan), &answer, error, "/api/v1/plans");
        if (status != OK) {
            return status;
        }
        (void)json_object_set(stage->plans, json_text_of(plan, "name"), json_object_get(answer, "id"));
    }
    return status;
}

static enum status activate_plans(struct stage *stage, struct error *error)
{
    enum status status = OK;
    size_t i = 0;
    const json_t *plan = NULL;
    json_array_foreach(json_object_get(stage->scenario->json, "plans"), i, plan)
    {
        if (status == OK && !json_is_false(json_object_get(plan, "activate"))) {
            status = stage_ask(stage, "POST", 200, NULL, NULL, error, "/api/v1/plans/%lld/activate",
                               stage_plan(stage, json_text_of(plan, "name")));
        }
    }
    return status;
}

/* --- devices ---------------------------------------------------------------------------------------------------- */

/* A device that the server knows can be awaited before it has come. One that is known already is as good. */
static enum status register_devices(struct stage *stage, struct error *error)
{
    for (size_t i = 0; i < stage->actor_count; i++) {
        char key[LIMIT_DEVICE_KEY + 1];
        const json_t *device = stage->actors[i].device;
        const json_t *secret = json_object_get(json_object_get(device, "virtual"), "deviceSecret");
        for (size_t k = 0; stage_key(device, k, key); k++) {
            json_t *body = json_pack("{s:s}", "deviceKey", key);
            if (secret != NULL) {
                (void)json_object_set(body, "deviceSecret", (json_t *)(uintptr_t)secret);
            }
            enum status status =
                stage_ask(stage, "POST", 201, body, NULL, error, "/api/v1/products/%s/devices", stage->product_key);
            if (status != OK && stage_ask(stage, "GET", 200, NULL, NULL, error, "/api/v1/products/%s/devices/%s",
                                          stage->product_key, key) != OK) {
                return status;
            }
        }
    }
    return OK;
}

static bool is_started_by_a_step(const struct stage *stage, const char *device_key)
{
    size_t i = 0;
    const json_t *step = NULL;
    json_array_foreach(json_object_get(stage->scenario->json, "steps"), i, step)
    {
        if (strcmp(json_text_of(step, "start"), device_key) == 0) {
            return true;
        }
    }
    return false;
}

static enum status start_devices(struct stage *stage, struct error *error)
{
    enum status status = OK;
    for (size_t i = 0; status == OK && i < stage->actor_count; i++) {
        struct actor *actor = &stage->actors[i];
        if (!actor->real && !is_started_by_a_step(stage, actor->key)) {
            status = stage_start(stage, actor, error);
        }
    }
    return status;
}

static enum status arm_faults(struct stage *stage, struct error *error)
{
    enum status status = OK;
    size_t i = 0;
    const json_t *fault = NULL;
    json_array_foreach(json_object_get(stage->scenario->json, "faults"), i, fault)
    {
        status = status == OK ? stage_arm(stage, fault, error) : status;
    }
    return status;
}

enum status stage_set_up(struct stage *stage, struct error *error)
{
    enum status status = make_product(stage, error);
    if (status == OK) {
        status = set_clock(stage, error);
    }
    size_t i = 0;
    const json_t *package = NULL;
    json_array_foreach(json_object_get(stage->scenario->json, "packages"), i, package)
    {
        status = status == OK ? upload(stage, package, error) : status;
    }
    if (status == OK && (status = make_plans(stage, error)) == OK && (status = register_devices(stage, error)) == OK) {
        status = activate_plans(stage, error);
    }
    if (status == OK) {
        transcript_say(stage->transcript, "product %s: packages %zu, plans %zu, devices %zu", stage->product_key,
                       json_object_size(stage->packages), json_object_size(stage->plans), stage->actor_count);
        status = arm_faults(stage, error);
    }
    return status == OK ? start_devices(stage, error) : status;
}
