/*
 * The use cases of the API, one file per resource; routes.c puts them into the table.
 */
#ifndef HTTP_API_H
#define HTTP_API_H

#include "http/request.h"

typedef void api_check(struct request *request);
typedef void api_act(const struct api *api, struct request *request, struct answer *answer);

/* products_api.c */
api_check products_check_create, products_check_list;
api_act products_create, products_list, products_get, products_delete;

/* devices_api.c */
api_check devices_check_create, devices_check_list, devices_check_enabled;
api_act devices_create, devices_list, devices_get, devices_delete, devices_disconnect, devices_enable;

/* upgrade_api.c: manual mode */
api_check upgrade_check_get, upgrade_check_confirm;
api_act upgrade_get, upgrade_confirm, upgrade_decline;

/* packages_api.c */
api_check packages_check_create, packages_check_list, packages_check_one;
api_act packages_create, packages_list, packages_get, packages_delete, packages_verify_files;

/* verifications_api.c */
api_check verifications_check_create, verifications_check_list, verifications_check_one;
api_act verifications_create, verifications_list, verifications_get;

/* plans_api.c */
api_check plans_check_create, plans_check_replace, plans_check_list, plans_check_one, plans_check_get;
api_act plans_create, plans_replace, plans_list, plans_get, plans_delete, plans_activate, plans_suspend, plans_resume,
    plans_terminate, plans_statistics;

/* plan_lists_api.c: whitelist and blacklist */
api_check plan_lists_check_put, plan_lists_check_get;
api_act plan_whitelist_put, plan_whitelist_get, plan_blacklist_put, plan_blacklist_get;

/* plan_devices_api.c */
api_check plan_devices_check_list, plan_devices_check_get, plan_devices_check_logs;
api_act plan_devices_list, plan_devices_get, plan_devices_logs;

/* eligibility_api.c */
api_act plan_devices_explain;

/* plan_report_api.c and plan_table_api.c: a whole plan as JUnit and as CSV */
api_act plans_report, plan_devices_table;

/* evaluations_api.c */
api_check evaluations_check;
api_act evaluations_create;

/* clock_api.c: the server's clock and those of products */
api_check clock_check_put, clock_check_advance;
api_act clock_get, clock_put, clock_advance, clock_delete;

/* faults_api.c */
api_check faults_check_create, faults_check_list, faults_check_one, faults_check_clear;
api_act faults_create_one, faults_list, faults_get, faults_delete, faults_clear;

/* exchange_api.c: export and import */
api_check exchange_check_export, exchange_check_import;
api_act exchange_export, exchange_import;

/* snapshots_api.c */
api_check snapshots_check_create, snapshots_check_list;
api_act snapshots_create, snapshots_list, snapshots_get, snapshots_delete, snapshots_restore;

/* reset_api.c */
api_check reset_check_all;
api_act reset_product, reset_all;

/* journal_api.c */
api_check journal_check;
api_act journal_get;

/* health.c and page.c: outside of /api/ */
api_act health_alive, health_ready, page_get, page_get_asset, docs_get, docs_get_asset, openapi_get, server_get,
    metrics_get;

#endif
