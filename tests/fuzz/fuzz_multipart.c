#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "http/multipart.h"

/* What came out, as a hash: it must not depend on how the bytes were cut. */
struct seen {
    uint64_t hash;
    size_t parts;
    bool open;
};

static void add(struct seen *seen, const void *bytes, size_t count)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < count; i++) {
        seen->hash = (seen->hash ^ p[i]) * 1099511628211U;
    }
}

static enum status on_part(void *context, const char *name, const char *file_name)
{
    struct seen *seen = context;
    FUZZ_HOLDS(!seen->open);
    FUZZ_HOLDS(file_name == NULL || strpbrk(file_name, "/\\") == NULL);
    seen->open = true;
    seen->parts++;
    add(seen, name, strlen(name) + 1);
    return OK;
}

static enum status on_data(void *context, const void *bytes, size_t count)
{
    struct seen *seen = context;
    FUZZ_HOLDS(seen->open && count > 0);
    add(seen, bytes, count);
    return OK;
}

static enum status on_end(void *context)
{
    struct seen *seen = context;
    FUZZ_HOLDS(seen->open);
    seen->open = false;
    add(seen, ";", 1);
    return OK;
}

static enum status read_in_pieces(const uint8_t *data, size_t size, size_t piece, struct seen *seen)
{
    static const struct multipart_handlers handlers = {on_part, on_data, on_end};
    struct multipart *multipart = NULL;
    FUZZ_HOLDS(multipart_create("multipart/form-data; boundary=B", &handlers, seen, &multipart) == OK);
    enum status status = OK;
    for (size_t at = 0; at < size && status == OK; at += piece) {
        status = multipart_add(multipart, data + at, size - at < piece ? size - at : piece);
    }
    status = status == OK ? multipart_end(multipart) : status;
    multipart_destroy(multipart);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = {0};
    struct seen cut = {0};
    enum status status = read_in_pieces(data, size, size + 1, &whole);
    FUZZ_HOLDS(read_in_pieces(data, size, 1 + size % 7, &cut) == status);
    FUZZ_HOLDS(status != OK || (whole.hash == cut.hash && whole.parts == cut.parts && !whole.open));
    return 0;
}
