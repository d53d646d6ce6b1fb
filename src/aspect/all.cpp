// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "aspect/aspect.hpp"
#include "aspect/early_end/keys.hpp"
#include "aspect/early_end/watch.hpp"
#include "aspect/fault/director.hpp"
#include "aspect/fault/keys.hpp"
#include "aspect/floor/watch.hpp"
#include "aspect/mix/keys.hpp"
#include "aspect/mix/result.hpp"
#include "aspect/process/direct_call.hpp"
#include "aspect/process/limits.hpp"
#include "aspect/process/memory_watch.hpp"
#include "aspect/stages/keys.hpp"
#include "aspect/stages/result.hpp"
#include "aspect/tail/keys.hpp"
#include "aspect/tail/result.hpp"
#include "aspect/users/keys.hpp"
#include "aspect/warmup/keys.hpp"
#include "aspect/warmup/warmup.hpp"

namespace busmark {
namespace {

// The order matters in three places. When the messages are over, what is still broken is mended
// first, and the memory is read before the kernel's last reading takes some. The direct call comes
// before the floor, whose probes are then next to the repetition on both sides.
constexpr std::array<Aspect, 10> kAspects{{
    {"fault", &observe_fault, &fault_misfit, &fault_unshared},
    {"warm-up", &observe_warmup, &warmup_misfit, &warmup_unshared},
    {"early end", &observe_budgets, &early_end_misfit, &early_end_unshared},
    {"memory", &observe_memory, &memory_misfit, &process_unshared},
    {"direct call", &observe_direct_call, &direct_call_misfit},
    {"floor", &observe_floor},
    {"tail", &observe_kernel, &tail_misfit, &tail_unshared},
    {"stages", &observe_stages, nullptr, &stages_unshared},
    {"mix", &observe_classes, &mix_misfit, &mix_unshared},
    {"users", nullptr, nullptr, &users_unshared},
}};

}  // namespace

std::span<const Aspect> all_aspects() noexcept { return kAspects; }

Observers make_observers(const RepetitionPlan& plan) {
  Observers observers;
  for (const Aspect& aspect : kAspects) {
    if (aspect.observe == nullptr) continue;
    if (auto observer = aspect.observe(plan)) observers.push_back(std::move(observer));
  }
  return observers;
}

}  // namespace busmark
