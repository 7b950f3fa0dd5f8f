#include "record/fetch.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "cli/json.h"
#include "crypto/digest.h"

enum { CALL_MS = 60000, PATH = 512 };

struct fetching {
    struct rest *rest;
    const struct wanted *wanted;
    struct recorded *session;
    struct error *error;
};

/* GET, answered with 200; *answer is yours. E_NOT_FOUND: 404. */
static enum status PRINTF_LIKE(3, 4) get(const struct fetching *fetching, json_t **answer, const char *format, ...)
{
    char path[PATH];
    long code = 0;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    enum status status = rest_call(fetching->rest, "GET", path, NULL, CALL_MS, &code, answer, fetching->error);
    if (status == OK && code != 200) {
        status = error_set(fetching->error, code == 404 ? E_NOT_FOUND : E_STATE, path, "%ld: %s", code,
                           json_text_of(*answer, "detail"));
        json_decref(*answer);
        *answer = NULL;
    }
    return status;
}

/* All items of a list; *items is yours. `dropped` NULL: the list has none. `path` ends in "?" or "&". */
static enum status get_all(const struct fetching *fetching, const char *path, json_t **items, json_int_t *dropped)
{
    char cursor[128] = "";
    json_t *all = json_array();
    enum status status = all == NULL ? E_NOMEM : OK;
    do {
        CLEANUP(cleanup_json) json_t *page = NULL;
        status = status == OK
                     ? get(fetching, &page, "%slimit=1000%s%s", path, cursor[0] != '\0' ? "&cursor=" : "", cursor)
                     : status;
        if (status == OK) {
            (void)json_array_extend(all, json_object_get(page, "items"));
            text_copy_cut(cursor, sizeof cursor, json_text_of(page, "nextCursor"));
        }
        if (status == OK && dropped != NULL) {
            *dropped = json_integer_value(json_object_get(page, "dropped"));
        }
    } while (status == OK && cursor[0] != '\0');
    if (status != OK) {
        json_decref(all);
        return status;
    }
    *items = all;
    return OK;
}

/* --- journal ------------------------------------------------------------------------------------------------------ */

/*
 * The journal has lost its oldest entries. All of the session is there when something of the product is kept that is
 * older than `since`.
 */
static enum status check_complete(const struct fetching *fetching, json_int_t dropped, const char *since)
{
    const struct wanted *wanted = fetching->wanted;
    CLEANUP(cleanup_json) json_t *older = NULL;
    CLEANUP(cleanup_json) json_t *oldest = NULL;
    enum status status = get(fetching, &oldest, "/api/v1/journal?productKey=%s&limit=1", wanted->product_key);
    if (status == OK && since != NULL) {
        status = get(fetching, &older, "/api/v1/journal?productKey=%s&until=%s&limit=1", wanted->product_key, since);
    }
    if (status != OK || json_array_size(json_object_get(older, "items")) > 0) {
        return status;
    }
    const json_t *first = json_array_get(json_object_get(oldest, "items"), 0);
    return error_set(fetching->error, E_RULE, "journal",
                     "%lld entries have given way to younger ones; what is left of the product begins at %s. Choose a "
                     "session behind that with --since, or give the server a larger --journal-size",
                     (long long)dropped, first != NULL ? json_text_of(first, "at") : "no time");
}

static enum status fetch_journal(const struct fetching *fetching)
{
    const struct wanted *wanted = fetching->wanted;
    char path[PATH];
    char since[INSTANT_TEXT] = "";
    int64_t at = 0;
    json_int_t dropped = 0;
    if (wanted->since != NULL && instant_parse(wanted->since, &at) == OK) {
        instant_format(at, since);
    }
    (void)snprintf(path, sizeof path, "/api/v1/journal?productKey=%s&deviceKey=%s%s%s&", wanted->product_key,
                   wanted->device_key, since[0] != '\0' ? "&since=" : "", since);
    enum status status = get_all(fetching, path, &fetching->session->entries, &dropped);
    if (status == OK && dropped > 0) {
        status = check_complete(fetching, dropped, since[0] != '\0' ? since : NULL);
    }
    if (status == OK && json_array_size(fetching->session->entries) == 0) {
        status = error_set(fetching->error, E_NOT_FOUND, "journal", "nothing of device %s of product %s%s%s",
                           wanted->device_key, wanted->product_key, since[0] != '\0' ? " since " : "", since);
    }
    return status;
}

/* --- plans -------------------------------------------------------------------------------------------------------- */

/* Whether the log has an entry within the session. */
static bool happened_within(const struct recorded *session, const json_t *log)
{
    int64_t first = recorded_first_at(session);
    int64_t last = recorded_last_at(session);
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(log, i, entry)
    {
        int64_t at = recorded_at(entry);
        if (at >= first && at <= last) {
            return true;
        }
    }
    return false;
}

static enum status is_listed(const struct fetching *fetching, json_int_t plan, const char *list, bool *listed)
{
    const char *device_key = fetching->wanted->device_key;
    CLEANUP(cleanup_json) json_t *page = NULL;
    enum status status = get(fetching, &page, "/api/v1/plans/%lld/%s?q=%s", (long long)plan, list, device_key);
    size_t i = 0;
    json_t *key = NULL;
    json_array_foreach(json_object_get(page, "items"), i, key)
    {
        *listed = *listed || strcmp(json_string_value(key), device_key) == 0;
    }
    return status;
}

static enum status fetch_packages(const struct fetching *fetching, const json_t *plan)
{
    enum status status = OK;
    size_t i = 0;
    json_t *component = NULL;
    json_array_foreach(json_object_get(plan, "components"), i, component)
    {
        char id[24];
        json_t *package = NULL;
        json_int_t number = json_integer_value(json_object_get(component, "packageId"));
        (void)snprintf(id, sizeof id, "%lld", (long long)number);
        if (status == OK && json_object_get(fetching->session->packages, id) == NULL) {
            status = get(fetching, &package, "/api/v1/packages/%s", id);
            (void)json_object_set_new(fetching->session->packages, id, package);
        }
    }
    return status;
}

/* A plan in which the device is, with its log; one that has nothing to do with the session is passed over. */
static enum status fetch_plan(const struct fetching *fetching, const json_t *plan)
{
    const char *device_key = fetching->wanted->device_key;
    json_int_t id = json_integer_value(json_object_get(plan, "id"));
    CLEANUP(cleanup_json) json_t *row = NULL;
    CLEANUP(cleanup_json) json_t *log = NULL;
    char path[PATH];
    bool white = false;
    bool black = false;
    enum status status = get(fetching, &row, "/api/v1/plans/%lld/devices/%s", (long long)id, device_key);
    if (status == E_NOT_FOUND) {
        return OK;
    }
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/%s/logs?", (long long)id, device_key);
    if (status != OK || (status = get_all(fetching, path, &log, NULL)) != OK ||
        !happened_within(fetching->session, log)) {
        return status;
    }
    if (strcmp(json_text_of(plan, "status"), "saved") == 0) {
        return OK;
    }
    if ((status = is_listed(fetching, id, "whitelist", &white)) == OK &&
        (status = is_listed(fetching, id, "blacklist", &black)) == OK) {
        status = fetch_packages(fetching, plan);
    }
    (void)json_array_append_new(fetching->session->plans,
                                json_pack("{s:O, s:O, s:O, s:b, s:b}", "plan", plan, "row", row, "log", log,
                                          "whitelisted", white ? 1 : 0, "blacklisted", black ? 1 : 0));
    return status;
}

static enum status fetch_plans(const struct fetching *fetching)
{
    char path[PATH];
    CLEANUP(cleanup_json) json_t *plans = NULL;
    (void)snprintf(path, sizeof path, "/api/v1/plans?productKey=%s&", fetching->wanted->product_key);
    enum status status = get_all(fetching, path, &plans, NULL);
    for (size_t i = json_array_size(plans); status == OK && i > 0; i--) {
        const json_t *plan = json_array_get(plans, i - 1);
        status = fetch_plan(fetching, plan);
    }
    return status;
}

/* With --plan: from where to where. */
static enum status cut(const struct fetching *fetching)
{
    const struct wanted *wanted = fetching->wanted;
    int64_t started = 0;
    int64_t ended = 0;
    enum status status = OK;
    if (wanted->plan_id != 0) {
        CLEANUP(cleanup_json) json_t *row = NULL;
        status = get(fetching, &row, "/api/v1/plans/%lld/devices/%s", (long long)wanted->plan_id, wanted->device_key);
        if (status == OK && instant_parse(json_text_of(row, "startedAt"), &started) != OK) {
            return error_set(fetching->error, E_NOT_FOUND, "plan", "device %s was never notified of plan %lld",
                             wanted->device_key, (long long)wanted->plan_id);
        }
        (void)(instant_parse(json_text_of(row, "endedAt"), &ended) == OK);
    }
    if (status == OK) {
        status = recorded_cut(fetching->session, wanted->plan_id, started, ended);
        if (status == E_NOT_FOUND) {
            (void)error_set(fetching->error, status, "journal",
                            wanted->plan_id != 0 ? "the notify of the plan is not in it, or no connect before it"
                                                 : "device %s has not connected in this time",
                            wanted->device_key);
        }
    }
    return status;
}

/* --- faults, clock, files ----------------------------------------------------------------------------------------- */

static enum status fetch_fault(const struct fetching *fetching, const json_t *entry)
{
    json_int_t id = json_integer_value(json_object_get(entry, "faultId"));
    size_t i = 0;
    json_t *known = NULL;
    json_array_foreach(fetching->session->faults, i, known)
    {
        if (json_integer_value(json_object_get(known, "id")) == id) {
            return OK;
        }
    }
    json_t *fault = NULL;
    enum status status = get(fetching, &fault, "/api/v1/faults/%lld", (long long)id);
    if (status == E_NOT_FOUND) {
        return error_set(fetching->error, E_RULE, "faults",
                         "fault %lld (%s, %s) fired, but has been removed since: its members are not known any more. "
                         "Record before faults are cleared",
                         (long long)id, json_text_of(entry, "point"), json_text_of(entry, "action"));
    }
    (void)json_array_append_new(fetching->session->faults, fault);
    return status;
}

static enum status fetch_faults(const struct fetching *fetching)
{
    enum status status = OK;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(fetching->session->entries, i, entry)
    {
        if (status == OK && strcmp(json_text_of(entry, "kind"), "fault") == 0) {
            status = fetch_fault(fetching, entry);
        }
    }
    return status;
}

static enum status fetch_clock(const struct fetching *fetching)
{
    json_t *clock = NULL;
    enum status status = get(fetching, &clock, "/api/v1/products/%s/clock", fetching->wanted->product_key);
    if (status == OK && strcmp(json_text_of(clock, "mode"), "real") == 0) {
        json_decref(clock);
        clock = NULL;
    }
    fetching->session->clock = clock;
    return status;
}

/* MD5 of a file that can be read, in hexadecimal. */
static enum status digest_file(const char *path, char md5[33])
{
    FILE *file = fopen(path, "re");
    struct digest_stream *stream = NULL;
    struct digests digests;
    uint8_t bytes[8192];
    enum status status = file == NULL ? E_NOT_FOUND : digest_stream_create(&stream);
    while (status == OK) {
        size_t count = fread(bytes, 1, sizeof bytes, file);
        status = digest_stream_add(stream, bytes, count);
        if (count < sizeof bytes) {
            break;
        }
    }
    if (status == OK) {
        status = digest_stream_end(stream, &digests);
    }
    if (status == OK) {
        text_copy_cut(md5, 33, digests.md5);
    }
    digest_stream_destroy(stream);
    if (file != NULL) {
        (void)fclose(file);
    }
    return status;
}

/* A file of a package that lies in the folder of --files and is the one that was sent. */
static enum status find_file(const struct fetching *fetching, const char *prefix, const json_t *file)
{
    char path[PATH_MAX];
    char md5[33] = "";
    const char *name = json_text_of(file, "name");
    (void)snprintf(path, sizeof path, "%s/%s", fetching->wanted->files, name);
    if (digest_file(path, md5) != OK) {
        doubt(&fetching->session->doubts, "%s is not there; made-up bytes of its size stand for it.", path);
        return OK;
    }
    if (strcmp(md5, json_text_of(file, "md5")) != 0) {
        return error_set(fetching->error, E_RULE, "--files", "%s is not the file that was sent (its MD5 differs)",
                         path);
    }
    (void)snprintf(path, sizeof path, "%s%s", prefix, name);
    (void)json_object_set_new(fetching->session->paths, md5, json_string(path));
    return OK;
}

/* Where --files lies, seen from the folder of the scenario: "", "firmware/". */
static enum status place_files(const struct fetching *fetching, char prefix[PATH_MAX])
{
    CLEANUP(cleanup_free) char *files = realpath(fetching->wanted->files, NULL);
    CLEANUP(cleanup_free) char *folder = realpath(fetching->wanted->folder, NULL);
    if (files == NULL || folder == NULL) {
        return error_set(fetching->error, E_IO, "--files", "%s: %s",
                         files == NULL ? fetching->wanted->files : fetching->wanted->folder, strerror(errno));
    }
    size_t length = strlen(folder);
    if (strncmp(files, folder, length) != 0 || (files[length] != '/' && files[length] != '\0')) {
        return error_set(fetching->error, E_RULE, "--files",
                         "must lie in the folder of the scenario, %s: paths in a scenario are relative to it", folder);
    }
    (void)snprintf(prefix, PATH_MAX, "%s%s", files[length] == '\0' ? "" : files + length + 1,
                   files[length] == '\0' ? "" : "/");
    return OK;
}

static enum status find_files(const struct fetching *fetching)
{
    char prefix[PATH_MAX] = "";
    const char *id = NULL;
    json_t *package = NULL;
    if (fetching->wanted->files == NULL) {
        return OK;
    }
    enum status status = place_files(fetching, prefix);
    json_object_foreach(fetching->session->packages, id, package)
    {
        size_t i = 0;
        json_t *file = NULL;
        json_array_foreach(json_object_get(package, "files"), i, file)
        {
            status = status == OK ? find_file(fetching, prefix, file) : status;
        }
    }
    return status;
}

enum status recorded_fetch(struct rest *rest, const struct wanted *wanted, struct recorded *session,
                           struct error *error)
{
    const struct fetching fetching = {.rest = rest, .wanted = wanted, .session = session, .error = error};
    *session = (struct recorded){.device_key = wanted->device_key,
                                 .plans = json_array(),
                                 .packages = json_object(),
                                 .faults = json_array(),
                                 .paths = json_object()};
    enum status status = fetch_journal(&fetching);
    if (status == OK && (status = cut(&fetching)) == OK && (status = fetch_plans(&fetching)) == OK &&
        (status = fetch_faults(&fetching)) == OK && (status = fetch_clock(&fetching)) == OK) {
        status = find_files(&fetching);
    }
    return status;
}
