// SPDX-License-Identifier: Apache-2.0
#include "engine/load_curve.hpp"

namespace busmark {
namespace {

/// What is a whole number but for rounding becomes one: the last message of a stage must not fall
/// onto the first moment of the next.
double snapped(double messages, double margin) noexcept {
  const double whole = std::round(messages);
  return whole > 0 && std::abs(messages - whole) < margin ? whole : messages;
}

}  // namespace

double LoadSegment::count(double ticks) const noexcept {
  if (ticks <= 0) return 0;
  double before = 0;
  if (cycle > 0) {
    const double cycles = std::floor(ticks / cycle + 1e-9);
    ticks -= cycles * cycle;
    before = cycles * per_cycle;
    if (ticks <= cycle * 1e-9) return std::min(before, end - first);
    if (on == 0) return std::min(before + per_cycle, end - first);
    ticks = std::min(ticks, on);
  }
  const double own = slope != 0 ? (rate + slope * ticks) * ticks : period > 0 ? ticks / period : 0;
  return std::min(before + own, end - first);
}

LoadCurve::LoadCurve(std::span<const LoadStage> stages, MessageRate load, std::int64_t warmup,
                     double ticks_per_second) {
  const double per_ns = ticks_per_second / 1e9;
  const auto ticks = [&](Nanoseconds duration) {
    return static_cast<double>(duration.count()) * per_ns;
  };
  const auto lead = static_cast<double>(warmup);
  LoadSegment start;
  start.period = ticks_per_second / load.per_second;
  start.end = std::ceil(lead / start.period - 1e-6);
  segments_.push_back(start);
  for (const LoadStage& stage : stages) {
    LoadSegment segment;
    segment.begin = lead + ticks(stage.begin);
    segment.first = segments_.back().end;
    segment.end = snapped(segment.first + stage.messages(), 1e-6);
    segment.cycle = ticks(stage.period);
    segment.on = ticks(stage.on);
    if (stage.burst > 0) {
      segment.per_cycle = static_cast<double>(stage.burst);
    } else if (stage.from != stage.to) {
      segment.rate = stage.from / ticks_per_second;
      segment.slope = (stage.to - stage.from) / ticks_per_second / ticks(stage.length) / 2;
    } else if (stage.from > 0) {
      segment.period = ticks_per_second / stage.from;
      segment.per_cycle = snapped(segment.on / segment.period, 1e-9);
    }
    segments_.push_back(segment);
  }
}

double LoadCurve::due_before(double ticks) const noexcept {
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (ticks >= segment->begin) return segment->first + segment->count(ticks - segment->begin);
  }
  return 0;
}

std::vector<LoadStage> load_stages(const Scenario& scenario) {
  if (scenario.stages.empty() || !scenario.load.rate) return {};
  return expand_stages(scenario.stages, *scenario.load.rate);
}

std::vector<LoadStage> paced_stages(const Scenario& scenario) {
  std::vector<LoadStage> stages = load_stages(scenario);
  if (stages.empty() && !scenario.mix.empty() && scenario.load.rate) {
    LoadStage& whole = stages.emplace_back();
    whole.length = scenario.duration;
    whole.from = whole.to = scenario.load.rate->per_second;
  }
  return stages;
}

double intended_rate(const Scenario& scenario) {
  if (!scenario.load.rate) return 0;
  const std::vector<LoadStage> stages = load_stages(scenario);
  if (stages.empty()) return scenario.load.rate->per_second;
  double messages = 0;
  for (const LoadStage& stage : stages) messages += stage.messages();
  return messages / std::chrono::duration<double>(stages.back().end()).count();
}

}  // namespace busmark
