// SPDX-License-Identifier: Apache-2.0
#include "verb/cores/advice.hpp"

#include <algorithm>
#include <compare>
#include <limits>
#include <optional>
#include <stdexcept>

#include <fmt/core.h>

namespace busmark {
namespace {

using CpuList = std::vector<CpuId>;

/// What makes one set of cores better than another: less is better, first things first.
struct Merit {
  std::size_t on_one_core = 0;  ///< Pairs that share a physical core by the kernel's word.
  Distance farthest = Distance::close;
  std::size_t not_isolated = 0;
  int slowness = 0;
  bool boot_core = false;
  double sum_ns = 0;
  CpuList cores;

  auto operator<=>(const Merit&) const = default;
};

class Chooser {
 public:
  Chooser(const Topology& topology, const CoreMatrix& matrix)
      : topology_(topology), matrix_(matrix) {}

  [[nodiscard]] Relation related(CpuId a, CpuId b) const {
    const Cpu* const one = topology_.find(a);
    const Cpu* const other = topology_.find(b);
    return one == nullptr || other == nullptr ? Relation::unknown : relation(*one, *other);
  }

  [[nodiscard]] bool shares_boot_core(CpuId cpu) const {
    return cpu == CpuId{0} || related(cpu, CpuId{0}) == Relation::smt_sibling;
  }

  [[nodiscard]] Merit merit(const CpuList& cores) const {
    Merit merit;
    merit.cores = cores;
    for (std::size_t i = 0; i < cores.size(); ++i) {
      const Cpu* const cpu = topology_.find(cores[i]);
      if (cpu == nullptr || !cpu->isolated) ++merit.not_isolated;
      if (cpu != nullptr) merit.slowness = std::max(merit.slowness, cpu->speed_class);
      merit.boot_core = merit.boot_core || shares_boot_core(cores[i]);
      for (std::size_t j = 0; j < i; ++j) add_pair(merit, cores[i], cores[j]);
    }
    return merit;
  }

  [[nodiscard]] CpuList best(std::size_t count) const {
    constexpr double kFew = 100'000;
    return number_of_sets(count) <= kFew ? best_of_all(count) : best_grown(count);
  }

 private:
  void add_pair(Merit& merit, CpuId a, CpuId b) const {
    if (related(a, b) == Relation::smt_sibling) ++merit.on_one_core;
    const CorePair* const pair = matrix_.find(a, b);
    constexpr double kUnmeasured = 1e6;
    merit.sum_ns += pair == nullptr ? kUnmeasured : pair->median_ns;
    merit.farthest = std::max(merit.farthest, pair == nullptr ? Distance::far : pair->distance());
  }

  [[nodiscard]] double number_of_sets(std::size_t count) const {
    double sets = 1;
    for (std::size_t i = 0; i < count; ++i) {
      sets *= static_cast<double>(matrix_.cores.size() - i) / static_cast<double>(i + 1);
    }
    return sets;
  }

  [[nodiscard]] CpuList best_of_all(std::size_t count) const {
    CpuList sorted = matrix_.cores;
    std::sort(sorted.begin(), sorted.end());
    std::vector<bool> chosen(sorted.size());
    std::fill_n(chosen.begin(), count, true);
    std::optional<Merit> best;
    do {
      CpuList cores;
      for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (chosen[i]) cores.push_back(sorted[i]);
      }
      Merit candidate = merit(cores);
      if (!best || candidate < *best) best = std::move(candidate);
    } while (std::prev_permutation(chosen.begin(), chosen.end()));
    return best->cores;
  }

  [[nodiscard]] CpuList best_grown(std::size_t count) const {
    std::optional<Merit> best;
    for (const CpuId seed : matrix_.cores) {
      Merit grown = merit({seed});
      while (grown.cores.size() < count) grown = with_best_next(grown.cores);
      if (!best || grown < *best) best = std::move(grown);
    }
    CpuList cores = best->cores;
    std::sort(cores.begin(), cores.end());
    return cores;
  }

  [[nodiscard]] Merit with_best_next(const CpuList& cores) const {
    std::optional<Merit> best;
    for (const CpuId next : matrix_.cores) {
      if (std::find(cores.begin(), cores.end(), next) != cores.end()) continue;
      CpuList more = cores;
      more.push_back(next);
      Merit candidate = merit(more);
      if (!best || candidate < *best) best = std::move(candidate);
    }
    return *best;
  }

  const Topology& topology_;
  const CoreMatrix& matrix_;
};

std::string measured_reason(const CoreMatrix& matrix, const CpuList& cores) {
  double least = std::numeric_limits<double>::max();
  double most = 0;
  std::size_t missing = 0;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const CorePair* const pair = matrix.find(cores[i], cores[j]);
      missing += pair == nullptr ? 1 : 0;
      if (pair == nullptr) continue;
      least = std::min(least, pair->median_ns);
      most = std::max(most, pair->median_ns);
    }
  }
  if (missing > 0) return "not every pair was measured";
  if (cores.size() == 2) {
    return fmt::format("measured: {:.0f} ns one way, {}", most, to_string(distance_at(most)));
  }
  return fmt::format("measured: {:.0f} to {:.0f} ns one way, {} at worst", least, most,
                     to_string(distance_at(most)));
}

std::vector<std::string> explain(const Topology& topology, const CoreMatrix& matrix,
                                 const Chooser& chooser, const CpuList& cores) {
  std::vector<std::string> reasons;
  const Merit merit = chooser.merit(cores);
  if (cores.size() > 1) {
    reasons.push_back(measured_reason(matrix, cores));
    Relation farthest = Relation::same_cpu;
    for (const CpuId a : cores) {
      for (const CpuId b : cores) farthest = std::max(farthest, chooser.related(a, b));
    }
    reasons.push_back(fmt::format("the kernel says: {}", to_string(farthest)));
    reasons.push_back(merit.on_one_core == 0 ? "no two of them are SMT siblings"
                                             : "SMT siblings among them: too few physical cores");
    if (merit.on_one_core == 0 && merit.farthest == Distance::close) {
      reasons.emplace_back(
          "as close as SMT siblings: if virtual cores share one, each slows the other");
    }
  }
  if (merit.not_isolated == 0) {
    reasons.emplace_back("isolated from the scheduler");
  } else if (std::any_of(topology.cpus.begin(), topology.cpus.end(),
                         [](const Cpu& cpu) { return cpu.isolated; })) {
    reasons.push_back(fmt::format("{} of {} not isolated", merit.not_isolated, cores.size()));
  }
  if (merit.slowness > 0) reasons.emplace_back("slower cores among them");
  reasons.emplace_back(merit.boot_core ? "includes cpu 0's core, where the kernel works most"
                                       : "leaves cpu 0's core to the kernel");
  return reasons;
}

}  // namespace

CoreAdvice suggest_cores(const Topology& topology, const CoreMatrix& matrix, std::size_t count) {
  if (count == 0 || count > matrix.cores.size()) {
    throw std::invalid_argument("there are not as many cores");
  }
  const Chooser chooser(topology, matrix);
  const CpuList cores = chooser.best(count);
  return {.cores = cores, .reasons = explain(topology, matrix, chooser, cores)};
}

}  // namespace busmark
