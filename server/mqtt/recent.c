#include "mqtt/recent.h"

#include <uthash.h>

struct recent_key recent_key_of(const struct frame *frame)
{
    unsigned digest = 0;
    if (frame->payload_length > 0) {
        HASH_JEN(frame->payload, frame->payload_length, digest);
    }
    return (struct recent_key){.command = frame->command, .package_id = frame->package_id, .digest = digest};
}

static bool same(const struct recent_key *a, const struct recent_key *b)
{
    return a->command == b->command && a->package_id == b->package_id && a->digest == b->digest;
}

bool recent_has(const struct recent *recent, const struct recent_key *key)
{
    for (size_t i = 0; i < RECENT_FRAMES; i++) {
        if (same(&recent->ring[i], key)) {
            return true;
        }
    }
    return false;
}

bool recent_has_other(const struct recent *recent, const struct recent_key *key)
{
    for (size_t i = 0; i < RECENT_FRAMES; i++) {
        const struct recent_key *other = &recent->ring[i];
        if (other->package_id == key->package_id && (other->command != key->command || other->digest != key->digest)) {
            return true;
        }
    }
    return false;
}

void recent_add(struct recent *recent, const struct recent_key *key)
{
    recent->ring[recent->next] = *key;
    recent->next = (recent->next + 1) % RECENT_FRAMES;
}

void recent_forget(struct recent *recent, const struct recent_key *key)
{
    for (size_t i = 0; i < RECENT_FRAMES; i++) {
        if (same(&recent->ring[i], key)) {
            recent->ring[i] = (struct recent_key){0};
        }
    }
}
