/*
 * The referee at work: one for each device that has connected, over its reconnects. It changes nothing of what the
 * server does; a breach becomes a protocolWarning in the upgrade log of the plan in which the device is, an entry of
 * the journal, a line of the log and a count.
 *
 *   doors --conduct--> referee of the device --breach--> log entry "rule: detail", journal, counters
 *
 * A rule is told once between two orders to the device, and counted each time.
 */
#ifndef APP_REFEREE_H
#define APP_REFEREE_H

#include "app/app.h"
#include "domain/conduct.h"

/* The mqtt door. Devices that are not known are passed over. */
void app_referee_connected(struct app *app, int64_t device_id, const struct connect_conduct *connect);
void app_referee_farewell(struct app *app, int64_t device_id);
void app_referee_frame(struct app *app, int64_t device_id, const struct frame_conduct *frame);
void app_referee_malformed(struct app *app, int64_t device_id, const char *why);

/* A notify or firmware information went out, by whatever way; `altered`: a fault made it another than it should be. */
void app_referee_ordered(struct app *app, int64_t device_id, bool firmware, bool altered);

/* The http door: a device asks for a file; the answer to such a request is over. */
void app_referee_request(struct app *app, const struct request_conduct *request);
void app_referee_served(struct app *app, int64_t task_id, bool complete);

/* How often the rule was breached since the start. */
uint64_t app_referee_count(const struct app *app, enum protocol_rule rule);

/* Warnings of the device since the start of the server, whatever plan it was in. Borrowed until the next warning. */
const struct warnings *app_referee_warnings(const struct app *app, int64_t device_id);

/* --- inside app/ ---------------------------------------------------------------------------------------------- */

struct referees;
MUST_USE enum status referees_create(struct referees **referees);
void referees_destroy(struct referees *referees); /* NULL is allowed */

/* The device subscribed, or its link has gone. */
void referees_online(struct app *app, int64_t device_id);
void referees_offline(struct app *app, int64_t device_id);

/* A fault acted on its link: what it sends there proves nothing. */
void referees_disturbed(struct app *app, int64_t device_id);

/* Around the session's step for a status: what the session says about it takes the rule that was breached. */
void referees_status_begins(struct app *app, int64_t device_id, const struct upgrade_report *report);
void referees_status_ends(struct app *app);
void referees_name(struct app *app, int64_t device_id, int64_t plan_id, struct log_entry *entry);

/* Those of the product's devices are forgotten; NULL: all. Before its presences go. */
void referees_forget(struct app *app, const char *product_key);

/* That what it reports does not fit the plan is not its doing: a fault altered its order, statuses may have been lost
 * with a link, or the server gave an attempt up. */
bool referees_excuse(const struct app *app, int64_t device_id);

/* The time of its attempt is over. */
void referees_gave_up(struct app *app, int64_t device_id);

void referees_flash(struct app *app, int64_t device_id, int64_t flash_free);

/* Milliseconds until referees_run() is to be called; `most` when nothing is due before. */
int64_t referees_delay(const struct app *app, int64_t most);
void referees_run(struct app *app);

#endif
