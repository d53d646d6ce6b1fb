// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "record/nats_options.hpp"
#include "record/synthetic_options.hpp"
#include "toml/tree.hpp"

namespace busmark {

/// What the tables below `[transport]` set.
struct TransportTables {
  NatsOptions& nats;
  SyntheticOptions& synthetic;
};

/// The keys that a transport brings: a row of keys.cpp.
struct OptionTable {
  std::string_view name;  ///< `nats` of `[transport.nats]`.
  std::span<const std::string_view> (*keys)() noexcept;
  void (*read)(std::span<const Value::Entry> entries, Problems& problems, TransportTables& options);
};
[[nodiscard]] std::span<const OptionTable> option_tables() noexcept;

/// Reads `[transport]`, which holds these tables and nothing else.
void read_transport_table(const Value::Entry& transport, Problems& problems,
                          TransportTables& options);

}  // namespace busmark
