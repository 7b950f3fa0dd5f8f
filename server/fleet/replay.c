#include "fleet/replay.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "codec/mqtt_packet.h"
#include "codec/server_messages.h"
#include "crypto/password.h"
#include "crypto/session_cipher.h"
#include "fleet/device_wire.h"
#include "fleet/sdk_download.h"
#include "fleet/sdk_link.h"
#include "fleet/sdk_retry.h"
#include "loop/stream.h"

enum { REPLAY_EVENTS = 64, REPLAY_TEXT = 96, REPLAY_STALE = 4 };

/* An event that comes while another is being carried out waits here. */
struct waiting_event {
    struct script_event event;
    char text[REPLAY_TEXT];
};

struct replay {
    struct loop *loop;
    struct ssl_ctx_st *mqtt_tls;
    struct ssl_ctx_st *http_tls;
    const struct virtual_device_settings *settings;
    const struct replay_handlers *handlers;
    void *context;
    struct loop_timer *timer;
    struct script_run run;
    bool busy;
    bool told; /* the end */
    size_t waiting_count;
    struct waiting_event waiting[REPLAY_EVENTS];
    /* the link */
    struct stream *stream;
    struct sdk_link link;
    const struct script_move *connect; /* the move that made it */
    char secret[LIMIT_DEVICE_SECRET + 1];
    bool has_key;
    uint8_t key[SESSION_KEY];
    uint16_t package_id;
    /* the latest firmware information, and its download */
    size_t file_count;
    char urls[LIMIT_PACKAGE_FILES][LIMIT_URL + 1];
    struct sdk_download *download;
    struct sdk_download *stale[REPLAY_STALE]; /* unheeded since another one began, but not over (protocol.md, 10.4) */
    int64_t stop_after;
    int sink_fd;
};

/* --- events and actions ------------------------------------------------------------------------------------------- */

static void carry_out(struct replay *replay, const struct script_action *action);

static void rearm(struct replay *replay)
{
    int64_t least = sdk_link_deadline(&replay->link);
    least = replay->run.deadline_ms < least ? replay->run.deadline_ms : least;
    if (least == SCRIPT_NEVER || replay->told) {
        loop_timer_disarm(replay->timer);
    } else {
        loop_timer_arm(replay->timer, least - monotonic_ms());
    }
}

static void step(struct replay *replay, const struct script_event *event)
{
    struct script_actions actions;
    script_step(&replay->run, event, monotonic_ms(), &actions);
    for (size_t i = 0; i < actions.count; i++) {
        carry_out(replay, &actions.items[i]);
    }
}

static bool has_stale(const struct replay *replay)
{
    for (size_t i = 0; i < REPLAY_STALE; i++) {
        if (replay->stale[i] != NULL) {
            return true;
        }
    }
    return false;
}

/* Not before the last byte of a download that the script does not heed any more. */
static void tell_end(struct replay *replay)
{
    char text[SCRIPT_TEXT];
    if (replay->run.end == SCRIPT_GOES_ON || replay->told || (replay->run.end == SCRIPT_OVER && has_stale(replay))) {
        return;
    }
    replay->told = true;
    (void)snprintf(text, sizeof text, "%zu moves", replay->run.script->count);
    bool all_made = replay->run.end == SCRIPT_OVER;
    replay->handlers->on_end(replay->context, all_made, all_made ? text : replay->run.text);
}

/* Events that actions cause are taken when all actions of their step are carried out. */
static void post(struct replay *replay, const struct script_event *event)
{
    if (replay->waiting_count == REPLAY_EVENTS) {
        return; /* more than one step can cause: never */
    }
    struct waiting_event *last = &replay->waiting[replay->waiting_count++];
    last->event = *event;
    text_copy_cut(last->text, sizeof last->text, event->text != NULL ? event->text : "");
    if (replay->busy) {
        return;
    }
    replay->busy = true;
    while (replay->waiting_count > 0) {
        struct waiting_event first = replay->waiting[0];
        first.event.text = first.text;
        replay->waiting_count--;
        memmove(&replay->waiting[0], &replay->waiting[1], replay->waiting_count * sizeof replay->waiting[0]);
        step(replay, &first.event);
    }
    replay->busy = false;
    tell_end(replay);
    rearm(replay);
}

static void post_word(struct replay *replay, enum script_event_kind kind, const char *text)
{
    post(replay, &(struct script_event){.kind = kind, .text = text});
}

/* --- link --------------------------------------------------------------------------------------------------------- */

static void close_link(struct replay *replay, bool says_goodbye)
{
    if (replay->stream != NULL && says_goodbye) {
        CLEANUP(cleanup_buffer) struct buffer out;
        buffer_init(&out, LIMIT_MQTT_CONNECT);
        mqtt_empty_write(&out, MQTT_DISCONNECT);
        (void)(buffer_status(&out) == OK && stream_write(replay->stream, out.data, out.length) == OK);
    }
    stream_destroy(replay->stream);
    replay->stream = NULL;
    replay->has_key = false;
    sdk_link_closed(&replay->link);
}

static void on_write(void *context, const uint8_t *bytes, size_t count)
{
    struct replay *replay = context;
    if (replay->stream != NULL && stream_write(replay->stream, bytes, count) != OK) {
        post_word(replay, SCRIPT_NOT_POSSIBLE, "the link's queue is full");
    }
}

static void on_subscribed(void *context)
{
    post_word(context, SCRIPT_SUBSCRIBED, NULL);
}

static void take_configuration(struct replay *replay, const struct frame *frame)
{
    struct configuration_message message;
    if (configuration_decode(frame->payload, frame->payload_length, &message) != OK) {
        return;
    }
    const char *secret = message.new_device_secret[0] != '\0' ? message.new_device_secret : message.device_secret;
    if (message.has_session_key && replay->connect->announces) {
        memcpy(replay->key, message.session_key, sizeof replay->key);
        replay->has_key = true;
        post_word(replay, SCRIPT_KEY, NULL);
    }
    if (secret[0] != '\0') {
        text_copy_cut(replay->secret, sizeof replay->secret, secret);
        post_word(replay, SCRIPT_SECRET, NULL);
    }
    if (message.authenticate_again) {
        replay->secret[0] = '\0';
        post_word(replay, SCRIPT_REFUSED, "the server wants it to authenticate again");
    }
}

static void take_error(struct replay *replay, const struct frame *frame)
{
    struct error_message message;
    char text[REPLAY_TEXT];
    if (error_message_decode(frame->payload, frame->payload_length, &message) == OK &&
        sdk_verdict_of(SDK_CAUSE_ERROR, message.code).wait != SDK_WAIT_NONE) {
        (void)snprintf(text, sizeof text, "refused with error %d", (int)message.code);
        post_word(replay, SCRIPT_REFUSED, text);
    }
}

/* One that cannot be read leaves the last one as it is: so does the device. */
static void take_firmware(struct replay *replay, const struct frame *frame)
{
    struct firmware_message message;
    if (firmware_decode(frame->payload, frame->payload_length, false, &message) != OK &&
        firmware_decode_files(frame->payload, frame->payload_length, &message) != OK) {
        return;
    }
    replay->file_count = message.file_count;
    for (size_t i = 0; i < message.file_count && i < LIMIT_PACKAGE_FILES; i++) {
        text_copy_cut(replay->urls[i], sizeof replay->urls[i], message.files[i].url);
    }
}

static void on_message(void *context, const uint8_t *payload, size_t length, bool splits)
{
    struct replay *replay = context;
    CLEANUP(cleanup_buffer) struct buffer memory;
    struct frame frame;
    buffer_init(&memory, LIMIT_MQTT_PACKET);
    const char *why = device_open(replay->has_key ? replay->key : NULL, payload, length, splits, &memory, &frame);
    if (why != NULL) {
        replay->handlers->on_note(replay->context, "dropped", why);
        return;
    }
    if (frame.command == COMMAND_FIRMWARE_INFO) {
        take_firmware(replay, &frame);
    }
    post(replay, &(struct script_event){.kind = SCRIPT_RECEIVED, .command = frame.command});
    if (frame.command == COMMAND_CONFIGURATION) {
        take_configuration(replay, &frame);
    } else if (frame.command == COMMAND_ERROR) {
        take_error(replay, &frame);
    }
}

static void on_sent(void *context, int tag)
{
    (void)context;
    (void)tag;
}

static void on_ended(void *context, int tag, bool acknowledged)
{
    struct replay *replay = context;
    (void)tag;
    if (!acknowledged) {
        replay->handlers->on_note(replay->context, "notAcknowledged", "given up after three times");
    }
    post(replay, &(struct script_event){.kind = SCRIPT_ENDED, .good = acknowledged});
}

static void on_failed(void *context, enum sdk_cause cause, int detail)
{
    static const char *const causes[] = {
        [SDK_CAUSE_LOST] = "no answer to CONNECT",
        [SDK_CAUSE_PING] = "no answer to PINGREQ",
        [SDK_CAUSE_NO_SUBACK] = "no answer to SUBSCRIBE",
    };
    struct replay *replay = context;
    char text[REPLAY_TEXT];
    close_link(replay, false);
    if (cause == SDK_CAUSE_CONNACK) {
        (void)snprintf(text, sizeof text, "refused with CONNACK %d", detail);
        post_word(replay, SCRIPT_LOST, text);
    } else {
        post_word(replay, SCRIPT_LOST, causes[cause]);
    }
}

static void on_open(void *context)
{
    struct replay *replay = context;
    const struct virtual_device_settings *settings = replay->settings;
    char password[PASSWORD_LIMIT];
    if (device_password(replay->connect->announces, settings->product_key, settings->product_secret,
                        settings->device_key, replay->secret, password, sizeof password) != OK ||
        sdk_link_opened(&replay->link, password, monotonic_ms()) != OK) {
        post_word(replay, SCRIPT_NOT_POSSIBLE, "no password can be made");
    }
    rearm(replay);
}

static void on_data(void *context)
{
    struct replay *replay = context;
    struct stream *stream = replay->stream;
    size_t count = 0;
    const uint8_t *bytes = stream_input(stream, &count);
    size_t used = sdk_link_receive(&replay->link, bytes, count, monotonic_ms());
    if (replay->stream == stream) {
        stream_consume(stream, used);
    }
    rearm(replay);
}

static void on_close(void *context, const char *why)
{
    struct replay *replay = context;
    char text[REPLAY_TEXT];
    text_copy_cut(text, sizeof text, why);
    close_link(replay, false);
    post_word(replay, SCRIPT_LOST, text);
}

static void connect(struct replay *replay, const struct script_move *move)
{
    static const struct stream_handlers stream_handlers = {
        .on_open = on_open, .on_data = on_data, .on_close = on_close};
    static const struct sdk_link_handlers link_handlers = {
        .write = on_write,
        .on_subscribed = on_subscribed,
        .on_message = on_message,
        .on_sent = on_sent,
        .on_received = on_sent,
        .on_ended = on_ended,
        .on_failed = on_failed,
    };
    const struct virtual_device_settings *settings = replay->settings;
    char client_id[LIMIT_CLIENT_ID + 1];
    close_link(replay, false);
    sdk_link_finish(&replay->link);
    (void)snprintf(client_id, sizeof client_id, "qd%s%s", settings->product_key, settings->device_key);
    sdk_link_init(&replay->link, &link_handlers, replay, client_id, move->keep_alive_s);
    replay->connect = move;
    if (move->auth == 0) {
        replay->secret[0] = '\0';
    }
    if (stream_connect_tcp(replay->loop, settings->server.host, settings->server.port,
                           settings->server.tls ? replay->mqtt_tls : NULL, &stream_handlers, replay,
                           &replay->stream) != OK) {
        post_word(replay, SCRIPT_LOST, "no connection");
    }
}

static void publish(struct replay *replay, const struct script_move *move)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, LIMIT_FRAME_ESCAPED + SESSION_KEY);
    enum status status = OK;
    if (move->is_raw) {
        buffer_append(&out, move->bytes, move->length);
        status = buffer_status(&out);
    } else {
        const uint8_t *key = replay->has_key && move->cipher != SCRIPT_CLEAR ? replay->key : NULL;
        replay->package_id = device_next_package_id(replay->package_id);
        struct frame frame = {replay->package_id, move->command, move->bytes, move->length};
        status = device_seal(key, &frame, &out);
    }
    if (status == OK) {
        status = sdk_link_publish(&replay->link, move->topic_kind, (unsigned)move->qos, out.data, out.length, 0,
                                  monotonic_ms());
    }
    if (status != OK) {
        post_word(replay, SCRIPT_NOT_POSSIBLE, status_text(status));
    }
}

/* --- downloads ---------------------------------------------------------------------------------------------------- */

static void end_download(struct replay *replay, bool complete)
{
    struct script_event event = {.kind = SCRIPT_DOWNLOAD_ENDED,
                                 .good = complete,
                                 .status = sdk_download_status(replay->download),
                                 .bytes = (int64_t)sdk_download_bytes(replay->download)};
    sdk_download_destroy(replay->download);
    replay->download = NULL;
    post(replay, &event);
}

static void on_bytes(void *context, struct sdk_download *download)
{
    struct replay *replay = context;
    if (download == replay->download && replay->stop_after >= 0 &&
        (int64_t)sdk_download_bytes(download) >= replay->stop_after) {
        end_download(replay, false);
    }
}

static void on_download_end(void *context, struct sdk_download *download, bool complete)
{
    struct replay *replay = context;
    if (download == replay->download) {
        end_download(replay, complete);
        return;
    }
    for (size_t i = 0; i < REPLAY_STALE; i++) {
        replay->stale[i] = replay->stale[i] == download ? NULL : replay->stale[i];
    }
    sdk_download_destroy(download);
    tell_end(replay);
}

/* The one that goes on is not heeded any more; the oldest of several such gives way. */
static void set_stale(struct replay *replay)
{
    if (replay->download != NULL) {
        sdk_download_destroy(replay->stale[REPLAY_STALE - 1]);
        for (size_t i = REPLAY_STALE - 1; i > 0; i--) {
            replay->stale[i] = replay->stale[i - 1];
        }
        replay->stale[0] = replay->download;
        replay->download = NULL;
    }
}

static void download(struct replay *replay, const struct script_move *move)
{
    static const struct sdk_download_handlers handlers = {
        .on_header = on_bytes, .on_bytes = on_bytes, .on_end = on_download_end};
    set_stale(replay);
    replay->stop_after = move->stop_after;
    if (move->file >= replay->file_count) {
        post_word(replay, SCRIPT_NOT_POSSIBLE, "download: no URL was sent");
        return;
    }
    enum status status = sdk_download_start(replay->loop, replay->http_tls, replay->urls[move->file], move->range,
                                            replay->sink_fd, &handlers, replay, &replay->download);
    if (status != OK) {
        char text[REPLAY_TEXT];
        (void)snprintf(text, sizeof text, "download: not possible: %s", status_text(status));
        post_word(replay, SCRIPT_NOT_POSSIBLE, text);
    }
}

static void carry_out(struct replay *replay, const struct script_action *action)
{
    char name[SCRIPT_MOVE_TEXT];
    char text[SCRIPT_MOVE_TEXT + 24];
    switch (action->kind) {
    case SCRIPT_DO_CONNECT:
        connect(replay, action->move);
        break;
    case SCRIPT_DO_SEND:
        publish(replay, action->move);
        break;
    case SCRIPT_DO_DOWNLOAD:
        download(replay, action->move);
        break;
    case SCRIPT_DO_DISCONNECT:
        close_link(replay, action->move != NULL && action->move->says_goodbye);
        break;
    case SCRIPT_DO_TELL:
        script_move_text(action->move, name);
        (void)snprintf(text, sizeof text, "%zu %s", action->index, name);
        replay->handlers->on_note(replay->context, "move", text);
        break;
    }
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void on_timer(void *context)
{
    struct replay *replay = context;
    sdk_link_tick(&replay->link, monotonic_ms());
    post_word(replay, SCRIPT_TIMER, NULL);
}

enum status replay_create(struct loop *loop, struct ssl_ctx_st *mqtt_tls, struct ssl_ctx_st *http_tls,
                          const struct virtual_device_settings *settings, const struct script *script,
                          const struct replay_handlers *handlers, void *context, struct replay **replay)
{
    struct replay *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    made->loop = loop;
    made->mqtt_tls = mqtt_tls;
    made->http_tls = http_tls;
    made->settings = settings;
    made->handlers = handlers;
    made->context = context;
    text_copy_cut(made->secret, sizeof made->secret, settings->device_secret);
    script_run_init(&made->run, script, made->secret[0] != '\0', settings->time_scale);
    sdk_link_init(&made->link, NULL, made, "", 0);
    made->sink_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    enum status status = made->sink_fd < 0 ? E_IO : loop_timer_create(loop, on_timer, made, &made->timer);
    if (status != OK) {
        replay_destroy(made);
        return status;
    }
    *replay = made;
    return OK;
}

void replay_destroy(struct replay *replay)
{
    if (replay == NULL) {
        return;
    }
    close_link(replay, false);
    sdk_link_finish(&replay->link);
    set_stale(replay);
    for (size_t i = 0; i < REPLAY_STALE; i++) {
        sdk_download_destroy(replay->stale[i]);
    }
    cleanup_fd(&replay->sink_fd);
    loop_timer_destroy(replay->timer);
    free(replay);
}

void replay_start(struct replay *replay)
{
    post_word(replay, SCRIPT_START, NULL);
}
