// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>

#include "busmark/base/units.hpp"

#include "machine/affinity.hpp"

namespace busmark {

/// Runs each function on a thread pinned to its core and returns when both are done. Both pin
/// themselves before either starts, so a core that cannot be used or a thread that cannot be had
/// hangs nobody: then neither runs, and SetupError or std::system_error is thrown.
template <typename First, typename Second>
void on_two_cores(CpuId first_cpu, First first, CpuId second_cpu, Second second) {
  std::atomic<int> pinned{0};
  std::array<std::exception_ptr, 2> errors;
  const auto ready = [&](CpuId cpu, std::exception_ptr& error) {
    try {
      pin_this_thread(cpu);
    } catch (...) {
      error = std::current_exception();
    }
    pinned.fetch_add(1);
    while (pinned.load() < 2) sched_yield();
    return errors[0] == nullptr && errors[1] == nullptr;
  };
  {
    const std::jthread one([&] {
      if (ready(first_cpu, errors[0])) first();
    });
    std::jthread other;
    try {
      other = std::jthread([&] {
        if (ready(second_cpu, errors[1])) second();
      });
    } catch (const std::system_error&) {
      errors[1] = std::current_exception();
      pinned.fetch_add(1);  // the first one waits for it
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error != nullptr) std::rethrow_exception(error);
  }
}

}  // namespace busmark
