// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#if defined(BUSMARK_MODEL_ATOMICS)
#include BUSMARK_MODEL_ATOMICS
#else
namespace busmark {
/// The atomics of the lock-free parts. tests/proof puts a model of the C++ memory in their place.
template <typename T>
using Atomic = std::atomic<T>;
}  // namespace busmark
#endif
