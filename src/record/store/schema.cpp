// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "record/fields/run.hpp"
#include "record/store/field_schema.hpp"
#include "record/store/json_writer.hpp"

namespace busmark {

using Schema = FieldSchema::Json;
using NamedSchema = std::pair<std::string, Schema>;

// Found by FieldSchema through the argument's namespace.

static NamedSchema schema_of(const DecodedHistogram& /*histogram*/) {
  return {"", {{"type", "string"}, {"pattern", "^HIST"}}};
}

static NamedSchema schema_of(const std::vector<LibraryVersion>& /*libraries*/) {
  return {"", {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}};
}

static NamedSchema schema_of(const std::vector<StoredParameter>& /*parameters*/) {
  // Those that every scenario has; others belong to one transport, load or pattern.
  Schema required{"pattern",       "producers",  "consumers",   "subscriptions", "queue_group",
                  "payload_bytes", "load_model", "load",        "arrivals",      "wait",
                  "on_full",       "capacity",   "batch",       "subjects",      "checksum",
                  "oversubscribe", "warmup_ns",  "duration_ns", "drain_ns"};
  return {"", {{"type", "object"}, {"required", std::move(required)}}};
}

/// Of a figure that samples may not be able to carry.
static Schema withheld(const char* type) { return {{"type", {type, "null"}}, {"minimum", 0}}; }

/// A part of a summary whose keys are percentiles.
static Schema per_percentile(Schema value, const char* what) {
  return {{"description", what}, {"type", "object"}, {"additionalProperties", std::move(value)}};
}

static Schema latency_schema(const char* never) {
  const Schema count{{"type", "integer"}, {"minimum", 0}};
  Schema schema{{"type", "object"}, {"required", {"count", "max", "overflow"}}};
  for (const Percentile percentile : kReportedPercentiles) {
    schema["required"].push_back(format_percentile(percentile));
  }
  schema["properties"] = {
      {"count", count},
      {"max", withheld("integer")},
      {"overflow", count},
      {"never", {{"description", never}, {"type", "array"}, {"items", {{"type", "string"}}}}}};
  schema["patternProperties"] = {{"^p[0-9]", withheld("integer")}};
  schema["if"] = {{"properties", {{"count", {{"const", 0}}}}}};
  schema["else"] = {{"properties", {{"max", {{"type", "integer"}}}}}};
  return schema;
}

static NamedSchema schema_of(const StoredLatency& /*latency*/) {
  return {"short_latency",
          latency_schema("The percentiles that are null because fewer messages than that ever "
                         "arrived; absent where there are none.")};
}

static NamedSchema schema_of(const LatencySummary& /*latency*/) {
  Schema schema{{"description", "Figures of the merged histogram of the repetitions used."}};
  schema.update(
      latency_schema("The percentiles that are null because fewer messages than that ever arrived: "
                     "they took for ever."));
  for (const char* key : {"min", "mean", "stddev", "interval_95"}) {
    schema["required"].push_back(key);
  }
  const Schema none{{"type", "null"}};
  const Schema number{{"type", "number"}};
  schema["then"] = {
      {"properties", {{"min", none}, {"mean", none}, {"stddev", none}, {"max", none}}}};
  schema["else"]["properties"].update(
      {{"min", {{"type", "integer"}}}, {"mean", number}, {"stddev", number}});
  Schema& keys = schema["properties"];
  keys["min"] = withheld("integer");
  keys["mean"] = withheld("number");
  keys["stddev"] = withheld("number");
  keys["missing"] = {
      {"description",
       "Deliveries that were due and never arrived: refused, dropped, lost, unsent. Percentiles, "
       "their intervals and effective counts are of all that was due; min, mean, stddev, max and "
       "the histograms are of what arrived."},
      {"type", "integer"},
      {"minimum", 0}};
  keys["interval_95"] = per_percentile(
      {{"type", {"array", "null"}},
       {"items", withheld("integer")},
       {"minItems", 2},
       {"maxItems", 2}},
      "Per percentile that is shown: low and high end of its 95 % interval, null for an end that "
      "never comes; null where the interval is not known, as neither repetitions nor their "
      "sections suffice.");
  keys["effective_count"] = per_percentile(
      {{"type", "integer"}, {"minimum", 0}},
      "Per percentile: how many independent samples would tell as much as those that were due, "
      "which depend on their neighbours. A percentile that they cannot carry is null.");
  return {"latency", std::move(schema)};
}

std::string result_schema() {
  return FieldSchema::document(
      kResultSchema,
      "One run of busmark. Durations are integer nanoseconds, rates messages per second; null "
      "means unknown, withheld (too few samples), never or not applicable. Fields may be added "
      "within schema number 1, never removed or changed.",
      *std::make_unique<StoredRun>());
}

}  // namespace busmark
