#include "app/firmware_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/text.h"

/* Expired tokens that are still answered by 410; of older ones nothing is known any more (404). */
enum { EXPIRED_KEPT = 100000 };

/* A token; what it serves is kept short here (thousands are alive) and made whole for each reader. */
struct node {
    char token[LIMIT_TOKEN + 1];
    bool expired; /* then path and name are NULL */
    bool revoked;
    bool withdrawn;
    char *path;
    char *name;
    char extension[sizeof((struct firmware_entry *)0)->extension];
    char sha256[65];
    int64_t size;
    int64_t sent;
    int64_t task_id;
    struct fault_subject subject;
    int told;                 /* percent of which firmware_table_moved() told */
    TAILQ_ENTRY(node) expiry; /* while expired */
    UT_hash_handle hh;
};
TAILQ_HEAD(node_list, node);

struct firmware_table {
    pthread_mutex_t lock;
    struct node *nodes;
    struct node_list expired; /* oldest first */
    size_t expired_count;
    uint64_t notes;
};

enum status firmware_table_create(struct firmware_table **out)
{
    struct firmware_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return E_NOMEM;
    }
    if (pthread_mutex_init(&table->lock, NULL) != 0) {
        free(table);
        return E_NOMEM;
    }
    TAILQ_INIT(&table->expired);
    *out = table;
    return OK;
}

static void node_destroy(struct node *node)
{
    free(node->path);
    free(node->name);
    free(node);
}

void firmware_table_destroy(struct firmware_table *table)
{
    if (table == NULL) {
        return;
    }
    struct node *node = table->nodes;
    HASH_CLEAR(hh, table->nodes);
    while (node != NULL) {
        struct node *next = node->hh.next;
        node_destroy(node);
        node = next;
    }
    (void)pthread_mutex_destroy(&table->lock);
    free(table);
}

static struct node *find(struct firmware_table *table, const char *token)
{
    struct node *node = NULL;
    HASH_FIND_STR(table->nodes, token, node);
    return node;
}

enum status firmware_table_put(struct firmware_table *table, const struct firmware_entry *entry)
{
    struct node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        return E_NOMEM;
    }
    node->path = strdup(entry->path);
    node->name = strdup(entry->name);
    if (node->path == NULL || node->name == NULL) {
        node_destroy(node);
        return E_NOMEM;
    }
    memcpy(node->token, entry->token, sizeof node->token);
    memcpy(node->extension, entry->extension, sizeof node->extension);
    memcpy(node->sha256, entry->sha256, sizeof node->sha256);
    node->size = entry->size;
    node->task_id = entry->task_id;
    node->subject = entry->subject;
    (void)pthread_mutex_lock(&table->lock);
    struct node *old = find(table, entry->token);
    if (old != NULL && old->revoked) { /* its product came back */
        TAILQ_REMOVE(&table->expired, old, expiry);
        table->expired_count--;
        // NOLINTBEGIN(clang-analyzer-core.NullDereference): it is in the table, so that is not empty
        HASH_DEL(table->nodes, old);
        // NOLINTEND(clang-analyzer-core.NullDereference)
        node_destroy(old);
        old = NULL;
    }
    bool taken = old != NULL;
    if (!taken) {
        HASH_ADD_STR(table->nodes, token, node);
    }
    (void)pthread_mutex_unlock(&table->lock);
    if (taken) {
        node_destroy(node);
    }
    return taken ? E_EXISTS : OK;
}

static void expire(struct firmware_table *table, struct node *node)
{
    node->expired = true;
    free(node->path);
    free(node->name);
    node->path = NULL;
    node->name = NULL;
    TAILQ_INSERT_TAIL(&table->expired, node, expiry);
    table->expired_count++;
}

/* Forgets the oldest beyond those that are kept. */
static void trim(struct firmware_table *table)
{
    while (table->expired_count > EXPIRED_KEPT && table->nodes != NULL) {
        struct node *oldest = TAILQ_FIRST(&table->expired);
        TAILQ_REMOVE(&table->expired, oldest, expiry);
        table->expired_count--;
        HASH_DEL(table->nodes, oldest);
        node_destroy(oldest);
    }
}

void firmware_table_expire(struct firmware_table *table, const char *token)
{
    (void)pthread_mutex_lock(&table->lock);
    struct node *node = find(table, token);
    if (node != NULL && !node->expired) {
        expire(table, node);
        trim(table);
    }
    (void)pthread_mutex_unlock(&table->lock);
}

void firmware_table_revoke(struct firmware_table *table, const char *product_key, size_t *count)
{
    size_t alive = 0;
    struct node *node = NULL;
    struct node *next = NULL;
    (void)pthread_mutex_lock(&table->lock);
    HASH_ITER(hh, table->nodes, node, next)
    {
        if (product_key != NULL && strcmp(node->subject.product_key, product_key) != 0) {
            continue;
        }
        node->revoked = true;
        if (!node->expired) {
            alive++;
            expire(table, node);
        }
    }
    trim(table); /* not before: it may be the next of the walk that goes */
    (void)pthread_mutex_unlock(&table->lock);
    if (count != NULL) {
        *count = alive;
    }
}

void firmware_table_withdraw(struct firmware_table *table, const char *token)
{
    (void)pthread_mutex_lock(&table->lock);
    struct node *node = find(table, token);
    if (node != NULL) {
        node->withdrawn = true;
        if (!node->expired) {
            expire(table, node);
            trim(table);
        }
    }
    (void)pthread_mutex_unlock(&table->lock);
}

bool firmware_table_is_withdrawn(struct firmware_table *table, const char *token)
{
    (void)pthread_mutex_lock(&table->lock);
    const struct node *node = find(table, token);
    bool withdrawn = node != NULL && node->withdrawn;
    (void)pthread_mutex_unlock(&table->lock);
    return withdrawn;
}

bool firmware_table_subject(struct firmware_table *table, const char *token, struct fault_subject *subject)
{
    (void)pthread_mutex_lock(&table->lock);
    const struct node *node = find(table, token);
    if (node != NULL) {
        *subject = node->subject;
    }
    (void)pthread_mutex_unlock(&table->lock);
    return node != NULL;
}

bool firmware_table_is_revoked(struct firmware_table *table, const char *token)
{
    (void)pthread_mutex_lock(&table->lock);
    const struct node *node = find(table, token);
    bool revoked = node != NULL && node->revoked;
    (void)pthread_mutex_unlock(&table->lock);
    return revoked;
}

static enum status copy_out(const struct node *node, struct firmware_entry *entry)
{
    memcpy(entry->token, node->token, sizeof entry->token);
    memcpy(entry->extension, node->extension, sizeof entry->extension);
    memcpy(entry->sha256, node->sha256, sizeof entry->sha256);
    entry->size = node->size;
    entry->task_id = node->task_id;
    entry->subject = node->subject;
    enum status status = text_copy(entry->path, sizeof entry->path, node->path);
    return status == OK ? text_copy(entry->name, sizeof entry->name, node->name) : status;
}

enum status firmware_table_take(struct firmware_table *table, const char *token, const struct firmware_entry **entry)
{
    struct firmware_entry *made = malloc(sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    enum status status = E_NOT_FOUND;
    (void)pthread_mutex_lock(&table->lock);
    const struct node *node = find(table, token);
    if (node != NULL && node->expired) {
        status = E_STATE;
    } else if (node != NULL) {
        status = copy_out(node, made);
    }
    (void)pthread_mutex_unlock(&table->lock);
    if (status != OK) {
        free(made);
        return status;
    }
    *entry = made;
    return OK;
}

void firmware_table_release(struct firmware_table *table, const struct firmware_entry *entry)
{
    (void)table;
    free((void *)entry); /* const for the reader; it came out of malloc in take */
}

void firmware_table_note(struct firmware_table *table, const char *token, int64_t end)
{
    (void)pthread_mutex_lock(&table->lock);
    struct node *node = find(table, token);
    if (node != NULL && end > node->sent) {
        node->sent = end;
        table->notes++;
    }
    (void)pthread_mutex_unlock(&table->lock);
}

uint64_t firmware_table_notes(struct firmware_table *table)
{
    (void)pthread_mutex_lock(&table->lock);
    uint64_t notes = table->notes;
    (void)pthread_mutex_unlock(&table->lock);
    return notes;
}

int64_t firmware_table_sent(struct firmware_table *table, const char *token)
{
    (void)pthread_mutex_lock(&table->lock);
    const struct node *node = find(table, token);
    int64_t sent = node != NULL ? node->sent : 0;
    (void)pthread_mutex_unlock(&table->lock);
    return sent;
}

bool firmware_table_moved(struct firmware_table *table, const char *token, int64_t *task_id)
{
    bool moved = false;
    (void)pthread_mutex_lock(&table->lock);
    struct node *node = find(table, token);
    if (node != NULL && !node->expired && node->size > 0) {
        int percent = (int)(node->sent * 100 / node->size);
        moved = percent != node->told;
        node->told = percent;
        *task_id = node->task_id;
    }
    (void)pthread_mutex_unlock(&table->lock);
    return moved;
}
