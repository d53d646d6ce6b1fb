// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verb/profile/counters.hpp"
#include "verb/profile/perf_script.hpp"

namespace busmark {

/// A 95 % interval of a share, 0..1.
struct ShareInterval {
  double low = 0;
  double high = 1;
};
/// Of `hits` in `all` independent samples, Wilson's; 0 to 1 for none. Source: Wilson, JASA 22
/// (1927); Brown, Cai, DasGupta, Statistical Science 16 (2001).
[[nodiscard]] ShareInterval share_interval(std::uint64_t hits, std::uint64_t all) noexcept;

/// Samples by what called what. The root is everything.
class StackTree {
 public:
  struct Node {
    PerfFrame frame;
    std::uint64_t samples = 0;  ///< With those of what it called.
    std::uint64_t self = 0;
    std::size_t parent = 0;
    std::vector<std::size_t> children;  ///< In the order of their first samples.
  };
  /// Deeper stacks lose their innermost frames.
  static constexpr std::size_t kDeepest = 256;

  /// Outermost first.
  void add(const std::vector<PerfFrame>& stack);
  [[nodiscard]] const Node& node(std::size_t index) const { return nodes_[index]; }
  [[nodiscard]] const Node& root() const { return nodes_.front(); }
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

 private:
  std::vector<Node> nodes_ = std::vector<Node>(1);
};

/// `a;b;c 12` by line, as flamegraph.pl, inferno and speedscope read it.
[[nodiscard]] std::string folded_stacks(const StackTree& tree);

/// Where the threads of one role were found.
struct RoleProfile {
  struct Row {
    PerfFrame frame;
    std::uint64_t samples = 0;  ///< In itself, not in what it called.
    double share = 0;           ///< Of the role's samples.
    ShareInterval interval;
  };
  std::string role;  ///< `producer`, `consumer`, `operation`, `server`, `other`.
  std::uint64_t samples = 0;
  std::vector<Row> rows;  ///< The most frequent first.
};

struct StackProfile {
  std::vector<RoleProfile> roles;  ///< Those that were seen, in the order above.
  StackTree tree;                  ///< The role is the outermost frame.
  std::uint64_t samples = 0;       ///< In the measured windows.
  std::uint64_t outside = 0;       ///< At other times.
  std::uint64_t without_stack = 0;
  std::uint64_t lost = 0;
  std::uint64_t malformed_lines = 0;
};

/// Sorts samples by measured window and role.
class StackProfiler {
 public:
  /// Of the threads of each window the first `producers` are producers. `operation`: there is one
  /// thread, which is neither.
  StackProfiler(std::vector<CountedWindow> windows, std::uint32_t producers, bool operation);

  void add(const PerfSample& sample);
  [[nodiscard]] StackProfile finish() const;

 private:
  [[nodiscard]] std::string_view role_of(const CountedWindow& window,
                                         const PerfSample& sample) const;

  std::vector<CountedWindow> windows_;
  std::uint32_t producers_;
  bool operation_;
  StackProfile profile_;
};

}  // namespace busmark
