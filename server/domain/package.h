/*
 * A version package: what a component is upgraded to, and from what (behaviour.md, 2).
 */
#ifndef DOMAIN_PACKAGE_H
#define DOMAIN_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "domain/violation.h"

enum component_type { COMPONENT_MODULE = 0, COMPONENT_MCU = 1, COMPONENT_TYPE_COUNT }; /* values as on the wire */
enum package_type { PACKAGE_FULL, PACKAGE_DELTA, PACKAGE_TYPE_COUNT };

const char *component_type_name(enum component_type type); /* "module", "mcu" */
const char *package_type_name(enum package_type type);     /* "full", "delta" */
MUST_USE enum status component_type_parse(const char *name, enum component_type *type);
MUST_USE enum status package_type_parse(const char *name, enum package_type *type);

struct package_file {
    int index;                      /* from 0 */
    char name[LIMIT_FILE_NAME + 1]; /* as uploaded */
    char stored[64];                /* file name below the data folder's files/ */
    int64_t size;
    char md5[33];
    char sha256[65];
    char crc32[9];
};

struct package {
    int64_t id;
    char name[LIMIT_NAME + 1];
    char product_key[LIMIT_PRODUCT_KEY + 1];
    enum component_type component_type;
    enum package_type package_type;
    char target_version[LIMIT_VERSION + 1];
    char remarks[LIMIT_REMARKS + 1];
    int64_t created_at;
    bool revoked; /* by a fault, for good: no device gets it any more */
    size_t source_count;
    char (*sources)[LIMIT_VERSION + 1]; /* owned; package_finish() frees */
    size_t file_count;
    struct package_file files[LIMIT_PACKAGE_FILES];
};

void package_finish(struct package *package);
void cleanup_package(struct package *package);

/* The file extension the platform allows that `name` ends with (".tar.gz" before ".gz"), or NULL. Static memory. */
const char *package_file_extension(const char *name);

bool version_is_valid(const char *version); /* 1-64 of letters, digits, _ - . */

/* Names every broken rule of the fields with pointers (/name, /targetVersion, /sourceVersions/0, /files/0 ...). */
void package_check(const struct package *package, struct violations *violations);

/* Whether it can be applied to `source_version`: full: any; delta: one of the sources. */
bool package_applies_to(const struct package *package, const char *source_version);

#endif
