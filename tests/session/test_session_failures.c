/*
 * Upgrades that go wrong: failed attempts, lost and strange reports, timeouts (behaviour.md, 5; protocol.md, 9.4, 9.5).
 */
#include "story.h"

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
      {"online", "", "running,pending confirmed#1"},
      {"reported", "", "running,pending confirmed#1"},
      {"settled", "urlIssued/STM32 URL=STM32", "running confirmed#1"},
      DOWNLOAD,
      {"offline", "", NULL},
      {"online", "", NULL},
      {"reported", "", NULL},
      {"settled", "", "running downloading#1"}}},
    {"settled on the link over which it was sent: it cannot be lost",
     "STM32",
     5,
     {OPENING, {"settled", "", "running confirmed#1"}, DOWNLOAD, {"settled", "", "running downloading#1"}}},
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

/* The package of a component is revoked before the event: nothing of it is sent any more, at most one has failed. */
static void test_revoked(void)
{
    static const struct {
        const char *name;
        const char *plan;
        const char *before[5];
        const char *event;
        const char *effects;
        const char *state;
    } rows[] = {
        {"before the confirm",
         "STM32",
         {"issue", "1"},
         "2",
         "confirmed failed/STM32 FINISHED",
         "done:failed:packageRevoked failed"},
        {"a download fails",
         "STM32",
         {"issue", "2", "4 STM32"},
         "6 STM32",
         "EXPIRE/STM32 failed/STM32 FINISHED",
         "done:failed:packageRevoked failed#1"},
        {"time is up",
         "STM32",
         {"issue", "2"},
         "+3600000 timeout",
         "EXPIRE/STM32 failed/STM32 FINISHED",
         "done:failed:packageRevoked failed#1"},
        {"back on another link",
         "STM32",
         {"issue", "2", "offline", "online", "reported"},
         "settled",
         "EXPIRE/STM32 failed/STM32 FINISHED",
         "done:failed:packageRevoked failed#1"},
        {"it has the file already",
         "STM32",
         {"issue", "2", "4 STM32", "8 STM32", "9 STM32"},
         "11 STM32 v=STM32:2_0_0",
         NULL,
         "done:upgraded successful#1"},
        {"another component is not touched",
         "STM32 MOD",
         {"issue", "2", "4 STM32"},
         "6 STM32",
         "EXPIRE/STM32 failed/STM32 FINISHED",
         "done:failed:packageRevoked failed#1 waiting"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct story story;
        story_init(&story, rows[i].plan, 5);
        for (size_t k = 0; k < 5 && rows[i].before[k] != NULL; k++) {
            story_play(&story, rows[i].before[k]);
        }
        story.task.components[0].revoked = true;
        story_expect(&story, rows[i].name, rows[i].event, rows[i].effects, rows[i].state);
    }
}

/* The second component's: the first is upgraded all the same. */
static void test_revoked_next(void)
{
    struct story story;
    story_init(&story, "STM32 MOD", 5);
    story.task.components[1].revoked = true;
    story_play(&story, "issue");
    story_play(&story, "2");
    story_expect(&story, "next", "11 STM32 v=STM32:2_0_0", "EXPIRE/STM32 succeeded/STM32 failed/MOD FINISHED",
                 "done:failed:packageRevoked successful#1 failed");
}

static void test_failures(void)
{
    STORY_TELL(failures);
}

static void test_lost(void)
{
    STORY_TELL(lost);
}

static void test_timeouts(void)
{
    STORY_TELL(timeouts);
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
            int urls = story_has_effect(&story, EFFECT_SEND_URL) ? 1 : 0;
            for (int attempt = 1; attempt <= retries; attempt++) {
                story_expect(&story, row, reports[i], RETRY(NEW_URL), NULL);
                CHECK_ROW(row, story.task.components[0].attempts == attempt + 1);
                urls += story_has_effect(&story, EFFECT_SEND_URL) ? 1 : 0;
            }
            story_expect(&story, row, reports[i], GIVE_UP, NULL);
            CHECK_ROW(row, story.task.phase == TASK_DONE && story.task.components[0].attempts == retries + 1);
            CHECK_ROW(row, urls == retries + 1);
        }
    }
}

/* The strategy's timeoutMinutes, one millisecond under, at and over it; from the confirm and from a report. */
static void test_timeout_at_its_limit(void)
{
    static const int minutes[] = {1, 2, 59, 60, 61, 1439, 1440};
    static const struct {
        const char *name;
        const char *last_report;
        int64_t off; /* milliseconds from the limit */
        bool over;
    } rows[] = {
        {"one under, from the confirm", NULL, -1, false}, {"at, from the confirm", NULL, 0, true},
        {"one over, from the confirm", NULL, 1, true},    {"one under, from a report", "+30000 5 STM32", -1, false},
        {"at, from a report", "+30000 5 STM32", 0, true}, {"one over, from a report", "+30000 5 STM32", 1, true},
    };
    for (size_t m = 0; m < sizeof minutes / sizeof minutes[0]; m++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct story story;
            char row[96];
            char event[64];
            (void)snprintf(row, sizeof row, "%d minutes, %s", minutes[m], rows[i].name);
            (void)snprintf(event, sizeof event, "+%lld timeout", minutes[m] * 60000LL + rows[i].off);
            story_init(&story, "STM32", 0);
            story.strategy.timeout_minutes = minutes[m];
            story_play(&story, "issue");
            story_play(&story, "+3600000 2");
            if (rows[i].last_report != NULL) {
                story_play(&story, rows[i].last_report);
            }
            story_expect(&story, row, event, rows[i].over ? GIVE_UP : "", NULL);
            CHECK_ROW(row, (story.task.reason == REASON_TIMEOUT) == rows[i].over);
        }
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"failed attempts", test_failures},
                                             {"lost and strange reports", test_lost},
                                             {"timeouts", test_timeouts},
                                             {"a package is revoked", test_revoked},
                                             {"the next package is revoked", test_revoked_next},
                                             {"timeout at its limit", test_timeout_at_its_limit},
                                             {"every number of retries", test_every_number_of_retries},
                                             {0}};
    return suite_run("session failures", cases);
}
