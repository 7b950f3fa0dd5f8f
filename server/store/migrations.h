/*
 * schema/NNNN_what.sql, embedded by schema/embed.cmake in the order of their numbers.
 *
 *   user_version of the database:  0 (new) --1--> 1 --2--> 2 ... each in a transaction of its own
 */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

struct migration {
    int number;       /* from 1 without gaps; the database's user_version afterwards */
    const char *name; /* "0001_initial" */
    const char *sql;
};

extern const struct migration migrations[];
extern const int migration_count;

#endif
