// SPDX-License-Identifier: Apache-2.0
// The rings in the C++ memory model: tests/proof/model_atomics.hpp says how.
#define BUSMARK_MODEL_ATOMICS "proof/model_atomics.hpp"

#include <array>
#include <ostream>
#include <streambuf>
#include <string>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "busmark/queue/detail/line_ring.hpp"
#include "busmark/queue/detail/run_ring.hpp"
#include "busmark/queue/mpmc_ring.hpp"

using namespace busmark;

namespace {

/// How the threads use a ring.
struct Use {
  std::size_t capacity;
  unsigned items;  ///< Of each producer.
  unsigned batch;  ///< 1: single calls.
};

/// kProducers threads that push numbers that rise, kConsumers that pop until all have come.
template <typename Ring, Use kUse, unsigned kProducers, unsigned kConsumers>
class Traffic : public rl::test_suite<Traffic<Ring, kUse, kProducers, kConsumers>,
                                      static_cast<rl::thread_id_t>(kProducers + kConsumers)> {
 public:
  void before() {
    ModelItem::forget();
    ring_ = new Ring(kUse.capacity);  // given back in after(), which a failed execution never sees
    left_ = kProducers * kUse.items;
  }
  void thread(unsigned index) {
    if (index < kProducers) {
      produce(index);
    } else {
      consume();
    }
  }
  void after() {
    delete ring_;
    RL_ASSERT(left_ == 0);
  }

 private:
  void produce(unsigned self) {
    auto producer = ring_->producer();
    for (unsigned next = 0; next < kUse.items;) {
      std::array<ModelItem, kUse.batch> items;
      const unsigned offered = std::min(kUse.batch, kUse.items - next);
      for (unsigned i = 0; i < offered; ++i) items[i] = ModelItem(self * 1000 + next + i + 1);
      const std::size_t pushed = kUse.batch == 1
                                     ? std::size_t{producer.try_push(std::move(items[0]))}
                                     : producer.try_push_bulk(items.data(), offered);
      next += static_cast<unsigned>(pushed);
      if (pushed == 0) rl::yield(1, RL_INFO);
    }
  }

  void consume() {
    auto consumer = ring_->consumer();
    std::array<unsigned, kProducers> last{};
    while (left_ != 0) {  // executions interleave fibers of one thread: a plain count will do
      std::array<ModelItem, kUse.batch> items;
      const std::size_t popped = kUse.batch == 1 ? std::size_t{consumer.try_pop(items[0])}
                                                 : consumer.try_pop_bulk(items.data(), kUse.batch);
      for (std::size_t i = 0; i < popped; ++i) {
        const unsigned producer = items[i].number() / 1000;
        const unsigned number = items[i].number() % 1000;
        RL_ASSERT(producer < kProducers && number != 0);
        RL_ASSERT(number > last[producer]);
        RL_ASSERT(kConsumers > 1 || number == last[producer] + 1);
        last[producer] = number;
        --left_;
      }
      if (popped == 0) rl::yield(1, RL_INFO);
    }
  }

  Ring* ring_ = nullptr;
  unsigned left_ = 0;
};

/// Where the model's own words go; a stream with memory of its own would be counted as a leak.
struct Discard : std::streambuf {
  int overflow(int letter) override { return letter; }
  std::streamsize xsputn(const char* /*text*/, std::streamsize count) override { return count; }
};

/// Whether all of `executions` random ones are right; else says in `why` what is not.
template <typename Test>
bool holds(unsigned executions, std::string& why) {
  rl::test_params params;
  Discard discard;
  std::ostream output(&discard);
  params.output_stream = &output;
  params.progress_stream = &output;
  params.iteration_count = executions;
  params.execution_depth_limit = 10'000;
  params.collect_history = true;  // or a failure is played again, which its addresses spoil
  params.search_type = rl::random_scheduler_type;
  const bool good = rl::simulate<Test>(params);
  if (!good) why = rl::test_result_str(params.test_result);
  return good;
}

using Runs = detail::RunRing<ModelItem>;
using Lines = detail::LineRing<ModelItem>;
using Mpmc = MpmcRing<ModelItem>;

constexpr unsigned kExecutions = 20'000;

template <typename Ring>
bool pairs_hold(std::string& why) {
  return holds<Traffic<Ring, Use{1, 5, 1}, 1, 1>>(kExecutions, why) &&
         holds<Traffic<Ring, Use{2, 7, 1}, 1, 1>>(kExecutions, why) &&
         holds<Traffic<Ring, Use{2, 9, 3}, 1, 1>>(kExecutions, why) &&
         holds<Traffic<Ring, Use{16, 60, 7}, 1, 1>>(kExecutions / 10, why);
}
template <typename Ring>
bool crowds_hold(std::string& why) {
  return holds<Traffic<Ring, Use{1, 3, 1}, 2, 1>>(kExecutions, why) &&
         holds<Traffic<Ring, Use{2, 4, 1}, 1, 2>>(kExecutions, why) &&
         holds<Traffic<Ring, Use{2, 3, 1}, 2, 2>>(kExecutions, why) &&
         holds<Traffic<Ring, Use{4, 6, 3}, 2, 2>>(kExecutions, why);
}

/// Proves a ring, then makes each of its orders relaxed, one at a time, and demands to be told.
template <typename Proof>
void prove(const std::string& name, Proof proof) {
  OrderBook& book = OrderBook::get();
  book.clear();
  std::string why;
  CHECK_MESSAGE(proof(why), name << ": " << why);
  const std::vector<OrderSite> sites = book.seen();
  REQUIRE_FALSE(sites.empty());
  unsigned caught = 0;
  for (const OrderSite& site : sites) {
    book.weaken(site);
    const bool unnoticed = proof(why);
    const std::string place(site.file);
    CHECK_MESSAGE(!unnoticed, name << ": nobody needs the order of the "
                                   << std::string(site.operation) << " in " << place << ":"
                                   << site.line);
    if (unnoticed) continue;
    ++caught;
    fmt::print("{}: {}:{} {}, relaxed: {}\n", name, site.file, site.line, site.operation, why);
  }
  book.clear();
  fmt::print("{}: {} of {} weakened orders are caught\n", name, caught, sites.size());
}

}  // namespace

TEST_CASE("the ring of runs is right in the C++ memory model, and needs each of its orders") {
  prove("run ring", [](std::string& why) { return pairs_hold<Runs>(why); });
}

TEST_CASE("the ring of shared lines is right in the C++ memory model, and needs each order") {
  prove("line ring", [](std::string& why) { return pairs_hold<Lines>(why); });
}

TEST_CASE("the mpmc ring is right in the C++ memory model, and needs each of its orders") {
  prove("mpmc ring",
        [](std::string& why) { return pairs_hold<Mpmc>(why) && crowds_hold<Mpmc>(why); });
}
