#include "domain/device.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "domain/characters.h"

const char *auth_mode_name(enum auth_mode mode)
{
    static const char *const names[AUTH_MODE_COUNT] = {"none", "type0", "type1"};
    assert(mode < AUTH_MODE_COUNT);
    return names[mode];
}

bool device_key_is_valid(const char *key)
{
    return text_is_word(key, 1, LIMIT_DEVICE_KEY, "");
}

bool device_secret_is_valid(const char *secret)
{
    return characters_are_secret(secret, LIMIT_DEVICE_SECRET);
}

static size_t mcu_index(const struct device *device, const char *component_no)
{
    size_t i = 0;
    while (i < device->mcu_count && strncmp(device->mcus[i].component_no, component_no, LIMIT_COMPONENT_NO) != 0) {
        i++;
    }
    return i;
}

const char *device_mcu_version(const struct device *device, const char *component_no)
{
    size_t i = mcu_index(device, component_no);
    return i < device->mcu_count ? device->mcus[i].version : NULL;
}

/* What is set goes to the end, as in the device's own list, so the first entry is the one not heard of for longest. */
void device_set_mcu_version(struct device *device, const char *component_no, const char *version)
{
    struct mcu_version entry = {.version = ""};
    text_copy_cut(entry.component_no, sizeof entry.component_no, component_no);
    text_copy_cut(entry.version, sizeof entry.version, version);
    size_t i = mcu_index(device, entry.component_no);
    if (i == LIMIT_MCUS) {
        i = 0;
    }
    if (i < device->mcu_count) {
        device->mcu_count--;
        memmove(&device->mcus[i], &device->mcus[i + 1], (device->mcu_count - i) * sizeof device->mcus[0]);
    }
    device->mcus[device->mcu_count++] = entry;
}

static bool same_int(const struct maybe_int *one, const struct maybe_int *other)
{
    return one->known == other->known && (!one->known || one->value == other->value);
}

static bool same_status(const struct device *one, const struct device *other)
{
    bool same_voltage = one->voltage.known == other->voltage.known &&
                        (!one->voltage.known || fabs(one->voltage.value - other->voltage.value) < 1e-9);
    return same_voltage && same_int(&one->battery, &other->battery) && same_int(&one->signal, &other->signal) &&
           same_int(&one->rsrp, &other->rsrp) && same_int(&one->rsrq, &other->rsrq) &&
           same_int(&one->snr, &other->snr) && same_int(&one->flash_free, &other->flash_free);
}

static bool same_texts(const struct device *one, const struct device *other)
{
    return strcmp(one->module_type, other->module_type) == 0 &&
           strcmp(one->module_version, other->module_version) == 0 &&
           strcmp(one->module_version_info, other->module_version_info) == 0 && strcmp(one->iccid, other->iccid) == 0 &&
           strcmp(one->imsi, other->imsi) == 0 && strcmp(one->sdk_version, other->sdk_version) == 0 &&
           strcmp(one->data_protocol, other->data_protocol) == 0 &&
           strcmp(one->communication_protocol, other->communication_protocol) == 0;
}

bool device_reported_same(const struct device *one, const struct device *other)
{
    if (one->mcu_count != other->mcu_count || !same_status(one, other) || !same_texts(one, other)) {
        return false;
    }
    for (size_t i = 0; i < one->mcu_count; i++) {
        if (strcmp(one->mcus[i].component_no, other->mcus[i].component_no) != 0 ||
            strcmp(one->mcus[i].version, other->mcus[i].version) != 0) {
            return false;
        }
    }
    return true;
}
