/*
 * The files of packages below the data folder.
 *
 *   tmp/<upload>  --fsync, rename-->  files/<token><extension>  --fsync of the folder-->  row in the database, commit
 *
 * A row never names a file that is not there; a file that no row names (a crash in between) is removed at start.
 */
#ifndef APP_CATALOG_FILES_H
#define APP_CATALOG_FILES_H

#include "app/internal.h"
#include "domain/package.h"

/* Names below files/, collected before their rows go. */
struct file_names {
    size_t count;
    size_t capacity;
    char (*names)[sizeof((struct package_file *)0)->stored];
};

MUST_USE enum status file_names_add(struct file_names *files, const char *stored);
void file_names_finish(struct file_names *files);

/*
 * Moves files[i].stored from tmp/ to files/ under a new name, which it gets. When that fails the moved ones are removed
 * again and the others still are in tmp/. E_CORRUPT: a file is not as long as it says.
 */
MUST_USE enum status files_move_in(struct app *app, struct package *package);

/* Removes what is still in tmp/ of a package that was not made. */
void files_drop_uploads(struct app *app, const struct package *package);

/* Removes the package's files from files/. */
void files_remove_of(struct app *app, const struct package *package);

/* Removes them once their rows are gone for good; inside a larger transaction that is left to the next start. */
void files_remove_all(struct app *app, const struct file_names *files);

#endif
