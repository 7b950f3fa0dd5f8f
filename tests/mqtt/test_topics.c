#include "mqtt/topics.h"

#include "support/suite.h"

static void test_client_id(void)
{
    static const struct {
        const char *topic;
        const char *client_id; /* NULL: not an uplink topic */
    } rows[] = {
        {"q/2/d/qdPK1dev1/sys", "qdPK1dev1"},
        {"q/2/d/x/y", "x"},
        {"q/2/d/x/", NULL},
        {"q/2/d//sys", NULL},
        {"q/2/d/x", NULL},
        {"q/2/d/x/bus/app1", NULL},
        {"q/1/d/x/sys", NULL},
        {"q/2/d/", NULL},
        {"", NULL},
        {"q/2/d/123456789012345678901234567890123456789012345678901/sys", NULL}, /* 51 characters */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char client_id[LIMIT_CLIENT_ID + 1] = "untouched";
        enum status status = topic_client_id(rows[i].topic, strlen(rows[i].topic), client_id);
        CHECK_ROW(rows[i].topic, (status == OK) == (rows[i].client_id != NULL));
        CHECK_ROW(rows[i].topic, strcmp(client_id, rows[i].client_id != NULL ? rows[i].client_id : "untouched") == 0);
    }
}

static void test_filter(void)
{
    static const struct {
        const char *filter;
        bool own;
    } rows[] = {{"q/1/d/qdA/+", true},   {"q/1/d/qdA/#", true}, {"q/1/d/qdA/sys", true}, {"q/1/d/qdA/", false},
                {"q/1/d/qdAB/+", false}, {"q/1/d/+/+", false},  {"q/2/d/qdA/+", false},  {"#", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].filter, topic_filter_is_own(rows[i].filter, strlen(rows[i].filter), "qdA") == rows[i].own);
    }
}

static void test_to_device(void)
{
    char topic[TOPIC_TEXT];
    topic_to_device("qdPK1dev1", "ota", topic);
    CHECK_TEXT(topic, "q/1/d/qdPK1dev1/ota");
}

int main(void)
{
    static const struct test_case cases[] = {
        {"client id", test_client_id}, {"filter", test_filter}, {"to device", test_to_device}, {0}};
    return suite_run("topics", cases);
}
