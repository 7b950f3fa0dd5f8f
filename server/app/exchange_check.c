/* Whether the rows of an import make a product that this server could have made (exchange.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/exchange.h"
#include "app/internal.h"
#include "base/text.h"
#include "domain/package.h"
#include "domain/plan.h"
#include "domain/product.h"

struct checking {
    struct app *app;
    const struct state_of_product *state;
    const char *place;
    struct violations *violations;
};

static const struct state_value *value(const struct state_of_product *state, enum state_table_id table, size_t row,
                                       const char *column)
{
    size_t columns = state_table(table)->column_count;
    return &state->tables[table].values[row * columns + state_column_index(table, column)];
}

static const char *text(const struct state_of_product *state, enum state_table_id table, size_t row, const char *column)
{
    const char *found = value(state, table, row, column)->text;
    return found == NULL ? "" : found;
}

static int64_t number(const struct state_of_product *state, enum state_table_id table, size_t row, const char *column)
{
    return value(state, table, row, column)->number;
}

static void wrong(const struct checking *checking, enum state_table_id table, size_t row, const char *member,
                  const char *detail)
{
    violation_add(checking->violations, detail, "%s/%s/%zu/%s", checking->place, state_table(table)->member, row,
                  member);
}

/* What a check of the domain found, with the place of the thing before its pointers. */
static void take(const struct checking *checking, enum state_table_id table, size_t row, const struct violations *found)
{
    for (size_t i = 0; i < found->count; i++) {
        violation_add(checking->violations, found->items[i].detail, "%s/%s/%zu%.60s", checking->place,
                      state_table(table)->member, row, found->items[i].pointer);
    }
}

static void check_devices(const struct checking *checking)
{
    const struct state_of_product *state = checking->state;
    for (size_t i = 0; i < state->tables[STATE_DEVICES].count; i++) {
        const char *secret = text(state, STATE_DEVICES, i, "secret");
        if (!device_key_is_valid(text(state, STATE_DEVICES, i, "device_key"))) {
            wrong(checking, STATE_DEVICES, i, "deviceKey", "must be 1 to 16 letters and digits");
        }
        if (secret[0] != '\0' && !device_secret_is_valid(secret)) {
            wrong(checking, STATE_DEVICES, i, "deviceSecret", "must be 1 to 32 printable ASCII characters without ';'");
        }
    }
}

static void check_one_package(const struct checking *checking, size_t row)
{
    const struct state_of_product *state = checking->state;
    struct violations found = {0};
    struct package package = {.component_type =
                                  (enum component_type)number(state, STATE_PACKAGES, row, "component_type"),
                              .package_type = (enum package_type)number(state, STATE_PACKAGES, row, "package_type"),
                              .sources = calloc(LIMIT_SOURCE_VERSIONS, sizeof *package.sources)};
    text_copy_cut(package.product_key, sizeof package.product_key, state->product_key);
    text_copy_cut(package.name, sizeof package.name, text(state, STATE_PACKAGES, row, "name"));
    text_copy_cut(package.target_version, sizeof package.target_version,
                  text(state, STATE_PACKAGES, row, "target_version"));
    text_copy_cut(package.remarks, sizeof package.remarks, text(state, STATE_PACKAGES, row, "remarks"));
    for (size_t i = 0; i < state->tables[STATE_SOURCES].count && package.sources != NULL; i++) {
        if (number(state, STATE_SOURCES, i, "package_id") == (int64_t)row + 1 &&
            package.source_count < LIMIT_SOURCE_VERSIONS) {
            text_copy_cut(package.sources[package.source_count++], sizeof *package.sources,
                          text(state, STATE_SOURCES, i, "version"));
        }
    }
    for (size_t i = 0; i < state->tables[STATE_FILES].count; i++) {
        if (number(state, STATE_FILES, i, "package_id") == (int64_t)row + 1 &&
            package.file_count < LIMIT_PACKAGE_FILES) {
            struct package_file *file = &package.files[package.file_count++];
            file->size = number(state, STATE_FILES, i, "size");
            text_copy_cut(file->name, sizeof file->name, text(state, STATE_FILES, i, "name"));
        }
    }
    package_check(&package, &found);
    take(checking, STATE_PACKAGES, row, &found);
    package_finish(&package);
}

static void check_one_plan(const struct checking *checking, size_t row)
{
    const struct state_of_product *state = checking->state;
    int64_t id = number(state, STATE_PLANS, row, "id");
    struct violations found = {0};
    struct plan plan = {.mode = (enum plan_mode)number(state, STATE_PLANS, row, "mode"),
                        .strategy = {.retries = (int)number(state, STATE_PLANS, row, "retries"),
                                     .min_signal = (int)number(state, STATE_PLANS, row, "min_signal"),
                                     .min_battery = (int)number(state, STATE_PLANS, row, "min_battery"),
                                     .timeout_minutes = (int)number(state, STATE_PLANS, row, "timeout_minutes")},
                        .texts = calloc(LIMIT_UPGRADE_TEXTS, sizeof *plan.texts)};
    text_copy_cut(plan.product_key, sizeof plan.product_key, state->product_key);
    text_copy_cut(plan.name, sizeof plan.name, text(state, STATE_PLANS, row, "name"));
    text_copy_cut(plan.time_zone, sizeof plan.time_zone, text(state, STATE_PLANS, row, "time_zone"));
    for (size_t i = 0; i < state->tables[STATE_COMPONENTS].count; i++) {
        if (number(state, STATE_COMPONENTS, i, "plan_id") == id && plan.component_count < LIMIT_COMPONENTS) {
            struct plan_component *component = &plan.components[plan.component_count++];
            component->sequence = (int)number(state, STATE_COMPONENTS, i, "sequence");
            component->type = (enum component_type)number(state, STATE_COMPONENTS, i, "component_type");
            component->package_id = number(state, STATE_COMPONENTS, i, "package_id");
            text_copy_cut(component->component_no, sizeof component->component_no,
                          text(state, STATE_COMPONENTS, i, "component_no"));
            text_copy_cut(component->name, sizeof component->name, text(state, STATE_COMPONENTS, i, "name"));
        }
    }
    for (size_t i = 0; i < state->tables[STATE_TEXTS].count && plan.texts != NULL; i++) {
        if (number(state, STATE_TEXTS, i, "plan_id") == id && plan.text_count < LIMIT_UPGRADE_TEXTS) {
            struct upgrade_text *one = &plan.texts[plan.text_count++];
            text_copy_cut(one->language, sizeof one->language, text(state, STATE_TEXTS, i, "language"));
            text_copy_cut(one->text, sizeof one->text, text(state, STATE_TEXTS, i, "text"));
        }
    }
    plan_check(&plan, &found);
    if (id > 0) { /* what a verification makes follows rules of its own */
        take(checking, STATE_PLANS, row, &found);
        enum plan_status status = (enum plan_status)number(state, STATE_PLANS, row, "status");
        if (status != PLAN_SAVED && !value(state, STATE_PLANS, row, "activation")->known) {
            wrong(checking, STATE_PLANS, row, "activation", "must be there: the plan was activated");
        }
    } else if (plan.component_count != 1) {
        wrong(checking, STATE_PLANS, row, "id", "the plan of a verification has one component");
    }
    if (app_zone(checking->app, plan.time_zone) == NULL) {
        wrong(checking, STATE_PLANS, row, "timeZone", "is no time zone that is known here");
    }
    plan_finish(&plan);
}

/* Each verification has its plan. */
static void check_verifications(const struct checking *checking)
{
    const struct state_of_product *state = checking->state;
    for (size_t i = 0; i < state->tables[STATE_VERIFICATIONS].count; i++) {
        size_t plan = 0;
        while (plan < state->tables[STATE_PLANS].count && number(state, STATE_PLANS, plan, "id") != -((int64_t)i + 1)) {
            plan++;
        }
        if (plan == state->tables[STATE_PLANS].count) {
            wrong(checking, STATE_VERIFICATIONS, i, "id", "a plan with this number, negated, must be there");
        }
    }
}

/* Components of the plan with number `id`. */
static int64_t count_components(const struct state_of_product *state, int64_t id)
{
    int64_t count = 0;
    for (size_t i = 0; i < state->tables[STATE_COMPONENTS].count; i++) {
        count += number(state, STATE_COMPONENTS, i, "plan_id") == id ? 1 : 0;
    }
    return count;
}

static void check_tasks(const struct checking *checking)
{
    const struct state_of_product *state = checking->state;
    int64_t plan = 0;
    int64_t components = 0;
    for (size_t i = 0; i < state->tables[STATE_TASKS].count; i++) {
        if (number(state, STATE_TASKS, i, "plan_id") != plan) { /* they mostly come plan by plan */
            plan = number(state, STATE_TASKS, i, "plan_id");
            components = count_components(state, plan);
        }
        bool final = number(state, STATE_TASKS, i, "status") > DEVICE_IN_UPGRADE;
        if (number(state, STATE_TASKS, i, "current") >= components + (final ? 1 : 0)) {
            wrong(checking, STATE_TASKS, i, "current", "must be one of the plan's components");
        }
    }
}

void exchange_check(struct app *app, const struct state_of_product *state, const char *place,
                    struct violations *violations)
{
    const struct checking checking = {.app = app, .state = state, .place = place, .violations = violations};
    struct violations found = {0};
    struct product product = {0};
    text_copy_cut(product.key, sizeof product.key, state->product_key);
    text_copy_cut(product.secret, sizeof product.secret, state->secret);
    text_copy_cut(product.name, sizeof product.name, state->name);
    product_check(&product, &found);
    for (size_t i = 0; i < found.count; i++) {
        violation_add(violations, found.items[i].detail, "%s%.60s", place, found.items[i].pointer);
    }
    check_devices(&checking);
    for (size_t i = 0; i < state->tables[STATE_PACKAGES].count; i++) {
        check_one_package(&checking, i);
    }
    for (size_t i = 0; i < state->tables[STATE_PLANS].count; i++) {
        check_one_plan(&checking, i);
    }
    check_verifications(&checking);
    check_tasks(&checking);
}
