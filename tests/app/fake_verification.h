/*
 * Verifications in a fake house: started, and looked at as the doors do.
 */
#ifndef TESTS_APP_FAKE_VERIFICATION_H
#define TESTS_APP_FAKE_VERIFICATION_H

#include "app/verifications.h"
#include "fake_house.h"

struct verification_answer {
    enum status status;
    struct verification verification; /* with OK */
    struct violations violations;
    const char *why; /* NULL: none was given */
};
struct verification_answer verification_try(struct house *house, int64_t package_id, const char *product_key,
                                            const char *device_key, const char *component_no);

/* Of component "C0" of a device of "pk1"; its id. Ends the test when it is refused. */
int64_t verification_started(struct house *house, int64_t package_id, const char *device_key);

/* Asserts what it is now, and that it has ended unless it runs. */
void verification_expect(struct house *house, int64_t package_id, int64_t id, const char *status, const char *reason);

/* Asserts the kinds of its log, each followed by a blank, oldest first. */
void verification_expect_log(struct house *house, int64_t package_id, int64_t id, const char *kinds);

/* How many there are of the package. */
int verification_count(struct house *house, int64_t package_id);

#endif
