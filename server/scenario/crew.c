#include "scenario/crew.h"

#include <pthread.h>

struct crew {
    const struct bench *bench;
    struct programme *programme;
    pthread_mutex_t lock; /* next, and stdout */
    size_t next;
    bool live;
};

static void play_one(struct crew *crew, size_t index)
{
    struct programme *programme = crew->programme;
    struct outcome *outcome = &programme->outcomes[index];
    bool live = crew->live && !programme->quiet;
    if (live) {
        programme_begin(stdout, programme, index);
    }
    play(crew->bench, &programme->scenarios[index], live, outcome);
    (void)pthread_mutex_lock(&crew->lock);
    if (!live) {
        programme_begin(stdout, programme, index);
    }
    programme_end(stdout, programme, index, !live && !programme->quiet);
    (void)pthread_mutex_unlock(&crew->lock);
}

/* The next scenario that is not to be alone; false: there are no more, or the run is over. */
static bool take(struct crew *crew, size_t *index)
{
    const struct programme *programme = crew->programme;
    (void)pthread_mutex_lock(&crew->lock);
    while (crew->next < programme->count && programme->scenarios[crew->next].alone) {
        crew->next++;
    }
    bool found = crew->next < programme->count && !crew->bench->interrupted;
    if (found) {
        *index = crew->next++;
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return found;
}

static void *work(void *context)
{
    struct crew *crew = context;
    size_t index = 0;
    while (take(crew, &index)) {
        play_one(crew, index);
    }
    return NULL;
}

void crew_play(const struct bench *bench, struct programme *programme, size_t hands)
{
    struct crew crew = {.bench = bench,
                        .programme = programme,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .live = hands <= 1 || programme->count == 1};
    pthread_t threads[CREW_MOST];
    size_t started = 0;
    hands = hands > programme->count ? programme->count : hands;
    while (started + 1 < hands && started < CREW_MOST && pthread_create(&threads[started], NULL, work, &crew) == 0) {
        started++;
    }
    (void)work(&crew); /* this thread is one of the hands */
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < programme->count; i++) {
        if (programme->scenarios[i].alone && !bench->interrupted) {
            play_one(&crew, i);
        }
    }
    (void)pthread_mutex_destroy(&crew.lock);
}
