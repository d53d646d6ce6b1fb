// SPDX-License-Identifier: Apache-2.0
#include "transport/plugin/library.hpp"

#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"

namespace busmark {
namespace {

constexpr const char* kTableSymbol = "busmark_plugin_table";
/// Of ABI 1.0: what every table of this major version has.
constexpr std::size_t kLeastTable = offsetof(busmark_plugin, extension) + sizeof(void*);
/// What may be read of any table, whatever its version.
constexpr std::size_t kTableHead = offsetof(busmark_plugin, name);
constexpr std::uint32_t kKnownPatterns = BUSMARK_PATTERN_ONE_WAY | BUSMARK_PATTERN_FAN_IN |
                                         BUSMARK_PATTERN_QUEUE_GROUP | BUSMARK_PATTERN_FAN_OUT;
constexpr std::uint32_t kKnownFlags =
    BUSMARK_CARRIES_BYTES | BUSMARK_LOSSY | BUSMARK_ALLOCATES | BUSMARK_OWN_THREADS;

SetupError refuse_plugin(const std::string& file, const std::string& why) {
  return SetupError(fmt::format("plugin {}: {}", in_quotes(file, 200), why));
}

/// What dlopen would say of such files helps nobody.
void require_library(const std::string& file) {
  struct stat status {};
  const bool there = stat(file.c_str(), &status) == 0;
  if (!there && errno == ENOENT) {
    throw refuse_plugin(file, "no such file; name a shared library, such as ./my_queue.so");
  }
  if (there && !S_ISREG(status.st_mode)) {
    throw refuse_plugin(file, "is no file; name a shared library, such as ./my_queue.so");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw refuse_plugin(file, fmt::format("cannot be read: {}", std::strerror(errno)));
  std::array<char, 4> magic{};
  stream.read(magic.data(), magic.size());
  if (std::string_view(magic.data(), magic.size()) !=
      "\x7f"
      "ELF") {
    throw refuse_plugin(file, "is no shared library; build one with `c++ -shared -fPIC`");
  }
}

/// A text of the table that is not there, or is none that one line can show.
void require_text(const char* text, const char* field, const std::string& file) {
  if (text == nullptr) {
    throw refuse_plugin(file, fmt::format("its table has no {}; write a text there", field));
  }
  constexpr std::size_t kLongest = 200;
  const std::size_t length = strnlen(text, kLongest + 1);
  const bool control = std::any_of(text, text + length, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (length > kLongest || control) {
    throw refuse_plugin(file, fmt::format("its {} is {}; write one line of at most {} letters",
                                          field, in_quotes({text, length}), kLongest));
  }
}

void require_name(const char* name, const std::string& file) {
  constexpr std::size_t kLongest = 60;
  const std::string_view text = name;
  const bool known = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-+=").find(c) != std::string_view::npos;
  });
  if (!known || text.empty() || text.size() > kLongest) {
    throw refuse_plugin(file, fmt::format("its name is {}; write 1 to {} letters, digits or any of "
                                          ". _ - + =",
                                          in_quotes(text), kLongest));
  }
}

void require_functions(const busmark_plugin& table, const std::string& file) {
  const std::pair<const char*, bool> functions[] = {
      {"open", table.open != nullptr},         {"close", table.close != nullptr},
      {"producer", table.producer != nullptr}, {"end_producer", table.end_producer != nullptr},
      {"consumer", table.consumer != nullptr}, {"end_consumer", table.end_consumer != nullptr},
      {"push", table.push != nullptr},         {"pop", table.pop != nullptr},
  };
  for (const auto& [name, there] : functions) {
    if (there) continue;
    throw refuse_plugin(file,
                        fmt::format("its function {} is null; only wait, dropped, capacity and "
                                    "extension may be",
                                    name));
  }
}

}  // namespace

busmark_plugin check_plugin_table(const busmark_plugin* found, const std::string& file) {
  if (found == nullptr) {
    throw refuse_plugin(
        file,
        fmt::format("{}() returned null; return the address of a table that stays", kTableSymbol));
  }
  // Of another version more than its head means nothing here.
  busmark_plugin table{};
  std::memcpy(&table, found, kTableHead);
  if (table.abi_major != BUSMARK_PLUGIN_ABI_MAJOR) {
    throw refuse_plugin(file,
                        fmt::format("it speaks ABI {}.{} and this busmark {}.{}; build it against "
                                    "the plugin.h of this busmark",
                                    table.abi_major, table.abi_minor, BUSMARK_PLUGIN_ABI_MAJOR,
                                    BUSMARK_PLUGIN_ABI_MINOR));
  }
  if (table.size < kLeastTable) {
    throw refuse_plugin(file,
                        fmt::format("its table has {} bytes and that of ABI 1.0 has {}; write "
                                    "sizeof(busmark_plugin) into its size",
                                    table.size, kLeastTable));
  }
  std::memcpy(&table, found, std::min<std::size_t>(table.size, sizeof table));
  require_text(table.name, "name", file);
  require_name(table.name, file);
  require_text(table.version, "version", file);
  require_text(table.summary, "summary", file);
  require_functions(table, file);
  if (table.max_payload != 0 && table.min_payload > table.max_payload) {
    throw refuse_plugin(file,
                        fmt::format("its min_payload is {} and its max_payload {}; the first may "
                                    "not be the larger",
                                    table.min_payload, table.max_payload));
  }
  if (table.patterns == 0 || (table.patterns & ~kKnownPatterns) != 0) {
    throw refuse_plugin(file, fmt::format("its patterns are {:#x}; set at least one of the bits "
                                          "BUSMARK_PATTERN_... and no other",
                                          table.patterns));
  }
  if ((table.flags & ~kKnownFlags) != 0) {
    throw refuse_plugin(file,
                        fmt::format("its flags are {:#x}, of which this busmark knows {:#x}; a "
                                    "later one may know the rest",
                                    table.flags, kKnownFlags));
  }
  return table;
}

busmark_plugin read_plugin_table(const std::string& file) {
  require_library(file);
  // Never unloaded: its threads, thread-local data and texts may be in use until the process ends.
  // Without a slash it would be searched for elsewhere.
  const std::string path = file.find('/') == std::string::npos ? "./" + file : file;
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw refuse_plugin(
        file, fmt::format("cannot be loaded: {}; build it for this machine, and with what "
                          "it needs linked",
                          in_quotes(dlerror(), 300)));
  }
  void* const symbol = dlsym(library, kTableSymbol);
  if (symbol == nullptr) {
    throw refuse_plugin(file,
                        fmt::format("has no function {}; write BUSMARK_PLUGIN (busmark/plugin.hpp) "
                                    "or that function (busmark/plugin.h) into one of its sources",
                                    kTableSymbol));
  }
  return check_plugin_table(reinterpret_cast<const busmark_plugin* (*)()>(symbol)(), file);
}

}  // namespace busmark
