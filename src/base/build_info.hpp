// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace busmark {

/// One library in use and its version.
struct LibraryVersion {
  std::string name;
  std::string version;
};

/// How this program was made and what it runs on top of; part of every result.
struct BuildInfo {
  std::string version;   ///< `0.1.0`, with the commit where it was built from a checkout.
  std::string compiler;  ///< `g++ 12.2.0`.
  std::string flags;     ///< Build type, optimisation and everything else that changes numbers.
  std::string
      allocator;  ///< Who serves malloc in this very process: `mimalloc 2.0.9`, `glibc 2.36`.
  std::vector<LibraryVersion> libraries;
  bool optimised = false;  ///< False: the figures mean nothing, and the report says so.
  bool sanitized = false;
};

[[nodiscard]] BuildInfo build_info();

}  // namespace busmark
