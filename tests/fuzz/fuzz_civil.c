#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "zone/zone.h"

enum { LONGEST = 40 };

/* What is taken can be written again, and means the same in UTC. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct zone *utc;
    if (size > LONGEST || (utc == NULL && zone_open("UTC", &utc) != OK)) {
        return 0;
    }
    char text[LONGEST + 1];
    memcpy(text, data, size);
    text[size] = '\0';
    struct civil civil = {0};
    if (civil_parse(text, &civil) != OK) {
        FUZZ_HOLDS(civil.year == 0);
        return 0;
    }
    struct civil back;
    char written[64];
    zone_civil(utc, zone_instant(utc, &civil), &back);
    (void)snprintf(written, sizeof written, "%04d-%02d-%02dT%02d:%02d:%02d", back.year, back.month, back.day, back.hour,
                   back.minute, back.second);
    FUZZ_HOLDS(strncmp(written, text, strlen(text)) == 0);
    return 0;
}
