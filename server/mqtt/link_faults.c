#include "mqtt/link_faults.h"

#include "mqtt/link.h"

static void go_on(struct link *link, enum way way)
{
    link->faults.held[way] = false;
    link->faults.waited[way] = true;
    link_resume(link, way);
}

static void on_up(void *context)
{
    go_on(context, WAY_UP);
}

static void on_down(void *context)
{
    go_on(context, WAY_DOWN);
}

/* Without a timer (memory) it is not held. */
static bool hold(struct link *link, enum way way, int64_t ms)
{
    struct link_faults *faults = &link->faults;
    if (faults->timers[way] == NULL &&
        loop_timer_create(link->door->loop, way == WAY_UP ? on_up : on_down, link, &faults->timers[way]) != OK) {
        return false;
    }
    faults->held[way] = true;
    loop_timer_arm(faults->timers[way], ms);
    return true;
}

bool link_faults_hold(const struct link *link, enum way way)
{
    return link->faults.held[way];
}

void link_faults_finish(struct link *link)
{
    loop_timer_destroy(link->faults.timers[WAY_UP]);
    loop_timer_destroy(link->faults.timers[WAY_DOWN]);
}

/* The number, from 1, that the frame which comes now has for the fault; a fault beyond the table counts from here. */
static uint64_t number_for(struct link_faults *faults, int64_t id)
{
    for (size_t i = 0; i < faults->met_count; i++) {
        if (faults->met[i].id == id) {
            return faults->frames - faults->met[i].frames + 1;
        }
    }
    if (faults->met_count < FAULT_HITS) {
        faults->met[faults->met_count++] = (struct met_fault){.id = id, .frames = faults->frames};
    }
    return 1;
}

static bool is_at_once(const struct fault_action *action)
{
    return action->type == FAULT_BLACKHOLE ||
           (action->type == FAULT_CUT && ((action->given & FAULT_HAS_AFTER_FRAMES) == 0 || action->after_frames == 0));
}

static bool was_met(const struct link_faults *faults, int64_t id)
{
    for (size_t i = 0; i < faults->met_count; i++) {
        if (faults->met[i].id == id) {
            return true;
        }
    }
    return false;
}

/* Whose link it is, and in which plan that device is now. */
static size_t look(const struct link *link, struct fault_subject *subject, struct fault_hit hits[FAULT_HITS])
{
    *subject = link->subject;
    app_fault_subject_complete(link->door->app, subject);
    return faults_look(app_faults(link->door->app), FAULT_MQTT_LINK, subject, hits);
}

void link_faults_begin(struct link *link)
{
    struct faults *faults = app_faults(link->door->app);
    struct fault_subject subject;
    struct fault_hit hits[FAULT_HITS];
    if (!faults_armed(faults, FAULT_MQTT_LINK) || !link->subscribed || link->observer) {
        return;
    }
    size_t count = look(link, &subject, hits);
    for (size_t i = 0; i < count; i++) {
        bool met = was_met(&link->faults, hits[i].id);
        (void)number_for(&link->faults, hits[i].id);
        if (met || !is_at_once(&hits[i].action) || !faults_fire(faults, hits[i].id, &subject, NULL)) {
            continue;
        }
        if (hits[i].action.type == FAULT_CUT) {
            link_close(link, "a fault cut it");
            return;
        }
        (void)hold(link, WAY_UP, hits[i].action.ms);
        (void)hold(link, WAY_DOWN, hits[i].action.ms);
    }
}

/* Whether the fault would act on the frame with this number, and what would become of it. */
static bool would_act(const struct fault_action *action, uint64_t number, bool waited, enum frame_fate *fate)
{
    switch (action->type) {
    case FAULT_DELAY:
        *fate = FRAME_WAITS;
        return !waited;
    case FAULT_CUT:
        *fate = FRAME_IS_LAST;
        return number == (uint64_t)action->after_frames;
    case FAULT_DROP_FRAME:
        *fate = FRAME_DROPPED;
        return number == (uint64_t)action->k;
    case FAULT_DUPLICATE_FRAME:
        *fate = FRAME_DOUBLED;
        return number == (uint64_t)action->k;
    case FAULT_CORRUPT_FRAME:
        *fate = FRAME_CORRUPTED;
        return number == (uint64_t)action->k;
    default:
        return false;
    }
}

enum frame_fate link_faults_frame(struct link *link, enum way way)
{
    struct faults *faults = app_faults(link->door->app);
    struct link_faults *own = &link->faults;
    struct fault_subject subject;
    struct fault_hit hits[FAULT_HITS];
    enum frame_fate fate = FRAME_PASSES;
    size_t count = faults_armed(faults, FAULT_MQTT_LINK) ? look(link, &subject, hits) : 0;
    for (size_t i = 0; i < count; i++) {
        enum frame_fate wanted = FRAME_PASSES;
        uint64_t number = number_for(own, hits[i].id);
        if (!would_act(&hits[i].action, number, own->waited[way], &wanted) ||
            !faults_fire(faults, hits[i].id, &subject, NULL)) {
            continue;
        }
        if (wanted == FRAME_WAITS && hold(link, way, hits[i].action.ms)) {
            return FRAME_WAITS;
        }
        fate = wanted == FRAME_WAITS ? fate : wanted;
    }
    own->waited[way] = false;
    own->frames++;
    return fate;
}
