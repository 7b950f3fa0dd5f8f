#include "http/admit.h"

#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "crypto/random.h"
#include "http/guard.h"

const char *admit_sender(const struct hall *hall, const struct sender *sender)
{
    if (hall->loopback && sender->host != NULL && !sender->firmware && !guard_host_is_loopback(sender->host)) {
        return "the Host header names no loopback address, but that is where this server is";
    }
    if (sender->origin != NULL && !guard_origin_is_ours(sender->origin, sender->host, hall->api.public_url)) {
        return "the Origin header names another page than this server's";
    }
    return NULL;
}

bool admit_authorized(const struct hall *hall, const struct sender *sender)
{
    static const char scheme[] = "Bearer ";
    const char *value = sender->authorization;
    return hall->token == NULL || (value != NULL && strncasecmp(value, scheme, sizeof scheme - 1) == 0 &&
                                   secret_equal(value + sizeof scheme - 1, hall->token));
}

bool admit_is_under(const struct target *target, const char *first)
{
    return target->segment_count > 0 && strcmp(target->segments[0], first) == 0;
}

bool admit_needs_token(const struct target *target)
{
    return admit_is_under(target, "api") || admit_is_under(target, "metrics");
}

void admit_note_port(struct hall *hall, const struct request *request, const char *id)
{
    const char *host = request->host;
    unsigned port = host == NULL ? 0 : guard_host_port(host);
    if (port == 0 || request->secure || port == hall->port || hall->api.public_url != NULL ||
        !admit_is_under(&request->target, "api") || atomic_exchange(&hall->api.ports_differ, true)) {
        return;
    }
    log_warn("http",
             "request=%s a client reaches this server as %s, but it listens on port %u: where ports are mapped, "
             "firmware URLs need --public-url http://ADDRESS:PORT",
             id, host, hall->port);
}
