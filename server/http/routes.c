#include "http/api.h"
#include "http/router.h"

#define V1   "/api/v1"
#define PAGE " limit cursor "

const struct route http_routes[] = {
    {METHOD_POST, V1 "/products", BODY_JSON, PLACE_LOOP, true, "", products_check_create, products_create},
    {METHOD_GET, V1 "/products", BODY_NONE, PLACE_LOOP, false, PAGE "q ", products_check_list, products_list},
    {METHOD_GET, V1 "/products/{}", BODY_NONE, PLACE_LOOP, false, "", request_check_no_body, products_get},
    {METHOD_DELETE, V1 "/products/{}", BODY_NONE, PLACE_LOOP, false, "", request_check_no_body, products_delete},

    {METHOD_POST, V1 "/products/{}/devices", BODY_JSON, PLACE_LOOP, true, "", devices_check_create, devices_create},
    {METHOD_GET, V1 "/products/{}/devices", BODY_NONE, PLACE_LOOP, false, PAGE "q online ", devices_check_list,
     devices_list},
    {METHOD_GET, V1 "/products/{}/devices/{}", BODY_NONE, PLACE_LOOP, false, "", request_check_no_body, devices_get},
    {METHOD_DELETE, V1 "/products/{}/devices/{}", BODY_NONE, PLACE_LOOP, false, "", request_check_no_body,
     devices_delete},
    {METHOD_POST, V1 "/products/{}/devices/{}/disconnect", BODY_NONE, PLACE_LOOP, false, "", request_check_no_body,
     devices_disconnect},
    {METHOD_PUT, V1 "/products/{}/devices/{}/enabled", BODY_JSON, PLACE_LOOP, false, "", devices_check_enabled,
     devices_enable},

    {METHOD_POST, V1 "/packages", BODY_PACKAGE, PLACE_LOOP, true, "", packages_check_create, packages_create},
    {METHOD_GET, V1 "/packages", BODY_NONE, PLACE_LOOP, false, PAGE "q productKey ", packages_check_list,
     packages_list},
    {METHOD_GET, V1 "/packages/{}", BODY_NONE, PLACE_LOOP, false, "", packages_check_one, packages_get},
    {METHOD_DELETE, V1 "/packages/{}", BODY_NONE, PLACE_LOOP, false, "", packages_check_one, packages_delete},

    {METHOD_POST, V1 "/plans", BODY_JSON, PLACE_LOOP, true, "", plans_check_create, plans_create},
    {METHOD_GET, V1 "/plans", BODY_NONE, PLACE_LOOP, false, PAGE "q productKey status ", plans_check_list, plans_list},
    {METHOD_GET, V1 "/plans/{}", BODY_NONE, PLACE_LOOP, false, "", plans_check_one, plans_get},
    {METHOD_PUT, V1 "/plans/{}", BODY_JSON, PLACE_LOOP, false, "", plans_check_replace, plans_replace},
    {METHOD_DELETE, V1 "/plans/{}", BODY_NONE, PLACE_LOOP, false, "", plans_check_one, plans_delete},
    {METHOD_POST, V1 "/plans/{}/activate", BODY_NONE, PLACE_LOOP, false, "", plans_check_one, plans_activate},
    {METHOD_PUT, V1 "/plans/{}/whitelist", BODY_LIST, PLACE_LOOP, false, "", plan_lists_check_put, plan_whitelist_put},
    {METHOD_GET, V1 "/plans/{}/whitelist", BODY_NONE, PLACE_LOOP, false, PAGE "q ", plan_lists_check_get,
     plan_whitelist_get},
    {METHOD_PUT, V1 "/plans/{}/blacklist", BODY_LIST, PLACE_LOOP, false, "", plan_lists_check_put, plan_blacklist_put},
    {METHOD_GET, V1 "/plans/{}/blacklist", BODY_NONE, PLACE_LOOP, false, PAGE "q ", plan_lists_check_get,
     plan_blacklist_get},
    {METHOD_GET, V1 "/plans/{}/statistics", BODY_NONE, PLACE_LOOP, false, "", plans_check_one, plans_statistics},
    {METHOD_GET, V1 "/plans/{}/devices", BODY_NONE, PLACE_LOOP, false, PAGE "q status ", plan_devices_check_list,
     plan_devices_list},
    {METHOD_GET, V1 "/plans/{}/devices/{}", BODY_NONE, PLACE_LOOP, false, "", plans_check_one, plan_devices_get},
    {METHOD_GET, V1 "/plans/{}/devices/{}/logs", BODY_NONE, PLACE_LOOP, false, PAGE, plan_devices_check_logs,
     plan_devices_logs},

    {METHOD_POST, V1 "/evaluations", BODY_JSON, PLACE_LOOP, false, "", evaluations_check, evaluations_create},
    {METHOD_GET, V1 "/clock", BODY_NONE, PLACE_LOOP, false, "", request_check_no_body, clock_get},

    {METHOD_GET, "/firmware/{}", BODY_NONE, PLACE_FIRMWARE, false, NULL, NULL, NULL},
    {METHOD_GET, "/healthz", BODY_NONE, PLACE_HERE, false, NULL, NULL, health_alive},
    {METHOD_GET, "/readyz", BODY_NONE, PLACE_LOOP, false, NULL, NULL, health_ready},
    {METHOD_GET, "/openapi.json", BODY_NONE, PLACE_HERE, false, NULL, NULL, openapi_get},
    {METHOD_GET, "/", BODY_NONE, PLACE_LOOP, false, NULL, NULL, page_get},
    {0},
};
