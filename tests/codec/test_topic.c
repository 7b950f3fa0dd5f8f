#include "codec/topic.h"

#include "support/suite.h"

static void test_topics(void)
{
    static const struct {
        const char *topic;
        bool expect;
    } rows[] = {
        {"q/1/d/qdpkdk/sys", true},
        {"q/1/d/qdpkdk/xyz", true},
        {"q/1/d/qdpkdk/bus/app1", true},
        {"x/q/1/d/qdpkdk/sys", true},
        {"q/1/d/qdpkdk", false},
        {"q/1/d/qdpkdk/", false},
        {"q/1/d/qdpkdk/bus/", false},
        {"q/1/d/qdpkdk//bus", false},
        {"q/1/d/qdpkdk/bus/a/b", false},
        {"q/1/d/qdpkdkx/bus", false},
        {"q/1/d/qdpkd/bus", false},
        {"q/2/d/qdpkdk/sys", false},
        {"q/1/d/", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].topic, device_topic_accepts(rows[i].topic, "qdpkdk") == rows[i].expect);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"topics", test_topics}, {0}};
    return suite_run("topic", cases);
}
