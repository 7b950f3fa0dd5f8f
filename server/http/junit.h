/*
 * What became of a plan, as a JUnit report that CI systems show (GitLab, Jenkins): one case per device and component.
 *
 *   <testsuites><testsuite name="Winter" timestamp="2027-03-01T09:00:00" ... tests="2" failures="1" errors="0" ...>
 *   <testcase classname="Winter.861234567890123" name="MODULE 1_0 -&gt; 2_0" time="12.000">
 *     <failure type="downloadFailed" message="..."/> <system-out>log of this component and of the plan</system-out>
 *
 *   component successful, or its device upgraded                  passed
 *   component failed; device failed before any component was      failure   (type: the reason)
 *   device failed at another component                            skipped
 *   device nonUpgraded                                            skipped   (message: the reason)
 *   device inUpgrade                                              error     "unfinished"
 *
 * Unfinished is an error and not skipped: a job that fetches the report too early must not turn green.
 *
 * junit_begin --> (junit_case_log ... junit_cases) per device --> junit_end
 */
#ifndef HTTP_JUNIT_H
#define HTTP_JUNIT_H

#include "base/buffer.h"
#include "domain/plan.h"
#include "domain/task.h"

struct junit {
    const struct plan *plan; /* borrowed */
    struct buffer text;      /* the document */
    size_t head;             /* where room was left for what is known last */
    int64_t tests;
    int64_t failures;
    int64_t errors;
    int64_t skipped;
    int64_t time_ms;
    struct buffer logs[LIMIT_COMPONENTS]; /* of the device at hand, per component; escaped already */
};

void junit_begin(struct junit *junit, const struct plan *plan, size_t limit);

/* An entry of the log of the device whose cases come next, oldest first. */
void junit_case_log(struct junit *junit, const struct task *task, const struct log_entry *entry);

/* The cases of one device. */
void junit_cases(struct junit *junit, const char *device_key, const struct task *task);

/* The document is complete in junit->text. E_LIMIT: it would be longer than `limit`; E_NOMEM. */
MUST_USE enum status junit_end(struct junit *junit);

void junit_finish(struct junit *junit);

#endif
