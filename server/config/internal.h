/*
 * Between the files of config/: how a value gets into struct options.
 *
 *   options.c       flags, environment     --take-->  values[i]
 *   options_file.c  JSON file, X-file      --take-->
 */
#ifndef CONFIG_INTERNAL_H
#define CONFIG_INTERNAL_H

#include "config/options.h"

/* An option of the table, or the X-file twin of a secret one. */
struct option_found {
    size_t index;
    bool twin;
};

/* False: the table has no such option. */
bool option_find(const struct option *table, const char *name, size_t length, struct option_found *found);

/*
 * Takes `value` for an option after checking it; `place` is the flag, variable or key, for the error. A value of a
 * higher source stays. `value` must outlive *options, or be owned by it (option_own()).
 */
MUST_USE enum status option_take(struct options *options, struct option_found found, const char *value,
                                 enum option_source source, const char *place, struct error *error);

/* Reads the file that OPTION_CONFIG names, if any. */
MUST_USE enum status options_read_config(struct options *options, struct error *error);

/* Replaces the paths of the twins by what their files say. */
MUST_USE enum status options_read_secrets(struct options *options, struct error *error);

#endif
