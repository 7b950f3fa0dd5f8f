#include "devices.h"

#include "app/devices.h"
#include "base/text.h"

struct arrival {
    const char *product_key;
    const char *device_key;
    const char *version;
    int64_t id;
};

static void fill_version(struct version_report *report, const char *version)
{
    report->mcu_count = 1;
    text_copy_cut(report->mcus[0].component_no, sizeof report->mcus[0].component_no, "MCU1");
    text_copy_cut(report->mcus[0].version, sizeof report->mcus[0].version, version);
}

static void arrive(struct house *house, void *context)
{
    struct arrival *arrival = context;
    struct device device;
    CHECK_FATAL(app_device_admit(house->app, arrival->product_key, arrival->device_key, AUTH_TYPE_0, false,
                                 "0123456789abcdef0123456789abcdef", &device) == OK);
    arrival->id = device.id;
    app_device_online(house->app, device.id);
    struct status_report status = {
        .battery = {true, 90}, .signal = {true, -60}, .rsrp = {true, -80}, .flash_free = {true, 10000000}};
    CHECK_OK(app_device_status(house->app, device.id, &status));
    static struct info_report info; /* large */
    memset(&info, 0, sizeof info);
    text_copy_cut(info.sdk_version, sizeof info.sdk_version, "2.9.2");
    fill_version(&info.versions, arrival->version);
    CHECK_OK(app_device_info(house->app, device.id, &info));
}

int64_t devices_connect(struct house *house, const char *product_key, const char *device_key, const char *version)
{
    struct arrival arrival = {product_key, device_key, version, 0};
    house_run(house, arrive, &arrival);
    return arrival.id;
}

static void leave(struct house *house, void *context)
{
    app_device_offline(house->app, *(const int64_t *)context);
}

void devices_leave(struct house *house, int64_t device_id)
{
    house_run(house, leave, &device_id);
}

struct step {
    int64_t device_id;
    int status;
    const char *version;
};

static void take_step(struct house *house, void *context)
{
    const struct step *step = context;
    static struct upgrade_report report; /* large */
    memset(&report, 0, sizeof report);
    report.status = step->status;
    report.component_type = (struct maybe_int){true, COMPONENT_MCU};
    text_copy_cut(report.component_no, sizeof report.component_no, "MCU1");
    if (step->version != NULL) {
        fill_version(&report.versions, step->version);
    }
    CHECK_OK(app_device_upgrade(house->app, step->device_id, &report));
}

void devices_status(struct house *house, int64_t device_id, int status, const char *version)
{
    struct step step = {device_id, status, version};
    house_run(house, take_step, &step);
}
