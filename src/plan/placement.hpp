// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/topology.hpp"
#include "record/plan.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// Chooses a core for every thread of the scenario: distinct physical cores, then one last-level
/// cache (else one NUMA node, else one package), then isolated, then fast cores, cpu 0's core and
/// SMT siblings last; or the cores the user listed, checked. Threads share cores only if they do
/// not spin or the scenario says `oversubscribe`. Throws SetupError when the cores do not suffice
/// or cannot be used, with the remedy. Pure.
///
/// `with_server`: another process carries the messages. It gets a core of its own, for which the
/// threads share theirs and yield if they must: a server that waits for a spinning thread's slice
/// decides the tail. Of the cores the user listed it gets those behind the last thread's, else all
/// others. Scenario::layout has it otherwise.
[[nodiscard]] Placement place(const Topology& topology, const Scenario& scenario,
                              const CoreChoice& choice, bool with_server = false);

/// A placement with the distance that it stands for.
struct SweptPlacement {
  std::string distance;  ///< `same-core`, `smt-sibling`, `same-cache`, ...
  Placement placement;
};

/// `cores = "sweep"`: the best pair of cores for each distance that this machine has, nearest
/// first, both threads on one core included, where they must yield. Throws SetupError unless the
/// scenario has one producer and one consumer. Pure.
[[nodiscard]] std::vector<SweptPlacement> place_each_distance(const Topology& topology,
                                                              const Scenario& scenario,
                                                              bool with_server = false);

}  // namespace busmark
