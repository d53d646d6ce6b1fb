// SPDX-License-Identifier: Apache-2.0
#include "verb/plugin/scaffold.hpp"

#include <fmt/core.h>

namespace busmark {
namespace {

constexpr const char* kQueue = R"(// Build: {build}
// Check: busmark plugin check ./{name}.so
#include <busmark/plugin.hpp>
#include <mutex>
#include <vector>

// Put your queue in place of this one. try_push() and try_pop() return false when it is full or
// empty; more (endpoints of threads, batches, sleeping) stands in busmark/plugin.hpp.
class MyQueue {{
 public:
  explicit MyQueue(std::size_t capacity) : ring_(capacity) {{}}
  bool try_push(const busmark_message& message) {{
    const std::scoped_lock lock(mutex_);
    if (count_ == ring_.size()) return false;
    ring_[(first_ + count_++) % ring_.size()] = message;
    return true;
  }}
  bool try_pop(busmark_message& message) {{
    const std::scoped_lock lock(mutex_);
    if (count_ == 0) return false;
    message = ring_[first_];
    first_ = (first_ + 1) % ring_.size();
    --count_;
    return true;
  }}

 private:
  std::mutex mutex_;
  std::vector<busmark_message> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
}};

// A queue for one thread on either side adds .max_producers = 1, .max_consumers = 1.
BUSMARK_PLUGIN(MyQueue, .name = "{name}", .version = "0.1", .summary = "a ring behind a lock");
)";

constexpr const char* kConfig = R"(# busmark run {name}.toml
[plugins]
{name_key} = "./{name}.so"

[run]
repetitions = 5
order = "interleaved"  # by turns, so that each row can be held against the one above it

[defaults]
load = "100k/s"
duration = "500ms"

[[scenario]]
name = "queue-spsc"
transport = "queue/spsc"

[[scenario]]
name = "{name}"
transport = "plugin/{name}"
budget = ["p99 < 1ms", "lost == 0"]
)";

}  // namespace

std::string build_line(const std::string& name) {
  return fmt::format(
      "c++ -std=c++20 -O3 -shared -fPIC $(pkg-config --cflags busmark) {0}.cpp -o {0}.so", name);
}

std::vector<ScaffoldFile> queue_scaffold(const std::string& name) {
  const std::string key = '"' + name + '"';
  return {
      {name + ".cpp",
       fmt::format(kQueue, fmt::arg("name", name), fmt::arg("build", build_line(name)))},
      {name + ".toml", fmt::format(kConfig, fmt::arg("name", name), fmt::arg("name_key", key))}};
}

}  // namespace busmark
