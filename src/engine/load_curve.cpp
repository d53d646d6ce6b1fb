// SPDX-License-Identifier: Apache-2.0
#include "engine/load_curve.hpp"

#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/quote.hpp"
#include "record/limits.hpp"

namespace busmark {
namespace {

/// What is a whole number but for rounding becomes one: the last message of a stage must not fall
/// onto the first moment of the next.
double snapped(double messages, double margin) noexcept {
  const double whole = std::round(messages);
  return whole > 0 && std::abs(messages - whole) < margin ? whole : messages;
}

double mean_rate(double messages, Nanoseconds length) noexcept {
  return length.count() > 0 ? messages / in_seconds(length) : 0;
}

/// What a stage needs to know of the ones before it.
struct Expansion {
  MessageRate load;
  double before;
  Nanoseconds at{};
  std::vector<LoadStage> rows{};

  [[noreturn]] static void wrong(const Stage& stage, std::string_view why) {
    throw std::invalid_argument(fmt::format("{}: {}", in_quotes(stage.text, 100), why));
  }

  void add(const Stage& stage, LoadStage row) {
    if (std::max(row.from, row.to) > kHighestRate) wrong(stage, "comes to more than 1G/s");
    if (rows.size() == kMostStages) {
      wrong(stage, fmt::format("makes more than {} stages in all, each step counted", kMostStages));
    }
    row.begin = at;
    row.length = stage.length;
    at += stage.length;
    if (at > kLongest) wrong(stage, "ends more than 24h after the first stage begins");
    before = row.to;
    rows.push_back(std::move(row));
  }

  void add_steps(const Stage& stage) {
    const double change = stage.rate.per_second(load) * (stage.down ? -1 : 1);
    const double last = stage.limit.per_second(load);
    const double wanted = (last - before) / change;
    if (wanted <= 1e-9) {
      wrong(stage, fmt::format("the rate before it is {}, so no step leads to {}",
                               format_rate({before}), format_rate({last})));
    }
    const double first = before;
    const double steps = std::ceil(wanted - 1e-9);
    for (double step = 1; step <= steps; ++step) {
      const double rate = step == steps ? last : first + step * change;
      add(stage, {.name = "step to " + format_rate({rate}), .from = rate, .to = rate});
    }
  }
};

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

std::vector<LoadStage> expand_stages(std::span<const Stage> stages, MessageRate load) {
  Expansion expansion{.load = load, .before = load.per_second};
  for (const Stage& stage : stages) {
    const double rate = stage.rate.per_second(load);
    LoadStage row{.name = stage.text};
    switch (stage.shape) {
      case StageShape::step: expansion.add_steps(stage); continue;
      case StageShape::ramp: row.from = expansion.before; [[fallthrough]];
      case StageShape::constant:
        if (stage.shape == StageShape::constant) row.from = rate;
        row.to = rate;
        break;
      case StageShape::burst:
        row.burst = stage.burst;
        row.period = stage.period;
        row.from = row.to = mean_rate(static_cast<double>(stage.burst), stage.period);
        break;
      case StageShape::on_off:
        row.from = row.to = rate;
        row.on = stage.on;
        row.period = stage.period;
        break;
      case StageShape::quiet: break;
    }
    expansion.add(stage, std::move(row));
  }
  return std::move(expansion.rows);
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
