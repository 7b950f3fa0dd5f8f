#include "http/state_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "http/faults_json.h"
#include "http/json_value.h"

/* --- writing ---------------------------------------------------------------------------------------------------- */

static json_t *value_json(const struct state_column *column, const struct state_value *value)
{
    if (!value->known) {
        return json_null();
    }
    switch (column->kind) {
    case STATE_BOOL:
        return json_boolean(value->number != 0);
    case STATE_REAL:
        return json_real(value->real);
    case STATE_TEXT:
        return value->text[0] == '\0' ? json_string("") : json_maybe_text(value->text);
    case STATE_INSTANT:
        return json_instant(value->number);
    case STATE_WORD:
        return json_string(column->word((unsigned)value->number));
    default:
        return json_integer(value->number);
    }
}

json_t *state_row_json(enum state_table_id id, const struct state_value *row)
{
    const struct state_table *table = state_table(id);
    json_t *object = json_object();
    for (size_t i = 0; i < table->column_count && object != NULL; i++) {
        if (table->columns[i].member != NULL) {
            (void)json_object_set_new_nocheck(object, table->columns[i].member,
                                              value_json(&table->columns[i], &row[i]));
        }
    }
    return object;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

struct reading {
    struct verdict *verdict;
    struct document *document;
    size_t file_capacity;
    enum status status;
};

static bool read_number(const struct state_column *column, const json_t *json, struct members *members,
                        struct state_value *value)
{
    if (!json_is_integer(json)) {
        return false;
    }
    value->number = json_integer_value(json);
    if (column->kind == STATE_INTEGER && (value->number < column->least || value->number > column->most)) {
        char detail[80];
        (void)snprintf(detail, sizeof detail, "must be %lld to %lld", (long long)column->least,
                       (long long)column->most);
        members_break(members, column->member, detail);
    }
    return true;
}

static bool read_word(const struct state_column *column, const json_t *json, struct members *members,
                      struct state_value *value)
{
    const char *text = json_string_value(json);
    unsigned i = 0;
    if (text == NULL) {
        return false;
    }
    while (i < column->words && strcmp(column->word(i), text) != 0) {
        i++;
    }
    if (i == column->words) {
        members_break(members, column->member, "is none of the words that it may be");
        i = 0;
    }
    value->number = i;
    return true;
}

static bool read_text(const struct state_column *column, const json_t *json, struct members *members,
                      struct state_value *value)
{
    value->text = json_string_value(json);
    if (value->text == NULL) {
        value->text = "";
        return false;
    }
    if (strlen(value->text) > (size_t)column->most) {
        members_break(members, column->member, "is too long");
    }
    return true;
}

static bool read_instant(const json_t *json, struct state_value *value)
{
    return json_is_string(json) && instant_parse(json_string_value(json), &value->number) == OK;
}

/* False: of the wrong type. */
static bool read_typed(const struct state_column *column, const json_t *json, struct members *members,
                       struct state_value *value)
{
    switch (column->kind) {
    case STATE_BOOL:
        value->number = json_is_true(json) ? 1 : 0;
        return json_is_boolean(json);
    case STATE_REAL:
        value->real = json_number_value(json);
        return json_is_number(json);
    case STATE_TEXT:
        return read_text(column, json, members, value);
    case STATE_INSTANT:
        return read_instant(json, value);
    case STATE_WORD:
        return read_word(column, json, members, value);
    default:
        return read_number(column, json, members, value);
    }
}

static const char *type_of(enum state_kind kind)
{
    static const char *const types[] = {
        [STATE_ID] = "must be a number",        [STATE_REF] = "must be a number",  [STATE_INTEGER] = "must be a number",
        [STATE_BOOL] = "must be true or false", [STATE_REAL] = "must be a number", [STATE_TEXT] = "must be a string",
        [STATE_INSTANT] = "must be an instant", [STATE_WORD] = "must be a string"};
    return types[kind];
}

static void read_row(const struct state_table *table, const json_t *json, const char *path, struct verdict *verdict,
                     struct state_value *row)
{
    struct members members;
    members_open(&members, json, path, verdict);
    for (size_t i = 0; i < table->column_count && members.object != NULL; i++) {
        const struct state_column *column = &table->columns[i];
        if (column->member == NULL) {
            row[i].text = "";
            continue;
        }
        const json_t *value = members_any(&members, column->member);
        row[i].text = "";
        if (value == NULL) {
            if (!column->optional) {
                members_break(&members, column->member, "is needed");
            }
            continue;
        }
        row[i].known = true;
        if (!read_typed(column, value, &members, &row[i])) {
            char pointer[sizeof verdict->wrong.items[0].pointer];
            (void)snprintf(pointer, sizeof pointer, "%.90s/%.30s", path, column->member);
            violation_add(&verdict->wrong, type_of(column->kind), "%s", pointer);
        }
    }
    members_close(&members);
}

static void read_table(struct reading *reading, const json_t *rows, enum state_table_id id, const char *place,
                       struct state_of_product *product)
{
    const struct state_table *table = state_table(id);
    size_t i;
    const json_t *item;
    json_array_foreach(rows, i, item)
    {
        struct state_value *row = NULL;
        char path[MEMBER_PATH];
        if (reading->status != OK || (reading->status = state_rows_add(&product->tables[id], id, &row)) != OK) {
            return;
        }
        (void)snprintf(path, sizeof path, "%.40s/%.30s/%zu", place, table->member, i);
        read_row(table, item, path, reading->verdict, row);
    }
}

static void break_at(struct reading *reading, const char *place, enum state_table_id id, size_t row, const char *member,
                     const char *detail)
{
    violation_add(&reading->verdict->broken, detail, "%s/%s/%zu/%s", place, state_table(id)->member, row, member);
}

/* The own number of plan `row` of `regular` ones and then those of verifications. */
static bool is_own_number(const struct state_of_product *product, enum state_table_id id, size_t row, int64_t number)
{
    if (id != STATE_PLANS || number > 0) {
        return number == (int64_t)row + 1;
    }
    return number < 0 && -number <= (int64_t)product->tables[STATE_VERIFICATIONS].count;
}

static size_t count_regular_plans(const struct state_of_product *product)
{
    const struct state_rows *rows = &product->tables[STATE_PLANS];
    size_t count = 0;
    while (count < rows->count && rows->values[count * state_table(STATE_PLANS)->column_count].number > 0) {
        count++;
    }
    return count;
}

static bool refers_well(const struct state_of_product *product, const struct state_column *column, int64_t number)
{
    size_t count = column->refers == STATE_PLANS ? count_regular_plans(product) : product->tables[column->refers].count;
    if (column->refers == STATE_PLANS && number < 0) {
        return -number <= (int64_t)product->tables[STATE_VERIFICATIONS].count;
    }
    return number >= 1 && number <= (int64_t)count;
}

/* Numbers are places, references name what is there, no parent has too many children. */
static void check_numbers(struct reading *reading, const struct state_of_product *product, enum state_table_id id,
                          const char *place)
{
    const struct state_table *table = state_table(id);
    const struct state_rows *rows = &product->tables[id];
    size_t run = 0;
    for (size_t row = 0; row < rows->count; row++) {
        const struct state_value *values = &rows->values[row * table->column_count];
        for (size_t i = 0; i < table->column_count; i++) {
            const struct state_column *column = &table->columns[i];
            bool own = i == 0 && (column->kind == STATE_ID || id == STATE_PLANS);
            if (own && !is_own_number(product, id, row, values[i].number)) {
                break_at(
                    reading, place, id, row, column->member,
                    "must be its place in the list, from 1 (a verification's plan: its number, negated, behind all "
                    "others)");
            } else if (!own && column->kind == STATE_REF && !refers_well(product, column, values[i].number)) {
                break_at(reading, place, id, row, column->member, "names a row that is not there");
            }
        }
        bool same = row > 0 && table->columns[0].kind == STATE_REF && id != STATE_PLANS &&
                    rows->values[(row - 1) * table->column_count].number == values[0].number;
        run = same ? run + 1 : 1;
        if (table->most_of_parent > 0 && run > table->most_of_parent) {
            break_at(reading, place, id, row, table->columns[0].member, "has too many of these");
        }
    }
}

static void read_clock(struct reading *reading, const json_t *json, const char *place, struct state_of_product *product)
{
    struct members members;
    char path[MEMBER_PATH];
    enum clock_mode mode = CLOCK_REAL;
    if (json == NULL || json_is_null(json)) {
        return;
    }
    (void)snprintf(path, sizeof path, "%.40s/clock", place);
    members_open(&members, json, path, reading->verdict);
    const char *word = members_word(&members, "mode", MEMBER_REQUIRED);
    (void)members_int(&members, "value", MEMBER_REQUIRED, INT64_MIN, INT64_MAX, &product->clock_value);
    if (word != NULL && clock_mode_parse(word, &mode) != OK) {
        members_break(&members, "mode", "must be real, offset or manual");
    }
    members_close(&members);
    product->has_clock = true;
    product->clock_mode = (int)mode;
}

static void read_fault(struct reading *reading, const json_t *json, const char *path, size_t product,
                       const struct state_of_product *state)
{
    struct import *import = &reading->document->import;
    struct verdict inner = {0};
    struct import_fault fault = {.product = product};
    json_t *body = json_is_object(json) ? json_copy((json_t *)(uintptr_t)json) : NULL;
    const json_t *seen = json_object_get(body, "seen");
    if (json_is_integer(seen) && json_integer_value(seen) >= 0) {
        fault.seen = json_integer_value(seen);
    } else if (body != NULL) {
        violation_add(&reading->verdict->wrong, "must be a number of uses", "%s/seen", path);
    }
    (void)json_object_del(body, "seen");
    fault_from_json(body, &inner, &fault.fault);
    json_decref(body);
    for (size_t i = 0; i < inner.wrong.count; i++) {
        violation_add(&reading->verdict->wrong, inner.wrong.items[i].detail, "%s%.60s", path,
                      inner.wrong.items[i].pointer);
    }
    for (size_t i = 0; i < inner.broken.count; i++) {
        violation_add(&reading->verdict->broken, inner.broken.items[i].detail, "%s%.60s", path,
                      inner.broken.items[i].pointer);
    }
    if (strcmp(fault.fault.match.product_key, state->product_key) != 0) {
        violation_add(&reading->verdict->broken, "must be the product's key", "%s/match/productKey", path);
    }
    if (fault.fault.match.plan_id.known && (fault.fault.match.plan_id.value < 1 ||
                                            fault.fault.match.plan_id.value > (int64_t)count_regular_plans(state))) {
        violation_add(&reading->verdict->broken, "names a plan that is not there", "%s/match/planId", path);
    }
    struct import_fault *grown = realloc((void *)(uintptr_t)import->faults, (import->fault_count + 1) * sizeof *grown);
    if (grown == NULL || import->fault_count >= LIMIT_FAULTS) {
        reading->status = grown == NULL ? E_NOMEM : E_LIMIT;
        import->faults = grown == NULL ? import->faults : grown;
        return;
    }
    grown[import->fault_count++] = fault;
    import->faults = grown;
}

static void read_product(struct reading *reading, const json_t *json, size_t index, struct state_of_product *product)
{
    struct members members;
    char place[MEMBER_PATH];
    char created[INSTANT_TEXT] = "";
    const json_t *tables[STATE_TABLE_COUNT];
    (void)snprintf(place, sizeof place, "/products/%zu", index);
    members_open(&members, json, place, reading->verdict);
    (void)members_text(&members, "productKey", MEMBER_REQUIRED, product->product_key, sizeof product->product_key);
    (void)members_text(&members, "productSecret", MEMBER_REQUIRED, product->secret, sizeof product->secret);
    (void)members_text(&members, "name", MEMBER_REQUIRED, product->name, sizeof product->name);
    if (members_text(&members, "createdAt", MEMBER_REQUIRED, created, sizeof created) &&
        instant_parse(created, &product->created_at) != OK) {
        members_break(&members, "createdAt", "must be an instant");
    }
    read_clock(reading, members_any(&members, "clock"), place, product);
    for (size_t i = 0; i < STATE_TABLE_COUNT; i++) {
        tables[i] = members_array(&members, state_table((enum state_table_id)i)->member, MEMBER_OPTIONAL);
    }
    const json_t *faults = members_array(&members, "faults", MEMBER_OPTIONAL);
    members_close(&members);
    for (size_t i = 0; i < STATE_TABLE_COUNT; i++) {
        read_table(reading, tables[i], (enum state_table_id)i, place, product);
    }
    for (size_t i = 0; i < STATE_TABLE_COUNT && reading->verdict->wrong.count == 0; i++) {
        check_numbers(reading, product, (enum state_table_id)i, place);
    }
    size_t i;
    const json_t *fault;
    json_array_foreach(faults, i, fault)
    {
        char path[MEMBER_PATH];
        (void)snprintf(path, sizeof path, "%.40s/faults/%zu", place, i);
        read_fault(reading, fault, path, index, product);
    }
}

/* --- contents --------------------------------------------------------------------------------------------------- */

static enum status write_all(int fd, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0) {
            return errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO;
        }
        bytes += written;
        count -= (size_t)written;
    }
    return OK;
}

static struct import_file *add_file(struct reading *reading)
{
    struct import *import = &reading->document->import;
    if (import->file_count == reading->file_capacity) {
        size_t capacity = reading->file_capacity == 0 ? 16 : 2 * reading->file_capacity;
        struct import_file *grown = realloc((void *)(uintptr_t)import->files, capacity * sizeof *grown);
        if (grown == NULL) {
            reading->status = E_NOMEM;
            return NULL;
        }
        import->files = grown;
        reading->file_capacity = capacity;
    }
    struct import_file *file = (struct import_file *)(uintptr_t)&import->files[import->file_count++];
    *file = (struct import_file){0};
    return file;
}

/* The text is decoded in its own place: the JSON is not looked at again. */
static void read_content(struct reading *reading, const char *sha256, json_t *content)
{
    char pointer[MEMBER_PATH] = "/files";
    pointer_append(pointer, sizeof pointer, sha256);
    const char *text = json_string_value(content);
    if (text == NULL) {
        violation_add(&reading->verdict->wrong, "must be a string", "%s", pointer);
        return;
    }
    uint8_t *bytes = (uint8_t *)(uintptr_t)text;
    size_t count = 0;
    struct digests digests;
    if (base64_decode(text, json_string_length(content), bytes, &count) != OK) {
        violation_add(&reading->verdict->broken, "is not base64", "%s", pointer);
        return;
    }
    if (count == 0 || count > LIMIT_FILE) {
        violation_add(&reading->verdict->broken, "must be 1 byte to 100 MiB", "%s", pointer);
        return;
    }
    reading->status = digest_bytes(bytes, count, &digests);
    if (reading->status == OK && strcmp(digests.sha256, sha256) != 0) {
        violation_add(&reading->verdict->broken, "is not the content with this SHA-256", "%s", pointer);
        return;
    }
    struct import_file *file = reading->status == OK ? add_file(reading) : NULL;
    if (file == NULL || (reading->status = random_token(file->name)) != OK) {
        return;
    }
    text_copy_cut(file->sha256, sizeof file->sha256, sha256);
    memcpy(file->md5, digests.md5, sizeof file->md5);
    memcpy(file->crc32, digests.crc32, sizeof file->crc32);
    file->size = (int64_t)count;
    char path[LIMIT_PATH];
    (void)snprintf(path, sizeof path, "%.3000s/%s", reading->document->folder, file->name);
    CLEANUP(cleanup_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    reading->status = fd >= 0 ? write_all(fd, bytes, count) : (errno == ENOSPC ? E_FULL : E_IO);
}

static void read_contents(struct reading *reading, json_t *files)
{
    const char *sha256;
    json_t *content;
    void *next;
    json_object_foreach_safe(files, next, sha256, content)
    {
        if (reading->status == OK) {
            read_content(reading, sha256, content);
        }
        (void)json_object_del(files, sha256);
    }
}

/* MD5 and CRC-32 of the rows follow from the content: they must be right, the device compares them. */
static void check_digest_form(struct reading *reading)
{
    const struct import *import = &reading->document->import;
    for (size_t p = 0; p < import->product_count; p++) {
        const struct state_rows *rows = &import->products[p].tables[STATE_FILES];
        for (size_t row = 0; row < rows->count; row++) {
            const struct state_value *values = &rows->values[row * state_table(STATE_FILES)->column_count];
            static const struct {
                const char *column;
                size_t length;
            } digests[] = {{"md5", 32}, {"sha256", 64}, {"crc32", 8}};
            for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
                const char *text = values[state_column_index(STATE_FILES, digests[i].column)].text;
                if (strspn(text, "0123456789abcdef") != digests[i].length || strlen(text) != digests[i].length) {
                    char place[48];
                    (void)snprintf(place, sizeof place, "/products/%zu", p);
                    break_at(reading, place, STATE_FILES, row, digests[i].column, "must be lower-case hex digits");
                }
            }
        }
    }
}

static void read_document(struct reading *reading, json_t *json)
{
    struct members members;
    int64_t version = 0;
    struct import *import = &reading->document->import;
    members_open(&members, json, "", reading->verdict);
    const char *format = members_word(&members, "format", MEMBER_REQUIRED);
    (void)members_int(&members, "version", MEMBER_REQUIRED, STATE_FORMAT_VERSION, STATE_FORMAT_VERSION, &version);
    (void)members_word(&members, "exportedAt", MEMBER_OPTIONAL);
    const json_t *products = members_array(&members, "products", MEMBER_REQUIRED);
    json_t *files = (json_t *)(uintptr_t)members_object(&members, "files", MEMBER_OPTIONAL);
    members_close(&members);
    if (format != NULL && strcmp(format, STATE_FORMAT) != 0) {
        members_break(&members, "format", "must be " STATE_FORMAT);
    }
    size_t count = json_array_size(products);
    import->products = calloc(count + 1, sizeof *import->products);
    if (import->products == NULL) {
        reading->status = E_NOMEM;
        return;
    }
    import->product_count = count;
    for (size_t i = 0; i < count && reading->status == OK; i++) {
        read_product(reading, json_array_get(products, i), i, &import->products[i]);
    }
    check_digest_form(reading);
    read_contents(reading, files);
}

enum status document_read(json_t *json, const char *folder, struct verdict *verdict, struct document **out)
{
    struct document *document = calloc(1, sizeof *document);
    if (document == NULL) {
        return E_NOMEM;
    }
    document->folder = folder;
    struct reading reading = {.verdict = verdict, .document = document};
    read_document(&reading, json);
    if (reading.status != OK) {
        document_destroy(document);
        return reading.status;
    }
    *out = document;
    return OK;
}

void document_destroy(struct document *document)
{
    if (document == NULL) {
        return;
    }
    struct import *import = &document->import;
    for (size_t i = 0; i < import->file_count; i++) {
        char path[LIMIT_PATH];
        (void)snprintf(path, sizeof path, "%.3000s/%s", document->folder, import->files[i].name);
        (void)unlink(path);
    }
    for (size_t i = 0; i < import->product_count; i++) {
        state_finish(&import->products[i]);
    }
    free(import->products);
    free((void *)(uintptr_t)import->files);
    free((void *)(uintptr_t)import->faults);
    free(document);
}
