#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "harness.h"
#include "support/suite.h"

static const struct mock_device devices[] = {{"PK1", "dev1", "secret1", false}};

static struct harness harness;

static bool is_other_broker(void *context)
{
    const pid_t *old = context;
    pid_t now = mqtt_door_broker_pid(harness.door);
    return now != 0 && now != *old && mqtt_door_is_ready(harness.door);
}

static bool is_not_ready(void *context)
{
    (void)context;
    return !mqtt_door_is_ready(harness.door);
}

static void test_killed_broker_comes_back(void)
{
    harness = (struct harness){0};
    harness_begin(&harness, devices, 1);
    for (int i = 1; i <= 3; i++) {
        struct scripted device;
        scripted_login(&harness, &device, "dev1", "secret1", false);
        CHECK(harness_wait_calls(&harness, "online 1;", i));
        pid_t old = mqtt_door_broker_pid(harness.door);
        CHECK(kill(old, SIGKILL) == 0);
        CHECK(harness_wait(&harness, is_not_ready, NULL));
        CHECK(scripted_sees_close(&device)); /* it will come again */
        CHECK(harness_wait_calls(&harness, "offline 1;", i));
        CHECK(harness_wait(&harness, is_other_broker, &old));
        scripted_close(&device);
    }
    struct mqtt_counters counters;
    mqtt_door_counters(harness.door, &counters);
    CHECK(counters.broker_restarts == 3);
    CHECK(counters.links == 0 && counters.devices == 0);
    harness_end(&harness);
}

static void test_no_broker_no_devices(void)
{
    harness = (struct harness){0};
    harness_begin(&harness, devices, 1);
    CHECK(kill(mqtt_door_broker_pid(harness.door), SIGKILL) == 0);
    CHECK(harness_wait(&harness, is_not_ready, NULL));
    struct scripted device;
    scripted_connect(&harness, &device);
    CHECK(scripted_sees_close(&device)); /* closed at once, no CONNACK that would silence it */
    CHECK(device.in.length == 0);
    scripted_close(&device);
    harness_end(&harness);
}

/* A broker that stands still is noticed by the bus' ping, killed and started again. */
static void test_hung_broker(void)
{
    harness = (struct harness){0};
    harness_begin(&harness, devices, 1);
    pid_t old = mqtt_door_broker_pid(harness.door);
    CHECK(kill(old, SIGSTOP) == 0);
    bool noticed = false;
    for (int i = 0; i < 3 && !noticed; i++) { /* each at most 10 s */
        noticed = harness_wait(&harness, is_other_broker, &old);
    }
    CHECK(noticed);
    harness_end(&harness);
}

static pid_t start_mosquitto(const char *config)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl("/usr/sbin/mosquitto", "mosquitto", "-c", config, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* What a kill -9 of an earlier server left behind. */
static void test_orphan_is_ended(void)
{
    harness = (struct harness){0};
    harness_begin(&harness, devices, 1);
    char config[512];
    char pid_file[512];
    (void)snprintf(config, sizeof config, "%s/broker/mosquitto.conf", harness.folder);
    (void)snprintf(pid_file, sizeof pid_file, "%s/broker/broker.pid", harness.folder);
    mqtt_door_destroy(harness.door);
    loop_destroy(harness.loop);
    pid_t orphan = start_mosquitto(config);
    FILE *file = fopen(pid_file, "w");
    CHECK_FATAL(file != NULL);
    (void)fprintf(file, "%ld\n", (long)orphan);
    (void)fclose(file);
    char path[64];
    char name[32] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/comm", (long)orphan);
    for (int i = 0; i < 1000 && strncmp(name, "mosquitto", 9) != 0; i++) { /* until exec has happened */
        FILE *comm = fopen(path, "r");
        CHECK(comm != NULL && fgets(name, sizeof name, comm) != NULL);
        (void)fclose(comm);
        (void)usleep(1000);
    }
    harness_begin(&harness, devices, 1);
    int wait_status = 0;
    CHECK(waitpid(orphan, &wait_status, WNOHANG) == orphan);
    harness_end(&harness);
}

/* Connects as soon as the broker listens; -1: it never did. */
static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (text_copy(address.sun_path, sizeof address.sun_path, path) != OK) {
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (int i = 0; i < 2000; i++) {
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
            return fd;
        }
        (void)usleep(1000);
    }
    (void)close(fd);
    return -1;
}

/* What a device sent while the server was away waits in the bus' session, and its device is found by its client id. */
static void test_queued_messages_survive(void)
{
    harness = (struct harness){0};
    harness_begin(&harness, devices, 1);
    char config[512];
    char path[512];
    (void)snprintf(config, sizeof config, "%s/broker/mosquitto.conf", harness.folder);
    (void)snprintf(path, sizeof path, "%s/broker/mqtt.sock", harness.folder);
    mqtt_door_destroy(harness.door);
    loop_destroy(harness.loop);
    pid_t broker = start_mosquitto(config);
    int fd = connect_unix(path);
    CHECK_FATAL(fd >= 0);
    static const char *const clients[] = {"qdPK1dev1", "qdPK1nobody"};
    for (size_t i = 0; i < 2; i++) {
        struct buffer out = {.limit = 1024};
        struct mqtt_connect login = {.protocol = "MQTT",
                                     .level = 4,
                                     .flags = 0x82,
                                     .keep_alive_s = 60,
                                     .client_id = {clients[i], strlen(clients[i])},
                                     .user_name = {clients[i], strlen(clients[i])}};
        mqtt_connect_write(&out, &login);
        put_publish(&out, clients[i], "bus", 1, 1, "\xaa\xaa\x00\x05\x25\x00\x01\x00\x24", 9);
        if (i > 0) {
            fd = connect_unix(path);
        }
        CHECK(write(fd, out.data, out.length) == (ssize_t)out.length);
        uint8_t answers[8]; /* CONNACK and PUBACK */
        size_t got = 0;
        for (ssize_t more = 1; got < sizeof answers && more > 0; got += (size_t)more) {
            more = read(fd, answers + got, sizeof answers - got);
        }
        CHECK(got == sizeof answers);
        (void)close(fd);
        buffer_finish(&out);
    }
    CHECK(kill(broker, SIGTERM) == 0);
    CHECK(waitpid(broker, NULL, 0) == broker);
    harness_begin(&harness, devices, 1);
    CHECK(harness_wait_calls(&harness, "seen 1;", 1));
    CHECK(mock_app_count(&harness.app, "malformed") == 0);
    harness_end(&harness);
}

/* A pid file that names somebody else does no harm. */
static void test_foreign_process_is_left_alone(void)
{
    harness = (struct harness){0};
    harness_begin(&harness, devices, 1);
    char pid_file[512];
    (void)snprintf(pid_file, sizeof pid_file, "%s/broker/broker.pid", harness.folder);
    mqtt_door_destroy(harness.door);
    loop_destroy(harness.loop);
    pid_t stranger = fork();
    if (stranger == 0) {
        (void)execl("/bin/sleep", "sleep", "1000", (char *)NULL);
        _exit(127);
    }
    FILE *file = fopen(pid_file, "w");
    CHECK_FATAL(file != NULL);
    (void)fprintf(file, "%ld\n", (long)stranger);
    (void)fclose(file);
    harness_begin(&harness, devices, 1);
    CHECK(waitpid(stranger, NULL, WNOHANG) == 0);
    CHECK(kill(stranger, SIGKILL) == 0);
    CHECK(waitpid(stranger, NULL, 0) == stranger);
    harness_end(&harness);
}

static void test_private_files(void)
{
    harness = (struct harness){0};
    harness_begin(&harness, devices, 1);
    char path[512];
    struct stat found;
    (void)snprintf(path, sizeof path, "%s/broker", harness.folder);
    CHECK(stat(path, &found) == 0 && (found.st_mode & 0777) == 0700);
    harness_end(&harness);
}

/* A data folder whose path is too long for a unix socket. */
static void test_long_data_folder(void)
{
    char folder[256] = "/tmp/mockdc-test-XXXXXX";
    CHECK_FATAL(mkdtemp(folder) != NULL);
    size_t used = strlen(folder);
    folder[used++] = '/';
    memset(folder + used, 'd', 120);
    folder[used + 120] = '\0';
    CHECK_FATAL(mkdir(folder, 0700) == 0);
    harness = (struct harness){0};
    (void)snprintf(harness.folder, sizeof harness.folder, "%s", folder);
    harness_begin(&harness, devices, 1);
    struct scripted device;
    scripted_login(&harness, &device, "dev1", "secret1", false);
    CHECK(harness_wait_calls(&harness, "online 1;", 1));
    scripted_close(&device);
    harness_end(&harness);
    folder[used - 1] = '\0';
    CHECK(rmdir(folder) == 0);
}

static void test_missing_program(void)
{
    harness = (struct harness){
        .settings = {.broker_program = "no-such-broker", .mqtt = {.host = "127.0.0.1"}, .data_dir = "/tmp"}};
    char folder[] = "/tmp/mockdc-test-XXXXXX";
    CHECK_FATAL(mkdtemp(folder) != NULL && loop_create(&harness.loop) == OK);
    harness.settings.data_dir = folder;
    struct error error = {0};
    CHECK(mqtt_door_create(harness.loop, &harness.app, &harness.settings, &harness.door, &error) == E_IO);
    CHECK(strstr(error.text, "no-such-broker") != NULL && strstr(error.text, "mosquitto") != NULL);
    loop_destroy(harness.loop);
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    CHECK(system(command) == 0);
}

/* The error names the holder and the option. */
static void test_taken_port(void)
{
    harness = (struct harness){0};
    harness_begin(&harness, devices, 1);
    struct mqtt_settings second = harness.settings;
    second.mqtt.port = mqtt_door_port(harness.door);
    struct mqtt_door *door;
    struct error error = {0};
    CHECK(mqtt_door_create(harness.loop, &harness.app, &second, &door, &error) == E_IO);
    char own[32];
    (void)snprintf(own, sizeof own, "process %ld", (long)getpid());
    CHECK(strstr(error.text, own) != NULL && strstr(error.text, "--mqtt") != NULL);
    harness_end(&harness);
}

int main(void)
{
    static const struct test_case cases[] = {{"a killed broker comes back", test_killed_broker_comes_back},
                                             {"no broker, no devices", test_no_broker_no_devices},
                                             {"a hung broker", test_hung_broker},
                                             {"an orphan is ended", test_orphan_is_ended},
                                             {"a foreign process is left alone", test_foreign_process_is_left_alone},
                                             {"queued messages survive", test_queued_messages_survive},
                                             {"private files", test_private_files},
                                             {"a long data folder", test_long_data_folder},
                                             {"missing program", test_missing_program},
                                             {"taken port", test_taken_port},
                                             {0}};
    return suite_run("broker", cases);
}
