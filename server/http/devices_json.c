#include "http/devices_json.h"

#include "http/json_value.h"

static json_t *mcu_versions_json(const struct device *device)
{
    json_t *versions = json_object();
    for (size_t i = 0; i < device->mcu_count; i++) {
        /* a name that is no UTF-8 cannot be a member and is left out; the version decides nothing here */
        (void)json_object_set_new(versions, device->mcus[i].component_no, json_maybe_text(device->mcus[i].version));
    }
    return versions;
}

json_t *device_json(const struct device_view *view)
{
    const struct device *device = view->device;
    const char *module_version =
        device->module_version[0] != '\0' ? device->module_version : device->module_version_info;
    json_t *json =
        json_pack("{s:s, s:s, s:b, s:b, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "productKey", device->product_key,
                  "deviceKey", device->device_key, "online", view->online, "enabled", device->enabled, "authMode",
                  auth_mode_name(device->auth_mode), "sessionEncrypted", device->session_encrypted, "firstSeenAt",
                  json_maybe_instant(&device->first_seen_at), "lastSeenAt", json_maybe_instant(&device->last_seen_at),
                  "moduleType", json_maybe_text(device->module_type), "moduleVersion", json_maybe_text(module_version),
                  "mcuVersions", mcu_versions_json(device));
    json_t *reported = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "battery", json_maybe_int(&device->battery),
        "voltage", json_maybe_number(&device->voltage), "signal", json_maybe_int(&device->signal), "rsrp",
        json_maybe_int(&device->rsrp), "rsrq", json_maybe_int(&device->rsrq), "snr", json_maybe_int(&device->snr),
        "flashFree", json_maybe_int(&device->flash_free), "sdkVersion", json_maybe_text(device->sdk_version),
        "activePlanId", json_maybe_int(&view->active_plan_id), "malformedFrames", (json_int_t)device->malformed_frames,
        "warnings", warnings_json(view->warnings));
    if (json_object_update(json, reported) != 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(reported);
    return json;
}
