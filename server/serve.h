/*
 * mockdc serve: builds the house and tears it down in reverse.
 */
#ifndef SERVE_H
#define SERVE_H

/* argv[0] is "serve". 0 after SIGINT or SIGTERM, 1 when something failed, 2 for a wrong command line. */
int serve_main(int argc, char **argv);

#endif
