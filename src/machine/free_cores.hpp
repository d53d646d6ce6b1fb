// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"

#include "machine/topology.hpp"
#include "record/floor.hpp"

namespace busmark {

/// Cores on which one more busy thread changes nothing for those that are measured. Found out once,
/// while the calling thread may still run everywhere.
class FreeCores {
 public:
  /// Where boost is on, one busy core more may cost the others frequency; under a CPU quota it uses
  /// up their time: then there is none.
  explicit FreeCores(const std::filesystem::path& root = "/");
  /// For tests.
  FreeCores(Topology topology, std::string obstacle)
      : topology_(std::move(topology)), obstacle_(std::move(obstacle)) {}

  /// None of `measured`, no SMT sibling of one, and isolated only where one of them is. Of several
  /// the nearest to the first; that of cpu 0, on which most interrupts land, last. Pure.
  [[nodiscard]] FreeCore beside(const std::vector<CpuId>& measured) const;

 private:
  Topology topology_;
  std::string obstacle_;
};

/// A guest may not be told that two of its CPUs share a core: then a cache line between them tells.
/// Takes 2 ms for each of the first eight.
[[nodiscard]] FreeCore keep_apart(FreeCore free, const Clock& clock,
                                  const std::vector<CpuId>& measured);

}  // namespace busmark
