#include "http/event_stream.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/instant.h"
#include "base/text.h"

/* How much of one client's output may wait: a piece, the event that goes beyond it, and comments. */
enum { CLIENT_MOST = 1024 * 1024 };

struct client {
    struct event_streams *streams;
    struct MHD_Connection *connection;
    struct event_filter filter;
    struct buffer out; /* what the socket has not taken yet */
    uint64_t from;     /* the next event's number */
    bool suspended;
    bool beat; /* a comment is due */
    LIST_ENTRY(client) entries;
};

LIST_HEAD(client_list, client);

struct event_streams {
    struct event_log *log;
    pthread_mutex_t lock; /* of all below; taken before the log's own */
    struct client_list clients;
    size_t count;
    size_t frame_count; /* of them, that listen to frames */
    bool closed;
    struct loop_timer *wake;
    struct loop_timer *beat;
    int64_t beat_ms;
    int64_t woken_at; /* monotonic; of the loop's thread, as the next one */
    bool wake_armed;
};

/* --- the loop's side --------------------------------------------------------------------------------------------- */

static void resume_all(struct event_streams *streams)
{
    struct client *client = NULL;
    LIST_FOREACH(client, &streams->clients, entries)
    {
        if (client->suspended) {
            client->suspended = false;
            MHD_resume_connection(client->connection);
        }
    }
}

static void on_wake(void *context)
{
    struct event_streams *streams = context;
    streams->wake_armed = false;
    streams->woken_at = monotonic_ms();
    (void)pthread_mutex_lock(&streams->lock);
    resume_all(streams);
    (void)pthread_mutex_unlock(&streams->lock);
}

static void on_beat(void *context)
{
    struct event_streams *streams = context;
    struct client *client = NULL;
    (void)pthread_mutex_lock(&streams->lock);
    LIST_FOREACH(client, &streams->clients, entries)
    {
        client->beat = true;
    }
    resume_all(streams);
    (void)pthread_mutex_unlock(&streams->lock);
    loop_timer_arm(streams->beat, streams->beat_ms);
}

/* At once after a pause, else together with what comes within LIMIT_EVENT_BATCH_MS. */
static void arm_wake(struct event_streams *streams)
{
    if (!streams->wake_armed) {
        int64_t rest = streams->woken_at + LIMIT_EVENT_BATCH_MS - monotonic_ms();
        streams->wake_armed = true;
        loop_timer_arm(streams->wake, rest > 0 ? rest : 0);
    }
}

/* Straight into what waits for the socket; a client that is behind gets the next one instead. */
static void send_transient(struct event_streams *streams, const struct event *event)
{
    struct buffer text;
    buffer_init(&text, CLIENT_MOST);
    struct client *client = NULL;
    (void)pthread_mutex_lock(&streams->lock);
    LIST_FOREACH(client, &streams->clients, entries)
    {
        if (event_filter_takes(&client->filter, event) && client->out.length < EVENT_STREAM_PIECE) {
            if (text.length == 0) {
                event_log_write_transient(event, &text);
            }
            buffer_append(&client->out, text.data, text.length);
        }
    }
    (void)pthread_mutex_unlock(&streams->lock);
    buffer_finish(&text);
}

void event_streams_publish(struct event_streams *streams, const struct event *event)
{
    if (!event_is_kept(event->kind, event->what)) {
        send_transient(streams, event);
    }
    if (event_streams_heard(streams)) {
        arm_wake(streams);
    }
}

bool event_streams_heard(struct event_streams *streams)
{
    (void)pthread_mutex_lock(&streams->lock);
    bool heard = streams->count > 0;
    (void)pthread_mutex_unlock(&streams->lock);
    return heard;
}

bool event_streams_frames_wanted(struct event_streams *streams)
{
    (void)pthread_mutex_lock(&streams->lock);
    bool wanted = streams->frame_count > 0;
    (void)pthread_mutex_unlock(&streams->lock);
    return wanted;
}

/* --- one client, on the thread of its connection ------------------------------------------------------------------ */

static bool wants_frames(const struct client *client)
{
    return (client->filter.kinds & (1U << EVENT_FRAME)) != 0;
}

static void write_reset(struct client *client, const char *reason)
{
    char id[EVENT_ID];
    client->from = event_log_next(client->streams->log);
    event_log_id(client->streams->log, client->from - 1, id);
    buffer_append_format(&client->out, "event: reset\ndata: {\"reason\":\"%s\",\"cursor\":\"%s\"}\n\n", reason, id);
}

static void write_hello(struct client *client)
{
    char id[EVENT_ID];
    client->from = event_log_next(client->streams->log);
    event_log_id(client->streams->log, client->from - 1, id);
    buffer_append_format(&client->out, "id: %s\nevent: hello\ndata: {\"cursor\":\"%s\"}\n\n", id, id);
}

/* Under the lock. Takes from the log until there is something to write or nothing more to read. */
static void fill(struct client *client)
{
    enum status status = E_AGAIN;
    while (status == E_AGAIN && client->out.length == 0) {
        status = event_log_read(client->streams->log, &client->filter, EVENT_STREAM_PIECE, &client->out, &client->from);
    }
    if (status == E_STATE) {
        write_reset(client, "dropped");
    }
    if (client->beat && client->out.length == 0) {
        buffer_append_text(&client->out, ": beat\n\n");
    }
    client->beat = false;
}

static ssize_t read_client(void *context, uint64_t position, char *bytes, size_t most)
{
    struct client *client = context;
    struct event_streams *streams = client->streams;
    ssize_t count = 0;
    (void)position;
    (void)pthread_mutex_lock(&streams->lock);
    if (client->out.length == 0) {
        fill(client);
    }
    if (streams->closed || buffer_status(&client->out) != OK) {
        count = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (client->out.length > 0) {
        size_t taken = client->out.length < most ? client->out.length : most;
        memcpy(bytes, client->out.data, taken);
        buffer_consume(&client->out, taken);
        count = (ssize_t)taken;
    } else { /* under the lock: no event can slip in between the look and the sleep */
        client->suspended = true;
        MHD_suspend_connection(client->connection);
    }
    (void)pthread_mutex_unlock(&streams->lock);
    return count;
}

static void free_client(void *context)
{
    struct client *client = context;
    struct event_streams *streams = client->streams;
    (void)pthread_mutex_lock(&streams->lock);
    LIST_REMOVE(client, entries);
    streams->count--;
    streams->frame_count -= wants_frames(client) ? 1 : 0;
    (void)pthread_mutex_unlock(&streams->lock);
    buffer_finish(&client->out);
    free(client);
}

static void write_greeting(struct client *client, const char *last_id)
{
    struct event_log *log = client->streams->log;
    buffer_append_text(&client->out, "retry: 1000\n\n: mockdc\n\n");
    if (last_id == NULL) {
        write_hello(client);
    } else if (event_log_parse(log, last_id, &client->from) != OK) {
        write_reset(client, "restarted");
    }
}

static enum status queue(struct MHD_Connection *connection, struct client *client)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, EVENT_STREAM_PIECE, read_client, client, free_client);
    if (response == NULL) {
        free_client(client);
        return E_NOMEM;
    }
    (void)MHD_add_response_header(response, "Content-Type", "text/event-stream");
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result == MHD_YES ? OK : E_NOMEM;
}

enum status event_streams_respond(struct event_streams *streams, struct MHD_Connection *connection,
                                  const struct request *request, const char *last_id)
{
    const char *after = target_parameter(&request->target, "after");
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return E_NOMEM;
    }
    client->streams = streams;
    client->connection = connection;
    client->filter = request->input.events;
    buffer_init(&client->out, CLIENT_MOST);
    write_greeting(client, last_id != NULL ? last_id : after);
    (void)pthread_mutex_lock(&streams->lock);
    bool welcome = !streams->closed && streams->count < LIMIT_EVENT_STREAMS;
    if (welcome) {
        LIST_INSERT_HEAD(&streams->clients, client, entries);
        streams->count++;
        streams->frame_count += wants_frames(client) ? 1 : 0;
    }
    (void)pthread_mutex_unlock(&streams->lock);
    if (!welcome) {
        buffer_finish(&client->out);
        free(client);
        return E_AGAIN;
    }
    return queue(connection, client);
}

/* --- life ----------------------------------------------------------------------------------------------------------
 */

enum status event_streams_create(struct loop *loop, struct event_log *log, int64_t beat_ms,
                                 struct event_streams **streams)
{
    struct event_streams *created = calloc(1, sizeof *created);
    if (created == NULL || pthread_mutex_init(&created->lock, NULL) != 0) {
        free(created);
        return E_NOMEM;
    }
    LIST_INIT(&created->clients);
    created->log = log;
    created->beat_ms = beat_ms;
    enum status status = loop_timer_create(loop, on_wake, created, &created->wake);
    if (status == OK) {
        status = loop_timer_create(loop, on_beat, created, &created->beat);
    }
    if (status != OK) {
        event_streams_destroy(created);
        return status;
    }
    loop_timer_arm(created->beat, beat_ms);
    *streams = created;
    return OK;
}

void event_streams_close(struct event_streams *streams)
{
    (void)pthread_mutex_lock(&streams->lock);
    streams->closed = true;
    resume_all(streams);
    (void)pthread_mutex_unlock(&streams->lock);
}

void event_streams_destroy(struct event_streams *streams)
{
    if (streams == NULL) {
        return;
    }
    loop_timer_destroy(streams->wake);
    loop_timer_destroy(streams->beat);
    (void)pthread_mutex_destroy(&streams->lock);
    free(streams);
}
