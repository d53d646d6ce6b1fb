// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"
#include "busmark/histogram/codec.hpp"

#include "base/quote.hpp"
#include "record/fields/run.hpp"
#include "record/store/json_writer.hpp"
#include "record/store/result_place.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRemedy = "; take the file as busmark wrote it, or measure again";

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  return value.dump();
}

[[noreturn]] void wrong(const Place& place, const char* expected, const Json& value) {
  place.wrong(fmt::format("must be {}, not {}{}", expected, shown(value), kRemedy));
}

enum class Sign : std::uint8_t { not_negative, any };

class ResultReader {
 public:
  ResultReader(const Json& object, const Place& place) : object_(object), place_(place) {
    if (!object.is_object()) wrong(place, "an object", object);
  }

  template <typename T>
  void operator()(const char* key, T& value, const Note& /*note*/ = {}) const {
    read(member(key), {.parent = &place_, .key = key}, value);
  }
  template <typename T>
  void any_sign(const char* key, T& value, const Note& /*note*/ = {}) const {
    read(member(key), {.parent = &place_, .key = key}, value, Sign::any);
  }
  template <typename T>
  void derived(const char* key, const T& /*value*/, const Note& /*note*/ = {}) const {
    T ignored{};
    (*this)(key, ignored);
  }
  void known(const char* key, std::string& text, const Note& /*note*/ = {}) const {
    text.clear();
    if (!member(key).is_null()) (*this)(key, text);
  }
  template <typename T>
  void later(const char* key, std::optional<T>& value, const Note& /*note*/ = {}) const {
    value.reset();
    if (object_.contains(key)) (*this)(key, value.emplace());
  }
  template <typename Part>
  void object(const char* key, Part part, const Note& /*note*/ = {}) const {
    const Place place{.parent = &place_, .key = key};
    ResultReader reader(member(key), place);
    part(reader);
  }
  void type(const char* /*name*/, const char* /*what*/ = "") const {}

 private:
  [[nodiscard]] const Json& member(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      const Place place{.parent = &place_, .key = key};
      place.wrong(std::string("is missing") + kRemedy);
    }
    return *found;
  }

  static void read(const Json& json, const Place& place, bool& truth) {
    if (!json.is_boolean()) wrong(place, "true or false", json);
    truth = json.get<bool>();
  }

  static void read(const Json& json, const Place& place, std::string& text) {
    if (!json.is_string()) wrong(place, "a string", json);
    text = json.get_ref<const std::string&>();
  }

  static void read(const Json& json, const Place& place, double& number,
                   Sign sign = Sign::not_negative) {
    if (!json.is_number()) wrong(place, "a number", json);
    number = json.get<double>();
    if (sign == Sign::not_negative && number < 0) wrong(place, "a number of at least 0", json);
  }

  template <std::integral Integer>
  static void read(const Json& json, const Place& place, Integer& number,
                   Sign sign = Sign::not_negative) {
    if (!json.is_number_integer()) wrong(place, "a whole number", json);
    const bool negative = !json.is_number_unsigned() && json.get<std::int64_t>() < 0;
    if (negative && sign == Sign::not_negative) wrong(place, "at least 0", json);
    const bool fits = negative ? std::in_range<Integer>(json.get<std::int64_t>())
                               : std::in_range<Integer>(json.get<std::uint64_t>());
    if (!fits) {
      place.wrong(
          fmt::format("is {}, beyond every figure that can be measured{}", json.dump(), kRemedy));
    }
    number = json.get<Integer>();
  }

  static void read(const Json& json, const Place& place, Nanoseconds& duration,
                   Sign sign = Sign::not_negative) {
    std::int64_t count = 0;
    read(json, place, count, sign);
    duration = Nanoseconds(count);
  }

  template <typename Enum>
  requires std::is_enum_v<Enum>
  static void read(const Json& json, const Place& place, Enum& value) {
    std::string names;
    for (const Enum one : kAll<Enum>) {
      if (json.is_string() && json.get_ref<const std::string&>() == to_string(one)) {
        value = one;
        return;
      }
      names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(one));
    }
    wrong(place, ("one of " + names).c_str(), json);
  }

  static void read(const Json& json, const Place& place, DecodedHistogram& histogram) {
    std::string text;
    read(json, place, text);
    try {
      histogram = decode_histogram(text);
    } catch (const HistogramFormatError& error) {
      place.wrong(fmt::format("is no histogram: {}{}", error.what(), kRemedy));
    }
  }

  template <typename T, typename... Rest>
  static void read(const Json& json, const Place& place, std::optional<T>& value, Rest... rest) {
    value.reset();
    if (!json.is_null()) read(json, place, value.emplace(), rest...);
  }

  template <typename T>
  static void read(const Json& json, const Place& place, std::vector<T>& list) {
    if (!json.is_array()) wrong(place, "a list", json);
    list.clear();
    list.reserve(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
      read(json[i], {.parent = &place, .key = {}, .index = i}, list.emplace_back());
    }
  }

  static void read(const Json& json, const Place& place, std::vector<LibraryVersion>& libraries) {
    if (!json.is_object()) wrong(place, "an object", json);
    libraries.clear();
    for (const auto& [key, value] : json.items()) {
      read(value, {.parent = &place, .key = key}, libraries.emplace_back().version);
      libraries.back().name = key;
    }
  }

  /// Keys of a later version may hold anything; what is no plain value is passed over.
  static void read(const Json& json, const Place& place, std::vector<StoredParameter>& parameters) {
    if (!json.is_object()) wrong(place, "an object", json);
    parameters.clear();
    for (const auto& [key, value] : json.items()) {
      StoredParameter parameter{.name = key, .value = {}};
      if (value.is_boolean()) parameter.value = value.get<bool>();
      if (value.is_string()) parameter.value = value.get<std::string>();
      if (value.is_number_float()) parameter.value = value.get<double>();
      if (value.is_number_integer()) {
        std::int64_t whole = 0;
        read(value, {.parent = &place, .key = key}, whole, Sign::any);
        parameter.value = whole;
      }
      if (!value.is_structured()) parameters.push_back(std::move(parameter));
    }
  }

  /// Calls `visit(percentile, key, value)` for each key such as `p99.9`.
  template <typename Visit>
  static void for_each_percentile(const Json& json, Visit visit) {
    for (const auto& [key, value] : json.items()) {
      if (key.size() < 2 || key[0] != 'p' || key[1] < '0' || key[1] > '9') continue;
      try {
        visit(parse_percentile(key), key, value);
      } catch (const std::invalid_argument&) {
        continue;  // a key of a later version
      }
    }
  }

  static void read(const Json& json, const Place& place, StoredLatency& latency) {
    const ResultReader in(json, place);
    in("count", latency.count);
    in("max", latency.max);
    in("overflow", latency.overflow);
    if (latency.count > 0 && !latency.max) wrong(place, "without null for max", json["max"]);
    for (const Percentile percentile : kReportedPercentiles) {
      (void)in.member(format_percentile(percentile).c_str());
    }
    for_each_percentile(json,
                        [&](Percentile percentile, const std::string& key, const Json& value) {
                          StoredPercentile& stored = latency.percentiles.emplace_back();
                          stored.percentile = percentile;
                          read(value, {.parent = &place, .key = key}, stored.value);
                          stored.never = in.is_never(key, value);
                        });
  }

  /// Whether a percentile without a value is one that took for ever.
  [[nodiscard]] bool is_never(const std::string& key, const Json& value) const {
    std::optional<std::vector<std::string>> never;
    later("never", never);
    return value.is_null() && never && std::find(never->begin(), never->end(), key) != never->end();
  }

  template <typename T>
  void unless_empty(std::uint64_t count, const char* key, T& value) const {
    if (count > 0) {
      (*this)(key, value);
    } else if (!member(key).is_null()) {
      wrong({.parent = &place_, .key = key}, "null where count is 0", member(key));
    }
  }

  static void read(const Json& json, const Place& place, LatencySummary& latency) {
    const ResultReader in(json, place);
    in("count", latency.count);
    in.unless_empty(latency.count, "min", latency.min);
    in.unless_empty(latency.count, "mean", latency.mean_ns);
    in.unless_empty(latency.count, "stddev", latency.stddev_ns);
    in.unless_empty(latency.count, "max", latency.max);
    in("overflow", latency.overflow);
    for (const Percentile percentile : kReportedPercentiles) {
      (void)in.member(format_percentile(percentile).c_str());
    }
    if (json.contains("missing")) in("missing", latency.missing);
    const Place within{.parent = &place, .key = "interval_95"};
    const ResultReader intervals(in.member("interval_95"), within);
    const Place counts{.parent = &place, .key = "effective_count"};
    for_each_percentile(json,
                        [&](Percentile percentile, const std::string& key, const Json& value) {
                          PercentileEstimate& estimate = latency.percentiles.emplace_back();
                          estimate.percentile = percentile;
                          if (json.contains("effective_count")) {
                            const ResultReader effective(json["effective_count"], counts);
                            effective.later(key.c_str(), estimate.effective_count);
                          }
                          const bool never = in.is_never(key, value);
                          estimate.supported = never || !value.is_null();
                          if (!estimate.supported) return;
                          estimate.value = kNever;
                          if (!never) in(key.c_str(), estimate.value);
                          estimate.known = !intervals.member(key.c_str()).is_null();
                          if (!estimate.known) return;
                          std::vector<std::optional<Nanoseconds>> ends;
                          intervals(key.c_str(), ends);
                          for (std::optional<Nanoseconds>& end : ends) end = end.value_or(kNever);
                          if (ends.size() != 2 || ends[0] > ends[1]) {
                            wrong({.parent = &within, .key = key}, "a low and a high end",
                                  intervals.member(key.c_str()));
                          }
                          estimate.interval = {.low = *ends[0], .high = *ends[1]};
                        });
  }

  template <typename T>
  requires requires(ResultReader& reader, T& value) { fields(reader, value); }
  static void read(const Json& json, const Place& place, T& value) {
    ResultReader reader(json, place);
    fields(reader, value);
    check(place, value);
  }

  /// What one value says of another.
  static void check(const Place& /*place*/, const auto& /*value*/) {}
  static void check(const Place& place, const StoredScenario& scenario) {
    const auto same = [&](const char* key, const DecodedHistogram& histogram, std::uint64_t count) {
      if (histogram.total() == count) return;
      place.wrong(fmt::format("has {} samples in histograms.{} and {} in latency_ns.{}{}",
                              histogram.total(), key, count, key, kRemedy));
    };
    if (!scenario.histograms) return;
    same("response", scenario.histograms->response, scenario.response.count);
    same("service", scenario.histograms->service, scenario.service.count);
  }

  const Json& object_;
  const Place& place_;
};

/// Parses, but neither deep nests nor objects of countless keys: the one would exhaust the stack,
/// the other take quadratic time.
Json parse(std::string_view text) {
  constexpr std::size_t kDeepest = 32;
  constexpr std::size_t kMostKeys = 1000;
  std::vector<std::size_t> keys;
  const auto limit = [&](int /*depth*/, Json::parse_event_t event, Json& /*value*/) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      keys.push_back(0);
      if (keys.size() > kDeepest) throw Mistake{"", "nests deeper than any result"};
    } else if (event == Event::object_end || event == Event::array_end) {
      keys.pop_back();
    } else if (event == Event::key && ++keys.back() > kMostKeys) {
      throw Mistake{"", "holds an object of more keys than any result"};
    }
    return true;
  };
  try {
    return Json::parse(text, limit);
  } catch (const Json::parse_error& error) {
    const std::size_t at = error.byte == 0 ? 0 : std::min(error.byte - 1, text.size());
    const std::string_view rest = text.substr(at);
    if (rest.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      throw Mistake{"", fmt::format("ends in the middle, after {} bytes; it was cut short: copy it "
                                    "again or measure again",
                                    text.size())};
    }
    throw Mistake{
        "", fmt::format("is no JSON from byte {} on, at {}{}", at, in_quotes(rest, 20), kRemedy)};
  } catch (const Json::out_of_range&) {
    throw Mistake{"", std::string("holds a number that no computer can hold") + kRemedy};
  }
}

void check_schema(const Json& json) {
  constexpr std::string_view kFamily = "busmark.result/";
  if (!json.is_object() || !json.contains("schema") || !json["schema"].is_string()) {
    throw Mistake{"",
                  "is no result: the key \"schema\" is missing; name the result.json or the "
                  "--json FILE of a busmark run"};
  }
  const auto& schema = json["schema"].get_ref<const std::string&>();
  if (schema == kResultSchema) return;
  if (schema.starts_with(kFamily)) {
    throw Mistake{"schema", fmt::format("is {}, and this busmark reads {}; use the version of "
                                        "busmark that wrote the file, or measure again",
                                        in_quotes(schema), kResultSchema)};
  }
  throw Mistake{"schema",
                fmt::format("must be \"{}\", not {}; name the result.json of a busmark run",
                            kResultSchema, in_quotes(schema))};
}

}  // namespace

StoredRun read_result_json(std::string_view text, const std::string& source) {
  try {
    const Json json = parse(text);
    check_schema(json);
    const Place root;
    ResultReader reader(json, root);
    // On the heap: g++ 12 takes its empty optionals for uninitialised where it sees them destroyed.
    const auto run = std::make_unique<StoredRun>();
    fields(reader, *run);
    return std::move(*run);
  } catch (const Mistake& mistake) {
    throw ConfigError({{source, mistake.path, mistake.what}});
  }
}

}  // namespace busmark
