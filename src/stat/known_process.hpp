// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/histogram/decoded.hpp"

#include "stat/percentile_interval.hpp"

namespace busmark {

/// Pseudo-random numbers that are the same with every standard library.
class KnownRandom {
 public:
  explicit KnownRandom(std::uint64_t seed) : engine_(seed) {}
  /// Above 0, below 1.
  double uniform();
  double exponential(double mean);
  double normal();

 private:
  std::mt19937_64 engine_;
  bool has_spare_ = false;
  double spare_ = 0;
};

/// Latencies of one message after the other whose true percentiles are known: what rules about
/// percentiles are tried on. Begins in its steady state.
class KnownProcess {
 public:
  virtual ~KnownProcess() = default;
  /// Of the next message, ns.
  virtual double next() = 0;
  /// The truth, ns. `share` is above 0 and below 1.
  [[nodiscard]] virtual double percentile(double share) const = 0;
};

/// Independent log-normal samples.
[[nodiscard]] std::unique_ptr<KnownProcess> independent_process(Nanoseconds median, double sigma,
                                                                std::uint64_t seed);
/// Response times of a single server with Poisson arrivals and exponential service of mean
/// `service`: the percentile p is -ln(1 - p) * service / (1 - load). `load` is below 1.
[[nodiscard]] std::unique_ptr<KnownProcess> queue_process(double load, Nanoseconds service,
                                                          std::uint64_t seed);
/// Log-normal samples, the logarithm an autoregression of first order with that correlation.
[[nodiscard]] std::unique_ptr<KnownProcess> correlated_process(Nanoseconds median, double sigma,
                                                               double correlation,
                                                               std::uint64_t seed);

/// Log-normal samples around one of two levels, that change at random.
struct TwoLevels {
  Nanoseconds low{};
  Nanoseconds high{};
  double sigma = 0.1;
  double high_share = 0.3;      ///< Of all messages.
  double messages_high = 2000;  ///< Mean length of a stay on the higher level.
};
[[nodiscard]] std::unique_ptr<KnownProcess> two_level_process(const TwoLevels& levels,
                                                              std::uint64_t seed);

/// A machine that stands still now and then: messages that are due meanwhile wait for its end.
/// Undisturbed ones take 1 to 2 us, each as often.
struct Stalls {
  double rate = 100'000;        ///< Messages per second.
  double per_second = 20;       ///< Of the time that it runs.
  Nanoseconds mean{1'000'000};  ///< Exponential.
};
[[nodiscard]] std::unique_ptr<KnownProcess> stall_process(const Stalls& stalls, std::uint64_t seed);

/// A repetition drawn from a process, with memory of its own for its sections.
class DrawnRepetition {
 public:
  /// Draws `messages`, cut into `sections` of the same number. Each takes `factor` times its time.
  DrawnRepetition(KnownProcess& process, std::size_t messages, std::size_t sections,
                  double factor = 1);
  /// Refers to this.
  [[nodiscard]] RepetitionLatency latency() const;

 private:
  DecodedHistogram whole_{Histogram::shape()};
  std::vector<DecodedHistogram> sections_;
};

}  // namespace busmark
