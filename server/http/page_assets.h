/*
 * What was built into the program for browsers (web/build*.mjs): a handful of files, each plain and compressed.
 *
 *   ""          GET /                the document
 *   "app.js"    GET /page/app.js     what the document asks for
 */
#ifndef HTTP_PAGE_ASSETS_H
#define HTTP_PAGE_ASSETS_H

#include <stddef.h>

struct page_form {
    const char *etag; /* with its quotes; another one for each form of a file (RFC 9110, 8.8.3) */
    const unsigned char *bytes;
    size_t length;
};

struct page_asset {
    const char *name; /* behind /page/; "": the document */
    const char *content_type;
    struct page_form plain;
    struct page_form gzip;
};

extern const struct page_asset page_assets[];
extern const size_t page_asset_count;

/* GET /docs and /docs/...: the contract for people; named as those of the page. */
extern const struct page_asset docs_assets[];
extern const size_t docs_asset_count;

/* GET /openapi.json: schema/openapi.yaml as JSON (web/build_contract.mjs); one row. */
extern const struct page_asset contract_assets[];
extern const size_t contract_asset_count;

#endif
