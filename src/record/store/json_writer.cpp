// SPDX-License-Identifier: Apache-2.0
#include "record/store/json_writer.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "busmark/histogram/codec.hpp"

#include "record/fields/run.hpp"

namespace busmark {
namespace {

// Keys keep the order in which they are written: people read this file too.
using Json = nlohmann::ordered_json;

class ResultWriter {
 public:
  template <typename T>
  void operator()(const char* key, const T& value) {
    json_[key] = write(value);
  }
  template <typename T>
  void any_sign(const char* key, const T& value) {
    json_[key] = write(value);
  }
  template <typename T>
  void derived(const char* key, const T& value) {
    json_[key] = write(value);
  }
  void known(const char* key, const std::string& text) {
    json_[key] = text.empty() ? Json(nullptr) : Json(text);
  }
  template <typename T>
  void later(const char* key, const std::optional<T>& value) {
    if (value) json_[key] = write(*value);
  }
  template <typename Part>
  void object(const char* key, Part part) {
    ResultWriter writer;
    part(writer);
    json_[key] = std::move(writer.json_);
  }

  Json take() { return std::move(json_); }

 private:
  static Json write(bool truth) { return truth; }
  static Json write(const std::string& text) { return text; }
  static Json write(Nanoseconds duration) { return duration.count(); }
  static Json write(Verdict verdict) { return to_string(verdict); }
  static Json write(Distance distance) { return to_string(distance); }
  static Json write(SlowCause cause) { return to_string(cause); }
  static Json write(const DecodedHistogram& histogram) { return encode_histogram(histogram); }
  static Json write(const StoredParameter::Value& value) {
    if (std::holds_alternative<std::monostate>(value)) return nullptr;
    if (const auto* truth = std::get_if<bool>(&value)) return *truth;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
    if (const auto* number = std::get_if<double>(&value)) return write(*number);
    return std::get<std::string>(value);
  }

  /// A number, or null where JSON has none for it.
  template <typename Number>
  requires std::is_arithmetic_v<Number>
  static Json write(Number value) {
    if constexpr (std::is_floating_point_v<Number>) {
      if (!std::isfinite(value)) return nullptr;
    }
    return value;
  }

  template <typename T>
  static Json write(const std::optional<T>& value) {
    return value ? write(*value) : Json(nullptr);
  }

  template <typename T>
  static Json write(const std::vector<T>& list) {
    Json json = Json::array();
    for (const T& element : list) json.push_back(write(element));
    return json;
  }

  static Json write(const std::vector<LibraryVersion>& libraries) {
    Json json = Json::object();
    for (const LibraryVersion& library : libraries) json[library.name] = library.version;
    return json;
  }

  static Json write(const std::vector<StoredParameter>& parameters) {
    Json json = Json::object();
    for (const StoredParameter& parameter : parameters) {
      json[parameter.name] = write(parameter.value);
    }
    return json;
  }

  static Json write(const StoredLatency& latency) {
    Json json{{"count", latency.count}};
    Json never = Json::array();
    for (const StoredPercentile& stored : latency.percentiles) {
      const std::string key = format_percentile(stored.percentile);
      json[key] = write(stored.value);
      if (stored.never) never.push_back(key);
    }
    json["max"] = write(latency.max);
    json["overflow"] = latency.overflow;
    if (!never.empty()) json["never"] = std::move(never);
    return json;
  }

  static Json write(const LatencySummary& latency) {
    const bool empty = latency.count == 0;
    const auto unless_empty = [empty](Json value) { return empty ? Json(nullptr) : value; };
    Json json;
    Json intervals = Json::object();
    Json effective = Json::object();
    Json never = Json::array();
    json["count"] = latency.count;
    json["missing"] = latency.missing;
    json["min"] = unless_empty(write(latency.min));
    json["mean"] = unless_empty(write(latency.mean_ns));
    json["stddev"] = unless_empty(write(latency.stddev_ns));
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
    json["max"] = unless_empty(write(latency.max));
    json["overflow"] = latency.overflow;
    json["interval_95"] = std::move(intervals);
    json["effective_count"] = std::move(effective);
    json["never"] = std::move(never);
    return json;
  }

  /// JSON has no word for ever.
  static Json write_end(Nanoseconds end) { return end == kNever ? Json(nullptr) : write(end); }

  template <typename T>
  requires requires(ResultWriter& writer, const T& value) { fields(writer, value); }
  static Json write(const T& value) {
    ResultWriter writer;
    fields(writer, value);
    return writer.take();
  }

  Json json_;
};

}  // namespace

std::string write_result_json(const StoredRun& run) {
  ResultWriter writer;
  writer("schema", std::string(kResultSchema));
  fields(writer, run);
  // Names come from the user's file: bytes that are not UTF-8 must not make the result unreadable.
  return writer.take().dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace busmark
