#include "domain/package.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/characters.h"
#include "domain/names.h"

static const char *const component_types[COMPONENT_TYPE_COUNT] = {"module", "mcu"};
static const char *const package_types[PACKAGE_TYPE_COUNT] = {"full", "delta"};

const char *component_type_name(enum component_type type)
{
    assert(type < COMPONENT_TYPE_COUNT);
    return component_types[type];
}

enum status component_type_parse(const char *name, enum component_type *type)
{
    size_t index = 0;
    enum status status = names_find(component_types, COMPONENT_TYPE_COUNT, name, &index);
    if (status == OK) {
        *type = (enum component_type)index;
    }
    return status;
}

const char *package_type_name(enum package_type type)
{
    assert(type < PACKAGE_TYPE_COUNT);
    return package_types[type];
}

enum status package_type_parse(const char *name, enum package_type *type)
{
    size_t index = 0;
    enum status status = names_find(package_types, PACKAGE_TYPE_COUNT, name, &index);
    if (status == OK) {
        *type = (enum package_type)index;
    }
    return status;
}

void package_finish(struct package *package)
{
    if (package == NULL) {
        return;
    }
    free(package->sources);
    package->sources = NULL;
    package->source_count = 0;
}

void cleanup_package(struct package *package)
{
    package_finish(package);
}

const char *package_file_extension(const char *name)
{
    /* no entry is the end of another one, so the order does not matter */
    static const char *const extensions[] = {".bin", ".zip", ".rar",    ".pack", ".mini_1", ".mini_2",
                                             ".py",  ".tar", ".tar.gz", ".s19",  ".bin_1",  ".bin_2"};
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        if (text_ends_with(name, extensions[i])) {
            return extensions[i];
        }
    }
    return NULL;
}

bool version_is_valid(const char *version)
{
    return text_is_word(version, 1, LIMIT_VERSION, "_-.");
}

static bool is_named_before(const struct package *package, size_t source)
{
    for (size_t i = 0; i < source; i++) {
        if (strcmp(package->sources[i], package->sources[source]) == 0) {
            return true;
        }
    }
    return false;
}

static void check_sources(const struct package *package, struct violations *violations)
{
    if (package->package_type == PACKAGE_FULL && package->source_count > 0) {
        violation_add(violations, "a full package has no source versions", "/sourceVersions");
        return;
    }
    if (package->package_type == PACKAGE_DELTA && package->source_count == 0) {
        violation_add(violations, "a delta package needs at least one source version", "/sourceVersions");
    }
    if (package->source_count > LIMIT_SOURCE_VERSIONS) {
        violation_add(violations, "must be at most 100 versions", "/sourceVersions");
        return;
    }
    for (size_t i = 0; i < package->source_count; i++) {
        if (!version_is_valid(package->sources[i])) {
            violation_add(violations, "must be 1 to 64 letters, digits, '_', '-' or '.'", "/sourceVersions/%zu", i);
        } else if (is_named_before(package, i)) {
            violation_add(violations, "is named twice", "/sourceVersions/%zu", i);
        }
    }
}

static void check_files(const struct package *package, struct violations *violations)
{
    if (package->file_count < 1 || package->file_count > LIMIT_PACKAGE_FILES) {
        violation_add(violations, "must be 1 to 5 files", "/files");
        return;
    }
    for (size_t i = 0; i < package->file_count; i++) {
        const struct package_file *file = &package->files[i];
        if (package_file_extension(file->name) == NULL) {
            violation_add(violations,
                          "the file name must end in .bin .zip .rar .pack .mini_1 .mini_2 .py .tar .tar.gz .s19 .bin_1 "
                          "or .bin_2",
                          "/files/%zu", i);
        }
        if (file->size < 1) {
            violation_add(violations, "the file is empty", "/files/%zu", i);
        } else if (file->size > LIMIT_FILE) {
            violation_add(violations, "the file is larger than 100 MiB", "/files/%zu", i);
        }
    }
}

void package_check(const struct package *package, struct violations *violations)
{
    if (!characters_are_name(package->name)) {
        violation_add(violations, "must be 1 to 100 characters", "/name");
    }
    if (!version_is_valid(package->target_version)) {
        violation_add(violations, "must be 1 to 64 letters, digits, '_', '-' or '.'", "/targetVersion");
    }
    long remarks = text_utf8_length(package->remarks);
    if (remarks < 0 || remarks > LIMIT_REMARKS_CHARACTERS) {
        violation_add(violations, "must be at most 200 characters", "/remarks");
    }
    check_sources(package, violations);
    check_files(package, violations);
}

bool package_applies_to(const struct package *package, const char *source_version)
{
    if (package->package_type == PACKAGE_FULL) {
        return true;
    }
    for (size_t i = 0; i < package->source_count; i++) {
        if (strcmp(package->sources[i], source_version) == 0) {
            return true;
        }
    }
    return false;
}
