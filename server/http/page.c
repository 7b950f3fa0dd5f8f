/*
 * GET / and /page/...: the browser page, from memory. GET /openapi.json: the machine-readable contract; GET /docs and
 * /docs/...: the same for people.
 * GET /api/v1/server: what the page and scripts want to know of this server.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "http/api.h"
#include "http/page_assets.h"

/* Scripts, styles and pictures only of this server, no markup from data, nobody may frame it. */
static const char page_policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                                  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                                  "require-trusted-types-for 'script'; trusted-types 'none'";

/*
 * RapiDoc styles its parts where they stand, in its shadow tree ('unsafe-inline' of styles only), and makes markup by
 * the one policy of its template library; it still reaches nothing but this server.
 */
static const char docs_policy[] = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                                  "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
                                  "form-action 'none'; frame-ancestors 'none'; "
                                  "require-trusted-types-for 'script'; trusted-types lit-html";

/* "gzip, br;q=0.5", "gzip;q=0", "*": whether gzip is welcome (RFC 9110, 12.5.3). */
static bool takes_gzip(const char *accepted)
{
    bool any = false;
    for (const char *entry = accepted == NULL ? "" : accepted; *entry != '\0';) {
        entry += strspn(entry, " \t,");
        size_t length = strcspn(entry, ",");
        size_t name = strcspn(entry, " \t,;");
        const char *quality = memchr(entry, '=', length);
        bool wanted = quality == NULL || strtod(quality + 1, NULL) > 0;
        if (name == 4 && strncasecmp(entry, "gzip", name) == 0) {
            return wanted;
        }
        any = any || (name == 1 && entry[0] == '*' && wanted);
        entry += length;
    }
    return any;
}

static void answer_asset(const struct request *request, const struct page_asset *asset, struct answer *answer)
{
    const struct page_form *form = takes_gzip(request->accept_encoding) ? &asset->gzip : &asset->plain;
    if (request->if_none_match != NULL &&
        (strcmp(request->if_none_match, "*") == 0 || strstr(request->if_none_match, form->etag) != NULL)) {
        answer_empty(answer, 304);
    } else {
        struct buffer body;
        buffer_init(&body, form->length);
        buffer_append(&body, form->bytes, form->length);
        answer_buffer_take(answer, 200, asset->content_type, &body);
        answer->content_encoding = form == &asset->gzip ? "gzip" : NULL;
    }
    answer->etag = form->etag;
    answer->content_policy = page_policy;
}

static void answer_named(struct request *request, const struct page_asset *assets, size_t count, const char *name,
                         struct answer *answer)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(assets[i].name, name) == 0) {
            answer_asset(request, &assets[i], answer);
            return;
        }
    }
    request_refuse(request, answer, E_NOT_FOUND, NULL);
}

void page_get(const struct api *api, struct request *request, struct answer *answer)
{
    (void)api;
    answer_named(request, page_assets, page_asset_count, "", answer);
}

void page_get_asset(const struct api *api, struct request *request, struct answer *answer)
{
    (void)api;
    answer_named(request, page_assets, page_asset_count, request->parameters[0], answer);
}

void docs_get(const struct api *api, struct request *request, struct answer *answer)
{
    (void)api;
    answer_named(request, docs_assets, docs_asset_count, "", answer);
    answer->content_policy = docs_policy;
}

void docs_get_asset(const struct api *api, struct request *request, struct answer *answer)
{
    (void)api;
    answer_named(request, docs_assets, docs_asset_count, request->parameters[0], answer);
}

void openapi_get(const struct api *api, struct request *request, struct answer *answer)
{
    (void)api;
    answer_asset(request, &contract_assets[0], answer);
}

/* How this client reaches us: --public-url, else what it called us. */
static const char *url_for(const struct api *api, const struct request *request, char url[300])
{
    if (api->public_url != NULL) {
        return api->public_url;
    }
    if (request->host == NULL || !text_is_word(request->host, 1, 255, ".-_:[]")) {
        return api->http_url;
    }
    (void)snprintf(url, 300, "%s://%s", request->secure ? "https" : "http", request->host);
    return url;
}

void server_get(const struct api *api, struct request *request, struct answer *answer)
{
    char url[300];
    answer_resource_take(answer, 200,
                         json_pack("{s:s, s:s, s:s?}", "version", MOCKDC_VERSION, "http", url_for(api, request, url),
                                   "mqtt", api->mqtt_url[0] == '\0' ? NULL : api->mqtt_url));
}
