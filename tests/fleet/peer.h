/*
 * A small Developer Center for one device, inside the test: MQTT and HTTP on loopback, scripted by its plan.
 *
 *   CONNECT -> connack; type 0: 0x00B4 with a secret     0x0115 -> notify (when none is under way)
 *   status 2 -> firmware info      11 -> the next component's      6, 12 -> the same again, while retries are left
 *
 * It acts on the PUBREL, as a server must (protocol.md, 9.2), and writes down every status that it hears.
 */
#ifndef TESTS_FLEET_PEER_H
#define TESTS_FLEET_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "crypto/digest.h"
#include "loop/loop.h"
#include "loop/stream.h"

enum { PEER_FILE = 5000, PEER_COMPONENTS = 2 };

struct peer_component {
    const char *component_no;
    const char *target_version;
    int32_t type;
};

struct peer_plan {
    size_t count;
    struct peer_component components[PEER_COMPONENTS];
    int retries;     /* firmware infos sent again after 6 or 12 */
    uint8_t connack; /* code */
    int32_t error;   /* 0x00A3 behind the first SUBACK; 0: none */
    bool forgets;    /* 0x00B4 {9: true} behind the first SUBACK of a type 1 link */
    bool encrypts;   /* sends a session key */
    int http_errors; /* this many requests are answered with 404 */
    bool chunked;    /* the body comes in chunks */
    bool wrong_md5;
    bool wrong_crc;
    bool wrong_sha256;
    int cut_at;           /* drops the MQTT link, once, at this status instead of answering it */
    bool acts_on_publish; /* breaks the rule of the idle race: sends the firmware info before the PUBREC */
};

struct peer {
    struct loop *loop;
    struct peer_plan plan;
    uint8_t file[PEER_FILE];
    struct digests digests;
    struct listener *mqtt_listener;
    struct listener *http_listener;
    uint16_t mqtt_port;
    uint16_t http_port;
    struct stream *mqtt;
    struct stream *http;
    char client_id[LIMIT_CLIENT_ID + 1];
    bool notified;
    size_t next; /* component whose firmware info is due */
    bool has_key;
    bool type0; /* the present link */
    bool cut_done;
    bool greeted; /* `error` or `forgets` was played */
    uint16_t package_id;
    /* what the test looks at */
    char statuses[256];                /* "1 2 4 " */
    char frames[512];                  /* every uplink command as "0115 0034 " */
    unsigned connects[2];              /* by password type */
    unsigned requests;                 /* HTTP */
    unsigned encrypted;                /* uplinks */
    char mcu_list[LIMIT_MCU_LIST + 1]; /* of the last 0x0115 or 0x0044 */
    unsigned protocol_errors;
};

void peer_start(struct peer *peer, struct loop *loop, const struct peer_plan *plan);
void peer_stop(struct peer *peer);

#endif
