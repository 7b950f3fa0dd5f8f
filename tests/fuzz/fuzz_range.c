#include <string.h>

#include "fuzz.h"
#include "http/range.h"

/* The first byte chooses the size of the file, the rest is the header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t sizes[] = {1, 2, 1000, 104857600, INT64_MAX};
    enum { LONGEST = 1024, SIZES = sizeof sizes / sizeof sizes[0] };
    if (size == 0 || size > LONGEST) {
        return 0;
    }
    int64_t length = sizes[data[0] % SIZES];
    char header[LONGEST];
    memcpy(header, data + 1, size - 1);
    header[size - 1] = '\0';
    struct ranges ranges = {0};
    enum range_answer answer = range_parse(header, length, &ranges);
    FUZZ_HOLDS((answer == RANGE_PARTS) == (ranges.count > 0));
    FUZZ_HOLDS(ranges.count <= RANGES_MOST);
    for (size_t i = 0; i < ranges.count; i++) {
        FUZZ_HOLDS(0 <= ranges.items[i].first && ranges.items[i].first <= ranges.items[i].last);
        FUZZ_HOLDS(ranges.items[i].last < length);
    }
    return 0;
}
