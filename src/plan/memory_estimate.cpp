// SPDX-License-Identifier: Apache-2.0
#include "plan/memory_estimate.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "busmark/bus/message.hpp"
#include "busmark/bus/subject_list.hpp"
#include "busmark/histogram/histogram.hpp"

#include "engine/load_curve.hpp"
#include "engine/repetition.hpp"
#include "record/message_flow.hpp"
#include "record/subjects.hpp"

namespace busmark {
namespace {

/// Parts of the estimate in bytes, as doubles: absurd configs overflow integers.
struct Parts {
  double audit = 0;
  double queues = 0;
  double subjects = 0;
  double histograms = 0;

  [[nodiscard]] double sum() const noexcept { return audit + queues + subjects + histograms; }
};

/// A bit for each sequence number: every consumer audits every producer, a requester only itself.
double audit_of_all(const Scenario& scenario, const MessageFlow& flow) {
  double bytes = 0;
  for (const std::uint64_t limit : sequence_limits(scenario)) {
    bytes += static_cast<double>(limit) / 8 * (flow.consumers + (flow.answers() ? 1 : 0));
  }
  return bytes;
}

/// Each section of a repetition keeps the buckets that it used: of its messages at most one each.
double most_in_sections(const Scenario& scenario) {
  const double sections = section_count(scenario.duration);
  const auto buckets = static_cast<double>(Histogram::shape().length());
  const double messages = intended_rate(scenario) * in_seconds(scenario.duration) *
                          MessageFlow(scenario).copies() / sections;
  const double used = scenario.load.open_loop() ? std::min(messages, buckets) : buckets;
  return used * sections * sizeof(DecodedHistogram::Bucket);
}

Parts estimate(const Scenario& scenario) {
  constexpr double kBytesPerSubject = 400;  // a route with its match, measured on libstdc++
  constexpr double kHistogramsPerReceiver = 5;
  const MessageFlow flow(scenario);
  Parts parts;
  if (AuditWindows::used_by(scenario)) {
    parts.audit = AuditWindow::bytes(AuditWindows::numbers(scenario)) *
                  static_cast<double>(AuditWindows::count(scenario));
  } else {
    parts.audit = audit_of_all(scenario, flow);
  }
  const std::string_view transport = scenario.transport;
  const bool bus = transport.starts_with("bus/");
  // These have a queue, or its equal in memory, for each producer.
  const bool per_producer = transport == "bus/spsc" || transport.ends_with("/moodycamel");
  const auto capacity = static_cast<double>(scenario.capacity);
  parts.queues = capacity * sizeof(Message) * (bus ? flow.receivers() : 1) *
                 (per_producer ? scenario.producers : 1);
  if (largest_payload(scenario).bytes > Message::kInlinePayload) {
    const bool shared = scenario.pattern == Pattern::fan_out && scenario.on_full == OnFull::block;
    const double inboxes = !bus || shared ? 1 : flow.consumers + (flow.answers() ? 1 : 0);
    parts.queues += capacity * inboxes * scenario.producers *
                    static_cast<double>(largest_payload(scenario).bytes);
  }
  const auto subjects = static_cast<double>(SubjectList(subject_templates(scenario)).count());
  double patterns = 0;
  for (const std::string& text : scenario.subscriptions) {
    patterns += static_cast<double>(SubjectTemplate(text).count());
  }
  if (subjects > 1) parts.subjects = subjects * kBytesPerSubject * scenario.producers;
  parts.subjects += patterns * kBytesPerSubject * scenario.consumers;
  parts.histograms = static_cast<double>(Histogram::shape().length() * sizeof(std::uint64_t)) *
                     kHistogramsPerReceiver * flow.receivers();
  const auto rows = static_cast<double>(paced_stages(scenario).size() + scenario.mix.size());
  parts.histograms += static_cast<double>(Histogram::shape().length() * sizeof(std::uint64_t)) *
                      rows * flow.final_receivers().size();
  if (!scenario.soak) parts.histograms += most_in_sections(scenario);
  return parts;
}

/// The largest part and what makes it smaller.
std::pair<double, const char*> worst(const Parts& parts) {
  std::pair<double, const char*> worst{parts.audit,
                                       "the audit of every sequence number; reduce load, warmup or "
                                       "duration"};
  const auto consider = [&](double bytes, const char* what) {
    if (bytes > worst.first) worst = {bytes, what};
  };
  consider(parts.queues, "queues and payloads; reduce capacity, payload or producers");
  consider(parts.subjects, "subjects; reduce subjects or subscriptions");
  consider(parts.histograms, "histograms; reduce consumers, stages or mix");
  return worst;
}

std::string gibibytes(double bytes) { return fmt::format("{:.3g} GiB", bytes / (1ULL << 30)); }

}  // namespace

ByteCount estimate_memory(const Scenario& scenario) {
  constexpr double kMost = 9e18;
  return ByteCount{static_cast<std::uint64_t>(std::min(estimate(scenario).sum(), kMost))};
}

std::optional<ByteCount> available_memory(const std::filesystem::path& root) {
  std::ifstream meminfo(root / "proc/meminfo");
  constexpr std::string_view kKey = "MemAvailable:";
  for (std::string line; std::getline(meminfo, line);) {
    if (!line.starts_with(kKey)) continue;
    const std::size_t digit = line.find_first_of("0123456789");
    std::uint64_t kibibytes = 0;
    if (digit == std::string::npos ||
        std::from_chars(line.data() + digit, line.data() + line.size(), kibibytes).ec !=
            std::errc()) {
      return std::nullopt;
    }
    return ByteCount{kibibytes * 1024};
  }
  return std::nullopt;
}

std::optional<std::string> check_memory(const Scenario& scenario,
                                        std::optional<ByteCount> available) {
  if (!available) return std::nullopt;
  const Parts parts = estimate(scenario);
  const auto limit = static_cast<double>(available->bytes);
  if (parts.sum() <= limit) return std::nullopt;
  const auto [bytes, what] = worst(parts);
  return fmt::format("needs about {} of memory and {} are available; {} are {}",
                     gibibytes(parts.sum()), gibibytes(limit), gibibytes(bytes), what);
}

}  // namespace busmark
