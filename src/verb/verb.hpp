// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace busmark {

/// The chosen subcommand, ready to be executed.
using Command = std::function<ExitCode()>;

/// Each adds one subcommand; parsing the command line sets `chosen` to it.
void add_run_command(CLI::App& app, Command& chosen);
void add_plan_command(CLI::App& app, Command& chosen);
void add_list_command(CLI::App& app, Command& chosen);
void add_ab_command(CLI::App& app, Command& chosen);
void add_search_command(CLI::App& app, Command& chosen);
void add_soak_command(CLI::App& app, Command& chosen);
void add_tune_command(CLI::App& app, Command& chosen);
void add_profile_command(CLI::App& app, Command& chosen);
void add_compare_command(CLI::App& app, Command& chosen);
void add_baseline_command(CLI::App& app, Command& chosen);
void add_report_command(CLI::App& app, Command& chosen);
void add_history_command(CLI::App& app, Command& chosen);
void add_hist_command(CLI::App& app, Command& chosen);
void add_cores_command(CLI::App& app, Command& chosen);
void add_noise_command(CLI::App& app, Command& chosen);
void add_self_test_command(CLI::App& app, Command& chosen);
void add_doctor_command(CLI::App& app, Command& chosen);
void add_agent_command(CLI::App& app, Command& chosen);
void add_generate_command(CLI::App& app, Command& chosen);

}  // namespace busmark
