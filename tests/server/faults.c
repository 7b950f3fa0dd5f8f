#include "faults.h"

#include <stdio.h>
#include <string.h>

#include "support/suite.h"

int64_t faults_arm(const struct server *server, const char *point, const char *action, const char *others)
{
    char body[512];
    (void)snprintf(body, sizeof body, "{\"point\": \"%s\", \"action\": %s%s}", point, action, others);
    json_t *fault = rest_expect(server, "POST", "/api/v1/faults", body, 201);
    int64_t id = json_integer_value(json_object_get(fault, "id"));
    json_decref(fault);
    return id;
}

int64_t faults_fired(const struct server *server, int64_t id)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/api/v1/faults/%lld", (long long)id);
    json_t *fault = rest_expect(server, "GET", path, NULL, 200);
    int64_t count = json_integer_value(json_object_get(fault, "fired"));
    json_decref(fault);
    return count;
}

void faults_clear(const struct server *server)
{
    json_decref(rest_expect(server, "DELETE", "/api/v1/faults", NULL, 204));
}

size_t faults_in_journal(const struct server *server, const char *kind, const char *member, const char *value)
{
    char path[96];
    size_t count = 0;
    size_t i = 0;
    json_t *entry = NULL;
    (void)snprintf(path, sizeof path, "/api/v1/journal?limit=1000&kind=%s", kind);
    json_t *page = rest_expect(server, "GET", path, NULL, 200);
    json_array_foreach(json_object_get(page, "items"), i, entry)
    {
        count += strcmp(json_text_at(entry, member), value) == 0 ? 1 : 0;
    }
    json_decref(page);
    return count;
}

bool faults_confirm(const struct server *server, struct test_device *device)
{
    struct notify_message notify;
    return device_go_online(server, device, TEST_DK, false) && device_report(device, "MODULE_V1", "STM32:1_0_0") &&
           device_expect_notify(device, 5000, &notify) && device_status(device, 1, "STM32", 1, NULL, NULL) &&
           device_status(device, 2, "STM32", 1, NULL, NULL);
}
