/*
 * Acknowledgements that wait for the commit (design.md, Commit before effect). One table per link.
 *
 *   device --PUBLISH 7--> [ 7: WAITING ] --> broker --> bus --> app: committed
 *          <--PUBACK 7--- [ 7: gone    ] <-- PUBACK 7 from the broker, passed on when both have happened
 *
 *   WAITING --message committed--> COMMITTED --ack--> gone          QoS 1: the ack is PUBACK, QoS 2: PUBCOMP
 *   WAITING --ack--> ack kept --message committed--> ack is due, gone
 *   WAITING --message failed--> FAILED: its ack is dropped, the device sends the message again
 *   ack kept, LIMIT_ACK_HOLD_MS later, message never came: ack is due, gone
 */
#ifndef MQTT_HOLD_H
#define MQTT_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/mqtt_packet.h"

enum { HOLD_ENTRIES = 32 };

enum hold_state { HOLD_FREE, HOLD_WAITING, HOLD_COMMITTED, HOLD_FAILED };

struct hold_entry {
    enum hold_state state;
    uint16_t packet_id;
    uint32_t digest;  /* of topic and payload */
    bool ack_kept;    /* the broker has acknowledged */
    uint8_t ack;      /* MQTT_PUBACK or MQTT_PUBCOMP */
    int64_t since_ms; /* monotonic: when the ack was kept */
};

struct hold {
    struct hold_entry entries[HOLD_ENTRIES];
    size_t used; /* entries that are not free */
    size_t next; /* where a new entry goes when all are used: the oldest is no longer followed */
};

/* Of a message, to recognise it when the bus brings it. */
uint32_t hold_digest(const void *topic, size_t topic_length, const void *payload, size_t payload_length);

/* A PUBLISH of QoS 1 or 2 passed; a repeat with the same packet id starts anew. */
void hold_note_publish(struct hold *hold, uint16_t packet_id, uint32_t digest);

/* The broker's PUBACK or PUBCOMP: true: pass it on now; false: it is kept or dropped. */
bool hold_note_ack(struct hold *hold, enum mqtt_packet_type ack, uint16_t packet_id, int64_t now_ms);

/* The bus brought the message and it was committed, or failed. True: the ack (*ack, *packet_id) is due now. */
bool hold_note_message(struct hold *hold, uint32_t digest, bool committed, uint8_t *ack, uint16_t *packet_id);

/* Takes one ack that was kept since `before_ms` or earlier and is to be passed on. False: none (left). */
bool hold_take_overdue(struct hold *hold, int64_t before_ms, uint8_t *ack, uint16_t *packet_id);

/* Whether any ack is kept, so that hold_take_overdue() must be asked later. */
bool hold_keeps_acks(const struct hold *hold);

#endif
