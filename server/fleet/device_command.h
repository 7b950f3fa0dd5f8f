/*
 * `mockdc device`: one virtual device until it is upgraded, failed, shut out or out of time.
 *
 *   exit code   0 upgraded | 1 failed | 2 usage | 3 timeout | 4 shut out by the server | 128 + n: signal n
 */
#ifndef FLEET_DEVICE_COMMAND_H
#define FLEET_DEVICE_COMMAND_H

/* argv[0] = "device". Returns the exit code. */
int fleet_device_main(int argc, char **argv);

#endif
