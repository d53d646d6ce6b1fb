// SPDX-License-Identifier: Apache-2.0
#include "record/load.hpp"

#include <algorithm>

namespace busmark {

double LoadStage::messages() const noexcept {
  if (period.count() == 0) return (from + to) / 2 * in_seconds(length);
  const std::int64_t whole = length / period;
  const Nanoseconds rest = length % period;
  const auto cycles = static_cast<double>(whole);
  if (burst > 0) return (cycles + (rest.count() > 0 ? 1 : 0)) * static_cast<double>(burst);
  return from * (cycles * in_seconds(on) + in_seconds(std::min(rest, on)));
}

double LoadStage::rate() const noexcept {
  return length.count() > 0 ? messages() / in_seconds(length) : 0;
}

}  // namespace busmark
