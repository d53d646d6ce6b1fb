// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_code.hpp"

namespace busmark {

/// Parses the command line and runs the subcommand it names. Bad options are said on stderr;
/// whatever else goes wrong is thrown (ConfigError, std::exception).
ExitCode run_program(int argc, char** argv);

}  // namespace busmark
