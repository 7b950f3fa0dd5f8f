#include "store/log_rows.h"

#include <assert.h>

#include "store/query.h"

static_assert(LOG_PROTOCOL_WARNING == 20 && LOG_REPORT_IGNORED == 21 && LOG_FROM_SERVER == 1,
              "stored numbers never change");

#define COLUMNS "at, component_no, attempt, direction, kind, code, detail"

static const char sql_append[] = "INSERT INTO log_entry (plan_id, device_id, " COLUMNS ")"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

enum status log_append(struct store *store, int64_t plan_id, int64_t device_id, const struct log_entry *entry)
{
    struct query query;
    query_open(&query, store, sql_append);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, device_id);
    query_bind_int(&query, entry->at);
    query_bind_text(&query, entry->component_no);
    query_bind_int(&query, entry->attempt);
    query_bind_int(&query, entry->direction);
    query_bind_int(&query, entry->kind);
    query_bind_maybe_int(&query, entry->code);
    query_bind_text(&query, entry->detail);
    return query_run(&query, NULL);
}

static void read_row(struct query *query, struct log_entry *entry)
{
    *entry = (struct log_entry){.id = query_int(query)};
    entry->at = query_int(query);
    query_text(query, entry->component_no, sizeof entry->component_no);
    entry->attempt = query_small(query);
    entry->direction = (enum log_direction)query_enum(query, LOG_DIRECTION_COUNT);
    entry->kind = (enum log_kind)query_enum(query, LOG_KIND_COUNT);
    entry->code = query_maybe_int(query);
    query_text(query, entry->detail, sizeof entry->detail);
}

static const char sql_list[] = "SELECT id, " COLUMNS " FROM log_entry WHERE plan_id = ?1 AND device_id = ?2 AND id > ?3"
                               " AND (?4 IS NULL OR instr(lower(component_no), lower(?4))"
                               " OR instr(lower(detail), lower(?4)))"
                               " ORDER BY id LIMIT ?5";

enum status log_list(struct store *store, int64_t plan_id, int64_t device_id, const struct page *page,
                     log_visitor *each, void *context, bool *more)
{
    struct query query;
    query_open(&query, store, sql_list);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, device_id);
    query_bind_page_by_id(&query, page);
    *more = false;
    for (int seen = 0; query_step(&query); seen++) {
        struct log_entry entry;
        if (seen == page->limit) {
            *more = true;
            break;
        }
        read_row(&query, &entry);
        if (query.status != OK || !each(context, &entry)) {
            break;
        }
    }
    return query_close(&query);
}

/* The literal 20 makes it use the index of warnings. */
static const char sql_warnings[] =
    "SELECT at, detail FROM log_entry WHERE plan_id = ?1 AND device_id = ?2 AND kind = 20 ORDER BY id";

enum status log_warnings(struct store *store, int64_t plan_id, int64_t device_id, struct warnings *warnings)
{
    struct query query;
    struct warnings found = {0};
    query_open(&query, store, sql_warnings);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, device_id);
    while (query_step(&query)) {
        enum protocol_rule rule = PROTOCOL_RULE_COUNT;
        int64_t at = query_int(&query);
        if (protocol_rule_of_warning(query_text_borrow(&query), &rule) == OK) {
            found.of[rule].count++;
            found.of[rule].last_at = at;
        }
    }
    enum status status = query_close(&query);
    if (status == OK) {
        *warnings = found;
    }
    return status;
}
