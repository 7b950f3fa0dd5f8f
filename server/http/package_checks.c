#include "http/package_checks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "app/catalog.h"
#include "app/clock.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "base/log.h"
#include "crypto/digest.h"

enum { READ_PIECE = 256 * 1024, LOWEST_PRIORITY = 19, SCAN_PAGE = 16 };

/* A package to be read, then what was found. */
struct check_job {
    char product_key[LIMIT_PRODUCT_KEY + 1];
    struct package_file files[LIMIT_PACKAGE_FILES];
    enum status status;
    struct package_check check;
    package_check_done *done; /* NULL: of the scan, or nobody waits any more */
    void *context;
    bool of_scan;
    TAILQ_ENTRY(check_job) entries;
};
TAILQ_HEAD(job_queue, check_job);

struct kept_check {
    int64_t package_id;
    struct package_check check;
    UT_hash_handle hh;
};

struct package_checks {
    struct app *app;
    struct mappings *mappings;
    struct loop_wakeup *wakeup;
    struct kept_check *kept; /* by package */
    bool scanning;
    char scanned[24]; /* id of the last package of the scan that was queued; "": none */
    int64_t scan_count;
    int64_t scan_damaged;
    pthread_t thread;
    bool has_thread;
    atomic_bool stopping;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t queued;
    struct job_queue waiting;
    struct check_job *running; /* the thread's */
    struct job_queue finished;
    size_t scan_jobs; /* of the scan, not yet taken back by the loop */
};

/* --- the thread ------------------------------------------------------------------------------------------------ */

/* E_CLOSED: the server goes down. `error` gets errno when reading fails. */
static enum status read_digests(struct package_checks *checks, int fd, struct digests *digests, int *error)
{
    CLEANUP(cleanup_digest_stream) struct digest_stream *stream = NULL;
    CLEANUP(cleanup_free) char *piece = malloc(READ_PIECE);
    enum status status = piece == NULL ? E_NOMEM : digest_stream_create(&stream);
    while (status == OK) {
        ssize_t got = read(fd, piece, READ_PIECE);
        if (got < 0) {
            *error = errno;
            return E_IO;
        }
        if (got == 0) {
            return digest_stream_end(stream, digests);
        }
        status = atomic_load(&checks->stopping) ? E_CLOSED : digest_stream_add(stream, piece, (size_t)got);
    }
    return status;
}

static void compare(struct file_check *check, const struct package_file *file, const struct digests *digests)
{
    const struct {
        const char *name;
        const char *stored;
        const char *wanted;
    } rows[] = {{"SHA-256", digests->sha256, file->sha256},
                {"MD5", digests->md5, file->md5},
                {"CRC-32", digests->crc32, file->crc32}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].stored, rows[i].wanted) != 0) {
            (void)snprintf(check->detail, sizeof check->detail, "%s is %s", rows[i].name, rows[i].stored);
            return;
        }
    }
    check->intact = true;
}

/* Not OK: it could not be found out. */
static enum status check_file(struct package_checks *checks, const struct package_file *file, struct file_check *check)
{
    *check = (struct file_check){.index = file->index};
    memcpy(check->name, file->name, sizeof check->name);
    memcpy(check->stored, file->stored, sizeof check->stored);
    char path[LIMIT_PATH];
    int length = snprintf(path, sizeof path, "%s/%s", app_files_dir(checks->app), file->stored);
    CLEANUP(cleanup_fd) int fd = length < LIMIT_PATH ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0) {
        (void)snprintf(check->detail, sizeof check->detail, "cannot be opened: %s", strerror(errno));
        return OK;
    }
    if (about.st_size != file->size) {
        (void)snprintf(check->detail, sizeof check->detail, "is %lld bytes long instead of %lld",
                       (long long)about.st_size, (long long)file->size);
        return OK;
    }
    struct digests digests;
    int error = 0;
    enum status status = read_digests(checks, fd, &digests, &error);
    if (status == E_IO) {
        (void)snprintf(check->detail, sizeof check->detail, "cannot be read: %s", strerror(error));
        return OK;
    }
    if (status == OK) {
        compare(check, file, &digests);
    }
    return status;
}

static void run_job(struct package_checks *checks, struct check_job *job)
{
    for (size_t i = 0; i < job->check.count && job->status == OK; i++) {
        job->status = check_file(checks, &job->files[i], &job->check.files[i]);
    }
}

static void *run(void *context)
{
    struct package_checks *checks = context;
    /* of this thread alone: devices and calls go first. Refused: then it competes */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), LOWEST_PRIORITY);
    (void)pthread_mutex_lock(&checks->lock);
    while (!atomic_load(&checks->stopping)) {
        struct check_job *job = TAILQ_FIRST(&checks->waiting);
        if (job == NULL) {
            (void)pthread_cond_wait(&checks->queued, &checks->lock);
            continue;
        }
        TAILQ_REMOVE(&checks->waiting, job, entries);
        checks->running = job;
        (void)pthread_mutex_unlock(&checks->lock);
        run_job(checks, job);
        (void)pthread_mutex_lock(&checks->lock);
        checks->running = NULL;
        TAILQ_INSERT_TAIL(&checks->finished, job, entries);
        loop_wakeup_post(checks->wakeup);
    }
    (void)pthread_mutex_unlock(&checks->lock);
    return NULL;
}

/* --- the loop -------------------------------------------------------------------------------------------------- */

static struct check_job *make_job(const struct package *package)
{
    struct check_job *job = calloc(1, sizeof *job);
    if (job != NULL) {
        memcpy(job->product_key, package->product_key, sizeof job->product_key);
        memcpy(job->files, package->files, sizeof job->files);
        job->check.package_id = package->id;
        job->check.count = package->file_count;
    }
    return job;
}

/* What somebody waits for goes before the scan. */
static void queue_take(struct package_checks *checks, struct check_job *job)
{
    (void)pthread_mutex_lock(&checks->lock);
    struct check_job *first_of_scan = TAILQ_FIRST(&checks->waiting);
    while (!job->of_scan && first_of_scan != NULL && !first_of_scan->of_scan) {
        first_of_scan = TAILQ_NEXT(first_of_scan, entries);
    }
    if (!job->of_scan && first_of_scan != NULL) {
        TAILQ_INSERT_BEFORE(first_of_scan, job, entries);
    } else {
        TAILQ_INSERT_TAIL(&checks->waiting, job, entries);
    }
    checks->scan_jobs += job->of_scan;
    (void)pthread_cond_signal(&checks->queued);
    (void)pthread_mutex_unlock(&checks->lock);
}

static void queue_of_scan(void *context, const struct package *package)
{
    struct package_checks *checks = context;
    struct check_job *job = make_job(package);
    (void)snprintf(checks->scanned, sizeof checks->scanned, "%" PRId64, package->id);
    if (job == NULL) {
        log_error("http", "package=%" PRId64 " cannot be checked: %s", package->id, status_text(E_NOMEM));
        return;
    }
    job->of_scan = true;
    queue_take(checks, job);
}

/* Queues the next packages of the scan, or ends it. */
static void scan_on(struct package_checks *checks)
{
    char before[sizeof checks->scanned]; /* the visitor moves the other one */
    memcpy(before, checks->scanned, sizeof before);
    struct page page = {.after = before[0] == '\0' ? NULL : before, .limit = SCAN_PAGE};
    bool more = false;
    enum status status = app_packages_list(checks->app, NULL, &page, queue_of_scan, checks, &more);
    if (status != OK) {
        log_error("http", "packages cannot be checked: %s", status_text(status));
    }
    checks->scanning = status == OK && strcmp(before, checks->scanned) != 0;
    if (status == OK && !checks->scanning && checks->scan_count > 0) {
        log_info("http", "stored files of %" PRId64 " packages checked, damaged packages: %" PRId64, checks->scan_count,
                 checks->scan_damaged);
    }
}

static bool is_damaged(const struct package_check *check)
{
    for (size_t i = 0; i < check->count; i++) {
        if (!check->files[i].intact) {
            return true;
        }
    }
    return false;
}

static void keep(struct package_checks *checks, const struct package_check *check)
{
    struct kept_check *kept = NULL;
    HASH_FIND(hh, checks->kept, &check->package_id, sizeof check->package_id, kept);
    if (kept == NULL) {
        kept = calloc(1, sizeof *kept);
        if (kept == NULL) {
            return; /* it was logged; the next check tells again */
        }
        kept->package_id = check->package_id;
        HASH_ADD(hh, checks->kept, package_id, sizeof kept->package_id, kept);
    }
    kept->check = *check;
}

/* Who maps it next looks at the file again. */
static void forget_mappings(struct package_checks *checks, const struct package_check *check)
{
    for (size_t i = 0; i < check->count; i++) {
        char path[LIMIT_PATH];
        int length = snprintf(path, sizeof path, "%s/%s", app_files_dir(checks->app), check->files[i].stored);
        if (length < LIMIT_PATH) {
            mappings_forget(checks->mappings, path);
        }
    }
}

/* What was found of a package that is still there. */
static void note(struct package_checks *checks, struct check_job *job)
{
    struct clock_view clock;
    struct package_check *check = &job->check;
    check->checked_at = app_clock_view(checks->app, job->product_key, &clock) == OK ? clock.now : instant_now();
    for (size_t i = 0; i < check->count; i++) {
        const struct file_check *file = &check->files[i];
        if (!file->intact) {
            log_error("http", "package=%" PRId64 " product=%s file=%d (%s) is damaged: %s", check->package_id,
                      job->product_key, file->index, file->name, file->detail);
        }
    }
    bool damaged = is_damaged(check);
    keep(checks, check);
    if (damaged || !job->of_scan) {
        forget_mappings(checks, check);
    }
    checks->scan_count += job->of_scan;
    checks->scan_damaged += job->of_scan && damaged;
}

/* Takes the job over. */
static void finish_take(struct package_checks *checks, struct check_job *job)
{
    CLEANUP(cleanup_package) struct package package = {0};
    enum status status = job->status;
    if (status == OK) {
        status = app_package_find(checks->app, job->check.package_id, &package);
    }
    if (status == OK) {
        note(checks, job);
    } else if (status != E_NOT_FOUND) {
        log_error("http", "package=%" PRId64 " cannot be checked: %s", job->check.package_id, status_text(status));
    }
    if (job->done != NULL) {
        job->done(job->context, status, &job->check);
    }
    free(job);
}

static struct check_job *take_finished(struct package_checks *checks)
{
    (void)pthread_mutex_lock(&checks->lock);
    struct check_job *job = TAILQ_FIRST(&checks->finished);
    if (job != NULL) {
        TAILQ_REMOVE(&checks->finished, job, entries);
        checks->scan_jobs -= job->of_scan;
    }
    (void)pthread_mutex_unlock(&checks->lock);
    return job;
}

static void on_wakeup(void *context)
{
    struct package_checks *checks = context;
    for (struct check_job *job = take_finished(checks); job != NULL; job = take_finished(checks)) {
        finish_take(checks, job);
    }
    (void)pthread_mutex_lock(&checks->lock);
    bool hungry = checks->scan_jobs == 0;
    (void)pthread_mutex_unlock(&checks->lock);
    if (checks->scanning && hungry) {
        scan_on(checks);
    }
}

enum status package_checks_create(struct loop *loop, struct app *app, struct mappings *mappings,
                                  struct package_checks **checks)
{
    struct package_checks *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->app = app;
    created->mappings = mappings;
    TAILQ_INIT(&created->waiting);
    TAILQ_INIT(&created->finished);
    if (pthread_mutex_init(&created->lock, NULL) != 0) {
        free(created);
        return E_NOMEM;
    }
    if (pthread_cond_init(&created->queued, NULL) != 0) {
        (void)pthread_mutex_destroy(&created->lock);
        free(created);
        return E_NOMEM;
    }
    enum status status = loop_wakeup_create(loop, on_wakeup, created, &created->wakeup);
    if (status == OK) {
        created->has_thread = pthread_create(&created->thread, NULL, run, created) == 0;
        status = created->has_thread ? OK : E_NOMEM;
    }
    if (status != OK) {
        package_checks_destroy(created);
        return status;
    }
    *checks = created;
    return OK;
}

static void free_all(struct job_queue *queue)
{
    struct check_job *job = NULL;
    while ((job = TAILQ_FIRST(queue)) != NULL) {
        TAILQ_REMOVE(queue, job, entries);
        free(job);
    }
}

void package_checks_destroy(struct package_checks *checks)
{
    if (checks == NULL) {
        return;
    }
    if (checks->has_thread) {
        (void)pthread_mutex_lock(&checks->lock);
        atomic_store(&checks->stopping, true);
        (void)pthread_cond_signal(&checks->queued);
        (void)pthread_mutex_unlock(&checks->lock);
        (void)pthread_join(checks->thread, NULL);
    }
    free_all(&checks->waiting);
    free_all(&checks->finished);
    struct kept_check *kept = NULL;
    struct kept_check *next = NULL;
    HASH_ITER(hh, checks->kept, kept, next)
    {
        HASH_DEL(checks->kept, kept);
        free(kept);
    }
    loop_wakeup_destroy(checks->wakeup);
    (void)pthread_cond_destroy(&checks->queued);
    (void)pthread_mutex_destroy(&checks->lock);
    free(checks);
}

void package_checks_start(struct package_checks *checks)
{
    if (checks->scanned[0] == '\0') {
        checks->scanning = true;
        loop_wakeup_post(checks->wakeup);
    }
}

enum status package_checks_demand(struct package_checks *checks, int64_t package_id, package_check_done *done,
                                  void *context)
{
    CLEANUP(cleanup_package) struct package package = {0};
    enum status status = app_package_find(checks->app, package_id, &package);
    if (status != OK) {
        return status;
    }
    struct check_job *job = make_job(&package);
    if (job == NULL) {
        return E_NOMEM;
    }
    job->done = done;
    job->context = context;
    queue_take(checks, job);
    return OK;
}

static void forget_in(struct job_queue *queue, const void *context)
{
    struct check_job *job = NULL;
    TAILQ_FOREACH(job, queue, entries)
    {
        if (job->context == context) {
            job->done = NULL;
        }
    }
}

void package_checks_forget_waiter(struct package_checks *checks, const void *context)
{
    (void)pthread_mutex_lock(&checks->lock);
    forget_in(&checks->waiting, context);
    forget_in(&checks->finished, context);
    if (checks->running != NULL && checks->running->context == context) {
        checks->running->done = NULL;
    }
    (void)pthread_mutex_unlock(&checks->lock);
}

const struct package_check *package_checks_find(const struct package_checks *checks, int64_t package_id)
{
    const struct kept_check *kept = NULL;
    HASH_FIND(hh, checks->kept, &package_id, sizeof package_id, kept);
    return kept == NULL ? NULL : &kept->check;
}

void package_checks_drop(struct package_checks *checks, int64_t package_id)
{
    struct kept_check *kept = NULL;
    HASH_FIND(hh, checks->kept, &package_id, sizeof package_id, kept);
    if (kept != NULL) {
        HASH_DEL(checks->kept, kept);
        free(kept);
    }
}
