// SPDX-License-Identifier: Apache-2.0
#include "engine/books/class_picker.hpp"

#include <algorithm>
#include <cmath>

namespace busmark {

ClassPicker::ClassPicker(std::span<const MessageClass> classes, std::uint64_t seed,
                         bool by_due) noexcept
    : size_(std::min(classes.size(), kMostClasses)),
      // Apart from the seeds of Poisson arrivals, which are drawn by the same function.
      seed_(hash(seed ^ 0x6d69780a6d69780aULL)),
      due_mask_(by_due ? ~std::uint64_t{0} : 0) {
  double sum = 0;
  for (const MessageClass& one : classes) sum += one.weight;
  double below = 0;
  for (std::size_t i = 0; i + 1 < size_; ++i) {
    below += classes[i].weight;
    ends_[i] = static_cast<std::uint64_t>(std::ldexp(std::min(below / sum, 1 - 0x1.0p-53), 64));
  }
}

}  // namespace busmark
