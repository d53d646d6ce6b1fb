// SPDX-License-Identifier: Apache-2.0
#include "transport/keys.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "transport/nats/keys.hpp"
#include "transport/synthetic/keys.hpp"

namespace busmark {
namespace {

constexpr std::array<OptionTable, 2> kOptionTables{{
    {"nats", nats_key_names,
     [](std::span<const Value::Entry> entries, Problems& problems, TransportTables& options) {
       read_nats_keys(entries, problems, options.nats);
     }},
    {"synthetic", synthetic_key_names,
     [](std::span<const Value::Entry> entries, Problems& problems, TransportTables& options) {
       read_synthetic_keys(entries, problems, options.synthetic);
     }},
}};

/// `[transport.nats]` and so on.
std::vector<std::string> headers() {
  std::vector<std::string> names;
  for (const OptionTable& table : kOptionTables)
    names.push_back(fmt::format("[transport.{}]", table.name));
  return names;
}

}  // namespace

std::span<const OptionTable> option_tables() noexcept { return kOptionTables; }

void read_transport_table(const Value::Entry& transport, Problems& problems,
                          TransportTables& options) {
  const auto* tables = std::get_if<Value::Table>(&transport.value.data);
  if (tables == nullptr) {
    return problems.add(transport.at, "transport",
                        fmt::format("belongs below [defaults] or [[scenario]]; options of "
                                    "transports stand in {}",
                                    fmt::join(headers(), " and ")));
  }
  for (const Value::Entry& entry : *tables) {
    const auto* table = std::get_if<Value::Table>(&entry.value.data);
    const auto known = std::find_if(kOptionTables.begin(), kOptionTables.end(),
                                    [&](const OptionTable& one) { return one.name == entry.key; });
    if (table != nullptr && known != kOptionTables.end()) {
      known->read(*table, problems, options);
      continue;
    }
    const std::vector<std::string> names = headers();
    problems.add(
        entry.at, "",
        fmt::format("unknown table {}; use {}", in_quotes("transport." + entry.key),
                    alternatives(std::vector<std::string_view>(names.begin(), names.end()))));
  }
}

}  // namespace busmark
