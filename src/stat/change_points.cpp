// SPDX-License-Identifier: Apache-2.0
#include "stat/change_points.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "stat/theil_sen.hpp"

namespace busmark {
namespace {

constexpr double kFence = 1.5;      // Tukey's, in quartile distances
constexpr double kResolution = 20;  // chances in as many permutations as make it one
constexpr double kBeyond = 1e9;     // stands for what two constant levels are apart

/// The greatest distance between the mean before a place and that behind it, in standard errors,
/// and that place.
struct Cut {
  double distance = 0;
  std::size_t at = 0;
};

Cut best_cut(std::span<const double> values) {
  const auto all = static_cast<double>(values.size());
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  Cut best;
  double before = 0;
  for (std::size_t i = 1; i + kShortestStretch <= values.size(); ++i) {
    before += values[i - 1];
    if (i < kShortestStretch) continue;
    const auto size = static_cast<double>(i);
    const double first = before / size;
    const double second = (sum - before) / (all - size);
    const double rest = squares - size * first * first - (all - size) * second * second;
    const double apart = std::abs(second - first);
    const double error = std::sqrt(std::max(rest, 0.0) / (all - 2) * (1 / size + 1 / (all - size)));
    const double distance = apart > kBeyond * error ? kBeyond : error > 0 ? apart / error : 0.0;
    if (distance > best.distance) best = {.distance = distance, .at = i};
  }
  return best;
}

/// By how much the distance of two means grows where what is left about them remembers what was
/// before; 1 or more.
double stretch_of(std::span<const double> values, std::size_t cut) {
  if (values.size() < kFewestForAutocorrelation) return 1;
  // Each half about two levels of its own: a further change must not pass for memory.
  std::vector<double> rest;
  for (const auto half : {values.first(cut), values.subspan(cut)}) {
    const std::size_t inner = half.size() < 2 * kShortestStretch ? 0 : best_cut(half).at;
    for (const auto part : {half.first(inner), half.subspan(inner)}) {
      const double level = mean(part);
      for (const double value : part) rest.push_back(value - level);
    }
  }
  double squares = 0;
  double products = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    squares += rest[i] * rest[i];
    if (i > 0) products += rest[i] * rest[i - 1];
  }
  const double seen = squares > 1e-18 ? products / squares : 0;
  const double bound = std::min(autocorrelation_bound(seen, rest.size()), 0.98);
  double growth = 1;
  double correlation = 1;
  for (std::size_t lag = 1; lag < rest.size(); ++lag) {
    correlation *= bound;
    growth += 2 * (1 - static_cast<double>(lag) / static_cast<double>(rest.size())) * correlation;
  }
  return std::sqrt(growth);
}

/// Logarithms, outliers drawn in to Tukey's fences: they are no level.
std::vector<double> levels(std::span<const double> values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(value));
  if (logs.empty()) return logs;
  std::vector<double> sorted = logs;
  std::sort(sorted.begin(), sorted.end());
  const double lower = sorted[sorted.size() / 4];
  const double upper = sorted[sorted.size() - 1 - sorted.size() / 4];
  if (upper <= lower) return logs;
  const double room = kFence * (upper - lower);
  for (double& one : logs) one = std::clamp(one, lower - room, upper + room);
  return logs;
}

class Search {
 public:
  Search(std::span<const double> values, double significance)
      : all_(values.size()), significance_(significance) {
    search(values, 0);
  }
  [[nodiscard]] const std::vector<std::size_t>& places() const noexcept { return places_; }

 private:
  /// Whether so great a distance is rarer among permutations than this part's share of the error.
  bool significant(std::span<const double> values, double distance) {
    const double allowed =
        significance_ * static_cast<double>(values.size()) / static_cast<double>(all_);
    const auto permutations = static_cast<std::size_t>(std::ceil(kResolution / allowed));
    const auto most = static_cast<std::size_t>(allowed * static_cast<double>(permutations + 1));
    std::vector<double> drawn(values.begin(), values.end());
    std::size_t as_far = 1;
    for (std::size_t i = 0; i < permutations && as_far <= most; ++i) {
      for (std::size_t k = drawn.size() - 1; k > 0; --k) {
        // The upper bits, scaled: the same in every standard library.
        std::swap(drawn[k], drawn[((random_() >> 32) * (k + 1)) >> 32]);
      }
      as_far += best_cut(drawn).distance >= distance;
    }
    return as_far <= most;
  }

  void search(std::span<const double> values, std::size_t offset) {
    if (values.size() < 2 * kShortestStretch) return;
    const Cut cut = best_cut(values);
    if (cut.at == 0) return;
    if (!significant(values, cut.distance / stretch_of(values, cut.at))) return;
    search(values.first(cut.at), offset);
    places_.push_back(offset + cut.at);
    search(values.subspan(cut.at), offset + cut.at);
  }

  std::size_t all_;
  double significance_;
  std::mt19937_64 random_{1};
  std::vector<std::size_t> places_;
};

/// With the medians of the stretches on either side.
std::vector<ChangePoint> with_levels(const std::vector<std::size_t>& places,
                                     std::span<const double> values) {
  std::vector<ChangePoint> found;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : places[i - 1];
    const std::size_t end = i + 1 < places.size() ? places[i + 1] : values.size();
    found.push_back({.at = places[i],
                     .before = median(values.subspan(begin, places[i] - begin)),
                     .after = median(values.subspan(places[i], end - places[i]))});
  }
  return found;
}

double size_of(const ChangePoint& change) {
  return std::abs(std::log(change.after / change.before));
}

}  // namespace

std::vector<ChangePoint> find_change_points(std::span<const double> values, double threshold,
                                            double significance) {
  std::vector<std::size_t> places = Search(levels(values), significance).places();
  std::vector<ChangePoint> found = with_levels(places, values);
  while (!found.empty()) {
    const auto least = std::min_element(
        found.begin(), found.end(),
        [](const ChangePoint& a, const ChangePoint& b) { return size_of(a) < size_of(b); });
    if (size_of(*least) > std::log1p(threshold)) break;
    places.erase(places.begin() + (least - found.begin()));
    found = with_levels(places, values);
  }
  return found;
}

}  // namespace busmark
