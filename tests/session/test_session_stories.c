/*
 * Whole upgrades, event by event (behaviour.md, 5; protocol.md, 9.2 to 9.5).
 */
#include "story.h"

enum { MOMENTS = 20 };

struct moment {
    const char *event;
    const char *effects; /* NULL: not compared */
    const char *state;   /* NULL: not compared */
};

struct told_story {
    const char *name;
    const char *plan;
    int retries;
    struct moment moments[MOMENTS + 1];
};

#define ISSUE                                                                                                          \
    {                                                                                                                  \
        "issue", "planIssued/STM32 STARTED NOTIFY", "notified start"                                                   \
    }
#define RECEIVE                                                                                                        \
    {                                                                                                                  \
        "1 STM32", "planReceived", "received start"                                                                    \
    }
#define CONFIRM                                                                                                        \
    {                                                                                                                  \
        "2 STM32", "confirmed urlIssued/STM32 URL+STM32 waitingDownload/STM32", "running confirmed#1"                  \
    }
#define OPENING ISSUE, RECEIVE, CONFIRM
#define DOWNLOAD                                                                                                       \
    {                                                                                                                  \
        "4 STM32 p=0", "downloading/STM32", "running downloading#1"                                                    \
    }
#define DOWNLOADED                                                                                                     \
    {                                                                                                                  \
        "8 STM32 p=100", "downloaded/STM32", "running downloading#1@100"                                               \
    }
#define INSTALL                                                                                                        \
    {                                                                                                                  \
        "9 STM32", "upgrading/STM32", "running upgrading#1@100"                                                        \
    }
#define SUCCESS                                                                                                        \
    {                                                                                                                  \
        "11 STM32 v=STM32:2_0_0", "EXPIRE/STM32 succeeded/STM32 FINISHED", "done:upgraded successful#1"                \
    }
#define RETRY(verb) "EXPIRE/STM32 attemptFailed/STM32 " verb
#define NEW_URL     "urlIssued/STM32 URL+STM32 waitingDownload/STM32"
#define GIVE_UP     "EXPIRE/STM32 failed/STM32 FINISHED"

static const struct told_story straight[] = {
    {"one MCU, every step",
     "STM32",
     5,
     {OPENING,
      DOWNLOAD,
      {"5 STM32 p=40", "downloading/STM32", "running downloading#1@40"},
      DOWNLOADED,
      INSTALL,
      SUCCESS}},
    {"one module over its reboot",
     "MOD",
     5,
     {{"issue", "planIssued/MOD STARTED NOTIFY", "notified start"},
      {"1 MOD", "planReceived", "received start"},
      {"2 MOD", "confirmed urlIssued/MOD URL+MOD waitingDownload/MOD", "running confirmed#1"},
      {"4 MOD", "downloading/MOD", "running downloading#1"},
      {"8 MOD", "downloaded/MOD", "running downloading#1@100"},
      {"9 MOD", "upgrading/MOD", "running upgrading#1@100"},
      {"offline", "", NULL},
      {"online", "", NULL},
      {"versions i=M2", "versionReported/MOD EXPIRE/MOD succeeded/MOD FINISHED", "done:upgraded successful#1"},
      {"11 MOD m=M2", "", "done:upgraded successful#1"},
      {"11 MOD m=M2", "protocolWarning/MOD", "done:upgraded successful#1"}}},
    {"an image in three pieces",
     "STM32",
     0,
     {OPENING,
      DOWNLOAD,
      {"5 STM32 p=10", "downloading/STM32", "running downloading#1@10"},
      {"8 STM32 p=33", "downloaded/STM32", "running downloading#1@33"},
      {"4 STM32 p=33", "downloading/STM32", "running downloading#1@33"},
      {"5 STM32 p=50", "downloading/STM32", "running downloading#1@50"},
      {"8 STM32 p=66", "downloaded/STM32", "running downloading#1@66"},
      {"4 STM32 p=70", "downloading/STM32", "running downloading#1@70"},
      {"5 STM32 p=70", "downloading/STM32", "running downloading#1@70"},
      {"8 STM32 p=100", "downloaded/STM32", "running downloading#1@100"},
      INSTALL,
      SUCCESS}},
    {"MCU, then module: one notify, one confirm",
     "STM32 MOD",
     5,
     {{"issue", "planIssued/STM32 planIssued/MOD STARTED NOTIFY", "notified start start"},
      {"1 MOD t=0", "planReceived", "received start start"},
      {"2 MOD t=0", "confirmed urlIssued/STM32 URL+STM32 waitingDownload/STM32", "running confirmed#1 start"},
      {"4 STM32 t=1", "downloading/STM32", NULL},
      {"9 STM32 t=1", "upgrading/STM32", "running upgrading#1@100 start"},
      {"11 STM32 t=1 v=STM32:2_0_0 m=M1", "EXPIRE/STM32 succeeded/STM32 urlIssued/MOD URL+MOD waitingDownload/MOD",
       "running successful#1 confirmed#1"},
      {"4 MOD t=0", "downloading/MOD", "running successful#1 downloading#1"},
      {"9 MOD t=0", "upgrading/MOD", NULL},
      {"11 MOD t=0 v=STM32:2_0_0 m=M2", "EXPIRE/MOD succeeded/MOD FINISHED",
       "done:upgraded successful#1 successful#1"}}},
    {"module, then MCU: success by version, then the module's 11",
     "MOD STM32",
     5,
     {{"issue", NULL, "notified start start"},
      {"1 STM32", "planReceived", NULL},
      {"2 STM32", "confirmed urlIssued/MOD URL+MOD waitingDownload/MOD", "running confirmed#1 start"},
      {"4 MOD", "downloading/MOD", NULL},
      {"9 MOD", "upgrading/MOD", NULL},
      {"offline", "", NULL},
      {"online", "", NULL},
      {"versions i=M2_app v=STM32:1_0_0", "", "running upgrading#1@100 start"},
      {"versions m=M2 v=STM32:1_0_0", "versionReported/MOD EXPIRE/MOD succeeded/MOD SETTLE",
       "running,pending successful#1 confirmed#1"},
      {"11 MOD m=M2 v=STM32:1_0_0", "urlIssued/STM32 URL+STM32 waitingDownload/STM32",
       "running successful#1 confirmed#1"},
      {"4 STM32", "downloading/STM32", NULL},
      {"settled", "", "running successful#1 downloading#1"},
      {"11 STM32 v=STM32:2_0_0 m=M2", "EXPIRE/STM32 succeeded/STM32 FINISHED",
       "done:upgraded successful#1 successful#1"}}},
    {"module, then MCU: the module's 11 never comes",
     "MOD STM32",
     5,
     {{"issue", NULL, NULL},
      {"1", NULL, NULL},
      {"2", NULL, "running confirmed#1 start"},
      {"9 MOD", "upgrading/MOD", NULL},
      {"versions m=M2", "versionReported/MOD EXPIRE/MOD succeeded/MOD SETTLE", NULL},
      {"settled", "urlIssued/STM32 URL+STM32 waitingDownload/STM32", "running successful#1 confirmed#1"},
      {"12 MOD m=M2", "", "running successful#1 confirmed#1"},
      {"11 MOD m=M2", "protocolWarning/MOD", "running successful#1 confirmed#1"}}},
    {"a 9 behind the success by version is late, not its confirmation",
     "MOD STM32",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"versions m=M2", NULL, "running,pending successful#1 confirmed#1"},
      {"9 MOD", "protocolWarning/MOD", "running,pending successful#1 confirmed#1"},
      {"11 MOD m=M2", "urlIssued/STM32 URL+STM32 waitingDownload/STM32", "running successful#1 confirmed#1"}}},
    {"success by version before its URL was sent: no 11 is to come",
     "MOD STM32 ESP",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"versions m=M2", NULL, "running,pending successful#1 confirmed#1 start"},
      {"versions v=STM32:2_0_0", NULL, "running,pending successful#1 successful#1 confirmed#1"},
      {"11 STM32 v=STM32:2_0_0", "protocolWarning/STM32", "running,pending successful#1 successful#1 confirmed#1"},
      {"11 MOD m=M2", "urlIssued/ESP URL+ESP waitingDownload/ESP", NULL}}},
    {"first component skipped",
     "STM32! MOD",
     5,
     {{"issue", "succeeded/STM32 planIssued/MOD STARTED NOTIFY", "notified successful start"},
      {"1", "planReceived", NULL},
      {"2", "confirmed urlIssued/MOD URL+MOD waitingDownload/MOD", "running successful confirmed#1"},
      {"11 STM32 v=STM32:2_0_0", "protocolWarning/STM32", "running successful confirmed#1"},
      {"11 MOD m=M2", "EXPIRE/MOD succeeded/MOD FINISHED", "done:upgraded successful successful#1"}}},
    {"last component skipped",
     "STM32 MOD!",
     5,
     {{"issue", "planIssued/STM32 succeeded/MOD STARTED NOTIFY", "notified start successful"},
      {"2", NULL, "running confirmed#1 successful"},
      {"11 STM32 v=STM32:2_0_0", "EXPIRE/STM32 succeeded/STM32 FINISHED", "done:upgraded successful#1 successful"}}},
    {"everything skipped",
     "STM32! MOD!",
     5,
     {{"issue", "succeeded/STM32 succeeded/MOD FINISHED", "done:upgraded:alreadyAtTarget successful successful"},
      {"issue", "", "done:upgraded:alreadyAtTarget successful successful"}}},
};

static const struct told_story consent[] = {
    {"refused after 1, offered again",
     "STM32 MOD!",
     5,
     {{"issue", NULL, "notified start successful"},
      {"1", "planReceived", NULL},
      {"3 STM32", "refused RELEASED", "waiting:refused waiting waiting"},
      {"tick", "", "waiting:refused waiting waiting"},
      {"issue", "planIssued/STM32 planIssued/MOD STARTED NOTIFY", "notified start start"}}},
    {"refused without 1", "STM32", 5, {ISSUE, {"3 STM32", "refused RELEASED", "waiting:refused waiting"}}},
    {"confirmed without 1",
     "STM32",
     5,
     {ISSUE,
      {"2 STM32", "protocolWarning/STM32 confirmed urlIssued/STM32 URL+STM32 waitingDownload/STM32",
       "running confirmed#1"}}},
    {"the confirm counts for the plan, whatever component it names",
     "STM32",
     5,
     {ISSUE,
      {"1", "planReceived", "received start"},
      {"2 OTHER t=7", "confirmed urlIssued/STM32 URL+STM32 waitingDownload/STM32", "running confirmed#1"}}},
    {"two notifies, two 1, one 2",
     "STM32",
     5,
     {ISSUE, {"tick", "planIssued NOTIFY", "notified start"}, RECEIVE, {"1 STM32", "", "received start"}, CONFIRM}},
    {"no answer: notified at each tick and request, not in `received`",
     "STM32",
     5,
     {ISSUE,
      {"tick", "planIssued NOTIFY", "notified start"},
      {"request", "planIssued NOTIFY", "notified start"},
      {"offline", "", NULL},
      {"tick", "", "notified start"},
      {"online", "", "notified start"},
      {"reported", "planIssued NOTIFY", "notified start"},
      RECEIVE,
      {"tick", "", "received start"},
      {"request", "", "received start"},
      {"settled", "", "received start"},
      {"+999999999 timeout", "", "received start"},
      CONFIRM,
      {"tick", "", "running confirmed#1"},
      {"request", "", "running confirmed#1"}}},
    {"reconnect in `received`: notified again",
     "STM32",
     5,
     {ISSUE,
      RECEIVE,
      {"offline", "", NULL},
      {"online", "", "received start"},
      {"versions v=STM32:1_0_0", "", "received start"},
      {"reported", "planIssued NOTIFY", "notified start"},
      RECEIVE,
      CONFIRM}},
    {"accepted inside the callback: 2, then 1, later 2",
     "STM32",
     5,
     {ISSUE,
      RECEIVE,
      CONFIRM,
      {"1 STM32", "protocolWarning/STM32", "received start#1"},
      {"+3600000 timeout", "", "received start#1"},
      {"settled", "", "received start#1"},
      {"2 STM32", "confirmed urlIssued/STM32 URL=STM32", "running confirmed#1"},
      DOWNLOAD,
      {"1 STM32", "protocolWarning/STM32", "running downloading#1"},
      SUCCESS}},
    {"2, then 1, then refused",
     "STM32",
     5,
     {OPENING,
      {"1 STM32", "protocolWarning/STM32", "received start#1"},
      {"3 STM32", "refused EXPIRE/STM32 RELEASED", "waiting:refused waiting"},
      {"issue", NULL, "notified start"}}},
    {"2, then 1, then its version is the target",
     "STM32",
     5,
     {OPENING,
      {"1 STM32", "protocolWarning/STM32", "received start#1"},
      {"versions v=STM32:2_0_0", "EXPIRE/STM32 succeeded/STM32 FINISHED", "done:upgraded successful#1"}}},
    {"the second component's 2, then 1, then refused: only its URL goes",
     "STM32 MOD",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"11 STM32 v=STM32:2_0_0", NULL, "running successful#1 confirmed#1"},
      {"1", "protocolWarning", "received successful#1 start#1"},
      {"3", "refused EXPIRE/MOD RELEASED", "waiting:refused waiting waiting"}}},
    {"2 repeated", "STM32", 5, {OPENING, {"2 STM32", "protocolWarning/STM32", "running confirmed#1"}}},
    {"3 after 2", "STM32", 5, {OPENING, {"3 STM32", "protocolWarning/STM32", "running confirmed#1"}}},
    {"the 2 was lost: its 12 makes the plan known to be forgotten",
     "STM32",
     5,
     {ISSUE,
      RECEIVE,
      {"12 STM32 v=STM32:1_0_0", "protocolWarning/STM32", "notified start"},
      {"tick", "planIssued NOTIFY", "notified start"},
      {"12 STM32 v=STM32:1_0_0", "protocolWarning/STM32", "notified start"}}},
    {"confirmed while the link has gone",
     "STM32",
     5,
     {ISSUE,
      RECEIVE,
      {"offline", "", NULL},
      {"2 STM32", "confirmed", "running,pending confirmed#1"},
      {"settled", "", "running,pending confirmed#1"},
      {"online", "", "running,pending confirmed#1"},
      {"reported", "", "running,pending confirmed#1"},
      {"settled", NEW_URL, "running confirmed#1"}}},
};

static const struct told_story versions[] = {
    {"target reached before the notify was answered",
     "STM32",
     5,
     {ISSUE, {"versions v=STM32:2_0_0", "succeeded/STM32 FINISHED", "done:upgraded successful"}}},
    {"one of two reached its target in `received`: left out",
     "STM32 MOD",
     5,
     {{"issue", NULL, NULL},
      {"1", NULL, NULL},
      {"versions v=STM32:2_0_0 m=M1", "succeeded/STM32", "received successful start"},
      {"2", "confirmed urlIssued/MOD URL+MOD waitingDownload/MOD", "running successful confirmed#1"}}},
    {"a later component reaches its target by itself",
     "STM32 ESP MOD",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, "running confirmed#1 start start"},
      {"versions v=ESP:2_0_0 v=STM32:1_0_0", "succeeded/ESP", "running confirmed#1 successful start"},
      {"11 STM32 v=STM32:2_0_0 v=ESP:2_0_0 m=M1",
       "EXPIRE/STM32 succeeded/STM32 urlIssued/MOD URL+MOD waitingDownload/MOD",
       "running successful#1 successful confirmed#1"}}},
    {"one message reaches all targets",
     "STM32 ESP MOD",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"versions v=ESP:2_0_0 v=STM32:2_0_0 m=M2",
       "versionReported/STM32 EXPIRE/STM32 succeeded/STM32 succeeded/ESP succeeded/MOD FINISHED",
       "done:upgraded successful#1 successful successful"}}},
    {"the 11 of one names the target of the next: no URL for it",
     "STM32 ESP",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"11 STM32 v=ESP:2_0_0 v=STM32:2_0_0", "succeeded/ESP EXPIRE/STM32 succeeded/STM32 FINISHED",
       "done:upgraded successful#1 successful"}}},
    {"old version in the middle changes nothing",
     "STM32",
     5,
     {OPENING,
      INSTALL,
      {"versions v=STM32:1_0_0", "", "running upgrading#1@100"},
      {"versions v=ESP:2_0_0 m=M2", "", "running upgrading#1@100"},
      {"versions v=STM32:1_9_9", "versionReported/STM32", "running upgrading#1@100"}}},
    {"0x0044 with a suffix says nothing, the target itself does",
     "MOD",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"9 MOD", NULL, "running upgrading#1@100"},
      {"versions i=M2_app", "", "running upgrading#1@100"},
      {"versions i=M1", "", "running upgrading#1@100"},
      {"versions m=M1", "", "running upgrading#1@100"},
      {"versions i=M2", "versionReported/MOD EXPIRE/MOD succeeded/MOD FINISHED", "done:upgraded successful#1"}}},
    {"versions when nothing runs", "STM32", 5, {{"versions v=STM32:2_0_0", "", "waiting waiting"}}},
    {"12 with the target is a success",
     "STM32",
     0,
     {OPENING,
      INSTALL,
      {"12 STM32 v=STM32:2_0_0", "EXPIRE/STM32 succeeded/STM32 FINISHED", "done:upgraded successful#1"}}},
    {"6 with the target is a success",
     "STM32",
     0,
     {OPENING, {"6 STM32 v=STM32:2_0_0", "EXPIRE/STM32 succeeded/STM32 FINISHED", "done:upgraded successful#1"}}},
    {"11 in `received` with the target",
     "STM32",
     0,
     {ISSUE, RECEIVE, {"11 STM32 v=STM32:2_0_0", "succeeded/STM32 FINISHED", "done:upgraded successful"}}},
    {"11 without any version: the device's word",
     "STM32",
     0,
     {OPENING,
      {"11 STM32", "protocolWarning/STM32 EXPIRE/STM32 succeeded/STM32 FINISHED", "done:upgraded successful#1"}}},
    {"11 with only another component's version",
     "STM32",
     0,
     {OPENING,
      {"11 STM32 v=ESP:1 m=M1", "protocolWarning/STM32 EXPIRE/STM32 succeeded/STM32 FINISHED",
       "done:upgraded successful#1"}}},
    {"11 with the old version",
     "STM32",
     0,
     {OPENING, {"11 STM32 v=STM32:1_0_0", GIVE_UP, "done:failed:wrongVersion failed#1"}}},
    {"11 with a third version",
     "STM32",
     1,
     {OPENING,
      {"11 STM32 v=STM32:1_5_0", RETRY(NEW_URL), "running confirmed#2"},
      {"11 STM32 v=STM32:1_5_0", GIVE_UP, "done:failed:wrongVersion failed#2"}}},
    {"12 with the old version",
     "STM32",
     0,
     {OPENING, {"12 STM32 v=STM32:1_0_0", GIVE_UP, "done:failed:upgradeFailed failed#1"}}},
    {"12 with a third version",
     "STM32",
     0,
     {OPENING, {"12 STM32 v=STM32:0_9_0", GIVE_UP, "done:failed:wrongVersion failed#1"}}},
    {"12 without a version", "STM32", 0, {OPENING, {"12 STM32", GIVE_UP, "done:failed:upgradeFailed failed#1"}}},
};

static const struct told_story failures[] = {
    {"6 with retries 0", "STM32", 0, {OPENING, DOWNLOAD, {"6 STM32", GIVE_UP, "done:failed:downloadFailed failed#1"}}},
    {"6, then success: no new notify, no new confirm",
     "STM32",
     1,
     {OPENING,
      DOWNLOAD,
      {"5 STM32 p=70", NULL, "running downloading#1@70"},
      {"6 STM32", RETRY(NEW_URL), "running confirmed#2"},
      {"4 STM32 p=0", "downloading/STM32", "running downloading#2"},
      {"11 STM32 v=STM32:2_0_0", "EXPIRE/STM32 succeeded/STM32 FINISHED", "done:upgraded successful#2"}}},
    {"the first component fails: the later ones never begin",
     "STM32 ESP MOD",
     0,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"6 STM32", GIVE_UP, "done:failed:downloadFailed failed#1 waiting waiting"}}},
    {"the second component fails: the first stays successful",
     "STM32 MOD",
     0,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"11 STM32 v=STM32:2_0_0", NULL, "running successful#1 confirmed#1"},
      {"12 MOD m=M1", "EXPIRE/MOD failed/MOD FINISHED", "done:failed:upgradeFailed successful#1 failed#1"}}},
    {"each component has its own attempts",
     "STM32 MOD",
     1,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"6 STM32", NULL, "running confirmed#2 start"},
      {"11 STM32 v=STM32:2_0_0", NULL, "running successful#2 confirmed#1"},
      {"6 MOD", NULL, "running successful#2 confirmed#2"},
      {"6 MOD", NULL, "done:failed:downloadFailed successful#2 failed#2"}}},
    {"DONE is final",
     "STM32",
     0,
     {OPENING,
      {"6 STM32", GIVE_UP, "done:failed:downloadFailed failed#1"},
      {"11 STM32 v=STM32:2_0_0", "protocolWarning/STM32", "done:failed:downloadFailed failed#1"},
      {"1 STM32", "protocolWarning/STM32", NULL},
      {"2 STM32", "protocolWarning/STM32", NULL},
      {"3 STM32", "protocolWarning/STM32", NULL},
      {"versions v=STM32:2_0_0", "", NULL},
      {"+99999999 timeout", "", NULL},
      {"issue", "", NULL},
      {"reported", "", NULL},
      {"settled", "", NULL},
      {"tick", "", NULL},
      {"request", "", "done:failed:downloadFailed failed#1"}}},
    {"a late 11 of a component before leaves a failed task alone",
     "MOD STM32 ESP",
     0,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"versions m=M2", NULL, "running,pending successful#1 confirmed#1 start"},
      {"settled", NULL, NULL},
      {"6 STM32", NULL, "done:failed:downloadFailed successful#1 failed#1 waiting"},
      {"11 MOD m=M2 v=STM32:2_0_0 v=ESP:2_0_0", "", "done:failed:downloadFailed successful#1 failed#1 waiting"}}},
    {"6 after 8: a module's wrong md5",
     "MOD",
     1,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"8 MOD", NULL, NULL},
      {"6 MOD", "EXPIRE/MOD attemptFailed/MOD urlIssued/MOD URL+MOD waitingDownload/MOD", "running confirmed#2"}}},
};

static const struct told_story lost[] = {
    {"statuses lost: 11 right after 2", "STM32", 5, {OPENING, SUCCESS}},
    {"statuses lost: 5 first", "STM32", 5, {OPENING, {"5 STM32 p=7", "downloading/STM32", "running downloading#1@7"}}},
    {"statuses lost: 8 first", "STM32", 5, {OPENING, DOWNLOADED}},
    {"statuses lost: 9 first", "STM32", 5, {OPENING, INSTALL, SUCCESS}},
    {"8 without any byte count", "STM32", 5, {OPENING, {"8 STM32", NULL, "running downloading#1@100"}}},
    {"progress never runs backwards",
     "STM32",
     5,
     {OPENING,
      {"5 STM32 p=60", NULL, "running downloading#1@60"},
      {"5 STM32 p=30", NULL, "running downloading#1@60"},
      {"5 STM32", NULL, "running downloading#1@60"},
      {"5 STM32 p=250", NULL, "running downloading#1@100"}}},
    {"steps backwards after 9",
     "STM32",
     5,
     {OPENING,
      INSTALL,
      {"4 STM32", "protocolWarning/STM32", "running upgrading#1@100"},
      {"5 STM32 p=5", "protocolWarning/STM32", "running upgrading#1@100"},
      {"8 STM32", "protocolWarning/STM32", "running upgrading#1@100"},
      {"9 STM32", "protocolWarning/STM32", "running upgrading#1@100"},
      SUCCESS}},
    {"other components, other types, unknown numbers",
     "STM32 MOD",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"4 MOD", "protocolWarning/MOD", "running confirmed#1 start"},
      {"12 MOD", "protocolWarning/MOD", "running confirmed#1 start"},
      {"11 ESP v=ESP:2_0_0", "protocolWarning/ESP", "running confirmed#1 start"},
      {"4", "protocolWarning", "running confirmed#1 start"},
      {"4 STM32 t=0", "protocolWarning/STM32", "running confirmed#1 start"},
      {"11 STM32 t=0 v=STM32:2_0_0", "protocolWarning/STM32", "running confirmed#1 start"},
      {"0 STM32", "protocolWarning/STM32", "running confirmed#1 start"},
      {"7 STM32", "protocolWarning/STM32", "running confirmed#1 start"},
      {"10 STM32", "protocolWarning/STM32", "running confirmed#1 start"},
      {"13 STM32", "protocolWarning/STM32", "running confirmed#1 start"},
      {"4 STM32 t=1", "downloading/STM32", "running downloading#1 start"}}},
    {"the URL may be lost with the link: the same one again",
     "STM32",
     5,
     {OPENING,
      {"offline", "", NULL},
      {"online", "", "running confirmed#1"},
      {"reported", "", "running confirmed#1"},
      {"settled", "urlIssued/STM32 URL=STM32", "running confirmed#1"},
      DOWNLOAD,
      {"offline", "", NULL},
      {"online", "", NULL},
      {"reported", "", NULL},
      {"settled", "", "running downloading#1"}}},
    {"6 reported after the reconnect",
     "STM32",
     5,
     {OPENING,
      DOWNLOAD,
      {"offline", "", NULL},
      {"online", "", NULL},
      {"versions v=STM32:1_0_0", "", NULL},
      {"6 STM32", RETRY(NEW_URL), "running confirmed#2"}}},
    {"a failure that comes when the link has gone again",
     "STM32",
     5,
     {OPENING,
      {"offline", "", NULL},
      {"6 STM32", "EXPIRE/STM32 attemptFailed/STM32", "running,pending confirmed#2"},
      {"online", "", NULL},
      {"settled", NEW_URL, "running confirmed#2"}}},
    {"success by version while the link has gone again",
     "STM32 MOD",
     5,
     {{"issue", NULL, NULL},
      {"2", NULL, NULL},
      {"offline", "", NULL},
      {"versions v=STM32:2_0_0", "versionReported/STM32 EXPIRE/STM32 succeeded/STM32",
       "running,pending successful#1 confirmed#1"},
      {"online", "", NULL},
      {"settled", "urlIssued/MOD URL+MOD waitingDownload/MOD", "running successful#1 confirmed#1"}}},
};

static const struct told_story timeouts[] = {
    {"exactly at the limit",
     "STM32",
     0,
     {OPENING,
      {"+3599999 timeout", "", "running confirmed#1"},
      {"+1 timeout", GIVE_UP, "done:failed:timeout failed#1"}}},
    {"each accepted report starts it anew",
     "STM32",
     0,
     {OPENING,
      {"+3599999 4 STM32", NULL, NULL},
      {"+3599999 5 STM32", NULL, NULL},
      {"+3599999 8 STM32", NULL, NULL},
      {"+3599999 9 STM32", NULL, NULL},
      {"+3599999 timeout", "", "running upgrading#1@100"},
      {"+1 timeout", GIVE_UP, "done:failed:timeout failed#1@100"}}},
    {"a warning does not, nor do versions",
     "STM32",
     0,
     {OPENING,
      INSTALL,
      {"+3599999 4 STM32", "protocolWarning/STM32", NULL},
      {"versions v=STM32:1_0_0", "", NULL},
      {"request", "", NULL},
      {"+1 timeout", GIVE_UP, "done:failed:timeout failed#1@100"}}},
    {"retry has its own limit",
     "STM32",
     1,
     {OPENING,
      {"+3600000 timeout", RETRY(NEW_URL), "running confirmed#2"},
      {"+3599999 timeout", "", "running confirmed#2"},
      {"+1 timeout", GIVE_UP, "done:failed:timeout failed#2"}}},
    {"offline: the next attempt waits for the reconnect",
     "STM32",
     1,
     {OPENING,
      {"offline", "", NULL},
      {"+3600000 timeout", "EXPIRE/STM32 attemptFailed/STM32", "running,pending confirmed#2"},
      {"tick", "", "running,pending confirmed#2"},
      {"online", "", "running,pending confirmed#2"},
      {"reported", "", "running,pending confirmed#2"},
      {"settled", NEW_URL, "running confirmed#2"}}},
    {"offline until no attempt is left",
     "STM32",
     2,
     {OPENING,
      {"offline", "", NULL},
      {"+3600000 timeout", NULL, "running,pending confirmed#2"},
      {"+3600000 timeout", NULL, "running,pending confirmed#3"},
      {"+3600000 timeout", GIVE_UP, "done:failed:timeout failed#3"}}},
    {"the old attempt's 6 after the timeout costs none",
     "STM32",
     1,
     {OPENING,
      DOWNLOAD,
      {"offline", "", NULL},
      {"+3600000 timeout", NULL, "running,pending confirmed#2"},
      {"online", "", NULL},
      {"6 STM32", "protocolWarning/STM32 " NEW_URL, "running confirmed#2"},
      {"6 STM32", GIVE_UP, "done:failed:downloadFailed failed#2"}}},
    {"the old attempt's 12 and wrong 11 neither",
     "STM32",
     1,
     {OPENING,
      {"offline", "", NULL},
      {"+3600000 timeout", NULL, "running,pending confirmed#2"},
      {"12 STM32", "protocolWarning/STM32", "running,pending confirmed#2"},
      {"11 STM32 v=STM32:1_0_0", "protocolWarning/STM32", "running,pending confirmed#2"}}},
    {"the old attempt's success counts",
     "STM32",
     1,
     {OPENING,
      {"offline", "", NULL},
      {"+3600000 timeout", NULL, "running,pending confirmed#2"},
      {"online", "", NULL},
      {"11 STM32 v=STM32:2_0_0", NULL, "done:upgraded successful#2"}}},
};

static void tell(const struct told_story *stories, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct story story;
        story_init(&story, stories[i].plan, stories[i].retries);
        CHECK_ROW(stories[i].name, stories[i].moments[0].event != NULL);
        for (const struct moment *moment = stories[i].moments; moment->event != NULL; moment++) {
            story_expect(&story, stories[i].name, moment->event, moment->effects, moment->state);
        }
    }
}

#define TELL(stories) tell(stories, sizeof(stories) / sizeof((stories)[0]))

static void test_straight(void)
{
    TELL(straight);
}

static void test_consent(void)
{
    TELL(consent);
}

static void test_versions(void)
{
    TELL(versions);
}

static void test_failures(void)
{
    TELL(failures);
}

static void test_lost(void)
{
    TELL(lost);
}

static void test_timeouts(void)
{
    TELL(timeouts);
}

/* retries 0 to 5: so many attempts and one, each with a URL of its own; the last failure is final. */
static void test_every_number_of_retries(void)
{
    static const char *const reports[] = {"6 STM32", "12 STM32", "11 STM32 v=STM32:1_0_0", "+3600000 timeout"};
    for (int retries = 0; retries <= 5; retries++) {
        for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
            struct story story;
            char row[96];
            (void)snprintf(row, sizeof row, "retries %d, %s", retries, reports[i]);
            story_init(&story, "STM32", retries);
            story_play(&story, "issue");
            story_play(&story, "1");
            story_play(&story, "2");
            for (int attempt = 1; attempt <= retries; attempt++) {
                story_expect(&story, row, reports[i], RETRY(NEW_URL), NULL);
                CHECK_ROW(row, story.task.components[0].attempts == attempt + 1);
            }
            story_expect(&story, row, reports[i], GIVE_UP, NULL);
            CHECK_ROW(row, story.task.phase == TASK_DONE && story.task.components[0].attempts == retries + 1);
        }
    }
}

/* The largest plan: one message reaches all targets, within the room for effects. */
static void test_twenty_components(void)
{
    struct story story;
    story_init(&story, "a b c d e f g h i j k l m n o p q r s t", 5);
    CHECK(story.task.component_count == LIMIT_COMPONENTS);
    story_play(&story, "issue");
    CHECK(story.effects.count == 22);
    story_play(&story, "2");
    story_play(&story, "versions v=a:2_0_0 v=b:2_0_0 v=c:2_0_0 v=d:2_0_0 v=e:2_0_0 v=f:2_0_0 v=g:2_0_0 v=h:2_0_0 "
                       "v=i:2_0_0 v=j:2_0_0 v=k:2_0_0 v=l:2_0_0 v=m:2_0_0 v=n:2_0_0 v=o:2_0_0 v=p:2_0_0 v=q:2_0_0 "
                       "v=r:2_0_0 v=s:2_0_0 v=t:2_0_0");
    story_check_invariants(&story, "twenty");
    CHECK(story.task.status == DEVICE_UPGRADED);
}

int main(void)
{
    static const struct test_case cases[] = {{"straight", test_straight},
                                             {"consent", test_consent},
                                             {"versions", test_versions},
                                             {"failures", test_failures},
                                             {"lost and strange reports", test_lost},
                                             {"timeouts", test_timeouts},
                                             {"every number of retries", test_every_number_of_retries},
                                             {"twenty components", test_twenty_components},
                                             {0}};
    return suite_run("session stories", cases);
}
