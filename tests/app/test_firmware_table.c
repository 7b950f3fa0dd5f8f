/* The table of live firmware tokens, alone and under several threads. */
#include "app/firmware_table.h"

#include <pthread.h>
#include <stdio.h>

#include "support/suite.h"

static struct firmware_entry entry_of(const char *token)
{
    struct firmware_entry entry = {.path = "/data/files/f", .name = "fw.bin", .extension = ".bin", .size = 1000};
    (void)snprintf(entry.token, sizeof entry.token, "%s", token);
    memset(entry.sha256, 'a', 64);
    return entry;
}

static void test_life(void)
{
    struct firmware_table *table = NULL;
    const struct firmware_entry *entry = NULL;
    const struct firmware_entry wanted = entry_of("t1");
    CHECK_FATAL(firmware_table_create(&table) == OK);
    CHECK(firmware_table_take(table, "t1", &entry) == E_NOT_FOUND);
    CHECK_OK(firmware_table_put(table, &wanted));
    CHECK(firmware_table_put(table, &wanted) == E_EXISTS);
    CHECK_OK(firmware_table_take(table, "t1", &entry));
    CHECK(strcmp(entry->token, "t1") == 0 && strcmp(entry->path, wanted.path) == 0 && entry->size == 1000);
    CHECK(strcmp(entry->name, "fw.bin") == 0 && strcmp(entry->extension, ".bin") == 0);
    CHECK_TEXT(entry->sha256, wanted.sha256);
    firmware_table_note(table, "t1", 500);
    firmware_table_note(table, "t1", 300);
    CHECK(firmware_table_sent(table, "t1") == 500 && firmware_table_sent(table, "t2") == 0);
    firmware_table_expire(table, "t1");
    firmware_table_expire(table, "t1");
    firmware_table_expire(table, "t2");
    CHECK_TEXT(entry->path, wanted.path); /* a reader keeps what it has */
    firmware_table_release(table, entry);
    CHECK(firmware_table_take(table, "t1", &entry) == E_STATE);
    CHECK(firmware_table_put(table, &wanted) == E_EXISTS); /* an expired token never lives again */
    firmware_table_destroy(table);
}

static void test_old_expired_are_forgotten(void)
{
    struct firmware_table *table = NULL;
    const struct firmware_entry *entry = NULL;
    char token[16];
    CHECK_FATAL(firmware_table_create(&table) == OK);
    for (int i = 0; i <= 100000; i++) {
        (void)snprintf(token, sizeof token, "t%d", i);
        struct firmware_entry put = entry_of(token);
        CHECK_FATAL(firmware_table_put(table, &put) == OK);
        firmware_table_expire(table, token);
    }
    CHECK(firmware_table_take(table, "t0", &entry) == E_NOT_FOUND);
    CHECK(firmware_table_take(table, "t1", &entry) == E_STATE);
    CHECK(firmware_table_take(table, "t100000", &entry) == E_STATE);
    firmware_table_destroy(table);
}

/* All are revoked while as many as are kept have expired, the second of all first: the walk must not step on it. */
static void test_revoke_all(void)
{
    enum { KEPT = 100000 };
    struct firmware_table *table = NULL;
    const struct firmware_entry *entry = NULL;
    size_t count = 0;
    CHECK_FATAL(firmware_table_create(&table) == OK);
    for (int i = 0; i <= KEPT; i++) {
        char token[16];
        (void)snprintf(token, sizeof token, "t%d", i);
        struct firmware_entry made = entry_of(token);
        CHECK_OK(firmware_table_put(table, &made));
        if (i > 0) {
            firmware_table_expire(table, token);
        }
    }
    firmware_table_revoke(table, NULL, &count);
    CHECK(count == 1);
    CHECK(firmware_table_take(table, "t0", &entry) == E_STATE && firmware_table_is_revoked(table, "t0"));
    CHECK(firmware_table_take(table, "t1", &entry) == E_NOT_FOUND);
    firmware_table_destroy(table);
}

enum { TOKENS = 200, ROUNDS = 50 };

static void *read_all(void *context)
{
    struct firmware_table *table = context;
    for (int i = 0; i < TOKENS * ROUNDS; i++) {
        char token[16];
        const struct firmware_entry *entry = NULL;
        (void)snprintf(token, sizeof token, "t%d", i % TOKENS);
        if (firmware_table_take(table, token, &entry) == OK) {
            firmware_table_note(table, token, i);
            if (strcmp(entry->token, token) != 0 || entry->size != 1000) {
                firmware_table_release(table, entry);
                return table; /* torn */
            }
            firmware_table_release(table, entry);
        }
    }
    return NULL;
}

static void test_threads(void)
{
    struct firmware_table *table = NULL;
    pthread_t readers[4];
    CHECK_FATAL(firmware_table_create(&table) == OK);
    for (size_t i = 0; i < 4; i++) {
        CHECK_FATAL(pthread_create(&readers[i], NULL, read_all, table) == 0);
    }
    for (int i = 0; i < TOKENS; i++) {
        char token[16];
        (void)snprintf(token, sizeof token, "t%d", i);
        struct firmware_entry entry = entry_of(token);
        CHECK_OK(firmware_table_put(table, &entry));
        if (i % 3 == 0) {
            firmware_table_expire(table, token);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        void *torn = table;
        CHECK(pthread_join(readers[i], &torn) == 0 && torn == NULL);
    }
    firmware_table_destroy(table);
}

int main(void)
{
    static const struct test_case cases[] = {{"life", test_life},
                                             {"old expired are forgotten", test_old_expired_are_forgotten},
                                             {"all are revoked", test_revoke_all},
                                             {"threads", test_threads},
                                             {0}};
    return suite_run("firmware_table", cases);
}
