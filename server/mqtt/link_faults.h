/*
 * Faults of the point mqtt.link. A frame is one PUBLISH, either way; the k-th is counted per link, from the moment at
 * which fault and link first met: the link's begin, or the fault's arming.
 *
 *   link ready, or fault armed --> link_faults_begin: cut, blackhole
 *   each frame --> link_faults_frame: passes | is dropped | doubled | corrupted | the last before the cut | waits
 *
 * What waits stays where it is, unread; the link goes on when its time is over, in order. While a link is held nothing
 * passes, acknowledgements neither.
 */
#ifndef MQTT_LINK_FAULTS_H
#define MQTT_LINK_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/faults.h"

struct link;
struct loop_timer;

/* Which way a frame goes. */
enum way { WAY_UP, WAY_DOWN, WAYS };

/* A fault that this link has met. */
struct met_fault {
    int64_t id;
    uint64_t frames; /* that the link had passed then */
};

struct link_faults {
    uint64_t frames; /* both ways */
    size_t met_count;
    struct met_fault met[FAULT_HITS];
    struct loop_timer *timers[WAYS]; /* made when first needed */
    bool held[WAYS];
    bool waited[WAYS]; /* the next frame has had its delay */
};

enum frame_fate { FRAME_PASSES, FRAME_DROPPED, FRAME_DOUBLED, FRAME_CORRUPTED, FRAME_IS_LAST, FRAME_WAITS };

/* The link is ready, or a fault was armed. May close it. */
void link_faults_begin(struct link *link);

/* What becomes of the frame that comes now. */
enum frame_fate link_faults_frame(struct link *link, enum way way);

/* Nothing passes this way now. */
bool link_faults_hold(const struct link *link, enum way way);

void link_faults_finish(struct link *link);

#endif
