// SPDX-License-Identifier: Apache-2.0
#include "base/build_info.hpp"

#include <gnu/libc-version.h>

#include <fmt/core.h>
#include <zlib.h>

#include "base/build_config.hpp"
#include "base/build_revision.hpp"

// Defined by mimalloc where the program is linked with it, else null: tells the truth about this
// process and not about what the build meant to do.
extern "C" [[gnu::weak]] int mi_version(void);

namespace busmark {
namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang++ {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

std::string allocator() {
  if (mi_version != nullptr) {
    const int version = mi_version();  // 209 is 2.0.9
    return fmt::format("mimalloc {}.{}.{}", version / 100, version / 10 % 10, version % 10);
  }
  return fmt::format("glibc {}", gnu_get_libc_version());
}

}  // namespace

BuildInfo build_info() {
  BuildInfo info;
  info.version = BUSMARK_VERSION;
  const std::string revision = BUSMARK_REVISION;
  if (!revision.empty() && revision != info.version) info.version += " (" + revision + ")";
  info.compiler = compiler();
  info.flags = BUSMARK_FLAGS;
  info.allocator = allocator();
  info.libraries = {
      {"glibc", gnu_get_libc_version()},
      {"fmt",
       fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"zlib", zlibVersion()},
  };
#if defined(__OPTIMIZE__)
  info.optimised = true;
#endif
  info.sanitized = std::string(BUSMARK_SANITIZE) != "none";
  return info;
}

}  // namespace busmark
