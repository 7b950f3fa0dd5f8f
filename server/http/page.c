/*
 * GET /: what this server is, for a human who opened its address. GET /openapi.json: the machine-readable contract.
 */
#include "http/api.h"
#include "http/openapi.h"

enum { PAGE_MOST = 4096 };

void page_get(const struct api *api, struct request *request, struct answer *answer)
{
    (void)request;
    struct buffer page;
    buffer_init(&page, PAGE_MOST);
    buffer_append_format(
        &page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>mockdc</title></head>\n<body>\n"
        "<h1>mockdc " MOCKDC_VERSION "</h1>\n"
        "<p>A stand-in for the QuecThing Developer Center: devices connect by MQTT, get upgrade plans and download "
        "firmware by HTTP.</p>\n"
        "<ul>\n<li>REST API and firmware: <code>%s</code></li>\n<li>Devices: <code>%s</code></li>\n</ul>\n"
        "<p><a href=\"/openapi.json\">The REST contract (OpenAPI)</a> &middot; <a href=\"/healthz\">alive</a> &middot; "
        "<a href=\"/readyz\">ready</a></p>\n</body>\n</html>\n",
        api->http_url, api->mqtt_url[0] == '\0' ? "not open yet" : api->mqtt_url);
    answer_text(answer, buffer_status(&page) == OK ? 200 : 500, "text/html; charset=utf-8", buffer_text(&page));
    buffer_finish(&page);
}

void openapi_get(const struct api *api, struct request *request, struct answer *answer)
{
    (void)api;
    (void)request;
    answer_text(answer, 200, "application/json", openapi_json);
}
