// SPDX-License-Identifier: Apache-2.0
#include "engine/disturbance.hpp"

#include <fmt/core.h>

#include "machine/probe/witness.hpp"
#include "record/limits.hpp"

namespace busmark {
namespace {

/// Beyond this, or below kLeastCoreShare, a repetition was not alone on its cores. On an idle
/// two-core virtual machine a spinning thread keeps its core for more than 99 % of the time; beside
/// one other busy thread, 50 %.
constexpr double kStealLimit = 0.02;

}  // namespace

std::string disturbance(const RepetitionResult& result, bool never_waits) {
  if (result.pauses != 0 && !result.interrupted) {
    return fmt::format(
        "the process was continued {} (SIGCONT), as after SIGSTOP or SIGTSTP: what was due while "
        "it "
        "was stopped is late by as much",
        result.pauses == 1 ? "once" : fmt::format("{} times", result.pauses));
  }
  if (!result.moved.empty()) return result.moved;
  if (result.warmup && result.warmup->told_late) {
    return "the thread that ends the warm-up was kept from its core just then";
  }
  if (moved(result.before, result.after)) {
    return fmt::format("the cores moved: {} ({:.0f} ns one way) before, {} ({:.0f} ns) after",
                       to_string(result.before.distance()), result.before.one_way_ns,
                       to_string(result.after.distance()), result.after.one_way_ns);
  }
  // A transport that sleeps by itself, as on a contended mutex, gives its core away.
  const bool slept = result.producers.voluntary_switches + result.consumers.voluntary_switches >
                     result.producers.involuntary_switches + result.consumers.involuntary_switches;
  if (never_waits && !slept && result.core_share < kLeastCoreShare) {
    return fmt::format(
        "other work ran on the cores: a measured thread had its core for "
        "only {:.1f} % of the time",
        result.core_share * 100);
  }
  if (result.steal_share && *result.steal_share > kStealLimit) {
    return fmt::format("the hypervisor took {:.1f} % of the cores' time",
                       *result.steal_share * 100);
  }
  return {};
}

}  // namespace busmark
