// SPDX-License-Identifier: Apache-2.0
#include "stat/known_process.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <boost/math/distributions/normal.hpp>

namespace busmark {
namespace {

double count_in(Nanoseconds time) { return static_cast<double>(time.count()); }

double normal_quantile(double share) { return quantile(boost::math::normal(), share); }
double normal_below(double value) { return cdf(boost::math::normal(), value); }

/// Where `below`, which grows, reaches `share`.
template <typename Function>
double solve(Function below, double share, double low, double high) {
  constexpr int kHalvings = 100;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (below(middle) < share ? low : high) = middle;
  }
  return high;
}

class Queue final : public KnownProcess {
 public:
  Queue(double load, Nanoseconds service, std::uint64_t seed)
      : load_(load), service_(count_in(service)), random_(seed) {
    // A response time in the steady state.
    response_ = random_.exponential(service_ / (1 - load_));
  }
  double next() override {
    const double response = response_;
    const double gap = random_.exponential(service_ / load_);
    response_ = std::max(0.0, response - gap) + random_.exponential(service_);
    return response;
  }
  [[nodiscard]] double percentile(double share) const override {
    return -std::log(1 - share) * service_ / (1 - load_);
  }

 private:
  double load_;
  double service_;
  KnownRandom random_;
  double response_;
};

class Autoregression final : public KnownProcess {
 public:
  Autoregression(Nanoseconds median, double sigma, double correlation, std::uint64_t seed)
      : median_(count_in(median)),
        sigma_(sigma),
        correlation_(correlation),
        fresh_(std::sqrt(1 - correlation * correlation)),
        random_(seed),
        state_(random_.normal()) {}
  double next() override {
    const double value = median_ * std::exp(sigma_ * state_);
    state_ = correlation_ * state_ + fresh_ * random_.normal();
    return value;
  }
  [[nodiscard]] double percentile(double share) const override {
    return median_ * std::exp(sigma_ * normal_quantile(share));
  }

 private:
  double median_;
  double sigma_;
  double correlation_;
  double fresh_;
  KnownRandom random_;
  double state_;
};

class Levels final : public KnownProcess {
 public:
  Levels(const TwoLevels& levels, std::uint64_t seed) : levels_(levels), random_(seed) {
    high_ = random_.uniform() < levels_.high_share;
  }
  double next() override {
    const double median = count_in(high_ ? levels_.high : levels_.low);
    const double value = median * std::exp(levels_.sigma * random_.normal());
    const double stay_low = levels_.messages_high * (1 - levels_.high_share) / levels_.high_share;
    if (random_.uniform() * (high_ ? levels_.messages_high : stay_low) < 1) high_ = !high_;
    return value;
  }
  [[nodiscard]] double percentile(double share) const override {
    const auto below = [&](double logarithm) {
      const auto of = [&](Nanoseconds median) {
        return normal_below((logarithm - std::log(count_in(median))) / levels_.sigma);
      };
      return levels_.high_share * of(levels_.high) + (1 - levels_.high_share) * of(levels_.low);
    };
    return std::exp(solve(below, share, 0, 50));
  }

 private:
  TwoLevels levels_;
  KnownRandom random_;
  bool high_;
};

class Stalling final : public KnownProcess {
 public:
  Stalling(const Stalls& stalls, std::uint64_t seed)
      : stalls_(stalls),
        mean_(count_in(stalls.mean)),
        gap_(1e9 / stalls.rate),
        run_(1e9 / stalls.per_second),
        random_(seed) {
    stalled_ = random_.uniform() < stalled_share();
    left_ = random_.exponential(stalled_ ? mean_ : run_);
  }
  double next() override {
    const double usual = kFastest + kRange * random_.uniform();
    const double value = usual + (stalled_ ? left_ : 0);
    double time = gap_;
    while (left_ <= time) {
      time -= left_;
      stalled_ = !stalled_;
      left_ = random_.exponential(stalled_ ? mean_ : run_);
    }
    left_ -= time;
    return value;
  }
  [[nodiscard]] double percentile(double share) const override {
    const auto below = [&](double value) {
      const double usual = std::clamp((value - kFastest) / kRange, 0.0, 1.0);
      // A stall's rest is exponential: averaged over the usual times up to `value`.
      const double end = std::min(value, kFastest + kRange);
      const double late =
          mean_ / kRange * (std::exp((end - value) / mean_) - std::exp((kFastest - value) / mean_));
      const double stalled = value <= kFastest ? 0 : usual - late;
      return (1 - stalled_share()) * usual + stalled_share() * stalled;
    };
    return solve(below, share, 0, 1e12);
  }

 private:
  static constexpr double kFastest = 1000;
  static constexpr double kRange = 1000;

  [[nodiscard]] double stalled_share() const { return mean_ / (mean_ + run_); }

  Stalls stalls_;
  double mean_;
  double gap_;
  double run_;
  KnownRandom random_;
  bool stalled_;
  double left_;
};

}  // namespace

double KnownRandom::uniform() {
  constexpr double kStep = 0x1p-53;
  return (static_cast<double>(engine_() >> 11) + 0.5) * kStep;
}

double KnownRandom::exponential(double mean) { return -mean * std::log(uniform()); }

double KnownRandom::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(uniform()));
  const double angle = 2 * std::numbers::pi * uniform();
  has_spare_ = true;
  spare_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

std::unique_ptr<KnownProcess> independent_process(Nanoseconds median, double sigma,
                                                  std::uint64_t seed) {
  return std::make_unique<Autoregression>(median, sigma, 0, seed);
}

std::unique_ptr<KnownProcess> queue_process(double load, Nanoseconds service, std::uint64_t seed) {
  return std::make_unique<Queue>(load, service, seed);
}

std::unique_ptr<KnownProcess> correlated_process(Nanoseconds median, double sigma,
                                                 double correlation, std::uint64_t seed) {
  return std::make_unique<Autoregression>(median, sigma, correlation, seed);
}

std::unique_ptr<KnownProcess> two_level_process(const TwoLevels& levels, std::uint64_t seed) {
  return std::make_unique<Levels>(levels, seed);
}

std::unique_ptr<KnownProcess> stall_process(const Stalls& stalls, std::uint64_t seed) {
  return std::make_unique<Stalling>(stalls, seed);
}

DrawnRepetition::DrawnRepetition(KnownProcess& process, std::size_t messages, std::size_t sections,
                                 double factor) {
  sections = std::max<std::size_t>(sections, 1);
  Histogram section;
  for (std::size_t i = 0; i < sections; ++i) {
    section.reset();
    for (std::size_t k = i * messages / sections; k < (i + 1) * messages / sections; ++k) {
      section.record(static_cast<std::uint64_t>(std::llround(process.next() * factor)));
    }
    sections_.emplace_back(section);
    whole_.merge(sections_.back());
  }
}

RepetitionLatency DrawnRepetition::latency() const {
  RepetitionLatency latency{.whole = whole_};
  if (sections_.size() < 2) return latency;
  for (const DecodedHistogram& section : sections_) latency.sections.push_back(&section);
  return latency;
}

}  // namespace busmark
