#include "plans.h"

int64_t plans_package(struct house *house, const char *product_key, const char *name)
{
    char package[512];
    (void)snprintf(package, sizeof package,
                   "{\"name\": \"%s\", \"productKey\": \"%s\", \"componentType\": \"mcu\", \"packageType\": \"full\", "
                   "\"targetVersion\": \"2_0_0\"}",
                   name, product_key);
    struct upload_file file = {.name = "app.bin", .bytes = "abcd", .size = 4};
    struct reply reply;
    upload(house, package, &file, 1, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 201);
    json_t *made = json_loadb((const char *)reply.body.data, reply.body.length, 0, NULL);
    int64_t id = json_integer_value(json_object_get(made, "id"));
    json_decref(made);
    reply_finish(&reply);
    return id;
}

const char *plans_body(const char *name, const char *product_key, int64_t package_id, const char *more)
{
    static char body[4096];
    char members[2048];
    (void)snprintf(members, sizeof members, "{\"none\": 0%s}", more);
    json_t *wins = json_loads(members, 0, NULL);
    CHECK_FATAL(wins != NULL);
    (void)json_object_del(wins, "none");
    json_t *plan =
        json_pack("{s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:I, s:i}]}", "name", name, "productKey", product_key,
                  "mode", "silent", "timeZone", "Asia/Shanghai", "components", "componentNo", "MCU1", "name", "Meter",
                  "componentType", "mcu", "packageId", (json_int_t)package_id, "sequence", 1);
    CHECK_FATAL(json_object_update(plan, wins) == 0);
    size_t length = json_dumpb(plan, body, sizeof body - 1, JSON_COMPACT);
    CHECK_FATAL(length < sizeof body);
    body[length] = '\0';
    json_decref(plan);
    json_decref(wins);
    return body;
}

int64_t plans_save(struct house *house, const char *name, const char *product_key, int64_t package_id, const char *more)
{
    json_t *made = rest(house, "POST", "/api/v1/plans", plans_body(name, product_key, package_id, more), 201);
    int64_t id = json_integer_value(json_object_get(made, "id"));
    json_decref(made);
    return id;
}

json_t *plans_act(struct house *house, int64_t id, const char *act, long expected)
{
    char path[80];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/%s", (long long)id, act);
    return rest(house, "POST", path, NULL, expected);
}

json_t *plans_get_json(struct house *house, int64_t id, const char *path, long expected)
{
    char whole[256];
    (void)snprintf(whole, sizeof whole, "/api/v1/plans/%lld%s", (long long)id, path);
    return rest(house, "GET", whole, NULL, expected);
}

const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text == NULL ? "" : text;
}
