// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "machine/topology.hpp"
#include "verb/cores/measure.hpp"

namespace busmark::testing {

/// A matrix of cores 0..number-1 whose one-way times `one_way_ns(from, to)` tells.
inline CoreMatrix matrix_of(int number, const std::function<double(int, int)>& one_way_ns) {
  CoreMatrix matrix;
  for (int i = 0; i < number; ++i) matrix.cores.push_back(CpuId{i});
  for (int i = 0; i < number; ++i) {
    for (int j = i + 1; j < number; ++j) {
      const double median = one_way_ns(i, j);
      matrix.pairs.push_back({.from = CpuId{i},
                              .to = CpuId{j},
                              .min_ns = median - 1,
                              .median_ns = median,
                              .p10_ns = median - 0.5,
                              .p90_ns = median + 2,
                              .clock_offset_ns = -3,
                              .clock_bound_ns = median});
    }
  }
  return matrix;
}

/// Cores 0..number-1 of one package, each `threads` of them on one physical core and each
/// `cache` of them under one last-level cache.
inline Topology topology_of(int number, int threads = 1, int cache = 1024) {
  Topology topology;
  for (int i = 0; i < number; ++i) {
    topology.cpus.push_back(
        {.id = CpuId{i}, .core = i / threads, .package = 0, .cache = i / cache * cache, .node = 0});
  }
  return topology;
}

}  // namespace busmark::testing
