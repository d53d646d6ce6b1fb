// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "record/fields/run.hpp"
#include "record/store/field_reader.hpp"
#include "record/store/json_writer.hpp"

namespace busmark {

using Json = FieldReader::Json;

// Found by FieldReader through the argument's namespace.

/// Keys of a later version may hold anything; what is no plain value is passed over.
static void read_json(const Json& json, const ResultPlace& place,
                      std::vector<StoredParameter>& parameters) {
  if (!json.is_object()) FieldReader::wrong(place, "an object", json);
  parameters.clear();
  for (const auto& [key, value] : json.items()) {
    StoredParameter parameter{.name = key, .value = {}};
    if (value.is_boolean()) parameter.value = value.get<bool>();
    if (value.is_string()) parameter.value = value.get<std::string>();
    if (value.is_number_float()) parameter.value = value.get<double>();
    if (value.is_number_integer()) {
      std::int64_t whole = 0;
      FieldReader::read(value, {.parent = &place, .key = key}, whole, FieldReader::Sign::any);
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

/// Whether a percentile without a value is one that took for ever.
static bool is_never(const FieldReader& in, const std::string& key, const Json& value) {
  std::optional<std::vector<std::string>> never;
  in.later("never", never);
  return value.is_null() && never && std::find(never->begin(), never->end(), key) != never->end();
}

static void read_json(const Json& json, const ResultPlace& place, StoredLatency& latency) {
  const FieldReader in(json, place);
  in("count", latency.count);
  in("max", latency.max);
  in("overflow", latency.overflow);
  if (latency.count > 0 && !latency.max)
    FieldReader::wrong(place, "without null for max", json["max"]);
  for (const Percentile percentile : kReportedPercentiles) {
    (void)in.member(format_percentile(percentile).c_str());
  }
  for_each_percentile(json, [&](Percentile percentile, const std::string& key, const Json& value) {
    StoredPercentile& stored = latency.percentiles.emplace_back();
    stored.percentile = percentile;
    FieldReader::read(value, {.parent = &place, .key = key}, stored.value);
    stored.never = is_never(in, key, value);
  });
}

static void read_json(const Json& json, const ResultPlace& place, LatencySummary& latency) {
  const FieldReader in(json, place);
  in("count", latency.count);
  const auto unless_empty = [&](const char* key, auto& value) {
    if (latency.count > 0) {
      in(key, value);
    } else if (!in.member(key).is_null()) {
      FieldReader::wrong({.parent = &place, .key = key}, "null where count is 0", in.member(key));
    }
  };
  unless_empty("min", latency.min);
  unless_empty("mean", latency.mean_ns);
  unless_empty("stddev", latency.stddev_ns);
  unless_empty("max", latency.max);
  in("overflow", latency.overflow);
  for (const Percentile percentile : kReportedPercentiles) {
    (void)in.member(format_percentile(percentile).c_str());
  }
  if (json.contains("missing")) in("missing", latency.missing);
  const ResultPlace within{.parent = &place, .key = "interval_95"};
  const FieldReader intervals(in.member("interval_95"), within);
  const ResultPlace counts{.parent = &place, .key = "effective_count"};
  for_each_percentile(json, [&](Percentile percentile, const std::string& key, const Json& value) {
    PercentileEstimate& estimate = latency.percentiles.emplace_back();
    estimate.percentile = percentile;
    if (json.contains("effective_count")) {
      const FieldReader effective(json["effective_count"], counts);
      effective.later(key.c_str(), estimate.effective_count);
    }
    const bool never = is_never(in, key, value);
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
      FieldReader::wrong({.parent = &within, .key = key}, "a low and a high end",
                         intervals.member(key.c_str()));
    }
    estimate.interval = {.low = *ends[0], .high = *ends[1]};
  });
}

static void check_json(const ResultPlace& place, const StoredScenario& scenario) {
  const auto same = [&](const char* key, const DecodedHistogram& histogram, std::uint64_t count) {
    if (histogram.total() == count) return;
    place.wrong(fmt::format("has {} samples in histograms.{} and {} in latency_ns.{}",
                            histogram.total(), key, count, key));
  };
  if (!scenario.histograms) return;
  same("response", scenario.histograms->response, scenario.response.count);
  same("service", scenario.histograms->service, scenario.service.count);
}

namespace {

constexpr const char* kRemedy = "; take the file as busmark wrote it, or measure again";

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

void read_run(const Json& json, StoredRun& run) {
  try {
    FieldReader::read(json, ResultPlace{}, run);
  } catch (const Mistake& mistake) {
    throw Mistake{mistake.path, mistake.what + kRemedy};
  }
}

}  // namespace

StoredRun read_result_json(std::string_view text, const std::string& source) {
  try {
    const Json json = parse(text);
    check_schema(json);
    // On the heap: g++ 12 takes its empty optionals for uninitialised where it sees them destroyed.
    const auto run = std::make_unique<StoredRun>();
    read_run(json, *run);
    return std::move(*run);
  } catch (const Mistake& mistake) {
    throw ConfigError({{source, mistake.path, mistake.what}});
  }
}

}  // namespace busmark
