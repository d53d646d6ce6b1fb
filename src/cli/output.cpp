// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "busmark/core/error.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, int error) {
  throw SetupError(fmt::format("{} cannot be written: {}; choose another folder with --out or file "
                               "with --json",
                               path.string(), std::strerror(error)));
}

/// A file that is removed unless it was renamed into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target) {
    name_ = target.string() + ".XXXXXX";
    file_ = mkostemp(name_.data(), O_CLOEXEC);
    if (file_ < 0) refuse(target, errno);
  }
  ~TemporaryFile() {
    if (file_ >= 0) close(file_);
    if (!name_.empty()) unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) refuse(target_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void commit() {
    constexpr mode_t kReadableByAll = 0644;
    if (fchmod(file_, kReadableByAll) != 0 || fsync(file_) != 0) refuse(target_, errno);
    if (std::rename(name_.c_str(), target_.c_str()) != 0) refuse(target_, errno);
    name_.clear();
  }

 private:
  fs::path target_;
  std::string name_;
  int file_ = -1;
};

std::string utc(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

/// A run's name as part of a path: whatever is not a letter, digit, dot or dash becomes a dash.
std::string as_file_name(std::string_view name) {
  std::string text(name);
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_'; },
      '-');
  return text;
}

}  // namespace

void write_file(const fs::path& path, std::string_view bytes) {
  TemporaryFile file(path);
  file.write(bytes);
  file.commit();
}

RunFolder::RunFolder(const fs::path& out, std::string_view name) {
  std::error_code error;
  fs::create_directories(out, error);
  if (error) refuse(out, error.value());
  const fs::path wanted = out / (as_file_name(name) + "-" + utc("%Y%m%dT%H%M%SZ"));
  fs::path candidate = wanted;
  for (int number = 2; !fs::create_directory(candidate, error); ++number) {
    if (error) refuse(candidate, error.value());
    candidate = wanted.string() + "-" + std::to_string(number);
  }
  path_ = candidate;
  check_writable(path_ / "result.json");
}

RunFolder::~RunFolder() {
  std::error_code ignored;  // a folder that holds something is not empty and stays
  fs::remove(path_, ignored);
}

void check_writable(const fs::path& path) { TemporaryFile probe(path); }

std::string utc_now() { return utc("%Y-%m-%dT%H:%M:%SZ"); }

}  // namespace busmark
