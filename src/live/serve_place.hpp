// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

#include "machine/topology.hpp"

namespace busmark {

/// Where `--serve` listens.
struct ServeAddress {
  std::string host = "127.0.0.1";  ///< An IP address; `::1` without brackets.
  std::uint16_t port = 0;          ///< 0: any free one.
  bool loopback = true;            ///< Nobody outside this machine can connect.
};
/// `9464`, `127.0.0.1:9464`, `localhost:9464`, `[::1]:9464`. Throws ConfigError.
[[nodiscard]] ServeAddress parse_serve_address(const std::string& text);

/// A core for a thread that must not be felt.
struct CoreApart {
  CpuId cpu{};
  bool sibling = false;  ///< A measured core shares its execution units.
};
/// The last core that nothing measures, as the live line takes the first; one beside a measured SMT
/// sibling only where there is no other. Empty where all are measured.
[[nodiscard]] std::optional<CoreApart> core_apart(const Topology& topology,
                                                  const std::vector<CpuId>& measured);

}  // namespace busmark
