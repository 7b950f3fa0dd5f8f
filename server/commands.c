#include "commands.h"

#include "cli/health.h"
#include "cli/state_commands.h"
#include "cli/wait.h"
#include "cli/wire.h"
#include "fleet/device_command.h"
#include "fleet/fleet_command.h"
#include "qualify/command.h"
#include "record/command.h"
#include "scenario/command.h"

const struct subcommand *const commands[COMMANDS] = {
    &serve_command,      &fleet_device_command, &fleet_fleet_command, &scenario_run_command, &record_command,
    &qualify_command,    &cli_health_command,   &cli_wait_command,    &cli_reset_command,    &cli_export_command,
    &cli_import_command, &config_command,       &cli_wire_command,    &manual_command,
};
