#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "http/packages_json.h"
#include "http/plans_json.h"
#include "http/products_json.h"

static void check_violations(const struct violations *violations)
{
    FUZZ_HOLDS(violations->count <= LIMIT_VIOLATIONS);
    for (size_t i = 0; i < violations->count; i++) {
        const struct violation *violation = &violations->items[i];
        FUZZ_HOLDS(violation->pointer[0] == '\0' || violation->pointer[0] == '/');
        FUZZ_HOLDS(text_utf8_length(violation->pointer) >= 0); /* else the answer could not be written */
        FUZZ_HOLDS(text_utf8_length(violation->detail) > 0);
    }
}

static void check_verdict(struct verdict *verdict)
{
    check_violations(&verdict->wrong);
    check_violations(&verdict->broken);
    *verdict = (struct verdict){0};
}

/* The body of POST /products, /packages (its part) and /plans, all from the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct verdict verdict;
    json_t *json = NULL;
    verdict = (struct verdict){0};
    if (json_body_parse(data, size, &json, &verdict) != OK) {
        FUZZ_HOLDS(verdict.wrong.count == 1);
        check_verdict(&verdict);
        return 0;
    }
    struct product product = {0};
    product_read(&product, json, &verdict);
    check_verdict(&verdict);

    struct package package = {0};
    FUZZ_HOLDS(package_read(&package, json, &verdict) == OK);
    package_check(&package, &verdict.broken);
    check_verdict(&verdict);
    package_finish(&package);

    struct plan plan = {0};
    struct keys lists[PLAN_LIST_COUNT] = {0};
    FUZZ_HOLDS(plan_read(&plan, lists, json, &verdict) == OK);
    plan_check(&plan, &verdict.broken);
    check_verdict(&verdict);
    plan_finish(&plan);
    for (int i = 0; i < PLAN_LIST_COUNT; i++) {
        free(lists[i].keys);
    }
    json_decref(json);
    return 0;
}
