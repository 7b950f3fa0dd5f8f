#include "http/packages_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "http/json_value.h"

static json_t *files_json(const struct package *package, const struct package_check *check)
{
    json_t *files = json_array();
    for (size_t i = 0; i < package->file_count; i++) {
        const struct package_file *file = &package->files[i];
        bool damaged = check != NULL && i < check->count && !check->files[i].intact;
        (void)json_array_append_new(files,
                                    json_pack("{s:i, s:s, s:I, s:s, s:s, s:s, s:b}", "index", file->index, "name",
                                              file->name, "size", (json_int_t)file->size, "md5", file->md5, "sha256",
                                              file->sha256, "crc32", file->crc32, "damaged", damaged));
    }
    return files;
}

json_t *package_json(const struct package *package, const struct package_check *check)
{
    json_t *sources = json_array();
    for (size_t i = 0; i < package->source_count; i++) {
        (void)json_array_append_new(sources, json_string(package->sources[i]));
    }
    return json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:b, s:o, s:o}", "id", (json_int_t)package->id, "name",
        package->name, "productKey", package->product_key, "componentType",
        component_type_name(package->component_type), "packageType", package_type_name(package->package_type),
        "sourceVersions", sources, "targetVersion", package->target_version, "remarks", package->remarks, "createdAt",
        json_instant(package->created_at), "revoked", package->revoked, "checkedAt",
        check == NULL ? json_null() : json_instant(check->checked_at), "files", files_json(package, check));
}

json_t *package_check_json(const struct package_check *check)
{
    json_t *files = json_array();
    bool intact = true;
    for (size_t i = 0; i < check->count; i++) {
        const struct file_check *file = &check->files[i];
        intact &= file->intact;
        (void)json_array_append_new(files, json_pack("{s:i, s:s, s:b, s:o}", "index", file->index, "name", file->name,
                                                     "intact", file->intact, "detail", json_maybe_text(file->detail)));
    }
    return json_pack("{s:b, s:o, s:o}", "intact", intact, "checkedAt", json_instant(check->checked_at), "files", files);
}

static enum status read_sources(struct package *package, const json_t *sources, struct verdict *verdict)
{
    size_t count = json_array_size(sources);
    if (count > LIMIT_SOURCE_VERSIONS) {
        violation_add(&verdict->broken, "must be at most 100 versions", "/sourceVersions");
        return OK;
    }
    if (count == 0) {
        return OK;
    }
    package->sources = calloc(count, sizeof *package->sources);
    if (package->sources == NULL) {
        return E_NOMEM;
    }
    package->source_count = count;
    for (size_t i = 0; i < count; i++) {
        const char *version = json_string_value(json_array_get(sources, i));
        if (version == NULL) {
            violation_add(&verdict->wrong, "must be a string", "/sourceVersions/%zu", i);
        } else if (text_copy(package->sources[i], sizeof package->sources[i], version) != OK) {
            violation_add(&verdict->broken, "is too long: at most 64 bytes", "/sourceVersions/%zu", i);
        }
    }
    return OK;
}

enum status package_read(struct package *package, const json_t *json, struct verdict *verdict)
{
    struct members members;
    members_open(&members, json, "", verdict);
    (void)members_text(&members, "name", MEMBER_REQUIRED, package->name, sizeof package->name);
    (void)members_text(&members, "productKey", MEMBER_REQUIRED, package->product_key, sizeof package->product_key);
    const char *word = members_word(&members, "componentType", MEMBER_REQUIRED);
    if (word != NULL && component_type_parse(word, &package->component_type) != OK) {
        members_break(&members, "componentType", "must be module or mcu");
    }
    word = members_word(&members, "packageType", MEMBER_REQUIRED);
    if (word != NULL && package_type_parse(word, &package->package_type) != OK) {
        members_break(&members, "packageType", "must be full or delta");
    }
    enum status status = read_sources(package, members_array(&members, "sourceVersions", MEMBER_OPTIONAL), verdict);
    (void)members_text(&members, "targetVersion", MEMBER_REQUIRED, package->target_version,
                       sizeof package->target_version);
    (void)members_text(&members, "remarks", MEMBER_OPTIONAL, package->remarks, sizeof package->remarks);
    members_close(&members);
    return status;
}
