// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "record/scenario.hpp"

namespace busmark {

/// What goes into a written config beside its values.
struct ConfigRemarks {
  std::vector<std::string> head;            ///< Lines of the comment at its top.
  std::map<std::string, std::string> keys;  ///< `scenario.wait`: comment behind the value.
  std::string transport_tables;             ///< As write_transport_tables() has them.
};

/// A config of this one scenario with every key and its value, which parse_config() reads back to
/// the same. `run.without` is left out, as it might leave out the scenario. Pure.
[[nodiscard]] std::string write_config(const RunOptions& run, const Scenario& scenario,
                                       const ConfigRemarks& remarks = {});

/// The tables [transport.*] of a config text as it has them, with what `set` changes there. Secrets
/// are replaced by a comment that names the key. Throws ConfigError. Pure.
[[nodiscard]] std::string write_transport_tables(std::string_view config,
                                                 const std::string& file_name,
                                                 const std::vector<std::string>& set);

}  // namespace busmark
