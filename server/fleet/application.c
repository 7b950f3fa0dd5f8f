/*
 * The application on a virtual device: decides about plans, reads pieces, checks digests, flashes the MCU.
 *
 *   10701 size, md5, crc -> expected     10703 -> read the piece -> next piece | digests -> updating (or the old
 * version) 10704 -> flash the MCU -> set its version
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "fleet/device_internal.h"

enum { READ_SIZE = 65536 };

/* A version that no package has. */
static const char wrong_version[] = "wrong";

static void set_version(struct virtual_device *device, const char *component_no, const char *version)
{
    if (mcu_text_set(&device->flash.mcus, component_no, version) != OK) {
        device_note(device, "version", "%s: the list of versions does not take %s", component_no, version);
        return;
    }
    device_store(device);
    device_upgrade_step(
        device, &(struct sdk_ota_event){.kind = SDK_OTA_APP_VERSION, .component_no = component_no, .version = version});
}

static void start_component(void *context, const char *component_no, const char *version)
{
    set_version(context, component_no, version);
}

/* Every start sets the versions of all MCUs; that ends an upgrade which was under way (protocol.md, 9.5). */
void application_start(struct virtual_device *device)
{
    struct mcu_text mcus = device->flash.mcus;
    mcu_list_each(mcus.text, start_component, device);
}

void application_stop(struct virtual_device *device)
{
    digest_stream_destroy(device->application.digest);
    device->application = (struct device_application){0};
}

void application_online(struct virtual_device *device)
{
    if (device->settings.requests) {
        device_request(device);
    }
    if (device->settings.request_every_ms > 0) {
        device_wait(device, DUE_REQUEST, device->settings.request_every_ms);
    }
    if (device->settings.rsrp.known) {
        device_report_status(device, true);
    }
}

void application_plan_received(struct virtual_device *device)
{
    if (device->settings.decision != DEVICE_IGNORES) {
        device_wait(device, DUE_DECIDE, device->settings.decide_after_ms);
    }
}

void application_decide(struct virtual_device *device)
{
    bool accepts = device->settings.decision == DEVICE_ACCEPTS;
    device_upgrade_step(device, &(struct sdk_ota_event){.kind = accepts ? SDK_OTA_APP_ACCEPT : SDK_OTA_APP_REFUSE});
}

void application_take(struct virtual_device *device, const struct sdk_ota_action *action)
{
    if (action->code == 10700) { /* a broken plan is reported, but not to the application (protocol.md, 9.1) */
        application_plan_received(device);
    }
    if (action->code == 10701) {
        device->application.expected = device->ota.firmware;
    }
    if (action->type != SDK_TYPE_MCU) {
        return;
    }
    if (action->code == 10703) {
        device_wait(device, DUE_READ, 0);
    } else if (action->code == 10704) {
        device_wait(device, DUE_FLASHED, device_scaled(device, DEVICE_MCU_FLASH_MS));
    }
}

/* Adds `length` bytes of the file to the digest. */
static enum status digest_file(int fd, uint32_t length, struct digest_stream *digest)
{
    uint8_t bytes[READ_SIZE];
    uint32_t done = 0;
    while (done < length) {
        size_t wanted = length - done < sizeof bytes ? length - done : sizeof bytes;
        ssize_t got = pread(fd, bytes, wanted, (off_t)done);
        if (got <= 0) {
            return got == 0 ? E_TRUNCATED : E_IO;
        }
        enum status status = digest_stream_add(digest, bytes, (size_t)got);
        if (status != OK) {
            return status;
        }
        done += (uint32_t)got;
    }
    return OK;
}

static const char *verdict(bool good)
{
    return good ? "ok" : "WRONG";
}

/* Ends the digest and compares; `strict`: the md5 as the SDK compares it for modules, case and all. */
static bool check_digests(struct virtual_device *device, const struct sdk_firmware *expected, bool strict,
                          bool *md5_good)
{
    struct digests digests = {0};
    enum status status = digest_stream_end(device->application.digest, &digests);
    digest_stream_destroy(device->application.digest);
    device->application.digest = NULL;
    bool md5 = (strict ? strcmp(digests.md5, expected->md5) : strcasecmp(digests.md5, expected->md5)) == 0;
    bool crc = strtoul(digests.crc32, NULL, 16) == expected->crc;
    bool has_sha256 = expected->sha256[0] != '\0';
    bool sha256 = !has_sha256 || strcasecmp(digests.sha256, expected->sha256) == 0;
    device_note(device, "check", "%s md5 %s, crc %s, sha256 %s", expected->component_no, verdict(md5), verdict(crc),
                has_sha256 ? verdict(sha256) : "not given");
    *md5_good = status == OK && md5;
    return status == OK && md5 && crc && sha256;
}

static enum status restart_digest(struct device_application *application)
{
    digest_stream_destroy(application->digest);
    application->digest = NULL;
    application->next = 0;
    return digest_stream_create(&application->digest);
}

/* All is read: updating, or, when the file is not what 10701 promised, the MCU stays at its version. */
static void finish_reading(struct virtual_device *device)
{
    bool md5_good = false;
    if (check_digests(device, &device->application.expected, false, &md5_good)) {
        device_upgrade_step(device, &(struct sdk_ota_event){.kind = SDK_OTA_APP_UPDATING});
        return;
    }
    char component_no[LIMIT_COMPONENT_NO + 1];
    char version[LIMIT_VERSION + 1] = "0";
    text_copy_cut(component_no, sizeof component_no, device->ota.component_no);
    (void)(mcu_text_get(&device->flash.mcus, component_no, version) == OK);
    set_version(device, component_no, version);
}

void application_read(struct virtual_device *device)
{
    struct device_application *application = &device->application;
    const struct sdk_ota *ota = &device->ota;
    if (device->file_fd < 0 || ota->state != SDK_OTA_DOWNLOADED || ota->piece_length == 0) {
        return;
    }
    uint32_t size = ota->firmware.size;
    uint32_t start = ota->piece_start;
    uint32_t length = ota->piece_length;
    if (start == 0 && restart_digest(application) != OK) {
        return;
    }
    if (application->digest == NULL || application->next != start) {
        return;
    }
    enum status status = digest_file(device->file_fd, length, application->digest);
    if (status != OK) { /* nothing is read: the SDK gives up after its 60 s */
        device_note(device, "check", "%s: the piece at %u is short", ota->component_no, (unsigned)start);
        return;
    }
    application->next = start + length;
    device_note(device, "progress", "%s %u of %u", ota->component_no, (unsigned)application->next, (unsigned)size);
    device_upgrade_step(device, &(struct sdk_ota_event){.kind = SDK_OTA_APP_READ});
    if (application->next < size) {
        device_upgrade_step(device, &(struct sdk_ota_event){.kind = SDK_OTA_APP_NEXT});
    } else {
        finish_reading(device);
    }
}

void application_flashed(struct virtual_device *device)
{
    char component_no[LIMIT_COMPONENT_NO + 1];
    char version[LIMIT_VERSION + 1] = "0";
    text_copy_cut(component_no, sizeof component_no, device->ota.component_no);
    switch (device->settings.flash) {
    case DEVICE_FLASH_OK:
        text_copy_cut(version, sizeof version, device->ota.target_version);
        break;
    case DEVICE_FLASH_FAIL:
        (void)(mcu_text_get(&device->flash.mcus, component_no, version) == OK);
        break;
    case DEVICE_FLASH_WRONG_VERSION:
        text_copy_cut(version, sizeof version, wrong_version);
        break;
    case DEVICE_FLASH_SILENT:
        return;
    }
    set_version(device, component_no, version);
}

/* The SDK itself compares the md5, and only that; crc and sha256 are the bench's curiosity. */
void application_check_module(struct virtual_device *device)
{
    bool md5_good = false;
    if (device->file_fd >= 0 && restart_digest(&device->application) == OK) {
        enum status status = digest_file(device->file_fd, device->ota.firmware.size, device->application.digest);
        (void)check_digests(device, &device->ota.firmware, true, &md5_good);
        md5_good = md5_good && status == OK;
    }
    device_upgrade_step(device, &(struct sdk_ota_event){.kind = SDK_OTA_MODULE_CHECKED, .good = md5_good});
}

void application_flash_module(struct virtual_device *device)
{
    switch (device->settings.flash) {
    case DEVICE_FLASH_OK:
        text_copy_cut(device->flash.module_version, sizeof device->flash.module_version, device->ota.target_version);
        break;
    case DEVICE_FLASH_FAIL:
        device_upgrade_step(device, &(struct sdk_ota_event){.kind = SDK_OTA_FLASH_FAILED});
        return;
    case DEVICE_FLASH_WRONG_VERSION:
        text_copy_cut(device->flash.module_version, sizeof device->flash.module_version, wrong_version);
        break;
    case DEVICE_FLASH_SILENT:
        return;
    }
    device_store(device);
    device_note(device, "reboot", "the module runs %s now", device->flash.module_version);
    device_power_off(device, device_scaled(device, DEVICE_REBOOT_MS));
}
