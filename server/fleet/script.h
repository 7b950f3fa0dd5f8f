/*
 * A script: what a device did in a session that was recorded, move by move (`mockdc record`, `mockdc device --script`).
 *
 *   [{"connect": {"auth": 0}},                                   until the SUBACK, and the secret when it has none
 *    {"await": {"command": "configuration"}},                    a downlink of this kind, also one that came already
 *    {"send": {"command": "otaRequest", "qos": 2, "payload": "00cb..."}, "about": "25: \"M_1\""}, until acknowledged
 *    {"wait": 1500},                                             ms, divided by --time-scale
 *    {"download": {"range": "bytes=0-4999"}},                    begins: the URL of the latest firmware information
 *    {"downloaded": {"status": 206, "complete": true}},          ... and ends so; {}: somehow
 *    {"closed": {}},                                             the server closes the link
 *    {"disconnect": "close"}]                                    the device does
 *
 * Every move may have an "about", which nobody reads but a person. What is only true for one run (package ids, secret,
 * session key, URL) is in no script: it is made or learnt anew.
 */
#ifndef FLEET_SCRIPT_H
#define FLEET_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"
#include "domain/violation.h"

struct json_t;

enum script_kind {
    SCRIPT_CONNECT,
    SCRIPT_SEND,
    SCRIPT_AWAIT,
    SCRIPT_WAIT,
    SCRIPT_DOWNLOAD,
    SCRIPT_DOWNLOADED,
    SCRIPT_DISCONNECT,
    SCRIPT_CLOSED,
    SCRIPT_KIND_COUNT
};
const char *script_kind_name(enum script_kind kind); /* "connect" ... */

enum { SCRIPT_TOPIC_KIND = 16, SCRIPT_RANGE = 128, SCRIPT_COMMAND_NAME = 24 };

struct script_move {
    enum script_kind kind;
    int64_t within_ms; /* limit of connect, send, await, downloaded, closed */
    /* connect */
    int auth;       /* password type 0 or 1; 1 without a secret becomes 0 */
    bool announces; /* session encryption */
    bool refused;   /* the server does not let it in */
    unsigned keep_alive_s;
    /* send, await */
    uint16_t command;
    int qos;
    bool is_raw; /* `bytes` are sent as they are: they are no frame */
    enum { SCRIPT_AS_IT_IS, SCRIPT_CLEAR, SCRIPT_ENCRYPTED } cipher;
    char topic_kind[SCRIPT_TOPIC_KIND + 1];
    uint8_t *bytes; /* payload of the frame, or `raw` */
    size_t length;
    /* wait */
    int64_t wait_ms;
    /* download */
    char range[SCRIPT_RANGE + 1]; /* value of the header; "": none */
    size_t file;                  /* of a firmware information with several */
    int64_t stop_after;           /* bytes, then the device breaks it off; -1: it does not */
    /* downloaded */
    int status; /* 0: any, or none */
    enum { SCRIPT_ANY_END, SCRIPT_COMPLETE, SCRIPT_BROKEN } ended;
    int64_t expected_bytes; /* -1: not said */
    /* disconnect */
    bool says_goodbye; /* MQTT DISCONNECT, which no SDK sends */
};

struct script {
    size_t count;
    struct script_move *moves;
};

/* Reads a JSON array of moves. E_FORMAT: *wrong names every bad member by its pointer; E_NOMEM. */
MUST_USE enum status script_read(const struct json_t *array, struct script *script, struct violations *wrong);

/*
 * Reads the file. E_IO, E_LIMIT, E_FORMAT: *error says what and where; when moves are wrong, *wrong names all of them
 * besides.
 */
MUST_USE enum status script_read_file(const char *path, struct script *script, struct violations *wrong,
                                      struct error *error);

void script_finish(struct script *script);

/* "0x0114" for a number that has no name, else the name. */
void script_command_name(uint16_t command, char name[SCRIPT_COMMAND_NAME]);

/* What a move is, for a person: "send otaStatus", "await otaNotify". */
enum { SCRIPT_MOVE_TEXT = 80 };
void script_move_text(const struct script_move *move, char text[SCRIPT_MOVE_TEXT]);

#endif
