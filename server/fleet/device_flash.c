#include "fleet/device_flash.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

static void cleanup_json(json_t **json)
{
    json_decref(*json);
}

static enum status read_object(json_t *root, struct device_flash *flash)
{
    const char *secret = NULL;
    const char *module = NULL;
    const char *mcus = NULL;
    const char *host = NULL;
    const char *product_key = NULL;
    const char *product_secret = NULL;
    const char *state = NULL;
    const char *component = NULL;
    const char *target = NULL;
    int port = 0;
    int tls = 0;
    int type = 0;
    if (json_unpack(root, "{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:i, s:b}, s:{s:s, s:i, s:s, s:s}}", "deviceSecret",
                    &secret, "moduleVersion", &module, "mcuVersions", &mcus, "productKey", &product_key,
                    "productSecret", &product_secret, "server", "host", &host, "port", &port, "tls", &tls, "upgrade",
                    "state", &state, "type", &type, "component", &component, "target", &target) != 0) {
        return E_CORRUPT;
    }
    struct device_flash read = {0};
    read.server.port = (uint16_t)port;
    read.server.tls = tls != 0;
    read.upgrade.type = type;
    bool fits = text_copy(read.device_secret, sizeof read.device_secret, secret) == OK &&
                text_copy(read.module_version, sizeof read.module_version, module) == OK &&
                text_copy(read.mcus.text, sizeof read.mcus.text, mcus) == OK &&
                text_copy(read.product_key, sizeof read.product_key, product_key) == OK &&
                text_copy(read.product_secret, sizeof read.product_secret, product_secret) == OK &&
                text_copy(read.server.host, sizeof read.server.host, host) == OK &&
                text_copy(read.upgrade.component_no, sizeof read.upgrade.component_no, component) == OK &&
                text_copy(read.upgrade.target_version, sizeof read.upgrade.target_version, target) == OK &&
                sdk_ota_state_parse(state, &read.upgrade.state) == OK && port > 0 && port <= UINT16_MAX;
    if (!fits) {
        return E_CORRUPT;
    }
    *flash = read;
    return OK;
}

enum status device_flash_load(const char *path, struct device_flash *flash, struct error *error)
{
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        return E_NOT_FOUND;
    }
    json_error_t where;
    CLEANUP(cleanup_json) json_t *root = json_load_file(path, 0, &where);
    if (root == NULL) {
        return error_set(error, E_CORRUPT, "state file", "%s: %s", path, where.text);
    }
    if (read_object(root, flash) != OK) {
        return error_set(error, E_CORRUPT, "state file", "%s: not the state of a virtual device", path);
    }
    return OK;
}

enum status device_flash_store(const char *path, const struct device_flash *flash)
{
    CLEANUP(cleanup_json)
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:i, s:b}, s:{s:s, s:i, s:s, s:s}}", "deviceSecret", flash->device_secret,
        "moduleVersion", flash->module_version, "mcuVersions", flash->mcus.text, "productKey", flash->product_key,
        "productSecret", flash->product_secret, "server", "host", flash->server.host, "port", (int)flash->server.port,
        "tls", (int)flash->server.tls, "upgrade", "state", sdk_ota_state_name(flash->upgrade.state), "type",
        (int)flash->upgrade.type, "component", flash->upgrade.component_no, "target", flash->upgrade.target_version);
    char aside[LIMIT_PATH + 8];
    (void)snprintf(aside, sizeof aside, "%s.new", path);
    if (root == NULL) {
        return E_NOMEM;
    }
    /* mode 0600 from the start: the secret is in it */
    CLEANUP(cleanup_fd) int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0 || json_dumpfd(root, fd, JSON_INDENT(2)) != 0 || rename(aside, path) != 0) {
        return E_IO;
    }
    return OK;
}
