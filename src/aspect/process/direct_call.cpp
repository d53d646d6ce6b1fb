// SPDX-License-Identifier: Apache-2.0
#include "aspect/process/direct_call.hpp"

#include <exception>
#include <thread>

#include "engine/drive/operations.hpp"
#include "engine/repetition_plan.hpp"
#include "engine/thread_setup.hpp"
#include "machine/resource_usage.hpp"

namespace busmark {
namespace {

double nanoseconds(const ResourceUsage& usage) noexcept {
  return static_cast<double>((usage.user + usage.system).count());
}

/// What works for the transport beside our own threads; empty where a server does not tell.
std::optional<double> used_beside(const RepetitionResult& result) {
  double used = 0;
  if (!result.nats) return used;
  if (!result.nats->load || !result.nats->load->processor_time) return std::nullopt;
  used += static_cast<double>(result.nats->load->processor_time->count());
  if (!result.nats->library) return used;
  for (const NatsLibraryThread& thread : result.nats->library->threads) {
    used += static_cast<double>(thread.processor_time.count());
  }
  return used;
}

class DirectCallObserver final : public Observer {
 public:
  explicit DirectCallObserver(const RepetitionPlan& plan) : plan_(plan) {}

  void before() override {
    if (first()) direct_ = direct_call_ns(plan_);
  }
  void after(RepetitionResult& result) override {
    if (!first()) direct_ = direct_call_ns(plan_);
    compare_with_direct_call(result, direct_);
  }

 private:
  [[nodiscard]] bool first() const noexcept { return plan_.turn % 2 == 0; }

  const RepetitionPlan& plan_;
  double direct_ = 0;
};

}  // namespace

std::unique_ptr<Observer> observe_direct_call(const RepetitionPlan& plan) {
  if (!compares_cpu(plan.scenario.budget)) return nullptr;
  return std::make_unique<DirectCallObserver>(plan);
}

double direct_call_ns(const RepetitionPlan& plan) {
  constexpr std::uint64_t kCallsPerClockRead = 16;
  double per_call = 0;
  std::exception_ptr error;
  RepetitionPlan direct = plan;
  if (plan.scenario.pattern == Pattern::pipeline) direct.scenario.work *= plan.scenario.consumers;
  std::thread([&] {
    try {
      const ThreadSetup setup("direct", 0, plan.consumer_cpus.front(), plan.realtime,
                              WaitStrategy::spin);
      CallDirectly call(direct);
      call();
      const std::int64_t end =
          plan.clock.now() + plan.clock.to_ticks(direct_call_time(plan.scenario));
      std::uint64_t calls = 0;
      const ResourceUsage before = thread_usage();
      do {
        for (std::uint64_t i = 0; i < kCallsPerClockRead; ++i) call();
        calls += kCallsPerClockRead;
      } while (plan.clock.now() < end);
      per_call = nanoseconds(thread_usage() - before) / static_cast<double>(calls);
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error != nullptr) std::rethrow_exception(error);
  return per_call;
}

void compare_with_direct_call(RepetitionResult& result, double direct_ns) {
  const std::optional<double> beside = used_beside(result);
  if (!beside || result.all_received == 0) return;
  const double used = nanoseconds(result.producers) + nanoseconds(result.consumers) + *beside;
  result.cpu = CpuPerMessage{.transport_ns = used / static_cast<double>(result.all_received),
                             .direct_ns = direct_ns};
}

}  // namespace busmark
