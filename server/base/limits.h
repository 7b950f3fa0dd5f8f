/*
 * Every limit of mockdc in one place: sizes in bytes unless the name says otherwise, times in milliseconds (_MS).
 * Those that name an option are its default; they are plain digits for that.
 * "+ 1" for the final zero byte is added where a buffer is declared, never here.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Names (protocol.md, Limits and names; behaviour.md, 1 to 3) */
#define LIMIT_PRODUCT_KEY        32
#define LIMIT_PRODUCT_SECRET     32
#define LIMIT_DEVICE_KEY         16
#define LIMIT_DEVICE_SECRET      32
#define LIMIT_CLIENT_ID          (2 + LIMIT_PRODUCT_KEY + LIMIT_DEVICE_KEY) /* "qd" + pk + dk */
#define LIMIT_NAME_CHARACTERS    100                                        /* names of packages, plans, products */
#define LIMIT_NAME               (4 * LIMIT_NAME_CHARACTERS)                /* the same in UTF-8 */
#define LIMIT_REMARKS_CHARACTERS 200
#define LIMIT_REMARKS            (4 * LIMIT_REMARKS_CHARACTERS)
#define LIMIT_VERSION            64
#define LIMIT_COMPONENT_NO       32
#define LIMIT_TIME_ZONE          64
#define LIMIT_UPGRADE_TEXTS      32   /* languages */
#define LIMIT_UPGRADE_TEXT       4096 /* one text */
#define LIMIT_LANGUAGE           16
#define LIMIT_DEVICE_TEXT        64  /* module type, ICCID, SDK version ... as a device reports them */
#define LIMIT_MCU_LIST           511 /* "comp:version;comp:version" */

/* Counts */
#define LIMIT_COMPONENTS      20 /* components of a plan, tasks of a notify */
#define LIMIT_PACKAGE_FILES   5
#define LIMIT_SOURCE_VERSIONS 100
#define LIMIT_MCUS            64 /* MCU components kept of one device: 511 characters hold no more that are useful */
#define LIMIT_PLAN_LIST       1000000
#define LIMIT_PAGE            1000 /* items of a list answer */
#define LIMIT_PAGE_DEFAULT    100
#define LIMIT_VIOLATIONS      50 /* bad members named in one answer */

/* Files */
#define LIMIT_FILE      (100LL * 1024 * 1024)
#define LIMIT_FILE_NAME 255
#define LIMIT_UPLOAD    (LIMIT_PACKAGE_FILES * LIMIT_FILE + 1024LL * 1024) /* multipart body */
#define LIMIT_PATH      4096

/* Wire */
#define LIMIT_FRAME              65540  /* AA AA + length field + the longest content, before escaping */
#define LIMIT_FRAME_ESCAPED      131080 /* twice LIMIT_FRAME: every AA followed by 55 */
#define LIMIT_FRAME_PAYLOAD      65530  /* length counts checksum, package id, command and payload */
#define LIMIT_FRAME_SAFE         256    /* downlinks from here on need the remedy of protocol.md 2.4 */
#define LIMIT_TTLV_ITEMS         4096   /* items of one message, all levels together */
#define LIMIT_TTLV_DEPTH         128    /* levels of structs; the device tried 60 */
#define LIMIT_MQTT_PACKET        196608 /* one MQTT packet of a device: an escaped frame and its topic */
#define LIMIT_MQTT_CONNECT       2048   /* the first packet of a link */
#define LIMIT_MQTT_TOPIC         256
#define LIMIT_URL                1024
#define LIMIT_DEVICE_URL         8192   /* read from a device's point of view; 5000 was fine */
#define LIMIT_TOKEN              22     /* characters of a firmware token: 128 bits, base64url */
#define LIMIT_DEVICE_HTTP_HEADER 262144 /* header of an HTTP answer that a virtual device still reads */

/* Links and requests */
#define LIMIT_LINKS            20000        /* device and observer connections; --max-links */
#define LIMIT_DEVICES          1000000      /* registered ones; --max-devices */
#define LIMIT_LINK_QUEUE       1048576      /* bytes waiting to be written to one link */
#define LIMIT_STREAM_INPUT     (256 * 1024) /* bytes received and not consumed: then reading pauses */
#define LIMIT_HTTP_CONNECTIONS 8000         /* --max-connections */
#define LIMIT_HTTP_BODY        67108864     /* JSON and CSV bodies: a list of 1,000,000 keys; --max-body */
#define LIMIT_HTTP_HEADER      32768        /* of a request, with its answer's; --max-header */
#define LIMIT_REQUEST_ID       64           /* characters of X-Request-Id */
#define LIMIT_HTTP_CALLS       1024         /* API calls waiting for the loop */
#define LIMIT_HTTP_SEND_BUFFER (128 * 1024) /* of a connection's socket; the kernel takes twice that */

/* Times */
#define LIMIT_CONNECT_MS      10000 /* from accept to a complete CONNECT (and TLS handshake) */
#define LIMIT_ACK_HOLD_MS     1500  /* an acknowledgement waits for the commit no longer; the device repeats at 2 s */
#define LIMIT_REFUSED_LINK_MS 2000  /* a refused link that does not close by itself is cut */
#define LIMIT_SILENT_LINK_MS  20000 /* a link that a fault leaves without an answer; the device gives up at 15 s */
#define LIMIT_SETTLE_MS       3000  /* wait for status and information after connect or request (behaviour.md, 4) */
#define LIMIT_HTTP_IDLE_S     60    /* seconds: an HTTP connection without traffic; --http-idle */
#define LIMIT_HTTP_SLOW_S     10    /* seconds for the header of a request; --slow-client */
#define LIMIT_HTTP_CALL_MS    30000 /* an API call that the loop has not answered */

/* Evaluation, clocks, verification */
#define EVALUATION_PERIOD_MS  (10LL * 60 * 1000)
#define LIMIT_VERIFICATION_MS (60LL * 60 * 1000)
#define LIMIT_ADVANCE_MS      (10LL * 366 * 24 * 3600 * 1000) /* one advance of a clock: ten years */
#define LIMIT_FIRED           10000                           /* things that one advance lists */
#define LIMIT_REMAINS_MS      2  /* of the loop at a time, for what removed products left */
#define LIMIT_SLICE_MS        20 /* of the loop at a time, while a clock is advanced */

/* Event log and its streams (GET /events) */
#define LIMIT_EVENTS         20000
#define LIMIT_EVENT_BYTES    (16 * 1024 * 1024)
#define LIMIT_EVENT_STREAMS  256
#define LIMIT_EVENT_BEAT_MS  10000 /* silence of a stream; also how long a client that left may go unnoticed, twice */
#define LIMIT_EVENT_BATCH_MS 20    /* an event waits no longer for others before streams are woken */

/* Faults and the journal */
#define LIMIT_FAULTS           1000
#define LIMIT_FAULT_USES       1000000  /* of a fault, that an import makes good */
#define LIMIT_FAULT_FIRINGS    10000    /* fired and not yet told */
#define LIMIT_FAULTY_DOWNLOADS 256      /* on which a fault acts, at once */
#define LIMIT_FAULT_MS         3600000  /* a delay, a stall, a black hole: an hour */
#define LIMIT_JOURNAL          200000   /* entries */
#define LIMIT_JOURNAL_BYTES    16777216 /* --journal-size */

/* Recorded sessions (mockdc device --script, mockdc record) */
#define LIMIT_SCRIPT_MOVES     100000
#define LIMIT_SCRIPT_BYTES     67108864 /* the file */
#define LIMIT_SCRIPT_MS        86400000 /* a wait, and the time that a move may take: a day */
#define LIMIT_SCRIPT_WITHIN_MS 60000    /* that a move may take, where it does not say */
#define LIMIT_SCRIPT_INBOX     256      /* downlinks that came and were not awaited yet */

/* Snapshots */
#define LIMIT_SNAPSHOTS     32 /* of one product */
#define LIMIT_SNAPSHOT_NAME 64

/* Export and import */
#define LIMIT_DOCUMENT (512LL * 1024 * 1024) /* an export; the body of an import, which is kept on the disk */

/* Waiting calls (?waitFor=, ?wait=) */
#define LIMIT_WAITING_CALLS  4000
#define LIMIT_WAIT_S         3600 /* seconds that one call may wait */
#define LIMIT_WAIT_DEFAULT_S 30
#define LIMIT_WAIT_LOOK_MS   4000 /* so long a waiting client that has hung up may go unnoticed */

#endif
