/*
 * What removed products leave behind: rows that nothing leads to (store/product_tables.h) and files that no row names.
 * It goes in slices of LIMIT_REMAINS_MS, whenever app_alarm() is called; what a crash leaves goes at the start.
 */
#ifndef APP_REMAINS_H
#define APP_REMAINS_H

#include "app/catalog_files.h"

/* There are remains from now on; takes the names over. */
void remains_add_take(struct app *app, struct file_names *files);

/* One slice. */
void remains_run(struct app *app);

/* All of it: at the start, at the end, and before rows come back with the numbers that they had. Not within a use. */
MUST_USE enum status remains_finish(struct app *app);

#endif
