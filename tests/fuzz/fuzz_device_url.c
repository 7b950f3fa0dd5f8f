#include <string.h>

#include "codec/device_url.h"
#include "fuzz.h"

enum { ROOM = 300 }; /* for what is written besides the path */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > LIMIT_DEVICE_URL + 10) {
        return 0;
    }
    char url[LIMIT_DEVICE_URL + 11];
    memcpy(url, data, size);
    url[size] = '\0';
    struct device_url parsed;
    enum status status = device_url_parse(url, &parsed);
    FUZZ_HOLDS(status == OK || status == E_RULE || status == E_LIMIT);
    FUZZ_HOLDS((status == E_LIMIT) == (strlen(url) > LIMIT_DEVICE_URL));
    if (status != OK || strlen(parsed.path) + ROOM > LIMIT_DEVICE_URL) {
        return 0;
    }
    FUZZ_HOLDS(strlen(parsed.host) >= 4 && strlen(parsed.host) <= 63 && strchr(parsed.host, '.') != NULL);
    FUZZ_HOLDS(parsed.path[0] == '/');
    char again[LIMIT_DEVICE_URL + ROOM + 1];
    (void)snprintf(again, sizeof again, "%s://%s:%u%s", parsed.tls ? "https" : "http", parsed.host,
                   (unsigned)parsed.port, parsed.path);
    struct device_url back;
    FUZZ_HOLDS(device_url_parse(again, &back) == OK);
    FUZZ_HOLDS(strcmp(back.host, parsed.host) == 0 && strcmp(back.path, parsed.path) == 0);
    FUZZ_HOLDS(back.port == parsed.port && back.tls == parsed.tls);
    return 0;
}
