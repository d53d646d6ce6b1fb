// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "config/file.hpp"

namespace busmark {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;
constexpr const char* kTooLarge = "is larger than 1 MiB, so it is no config file";

[[noreturn]] void refuse(const std::string& file, std::string message) {
  throw ConfigError({{file, "", std::move(message)}});
}

}  // namespace

std::string shown_path(std::string_view path) {
  const std::string safe = in_quotes(path, 200);
  return safe.substr(1, safe.size() - 2);
}

void check_size(std::string_view text, const std::string& shown) {
  if (text.size() > kLargestFile) refuse(shown, kTooLarge);
}

std::string config_shown(const std::filesystem::path& file) {
  return file == kStandardInput ? "<stdin>" : file.string();
}

std::string read_config_file(const std::filesystem::path& file) {
  const std::string shown = shown_path(file.string());
  const bool is_input = file == kStandardInput;
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!is_input && status.type() == std::filesystem::file_type::not_found) {
    refuse(shown, "no such file; name a config such as bench_configs/quick.toml");
  }
  if (std::filesystem::is_directory(status)) {
    refuse(shown, "is a directory; name one file in it, such as quick.toml");
  }
  if (std::filesystem::is_socket(status)) {
    refuse(shown, "is a socket, not a file; write the config to a file first");
  }
  errno = 0;
  std::ifstream opened;
  if (!is_input) opened.open(file, std::ios::binary);
  std::istream& stream = is_input ? std::cin : opened;
  if (!stream) refuse(shown, fmt::format("cannot be read: {}", std::strerror(errno)));
  // One byte more than allowed: a device has no size to ask for.
  std::string text(kLargestFile + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) refuse(shown, "cannot be read to its end");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kLargestFile) refuse(shown, kTooLarge);
  return text;
}

}  // namespace busmark
