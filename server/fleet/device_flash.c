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

static enum status read_server(json_t *object, struct device_server *server)
{
    const char *host = NULL;
    int port = 0;
    int tls = 0;
    if (json_unpack(object, "{s:s, s:i, s:b}", "host", &host, "port", &port, "tls", &tls) != 0 || port <= 0 ||
        port > UINT16_MAX) {
        return E_CORRUPT;
    }
    server->port = (uint16_t)port;
    server->tls = tls != 0;
    return text_copy(server->host, sizeof server->host, host);
}

static enum status read_upgrade(json_t *object, struct sdk_ota_saved *upgrade)
{
    const char *state = NULL;
    const char *component = NULL;
    const char *target = NULL;
    int type = 0;
    if (json_unpack(object, "{s:s, s:i, s:s, s:s}", "state", &state, "type", &type, "component", &component, "target",
                    &target) != 0 ||
        sdk_ota_state_parse(state, &upgrade->state) != OK ||
        text_copy(upgrade->component_no, sizeof upgrade->component_no, component) != OK ||
        text_copy(upgrade->target_version, sizeof upgrade->target_version, target) != OK) {
        return E_CORRUPT;
    }
    upgrade->type = type;
    return OK;
}

static enum status read_object(json_t *root, struct device_flash *flash)
{
    const char *secret = NULL;
    const char *module = NULL;
    const char *mcus = NULL;
    const char *product_key = NULL;
    const char *product_secret = NULL;
    json_t *server = NULL;
    json_t *setting = NULL;
    json_t *upgrade = NULL;
    struct device_flash read = {0};
    if (json_unpack(root, "{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "deviceSecret", &secret, "moduleVersion", &module,
                    "mcuVersions", &mcus, "productKey", &product_key, "productSecret", &product_secret, "server",
                    &server, "setting", &setting, "upgrade", &upgrade) != 0 ||
        read_server(server, &read.server) != OK || read_server(setting, &read.setting) != OK ||
        read_upgrade(upgrade, &read.upgrade) != OK ||
        text_copy(read.device_secret, sizeof read.device_secret, secret) != OK ||
        text_copy(read.module_version, sizeof read.module_version, module) != OK ||
        text_copy(read.mcus.text, sizeof read.mcus.text, mcus) != OK ||
        text_copy(read.product_key, sizeof read.product_key, product_key) != OK ||
        text_copy(read.product_secret, sizeof read.product_secret, product_secret) != OK) {
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

static json_t *pack_server(const struct device_server *server)
{
    return json_pack("{s:s, s:i, s:b}", "host", server->host, "port", (int)server->port, "tls", (int)server->tls);
}

enum status device_flash_store(const char *path, const struct device_flash *flash)
{
    CLEANUP(cleanup_json)
    json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:{s:s, s:i, s:s, s:s}}", "deviceSecret",
                             flash->device_secret, "moduleVersion", flash->module_version, "mcuVersions",
                             flash->mcus.text, "productKey", flash->product_key, "productSecret", flash->product_secret,
                             "server", pack_server(&flash->server), "setting", pack_server(&flash->setting), "upgrade",
                             "state", sdk_ota_state_name(flash->upgrade.state), "type", (int)flash->upgrade.type,
                             "component", flash->upgrade.component_no, "target", flash->upgrade.target_version);
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
