// SPDX-License-Identifier: Apache-2.0
#include "verb/plugin/trial.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <utility>

#include <fmt/core.h>

#include "busmark/base/wait.hpp"

namespace busmark {
namespace {

constexpr std::size_t kPayloadsKept = 4096;
/// A bus outside the process may take a while; a queue hands out at once.
constexpr auto kPatience = std::chrono::milliseconds(500);
/// Written behind the end of what a call may write.
constexpr unsigned char kCanary = 0xa5;

/// What all but the payload's bytes are to be.
busmark_message header_of(std::uint32_t producer, std::uint64_t number, std::uint32_t payload) {
  busmark_message message{};
  message.sequence = number;
  message.producer = static_cast<std::uint16_t>(producer);
  message.due = static_cast<std::int64_t>(number * 3 + 1);
  message.sent = static_cast<std::int64_t>(number * 5 + 2);
  message.size = payload;
  message.checksum = static_cast<std::uint32_t>(number * 2654435761U);
  message.subject = static_cast<std::uint32_t>(number % 11);
  // A handle, as of the host's pools: any value is to arrive as it is.
  message.payload = reinterpret_cast<const void*>(static_cast<std::uintptr_t>(number * 64 + 64));
  return message;
}

unsigned char byte_of(const busmark_message& message, std::uint32_t index) noexcept {
  return static_cast<unsigned char>(message.sequence * 31 + message.producer * 7 + index);
}

bool is_canary(const busmark_message& message) {
  busmark_message canary;
  std::memset(&canary, kCanary, sizeof canary);
  return std::memcmp(&message, &canary, sizeof canary) == 0;
}

}  // namespace

TransportOptions trial_options(const busmark_plugin& table, std::uint32_t capacity,
                               std::uint32_t batch) {
  constexpr std::uint32_t kUsual = 16;
  TransportOptions options{.capacity = capacity, .payload = std::max(table.min_payload, kUsual)};
  if (table.max_payload != 0) options.payload = std::min(options.payload, table.max_payload);
  options.batch = batch;
  for (const auto& [bit, pattern] : {std::pair{BUSMARK_PATTERN_ONE_WAY, Pattern::one_way},
                                     std::pair{BUSMARK_PATTERN_FAN_IN, Pattern::fan_in},
                                     std::pair{BUSMARK_PATTERN_QUEUE_GROUP, Pattern::queue_group},
                                     std::pair{BUSMARK_PATTERN_FAN_OUT, Pattern::fan_out}}) {
    if ((table.patterns & bit) == 0) continue;
    options.pattern = pattern;
    break;
  }
  return options;
}

TrialMessages::TrialMessages(const busmark_plugin& table, std::uint32_t payload)
    : carries_bytes_((table.flags & BUSMARK_CARRIES_BYTES) != 0),
      payload_(payload),
      bytes_(carries_bytes_ ? kPayloadsKept * std::max(payload, 1U) : 0) {}

busmark_message TrialMessages::make(std::uint32_t producer, std::uint64_t number) {
  busmark_message message = header_of(producer, number, payload_);
  unsigned char* bytes = message.bytes;
  std::uint32_t count = sizeof message.bytes;
  if (carries_bytes_) {
    bytes = bytes_.data() + next_ * payload_;
    count = payload_;
    next_ = (next_ + 1) % kPayloadsKept;
    message.payload = bytes;
  }
  for (std::uint32_t i = 0; i < count; ++i) bytes[i] = byte_of(message, i);
  return message;
}

bool TrialMessages::intact(const busmark_message& message) const {
  const busmark_message sent = header_of(message.producer, message.sequence, payload_);
  const std::size_t header =
      carries_bytes_ ? BUSMARK_HEADER_BYTES : offsetof(busmark_message, bytes);
  if (std::memcmp(&message, &sent, header) != 0) return false;
  const auto* const bytes =
      carries_bytes_ ? static_cast<const unsigned char*>(message.payload) : message.bytes;
  const std::uint32_t count = carries_bytes_ ? payload_ : sizeof message.bytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (bytes == nullptr || bytes[i] != byte_of(sent, i)) return false;
  }
  return true;
}

void judge_numbers(std::span<const std::uint64_t> came, std::uint64_t sent,
                   const busmark_plugin& table, const GuardSteps& steps) {
  std::vector<std::uint8_t> seen(sent, 0);
  std::uint64_t lost = 0;
  std::uint64_t twice = 0;
  std::uint64_t foreign = 0;
  std::string backwards;
  std::uint64_t before = 0;
  for (const std::uint64_t number : came) {
    if (number >= sent) {
      ++foreign;
      continue;
    }
    if (seen[number] != 0) {
      ++twice;
      continue;
    }
    seen[number] = 1;
    if (number < before && backwards.empty()) {
      backwards = fmt::format("number {} came behind number {}", number, before);
    }
    before = std::max(before, number);
  }
  const auto first_lost = std::find(seen.begin(), seen.end(), 0);
  lost = static_cast<std::uint64_t>(std::count(seen.begin(), seen.end(), 0));
  if (foreign > 0) {
    steps.say(fmt::format("{} of {} messages that came were never sent", foreign, came.size()));
  }
  if (twice > 0) {
    steps.say(fmt::format("{} of {} messages came more than once", twice, came.size()));
  }
  if (lost > 0 && (table.flags & BUSMARK_LOSSY) == 0) {
    steps.say(fmt::format("{} of {} messages that were taken never came, the first is number {}",
                          lost, sent, first_lost - seen.begin()));
  }
  if (!backwards.empty()) {
    steps.say("the order of one producer's messages is not kept: " + backwards);
  }
}

Trial::Trial(const busmark_plugin& table, const GuardSteps& steps, std::uint32_t capacity,
             std::uint32_t batch)
    : table_(table),
      steps_(steps),
      batch_(batch),
      bus_(table, trial_options(table, capacity, batch)),
      messages_(table, trial_options(table, capacity, batch).payload),
      holds_(table.capacity == nullptr
                 ? capacity
                 : std::min<std::uint64_t>(capacity, table.capacity(bus_.get()))) {
  endpoints_again();
}

void Trial::endpoints_again() {
  steps_.begin("end_producer");
  producer_ = {};
  steps_.begin("end_consumer");
  consumer_ = {};
  steps_.begin("producer");
  producer_ = PluginProducer(bus_, 0);
  steps_.begin("consumer");
  consumer_ = PluginConsumer(bus_, 0);
}

std::size_t Trial::push(std::size_t count) {
  buffer_.clear();
  for (std::size_t i = 0; i < count; ++i) buffer_.push_back(messages_.make(0, sent_ + i));
  const std::vector<busmark_message> before = buffer_;
  steps_.begin("push");
  const std::size_t taken = producer_.push(buffer_.data(), count);
  if (taken > count) {
    say_once("took", fmt::format("push returned {} where {} were offered", taken, count));
    sent_ += count;
    return count;
  }
  const std::size_t refused = (count - taken) * sizeof(busmark_message);
  if (std::memcmp(buffer_.data() + taken, before.data() + taken, refused) != 0) {
    say_once("refused", "push changed a message that it refused");
  }
  sent_ += taken;
  most_inside_ = std::max(most_inside_, inside());
  return taken;
}

std::size_t Trial::pop(std::size_t count) {
  constexpr std::size_t kBehind = 4;
  buffer_.resize(count + kBehind);
  std::memset(static_cast<void*>(buffer_.data()), kCanary, buffer_.size() * sizeof(buffer_[0]));
  steps_.begin("pop");
  std::size_t got = consumer_.pop(buffer_.data(), count);
  if (got > count) {
    say_once("got", fmt::format("pop returned {} where {} were asked for", got, count));
    got = count;
  }
  for (std::size_t i = got; i < buffer_.size(); ++i) {
    if (is_canary(buffer_[i])) continue;
    say_once("wrote", fmt::format("pop was asked for {}, returned {} and wrote to place {}", count,
                                  got, i + 1));
  }
  for (std::size_t i = 0; i < got; ++i) {
    if (!messages_.intact(buffer_[i])) {
      say_once("bytes", fmt::format("message {} came with other bytes than it was sent with",
                                    buffer_[i].sequence));
    }
    came_.push_back(buffer_[i].sequence);
  }
  return got;
}

std::size_t Trial::pop_until(std::size_t count) {
  std::size_t all = 0;
  auto last = std::chrono::steady_clock::now();
  while (all < count) {
    const std::size_t got = pop(std::min<std::size_t>(count - all, batch_));
    all += got;
    const auto now = std::chrono::steady_clock::now();
    if (got > 0) last = now;
    if (now - last > kPatience) break;
    if (got == 0) relax();
  }
  return all;
}

void Trial::say_once(const char* kind, const std::string& sentence) {
  if (said_.insert(kind).second) steps_.say(sentence);
}

void Trial::judge() {
  judge_numbers(came_, sent_, table_, steps_);
  steps_.begin("end of the endpoints");
  producer_ = {};
  consumer_ = {};
  steps_.begin("close");
}

}  // namespace busmark
