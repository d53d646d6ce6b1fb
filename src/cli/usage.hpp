// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace busmark {

/// What is wrong with the command line that `app` has just refused, in one sentence: the argument,
/// and what to write instead. CLI11's own words know neither subcommands nor near names.
[[nodiscard]] std::string usage_mistake(const CLI::App& app, const CLI::ParseError& error);

}  // namespace busmark
