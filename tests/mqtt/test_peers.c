#include "mqtt/peers.h"

#include "support/suite.h"

static struct link *fake_link(size_t number)
{
    static char links[4];
    return (struct link *)(void *)&links[number];
}

static void test_find(void)
{
    struct peers peers;
    struct peer *peer;
    struct peer *again;
    peers_init(&peers);
    CHECK(peers_find_client(&peers, "qdAb") == NULL);
    CHECK_OK(peers_obtain(&peers, "qdAb", "A", "b", 7, &peer));
    CHECK_TEXT(peer->name, "A/b");
    CHECK(peers_find_client(&peers, "qdAb") == peer);
    CHECK(peers_find_device(&peers, 7) == peer);
    CHECK_OK(peers_obtain(&peers, "qdAb", "A", "b", 8, &again)); /* deleted and made anew */
    CHECK(again == peer);
    CHECK(peers_find_device(&peers, 7) == NULL);
    CHECK(peers_find_device(&peers, 8) == peer);
    peers_finish(&peers);
}

static void test_keys_and_frames_of_a_new_link(void)
{
    struct peers peers;
    struct peer *peer;
    peers_init(&peers);
    CHECK_OK(peers_obtain(&peers, "qdAb", "A", "b", 7, &peer));
    peer_attach(&peers, peer, fake_link(0));
    peer->key = (struct session_key){.known = true, .bytes = {1}};
    peer->last_package_id = 9;
    struct recent_key key = {.command = 1, .package_id = 2, .digest = 3};
    recent_add(&peer->recent, &key);
    peer_attach(&peers, peer, fake_link(1)); /* taken over */
    CHECK(peer->link == fake_link(1));
    CHECK(!peer->key.known);
    CHECK(peer->older.known && peer->older.bytes[0] == 1);
    CHECK(peer->last_package_id == 0);
    CHECK(!recent_has(&peer->recent, &key));
    peer_detach(&peers, peer);
    CHECK(peer->link == NULL);
    CHECK(peers_find_client(&peers, "qdAb") == peer);
    peers_finish(&peers);
}

static void test_idle_ones_are_bounded(void)
{
    struct peers peers;
    struct peer *peer;
    peers_init(&peers);
    CHECK_OK(peers_obtain(&peers, "qdAlive", "A", "live", 1, &peer));
    peer_attach(&peers, peer, fake_link(0));
    for (int i = 0; i <= PEERS_IDLE; i++) {
        char client_id[32];
        (void)snprintf(client_id, sizeof client_id, "qdA%d", i);
        CHECK_FATAL(peers_obtain(&peers, client_id, "A", client_id + 3, 100 + i, &peer) == OK);
    }
    CHECK(peers_find_client(&peers, "qdA0") == NULL); /* idle for longest */
    CHECK(peers_find_device(&peers, 100) == NULL);
    CHECK(peers_find_client(&peers, "qdA1") != NULL);
    CHECK(peers_find_client(&peers, "qdAlive") != NULL); /* not idle */
    peers_finish(&peers);
}

int main(void)
{
    static const struct test_case cases[] = {{"find", test_find},
                                             {"keys and frames of a new link", test_keys_and_frames_of_a_new_link},
                                             {"idle ones are bounded", test_idle_ones_are_bounded},
                                             {0}};
    return suite_run("peers", cases);
}
