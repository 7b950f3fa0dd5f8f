/*
 * GET /healthz: the process answers. GET /readyz: broker, store and listener are up; asked on the loop's thread, so
 * that a loop that hangs is not ready.
 */
#include "http/api.h"

void health_alive(const struct api *api, struct request *request, struct answer *answer)
{
    (void)api;
    (void)request;
    answer_resource_take(answer, 200, json_pack("{s:s}", "status", "alive"));
}

void health_ready(const struct api *api, struct request *request, struct answer *answer)
{
    (void)request;
    struct http_readiness ready = {0};
    api->readiness(api->readiness_context, &ready);
    bool all = ready.broker && ready.store && ready.listener;
    answer_resource_take(answer, all ? 200 : 503,
                         json_pack("{s:b, s:b, s:b, s:b}", "ready", all, "broker", ready.broker, "store", ready.store,
                                   "listener", ready.listener));
}
