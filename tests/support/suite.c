#include "support/suite.h"

#include <CUnit/Basic.h>

int suite_run(const char *name, const struct test_case *cases)
{
    if (CU_initialize_registry() != CUE_SUCCESS) {
        return 1;
    }
    CU_pSuite suite = CU_add_suite(name, NULL, NULL);
    unsigned added = 0;
    for (; suite != NULL && cases->name != NULL; cases++, added++) {
        if (CU_add_test(suite, cases->name, cases->run) == NULL) {
            return 1;
        }
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    (void)CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    unsigned run = CU_get_number_of_tests_run();
    CU_cleanup_registry();
    return failures == 0 && added > 0 && run == added ? 0 : 1;
}

const char *fixture_path(const char *name)
{
    static char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", FIXTURES_DIR, name);
    return path;
}
