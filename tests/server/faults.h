/*
 * What the whole-server tests of faults ask the server for.
 */
#ifndef TESTS_SERVER_FAULTS_H
#define TESTS_SERVER_FAULTS_H

#include "device.h"

/* POST /faults; `others`: further members, as ", \"trigger\": {...}". Its id. */
int64_t faults_arm(const struct server *server, const char *point, const char *action, const char *others);
int64_t faults_fired(const struct server *server, int64_t id);
void faults_clear(const struct server *server);

/* Entries of the journal with this kind whose member has the value. */
size_t faults_in_journal(const struct server *server, const char *kind, const char *member, const char *value);

/* A device of its own goes online and answers the notify: the firmware information is due now. */
bool faults_confirm(const struct server *server, struct test_device *device);

#endif
