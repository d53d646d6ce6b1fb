// SPDX-License-Identifier: Apache-2.0
#include "aspect/stages/stages.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <type_traits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "base/words.hpp"
#include "record/limits.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kForms =
    "\"100k/s for 2s\", \"10x for 500ms\", \"ramp to 500k/s over 5s\", \"step +50k/s every 2s to "
    "500k/s\", \"burst of 1000 every 100ms for 2s\", \"on 10ms off 90ms at 2x for 2s\" or \"quiet "
    "for 1s\"";
constexpr Nanoseconds kShortestPart = 1us;
constexpr std::uint64_t kLargestBurst = 1'000'000'000;

/// The words of a line, taken one by one.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text), words_(words_of(text)) {
    if (words_.empty()) wrong("it is empty");
  }

  [[noreturn]] void wrong(std::string_view why) const {
    throw std::invalid_argument(
        fmt::format("{} is no stage: {}; write {}", in_quotes(text_, 100), why, kForms));
  }

  [[nodiscard]] std::string_view peek() const noexcept {
    return next_ < words_.size() ? words_[next_] : std::string_view();
  }
  std::string_view take(std::string_view what) {
    if (next_ == words_.size()) wrong(fmt::format("{} is missing at its end", what));
    return words_[next_++];
  }
  void expect(std::string_view word) {
    const std::string_view found = take(in_quotes(word));
    if (found != word) {
      wrong(fmt::format("{} stands where {} belongs", in_quotes(found), in_quotes(word)));
    }
  }
  void end() const {
    if (next_ != words_.size()) wrong(fmt::format("nothing may follow before {}", peek()));
  }

  Nanoseconds time(Nanoseconds least) {
    const std::string_view word = take("a time");
    const Nanoseconds read = checked([&] { return parse_duration(word); });
    if (read < least) wrong(fmt::format("{} is less than {}", word, format_duration(least)));
    if (read > kLongest) wrong(fmt::format("{} is more than 24h", word));
    return read;
  }
  StageRate rate() { return rate_of(take("a rate")); }
  StageRate rate_of(std::string_view word) const {
    if (!word.ends_with('x')) {
      const double read = checked([&] { return parse_rate(word).per_second; });
      if (read > kHighestRate) wrong(fmt::format("{} is more than 1G/s", word));
      return {.value = read, .times_load = false};
    }
    double multiple = 0;
    const std::string_view number = word.substr(0, word.size() - 1);
    const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(),
                                              multiple, std::chars_format::fixed);
    const bool whole = fault == std::errc() && end == number.data() + number.size();
    if (!whole || !(multiple > 0 && multiple <= 1e6)) {
      wrong(fmt::format("{} is no multiple of the load such as \"10x\"", in_quotes(word)));
    }
    return {.value = multiple, .times_load = true};
  }
  std::uint64_t count() {
    const std::string_view word = take("a number of messages");
    std::uint64_t read = 0;
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), read);
    if (fault != std::errc() || end != word.data() + word.size() || read < 1 ||
        read > kLargestBurst) {
      wrong(fmt::format("{} is no whole number from 1 to 1000000000", in_quotes(word)));
    }
    return read;
  }
  [[nodiscard]] std::string tidied() const { return fmt::format("{}", fmt::join(words_, " ")); }

 private:
  template <typename Parse>
  std::invoke_result_t<Parse> checked(Parse parse) const {
    try {
      return parse();
    } catch (const std::invalid_argument& error) {
      wrong(error.what());
    }
  }

  std::string_view text_;
  std::vector<std::string_view> words_;
  std::size_t next_ = 0;
};

Stage parse_step(Words& words) {
  Stage stage{.shape = StageShape::step};
  const std::string_view change = words.take("a change");
  if (!change.starts_with('+') && !change.starts_with('-')) {
    words.wrong(fmt::format("{} needs + or - in front", in_quotes(change)));
  }
  stage.down = change.starts_with('-');
  stage.rate = words.rate_of(change.substr(1));
  words.expect("every");
  stage.length = words.time(kShortest);
  words.expect("to");
  stage.limit = words.rate();
  return stage;
}

Stage parse_burst(Words& words) {
  Stage stage{.shape = StageShape::burst};
  words.expect("of");
  stage.burst = words.count();
  words.expect("every");
  stage.period = words.time(kShortestPart);
  words.expect("for");
  stage.length = words.time(kShortest);
  return stage;
}

Stage parse_on_off(Words& words) {
  Stage stage{.shape = StageShape::on_off};
  stage.on = words.time(kShortestPart);
  words.expect("off");
  stage.period = stage.on + words.time(kShortestPart);
  if (words.peek() == "at") {
    words.expect("at");
    stage.rate = words.rate();
  }
  words.expect("for");
  stage.length = words.time(kShortest);
  return stage;
}

Stage parse_flat(Words& words, std::string_view first) {
  Stage stage;
  if (first.find_first_of("0123456789") != 0) {
    constexpr std::array<std::string_view, 5> kNames{"ramp", "step", "burst", "on", "quiet"};
    const auto nearest = nearest_name(first, kNames);
    words.wrong(fmt::format("{} begins none{}", in_quotes(first),
                            nearest ? fmt::format(" (did you mean \"{}\"?)", *nearest) : ""));
  }
  stage.rate = words.rate_of(first);
  words.expect("for");
  stage.length = words.time(kShortest);
  return stage;
}

std::string rate_text(const StageRate& rate) {
  return rate.times_load ? fmt::format("{}x", rate.value) : format_rate({rate.value});
}

}  // namespace

Stage parse_stage(std::string_view text) {
  Words words(text);
  const std::string_view first = words.take("a stage");
  Stage stage;
  if (first == "ramp") {
    stage.shape = StageShape::ramp;
    words.expect("to");
    stage.rate = words.rate();
    words.expect("over");
    stage.length = words.time(kShortest);
  } else if (first == "step") {
    stage = parse_step(words);
  } else if (first == "burst") {
    stage = parse_burst(words);
  } else if (first == "on") {
    stage = parse_on_off(words);
  } else if (first == "quiet") {
    stage.shape = StageShape::quiet;
    words.expect("for");
    stage.length = words.time(kShortest);
  } else {
    stage = parse_flat(words, first);
  }
  words.end();
  if (stage.period > stage.length) {
    words.wrong(fmt::format("it ends before its first {} do", format_duration(stage.period)));
  }
  stage.text = words.tidied();
  return stage;
}

std::string to_string(const Stage& stage) {
  const std::string length = format_duration(stage.length);
  const std::string rate = rate_text(stage.rate);
  switch (stage.shape) {
    case StageShape::constant: return fmt::format("{} for {}", rate, length);
    case StageShape::ramp: return fmt::format("ramp to {} over {}", rate, length);
    case StageShape::step:
      return fmt::format("step {}{} every {} to {}", stage.down ? '-' : '+', rate, length,
                         rate_text(stage.limit));
    case StageShape::burst:
      return fmt::format("burst of {} every {} for {}", stage.burst, format_duration(stage.period),
                         length);
    case StageShape::on_off:
      return fmt::format("on {} off {} at {} for {}", format_duration(stage.on),
                         format_duration(stage.period - stage.on), rate, length);
    case StageShape::quiet: return "quiet for " + length;
  }
  return "unknown";
}

void scale_stages(std::vector<Stage>& stages, double factor) {
  for (Stage& stage : stages) {
    // In microseconds, rounded down, so that the sum stays within a budget.
    const double microseconds = static_cast<double>(stage.length.count()) * factor / 1000;
    const Nanoseconds scaled = std::chrono::microseconds(static_cast<std::int64_t>(microseconds));
    const Nanoseconds length = std::max({scaled, kShortest, stage.period});
    if (length == stage.length) continue;
    stage.length = length;
    stage.text = to_string(stage);
  }
}

}  // namespace busmark
