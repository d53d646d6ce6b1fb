// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/nats.hpp"

namespace busmark {

/// Finds the threads that appear while a library is called: its own. They inherit the cores of the
/// calling thread, so calls are made on the cores given here. One thread at a time, and nobody else
/// of the process may start threads meanwhile.
class LibraryThreads {
 public:
  /// `cpus` empty: the cores of the calling thread.
  explicit LibraryThreads(std::vector<CpuId> cpus) : cpus_(std::move(cpus)) {}

  /// Makes the call, and gives new threads of the process `name`, in `top -H` too.
  template <typename Call>
  void watch(const std::string& name, Call call) {
    const Watch watch(*this, name);
    call();
  }

  /// Those that are there still.
  [[nodiscard]] std::vector<NatsLibraryThread> report() const;

 private:
  class Watch {
   public:
    Watch(LibraryThreads& threads, std::string name);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    LibraryThreads& threads_;
    std::string name_;
    std::vector<pid_t> before_;
    std::vector<CpuId> cpus_before_;
  };

  std::vector<CpuId> cpus_;
  std::map<pid_t, NatsLibraryThread> found_;
};

}  // namespace busmark
