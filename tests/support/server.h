/*
 * A real `mockdc serve` on free ports with a data folder of its own, for the whole-server tests.
 *
 *   server_start --> REST (rest_*), devices (device_start), raw sockets (raw_mqtt.h) --> server_stop
 *                                                                                        |
 *                        server_kill (kill -9) --> server_restart on the same ports <----+  store checked, folder
 * removed
 */
#ifndef TESTS_SERVER_H
#define TESTS_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct server {
    pid_t pid;
    char folder[64]; /* scratch of this test */
    char data_dir[96];
    char http[64]; /* "http://127.0.0.1:PORT" */
    char mqtt[64]; /* "mqtt://127.0.0.1:PORT" */
    uint16_t http_port;
    uint16_t mqtt_port;
};

/* The binary under test. */
const char *server_program(void);

/* Starts one and waits until it is ready; the test fails fatally when it does not come up in 10 s. */
void server_start(struct server *server, const char *const *extra_options);

/* kill -9 and reap. */
void server_kill(struct server *server);

/* Starts again with the same folder and ports. */
void server_restart(struct server *server);

/* SIGTERM; checks exit code 0, the store's integrity and foreign keys, that the broker is gone; removes the folder. */
void server_stop(struct server *server);

/* The broker child's pid, 0 when there is none. */
pid_t server_broker_pid(const struct server *server);

/* --- REST: JSON in, JSON out; the caller json_decref()s the answer ------------------------------------------- */

/* Any call; `body` NULL: none. *http_status gets the code. An answer without body gives NULL. */
json_t *rest_call(const struct server *server, const char *method, const char *path, const char *body,
                  int *http_status);

/* The same, which must answer `expected`; complains with the body otherwise. */
json_t *rest_expect(const struct server *server, const char *method, const char *path, const char *body, int expected);

/* Uploads one package of one file; returns its id. */
int64_t rest_package(const struct server *server, const char *package_json, const char *file_name, const void *bytes,
                     size_t size);

/* "pk1" with secret "secret1", one MCU package STM32 -> 2_0_0 of `size` bytes, a silent plan, activated: its id. */
int64_t rest_simple_plan(const struct server *server, size_t size, const char *strategy_json);

/* "pk1" again: STM32 (delta, 1_0_0 -> 2_0_0), then the module FOTA (-> MODULE_V2), whitelisted `device_key`, activated.
 */
int64_t rest_two_component_plan(const struct server *server, const char *device_key, size_t size);

/* Polls GET /plans/{id}/devices/{dk} until its status is `status` or 20 s have passed; false then. */
bool rest_await_device(const struct server *server, int64_t plan_id, const char *device_key, const char *status);

/* The kinds of the log in order, joined by blanks: "otaRequest planIssued ...". `text` holds `capacity` bytes. */
void rest_log_kinds(const struct server *server, int64_t plan_id, const char *device_key, char *text, size_t capacity);

/* The value of a string member of an object by path ("components.0.step"); "" when it is not there. Borrowed. */
const char *json_text_at(const json_t *json, const char *path);

/* `size` bytes that differ by `seed`; static memory of at most 32 MB. */
const void *test_bytes(size_t size, unsigned seed);

/* --- processes ------------------------------------------------------------------------------------------------ */

/* Starts argv[0] with its output going to `output` (a file) or nowhere; returns the pid. */
pid_t process_start(const char *const *argv, const char *output);

/* Waits for its end, at most `seconds`; its exit code, -1 after a signal, -2 when time ran out (then it is killed). */
int process_wait(pid_t pid, int seconds);

/* Runs a line of bash for at most 20 s; its exit code. `output` gets what it printed, errors too. */
int shell_run(const char *line, char *output, size_t capacity);

/* A virtual device "867123045678901" of product pk1 with MCU STM32=1_0_0 and what `extra` adds. */
pid_t device_start(const struct server *server, const char *const *extra, const char *output);

void sleep_ms(int milliseconds); /* for polling outside processes; no rule of time is tested by it */

#endif
