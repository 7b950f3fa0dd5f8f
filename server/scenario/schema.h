/*
 * Reads a document by a JSON Schema, so that what a file may say is written in one place: schema/scenario.schema.json.
 *
 *   schema + document --schema_check--> flaws, all of them, each with its pointer and what is allowed there
 *
 * Of JSON Schema 2020-12 it knows what that file uses: $ref to #/$defs, type, const, enum, properties, required,
 * additionalProperties, propertyNames, dependentRequired, minProperties, maxProperties, items, minItems, maxItems,
 * minimum, maximum, minLength, maxLength, pattern (POSIX extended), oneOf. A oneOf is decided by a member that is a
 * `const` in each branch, or by the members that each branch requires, so that a flaw is told of the branch that was
 * meant. Words that only describe are passed over; any other is a flaw of the schema (E_FORMAT).
 */
#ifndef SCENARIO_SCHEMA_H
#define SCENARIO_SCHEMA_H

#include <jansson.h>

#include "scenario/flaws.h"

/* The embedded schema of scenarios, as text. */
extern const char scenario_schema_text[];

/* Adds to *flaws what is wrong with `value` at `pointer`. */
void schema_check(const json_t *schema, const json_t *value, const char *pointer, struct flaws *flaws);

/* Whether the checker knows every word of the schema. E_FORMAT: *error names the first one that it does not. */
MUST_USE enum status schema_is_known(const json_t *schema, struct error *error);

#endif
