// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "aspect/aspect.hpp"
#include "aspect/early_end/watch.hpp"
#include "aspect/fault/director.hpp"
#include "aspect/floor/watch.hpp"
#include "aspect/mix/result.hpp"
#include "aspect/process/direct_call.hpp"
#include "aspect/process/memory_watch.hpp"
#include "aspect/stages/result.hpp"
#include "aspect/tail/result.hpp"
#include "aspect/warmup/warmup.hpp"

namespace busmark {
namespace {

// The order matters in three places. When the messages are over, what is still broken is mended
// first, and the memory is read before the kernel's last reading takes some. The direct call comes
// before the floor, whose probes are then next to the repetition on both sides.
constexpr std::array<Aspect, 9> kAspects{{
    {"fault", &observe_fault},
    {"warm-up", &observe_warmup},
    {"early end", &observe_budgets},
    {"memory", &observe_memory},
    {"direct call", &observe_direct_call},
    {"floor", &observe_floor},
    {"tail", &observe_kernel},
    {"stages", &observe_stages},
    {"mix", &observe_classes},
}};

}  // namespace

std::span<const Aspect> all_aspects() noexcept { return kAspects; }

Observers make_observers(const RepetitionPlan& plan) {
  Observers observers;
  for (const Aspect& aspect : kAspects) {
    if (auto observer = aspect.observe(plan)) observers.push_back(std::move(observer));
  }
  return observers;
}

}  // namespace busmark
