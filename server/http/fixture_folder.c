#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "http/fixture.h"

static int is_fixture(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && text_ends_with(entry->d_name, ".json");
}

static enum status import_file(const struct api *api, const char *folder, const char *name, json_t *report,
                               struct error *error)
{
    CLEANUP(cleanup_free) char *path = NULL;
    struct fixture_counts counts = {0};
    struct error below = {0};
    json_error_t wrong;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        return error_set(error, E_NOMEM, "seed", "%s", status_text(E_NOMEM));
    }
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &wrong);
    if (document == NULL) {
        return error_set(error, E_FORMAT, "seed", "%.64s: line %d: %.120s", name, wrong.line, wrong.text);
    }
    enum status status = fixture_import(api, document, folder, &counts, &below);
    json_decref(document);
    if (status != OK) {
        return error_set(error, status, "seed", "%.64s: %.180s", name, below.text);
    }
    log_info("seed", "file=%s products=%lld devices=%lld packages=%lld plans=%lld kept=%lld", name,
             (long long)counts.products, (long long)counts.devices, (long long)counts.packages, (long long)counts.plans,
             (long long)counts.kept);
    (void)json_array_append_new(report, json_pack("{s:s, s:{s:I, s:I, s:I, s:I}, s:I}", "file", name, "created",
                                                  "products", (json_int_t)counts.products, "devices",
                                                  (json_int_t)counts.devices, "packages", (json_int_t)counts.packages,
                                                  "plans", (json_int_t)counts.plans, "kept", (json_int_t)counts.kept));
    return OK;
}

enum status fixture_import_folder(const struct api *api, const char *folder, json_t **report, struct error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_fixture, alphasort);
    json_t *made = json_array();
    if (count < 0 || made == NULL) {
        json_decref(made);
        return error_set(error, E_IO, "seed", "cannot read %.180s: %s", folder, strerror(errno));
    }
    enum status status = OK;
    for (int i = 0; i < count; i++) {
        if (status == OK) {
            status = import_file(api, folder, entries[i]->d_name, made, error);
        }
        free(entries[i]);
    }
    free(entries);
    if (status != OK) {
        json_decref(made);
        return status;
    }
    *report = made;
    return OK;
}
