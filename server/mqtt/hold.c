#include "mqtt/hold.h"

#include <uthash.h>

uint32_t hold_digest(const void *topic, size_t topic_length, const void *payload, size_t payload_length)
{
    unsigned of_topic;
    unsigned of_payload;
    HASH_JEN(topic, topic_length, of_topic);
    HASH_JEN(payload, payload_length, of_payload);
    return of_topic * 31U + of_payload;
}

static struct hold_entry *find_packet(struct hold *hold, uint16_t packet_id)
{
    for (size_t i = 0; hold->used > 0 && i < HOLD_ENTRIES; i++) {
        if (hold->entries[i].state != HOLD_FREE && hold->entries[i].packet_id == packet_id) {
            return &hold->entries[i];
        }
    }
    return NULL;
}

static void release(struct hold *hold, struct hold_entry *entry)
{
    *entry = (struct hold_entry){.state = HOLD_FREE};
    hold->used--;
}

void hold_note_publish(struct hold *hold, uint16_t packet_id, uint32_t digest)
{
    struct hold_entry *entry = find_packet(hold, packet_id);
    for (size_t i = 0; entry == NULL && hold->used < HOLD_ENTRIES && i < HOLD_ENTRIES; i++) {
        if (hold->entries[i].state == HOLD_FREE) {
            entry = &hold->entries[i];
        }
    }
    if (entry == NULL) {
        entry = &hold->entries[hold->next];
        hold->next = (hold->next + 1) % HOLD_ENTRIES;
    }
    hold->used += entry->state == HOLD_FREE ? 1 : 0;
    *entry = (struct hold_entry){.state = HOLD_WAITING, .packet_id = packet_id, .digest = digest};
}

bool hold_note_ack(struct hold *hold, enum mqtt_packet_type ack, uint16_t packet_id, int64_t now_ms)
{
    struct hold_entry *entry = find_packet(hold, packet_id);
    if (entry == NULL) {
        return true;
    }
    switch (entry->state) {
    case HOLD_COMMITTED:
        release(hold, entry);
        return true;
    case HOLD_FAILED:
        release(hold, entry);
        return false;
    default:
        entry->ack_kept = true;
        entry->ack = (uint8_t)ack;
        entry->since_ms = now_ms;
        return false;
    }
}

bool hold_note_message(struct hold *hold, uint32_t digest, bool committed, uint8_t *ack, uint16_t *packet_id)
{
    for (size_t i = 0; hold->used > 0 && i < HOLD_ENTRIES; i++) {
        struct hold_entry *entry = &hold->entries[i];
        if (entry->state != HOLD_WAITING || entry->digest != digest) {
            continue;
        }
        if (!entry->ack_kept) {
            entry->state = committed ? HOLD_COMMITTED : HOLD_FAILED;
            return false;
        }
        *ack = entry->ack;
        *packet_id = entry->packet_id;
        release(hold, entry);
        return committed;
    }
    return false;
}

bool hold_take_overdue(struct hold *hold, int64_t before_ms, uint8_t *ack, uint16_t *packet_id)
{
    for (size_t i = 0; hold->used > 0 && i < HOLD_ENTRIES; i++) {
        struct hold_entry *entry = &hold->entries[i];
        if (entry->state == HOLD_WAITING && entry->ack_kept && entry->since_ms <= before_ms) {
            *ack = entry->ack;
            *packet_id = entry->packet_id;
            release(hold, entry);
            return true;
        }
    }
    return false;
}

bool hold_keeps_acks(const struct hold *hold)
{
    for (size_t i = 0; hold->used > 0 && i < HOLD_ENTRIES; i++) {
        if (hold->entries[i].ack_kept) {
            return true;
        }
    }
    return false;
}
