// SPDX-License-Identifier: Apache-2.0
#include "aspect/floor/watch.hpp"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "engine/repetition_plan.hpp"
#include "machine/affinity.hpp"

namespace busmark {
namespace {

/// A core that wakes from idleness takes a moment to be what it is under load.
constexpr Nanoseconds kAwake = std::chrono::milliseconds(10);
/// As long as spin_probe() warms up.
constexpr Nanoseconds kProbeWarmUp = std::chrono::milliseconds(5);

/// CPUs that a mask of the kernel can have: its NR_CPUS is at most this.
constexpr std::size_t kMostCpus = 8192;

/// A mask of any size that the kernel may ask for.
class CpuMask {
 public:
  CpuMask() : bits_(kMostCpus / kBits) {}
  [[nodiscard]] cpu_set_t* get() noexcept { return reinterpret_cast<cpu_set_t*>(bits_.data()); }
  [[nodiscard]] std::size_t size() const noexcept { return bits_.size() * sizeof bits_.front(); }
  void add(CpuId cpu) noexcept {
    const auto bit = static_cast<std::size_t>(index(cpu));
    if (bit < kMostCpus) bits_[bit / kBits] |= 1UL << bit % kBits;
  }
  [[nodiscard]] bool has(CpuId cpu) const noexcept {
    const auto bit = static_cast<std::size_t>(index(cpu));
    return bit < kMostCpus && (bits_[bit / kBits] >> bit % kBits & 1) != 0;
  }

 private:
  static constexpr std::size_t kBits = 8 * sizeof(unsigned long);
  std::vector<unsigned long> bits_;
};

std::vector<pid_t> threads_on(CpuId cpu) {
  std::vector<pid_t> threads;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/task", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    CpuMask mask;
    const bool known = thread > 0 && sched_getaffinity(thread, mask.size(), mask.get()) == 0;
    if (known && mask.has(cpu)) threads.push_back(thread);
  }
  return threads;
}

/// Empty for a thread that has ended.
std::optional<Nanoseconds> processor_time(pid_t thread) noexcept {
  // As pthread_getcpuclockid() makes it of a thread's number: CPUCLOCK_PERTHREAD | CPUCLOCK_SCHED
  // of the kernel's posix-timers.h.
  const auto clock = static_cast<clockid_t>(~static_cast<unsigned>(thread) << 3U | 6U);
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

/// Everything else that wants the core gets it at once.
void give_way_to_all() noexcept {
  sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
}

}  // namespace

FloorWatch::FloorWatch(const Clock& clock, CpuId cpu, std::vector<CpuId> measured,
                       Nanoseconds length)
    : clock_(clock),
      cpu_(cpu),
      measured_(std::move(measured)),
      log_(length),
      thread_(&FloorWatch::watch, this) {
  CpuMask here;
  here.add(cpu);
  // Not by the thread itself, which another one may keep from running for as long as it likes.
  const int error = pthread_setaffinity_np(thread_.native_handle(), here.size(), here.get());
  if (error != 0) problem_ = std::strerror(error);
}

FloorWatch::~FloorWatch() { finish(); }

void FloorWatch::begin(const Window& window) {
  if (!problem_.empty()) return;
  others_ = threads_on(cpu_);
  others_ran_ = run_by_others();
  begun_ = true;
  gate_.open(window);
}

void FloorWatch::finish() {
  if (!thread_.joinable()) return;
  stop_ = true;
  if (!begun_) gate_.cancel();
  // On a core that another thread does not leave it would wait for its turn.
  CpuMask elsewhere;
  for (const CpuId cpu : measured_) elsewhere.add(cpu);
  const std::int64_t ended = clock_.now();
  pthread_setaffinity_np(thread_.native_handle(), elsewhere.size(), elsewhere.get());
  thread_.join();
  if (!begun_) return;
  // Who was not let run up to now, or not once, has no reading of it: that time was lost, too.
  const std::int64_t until = std::min<std::int64_t>(ended, gate_.window().end);
  const Nanoseconds unseen = clock_.duration(until - gate_.window().measure) - run_.observed;
  if (unseen < gap_threshold(clock_)) return;
  if (run_.observed.count() == 0) own_ = std::max(Nanoseconds{}, run_by_others() - others_ran_);
  log_.record(run_.observed, unseen, true);
  run_.observed += unseen;
}

FloorGaps FloorWatch::gaps() const {
  return {.watched = run_.observed - run_.handling,
          .lost = log_.lost().lost(),
          .switched = log_.lost().switched,
          .own = own_,
          .gaps = log_.all().total()};
}

FloorDuring FloorWatch::result(const FloorGaps& around) const {
  FloorDuring result{.cpu = cpu_, .during = gaps(), .around = around, .longest = {}};
  const std::vector<Gap> longest = log_.longest();
  if (!longest.empty()) result.longest = longest.front().length;
  result.lengths = DecodedHistogram(log_.all());
  return result;
}

void FloorWatch::watch() {
  name_this_thread("floor-watch");
  give_way_to_all();
  if (!gate_.arrive_and_wait()) return;
  const Window& window = gate_.window();
  const auto stopped = [this] { return stop_.load(std::memory_order_relaxed); };
  for (std::int64_t now = clock_.now(); now < window.measure && !stopped(); now = clock_.now()) {
    const Nanoseconds left = clock_.duration(window.measure - now);
    if (left <= 2 * kAwake) break;
    constexpr timespec kNap{.tv_sec = 0, .tv_nsec = kAwake.count()};
    nanosleep(&kNap, nullptr);
  }
  const std::int64_t almost = window.measure - clock_.to_ticks(std::chrono::microseconds(50));
  while (clock_.now() < almost && !stopped()) {
  }
  // Who was not let run until the window had begun has only what was read before.
  const bool late = clock_.now() >= window.measure;
  const Nanoseconds before = late ? others_ran_ : run_by_others();
  run_ = watch_gaps(clock_, window, gap_threshold(clock_), stop_, log_);
  own_ = std::max(Nanoseconds{}, run_by_others() - before);
}

Nanoseconds FloorWatch::run_by_others() const noexcept {
  Nanoseconds sum{};
  for (const pid_t thread : others_) {
    if (thread == gettid()) continue;
    sum += processor_time(thread).value_or(Nanoseconds{});
  }
  return sum;
}

std::vector<SpinProbe> probe_around(const Clock& clock, const std::vector<CpuId>& measured,
                                    Nanoseconds length, const FreeCore& free, FloorGaps& around) {
  std::optional<FloorWatch> watch;
  if (free.cpu) {
    watch.emplace(clock, *free.cpu, measured, length);
    Window window;
    window.start = clock.now();
    window.measure = window.start + clock.to_ticks(kProbeWarmUp);
    window.end = window.measure + clock.to_ticks(length);
    watch->begin(window);
  }
  std::vector<SpinProbe> probes = spin_probe(clock, measured, length);
  if (watch) {
    watch->finish();
    around += watch->gaps();
  }
  return probes;
}

TuningStep floor_step(const FreeCore& free, const std::string& problem) {
  TuningStep step{.name = "floor_during", .done = free.cpu && problem.empty(), .detail = {}};
  if (!free.cpu) {
    step.detail = free.reason;
  } else {
    step.detail = fmt::format("cpu {}{}{}", index(*free.cpu), problem.empty() ? "" : ": ", problem);
  }
  return step;
}

namespace {

/// Enough to see what happens a hundred times a second, little beside the repetition itself.
Nanoseconds probe_time(const Scenario& scenario) {
  return std::clamp<Nanoseconds>(scenario.duration / 10, std::chrono::milliseconds(2),
                                 std::chrono::milliseconds(100));
}

class FloorObserver final : public Observer {
 public:
  explicit FloorObserver(const RepetitionPlan& plan) : plan_(plan), cores_(measured_cores(plan)) {}

  void before() override {
    probes_ = probe();
    if (free().cpu) watch_.emplace(plan_.clock, *free().cpu, cores_, plan_.scenario.duration);
  }
  void window_fixed(const Window& window) override {
    if (watch_) watch_->begin(window);
  }
  void finished(const RawRepetition& /*raw*/, RepetitionResult& /*result*/) override {
    if (watch_) watch_->finish();
  }
  void after(RepetitionResult& result) override {
    std::ranges::move(probe(), std::back_inserter(probes_));
    result.floor = std::move(probes_);
    const std::string problem = watch_ ? watch_->problem() : "";
    add_step(result.tuning, floor_step(free(), problem));
    if (watch_ && problem.empty()) result.floor_during = watch_->result(around_);
  }

 private:
  [[nodiscard]] const FreeCore& free() const { return *plan_.beside; }
  [[nodiscard]] std::vector<SpinProbe> probe() {
    return probe_around(plan_.clock, cores_, probe_time(plan_.scenario), free(), around_);
  }

  const RepetitionPlan& plan_;
  std::vector<CpuId> cores_;
  std::vector<SpinProbe> probes_;
  FloorGaps around_;
  std::optional<FloorWatch> watch_;
};

}  // namespace

std::unique_ptr<Observer> observe_floor(const RepetitionPlan& plan) {
  if (!plan.beside) return nullptr;
  return std::make_unique<FloorObserver>(plan);
}

}  // namespace busmark
