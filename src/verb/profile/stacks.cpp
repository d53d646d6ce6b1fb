// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/stacks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace busmark {
namespace {

constexpr std::array<std::string_view, 5> kRoles{"producer", "consumer", "operation", "server",
                                                 "other"};

/// Semicolons part frames and a space the count.
std::string folded_name(const std::string& symbol) {
  std::string name;
  for (const char c : symbol) {
    const bool apart = c == ';' || static_cast<unsigned char>(c) < 0x20;
    name += apart ? '_' : c;
  }
  return name;
}

void fold(const StackTree& tree, std::size_t index, const std::string& above, std::string& text) {
  const StackTree::Node& node = tree.node(index);
  if (node.self > 0) text += fmt::format("{} {}\n", above, node.self);
  for (const std::size_t child : node.children) {
    std::string stack = above;
    if (!stack.empty()) stack += ';';
    stack += folded_name(tree.node(child).frame.symbol);
    fold(tree, child, stack, text);
  }
}

/// Own samples of each function below a role's node, wherever it was called from.
void add_self(const StackTree& tree, std::size_t index,
              std::map<std::pair<std::string, std::string>, std::uint64_t>& self) {
  const StackTree::Node& node = tree.node(index);
  if (node.self > 0) self[{node.frame.symbol, node.frame.object}] += node.self;
  for (const std::size_t child : node.children) add_self(tree, child, self);
}

RoleProfile role_profile(const StackTree& tree, std::size_t index) {
  const StackTree::Node& top = tree.node(index);
  RoleProfile role{.role = top.frame.symbol, .samples = top.samples, .rows = {}};
  std::map<std::pair<std::string, std::string>, std::uint64_t> self;
  for (const std::size_t child : top.children) add_self(tree, child, self);
  if (top.self > 0) self[{"[no stack]", ""}] += top.self;
  for (const auto& [frame, samples] : self) {
    role.rows.push_back({.frame = {frame.first, frame.second},
                         .samples = samples,
                         .share = static_cast<double>(samples) / static_cast<double>(top.samples),
                         .interval = share_interval(samples, top.samples)});
  }
  std::stable_sort(role.rows.begin(), role.rows.end(),
                   [](const auto& a, const auto& b) { return a.samples > b.samples; });
  return role;
}

}  // namespace

ShareInterval share_interval(std::uint64_t hits, std::uint64_t all) noexcept {
  if (all == 0) return {};
  constexpr double kZ = 1.959964;  // 97.5 % of the normal distribution
  const auto n = static_cast<double>(all);
  const double p = static_cast<double>(std::min(hits, all)) / n;
  const double scale = 1 + kZ * kZ / n;
  const double middle = (p + kZ * kZ / (2 * n)) / scale;
  const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n)) / scale;
  // Exact where rounding would leave a trace of what cannot be.
  return {hits == 0 ? 0.0 : middle - half, hits >= all ? 1.0 : middle + half};
}

void StackTree::add(const std::vector<PerfFrame>& stack) {
  std::size_t at = 0;
  ++nodes_[at].samples;
  for (std::size_t depth = 0; depth < std::min(stack.size(), kDeepest); ++depth) {
    const std::vector<std::size_t>& children = nodes_[at].children;
    const auto known = std::find_if(children.begin(), children.end(), [&](std::size_t child) {
      return nodes_[child].frame == stack[depth];
    });
    std::size_t next = nodes_.size();
    if (known != children.end()) {
      next = *known;
    } else {
      nodes_[at].children.push_back(next);
      nodes_.push_back({.frame = stack[depth], .parent = at, .children = {}});
    }
    at = next;
    ++nodes_[at].samples;
  }
  ++nodes_[at].self;
}

std::string folded_stacks(const StackTree& tree) {
  std::string text;
  fold(tree, 0, "", text);
  return text;
}

StackProfiler::StackProfiler(std::vector<CountedWindow> windows, std::uint32_t producers,
                             bool operation)
    : windows_(std::move(windows)), producers_(producers), operation_(operation) {}

std::string_view StackProfiler::role_of(const CountedWindow& window,
                                        const PerfSample& sample) const {
  const auto thread = std::find(window.threads.begin(), window.threads.end(), sample.thread);
  if (thread != window.threads.end()) {
    if (operation_) return "operation";
    return thread - window.threads.begin() < producers_ ? "producer" : "consumer";
  }
  return sample.name == "nats-server" ? "server" : "other";
}

void StackProfiler::add(const PerfSample& sample) {
  const auto window = std::find_if(windows_.begin(), windows_.end(), [&](const CountedWindow& one) {
    return sample.time >= one.begin && sample.time < one.end;
  });
  if (window == windows_.end()) {
    ++profile_.outside;
    return;
  }
  ++profile_.samples;
  profile_.without_stack += sample.stack.empty() ? 1U : 0U;
  std::vector<PerfFrame> stack{{std::string(role_of(*window, sample)), {}}};
  if (stack.front().symbol == kRoles.back()) stack.push_back({sample.name, {}});
  stack.insert(stack.end(), sample.stack.rbegin(), sample.stack.rend());
  profile_.tree.add(stack);
}

StackProfile StackProfiler::finish() const {
  StackProfile profile = profile_;
  for (const std::string_view role : kRoles) {
    for (const std::size_t index : profile.tree.root().children) {
      if (profile.tree.node(index).frame.symbol != role) continue;
      profile.roles.push_back(role_profile(profile.tree, index));
    }
  }
  return profile;
}

}  // namespace busmark
