// SPDX-License-Identifier: Apache-2.0
#include "engine/books/warmup_samples.hpp"

#include <algorithm>

namespace busmark {

void WarmupSamples::note(std::int64_t nanoseconds) noexcept {
  response.record(static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0)));
}

}  // namespace busmark
