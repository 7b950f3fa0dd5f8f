/*
 * A fixture: products, packages and plans in one document, imported through the API's own checks.
 *
 *   {"products": [{POST /products ..., "devices": [{POST .../devices ...}]}],
 *    "packages": [{POST /packages ..., "files": [{"path": "stm32.bin"}, {"name": "big.bin", "size": 1000000, "seed":
 * 7}]}], "plans":    [{POST /plans ..., "components": [{..., "package": "name of a package"}], "activate": true}]}
 *
 * A file may also be {"name", "content": base64}: where the fixture comes without a folder (POST /import).
 *
 * What exists already under its name is kept as it is, so that a fixture can be imported at each start. `path` is
 * relative to the fixture's folder and stays in it; `size` and `seed` stand for made-up bytes (base/pattern.h).
 */
#ifndef HTTP_FIXTURE_H
#define HTTP_FIXTURE_H

#include "http/request.h"

struct fixture_counts {
    int64_t products;
    int64_t devices;
    int64_t packages;
    int64_t plans;
    int64_t kept;
};

/*
 * Imports one document. E_FORMAT, E_RULE: a member is wrong; *error says which ("/plans/0/timeZone: ..."). What came
 * before it stays. The loop's thread.
 */
MUST_USE enum status fixture_import(const struct api *api, const json_t *document, const char *folder,
                                    struct fixture_counts *counts, struct error *error);

/*
 * The same for POST /import: all or nothing, what exists is not kept but an error (E_EXISTS), products of the fixture that
 * exist are removed first when `replace`; there is no folder, so no `path`. *violations: what is wrong, with pointers.
 */
MUST_USE enum status fixture_import_whole(const struct api *api, const json_t *document, bool replace,
                                          struct fixture_counts *counts, struct violations *violations);

/*
 * Imports all *.json of a folder in the order of their names. *report (yours): [{"file": "10-demo.json", "created":
 * {"products": 1, ...}, "kept": 0}], for /readyz?verbose. *error names file and member.
 */
MUST_USE enum status fixture_import_folder(const struct api *api, const char *folder, json_t **report,
                                           struct error *error);

#endif
