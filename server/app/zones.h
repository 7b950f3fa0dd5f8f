/*
 * The zones that app_zone() keeps (internal.h).
 */
#ifndef APP_ZONES_H
#define APP_ZONES_H

struct app;

void zones_unload(struct app *app);

#endif
