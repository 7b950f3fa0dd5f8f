/*
 * A scenario as it stands in a file: checked by the schema, and by what a schema cannot say (names that must be known).
 *
 *   FILE|FOLDER... --scenarios_find--> paths --scenario_read--> struct scenario, or flaws: all of them
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <jansson.h>
#include <stdbool.h>

#include "scenario/flaws.h"

struct scenario {
    char *path;
    char *folder;     /* of the file: what paths in it are relative to */
    json_t *json;     /* the whole file */
    const char *name; /* of json */
    bool alone;       /* it touches what others share */
    bool has_faults;  /* --without-faults takes something away from it */
};

/*
 * Reads one file with the schema. E_IO: it cannot be read; E_FORMAT: it is wrong, *flaws says where. *scenario is to be
 * finished in any case.
 */
MUST_USE enum status scenario_read(const char *path, const json_t *schema, struct scenario *scenario,
                                   struct flaws *flaws);
void scenario_finish(struct scenario *scenario);

/* The embedded schema, parsed (yours). E_INTERNAL: it is no JSON. */
MUST_USE enum status scenario_schema(json_t **schema);

/* What the schema cannot say about the file `json`, which it has found right. `folder` as above. */
void scenario_check_rules(const json_t *json, const char *folder, struct flaws *flaws);

/* The file `path`, or all *.json of a folder in the order of their names, are appended to the array of strings. */
MUST_USE enum status scenarios_find(const char *path, json_t *paths, struct error *error);

/* The device of the file with this key, also one of a fleet; NULL: there is none. */
const json_t *scenario_device(const json_t *json, const char *device_key);

/* The item with this "name" of an array ("plans", "packages"); NULL: there is none. */
const json_t *scenario_named(const json_t *json, const char *array, const char *name);

/* Whether this member of a virtual device is a misbehaviour, which --without-faults takes away. */
bool scenario_is_misbehaviour(const char *member, const json_t *value);

#endif
