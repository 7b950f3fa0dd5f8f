#include <string.h>

#include "base/cleanup.h"
#include "codec/device_http.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_answer answer;
    if (device_answer_read((const char *)data, size, &answer) == OK) {
        FUZZ_HOLDS(answer.code == 200 || answer.code == 206);
        FUZZ_HOLDS(answer.body == DEVICE_BODY_LENGTH || answer.body_length == 0);
    }
    struct device_request request;
    if (device_request_read((const char *)data, size, &request) != OK) {
        return 0;
    }
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 4096};
    device_request_write(&out, &request);
    struct device_request back;
    FUZZ_HOLDS(device_request_read((const char *)out.data, out.length, &back) == OK);
    FUZZ_HOLDS(strcmp(back.path, request.path) == 0 && strcmp(back.host, request.host) == 0);
    FUZZ_HOLDS(back.port == request.port && back.has_range == request.has_range);
    FUZZ_HOLDS(back.first == request.first && back.last == request.last);
    return 0;
}
