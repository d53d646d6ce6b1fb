// SPDX-License-Identifier: Apache-2.0
#include "record/store/json_writer.hpp"

#include <nlohmann/json.hpp>

#include "record/fields/run.hpp"
#include "record/store/field_writer.hpp"

namespace busmark {

using Json = FieldWriter::Json;

// Found by the writer through the argument's namespace.

static Json json_of(const StoredParameter::Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return nullptr;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  if (const auto* number = std::get_if<double>(&value)) return FieldWriter::write(*number);
  return std::get<std::string>(value);
}

static Json json_of(const std::vector<StoredParameter>& parameters) {
  Json json = Json::object();
  for (const StoredParameter& parameter : parameters) {
    json[parameter.name] = json_of(parameter.value);
  }
  return json;
}

static Json json_of(const StoredLatency& latency) {
  Json json{{"count", latency.count}};
  Json never = Json::array();
  for (const StoredPercentile& stored : latency.percentiles) {
    const std::string key = format_percentile(stored.percentile);
    json[key] = FieldWriter::write(stored.value);
    if (stored.never) never.push_back(key);
  }
  json["max"] = FieldWriter::write(latency.max);
  json["overflow"] = latency.overflow;
  if (!never.empty()) json["never"] = std::move(never);
  return json;
}

/// JSON has no word for ever.
static Json write_end(Nanoseconds end) {
  return end == kNever ? Json(nullptr) : FieldWriter::write(end);
}

static Json json_of(const LatencySummary& latency) {
  const bool empty = latency.count == 0;
  const auto unless_empty = [empty](Json value) { return empty ? Json(nullptr) : value; };
  Json json;
  Json intervals = Json::object();
  Json effective = Json::object();
  Json never = Json::array();
  json["count"] = latency.count;
  json["missing"] = latency.missing;
  json["min"] = unless_empty(FieldWriter::write(latency.min));
  json["mean"] = unless_empty(FieldWriter::write(latency.mean_ns));
  json["stddev"] = unless_empty(FieldWriter::write(latency.stddev_ns));
  for (const PercentileEstimate& estimate : latency.percentiles) {
    const std::string key = format_percentile(estimate.percentile);
    json[key] = estimate.supported ? write_end(estimate.value) : Json(nullptr);
    if (estimate.effective_count) effective[key] = *estimate.effective_count;
    if (!estimate.supported) continue;
    if (estimate.never()) never.push_back(key);
    intervals[key] = nullptr;
    if (estimate.known) {
      intervals[key] = {write_end(estimate.interval.low), write_end(estimate.interval.high)};
    }
  }
  json["max"] = unless_empty(FieldWriter::write(latency.max));
  json["overflow"] = latency.overflow;
  json["interval_95"] = std::move(intervals);
  json["effective_count"] = std::move(effective);
  json["never"] = std::move(never);
  return json;
}

std::string write_result_json(const StoredRun& run) {
  return FieldWriter::document(kResultSchema, run);
}

}  // namespace busmark
