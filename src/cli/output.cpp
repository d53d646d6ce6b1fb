// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/escape.hpp"
#include "base/file_descriptor.hpp"
#include "base/quote.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOut = "--out";

[[noreturn]] void refuse(const fs::path& path, std::string_view flag, int error) {
  throw SetupError(fmt::format("{} cannot be written: {}; name another place with {}",
                               in_quotes(path.string(), 200), std::strerror(error), flag));
}

/// Owns an open file.
class File {
 public:
  File(int file, const fs::path& shown, std::string_view flag)
      : file_(file), shown_(shown), flag_(flag) {
    if (!file_.is_open()) refuse(shown_, flag_, errno);
  }

  void write(std::string_view bytes) const {
    if (const int error = write_all(file_.get(), bytes); error != 0) refuse(shown_, flag_, error);
  }

  void flush_to_disk() const {
    const mode_t mask = umask(0);
    umask(mask);
    const bool done = fchmod(file_.get(), 0666 & ~mask) == 0 && fsync(file_.get()) == 0;
    if (!done) refuse(shown_, flag_, errno);
  }

 private:
  FileDescriptor file_;
  const fs::path& shown_;
  std::string_view flag_;
};

/// A new file beside `target`; removed unless it was renamed into place.
class TemporaryFile {
 public:
  /// `shown` is what messages name.
  TemporaryFile(fs::path target, fs::path shown, std::string_view flag)
      : target_(std::move(target)),
        shown_(std::move(shown)),
        flag_(flag),
        name_(target_.string() + ".XXXXXX"),
        file_(mkostemp(name_.data(), O_CLOEXEC), shown_, flag_) {}
  ~TemporaryFile() {
    if (!name_.empty()) unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view bytes) const { file_.write(bytes); }

  void commit() {
    file_.flush_to_disk();
    if (std::rename(name_.c_str(), target_.c_str()) != 0) refuse(shown_, flag_, errno);
    name_.clear();
  }

 private:
  fs::path target_;
  fs::path shown_;
  std::string_view flag_;
  std::string name_;
  File file_;
};

/// Fails as a later write would; some bytes, because a full disk still takes an empty file.
void probe(const fs::path& target, const fs::path& shown, std::string_view flag) {
  constexpr std::array<char, 4096> kBytes{};
  TemporaryFile(target, shown, flag).write({kBytes.data(), kBytes.size()});
}

/// A rename would put an ordinary file in the place of a device or a pipe.
bool is_special(const fs::path& path, std::string_view flag) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) refuse(path, flag, EISDIR);
  return fs::exists(status) && !fs::is_regular_file(status);
}

fs::path without_links(const fs::path& path) {
  std::error_code error;
  const fs::path resolved = fs::canonical(path, error);
  return error ? path : resolved;
}

/// `path` or the nearest folder above it that exists.
fs::path existing_part(fs::path path) {
  std::error_code ignored;
  while (!path.empty() && !fs::exists(path, ignored)) path = path.parent_path();
  return path.empty() ? fs::path(".") : path;
}

std::string utc_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

}  // namespace

void write_file(const fs::path& path, std::string_view bytes, std::string_view flag) {
  if (is_special(path, flag)) {
    File(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY), path, flag).write(bytes);
    return;
  }
  TemporaryFile temporary(without_links(path), path, flag);
  temporary.write(bytes);
  temporary.commit();
}

void check_writable(const fs::path& path, std::string_view flag) {
  if (is_special(path, flag)) {
    // Opened only to write: a reader of a pipe would take opening and closing for the end.
    if (access(path.c_str(), W_OK) != 0) refuse(path, flag, errno);
    return;
  }
  probe(without_links(path), path, flag);
}

void require_apart(const std::vector<NamedFile>& files) {
  std::map<fs::path, std::string_view> taken;
  for (const NamedFile& file : files) {
    std::error_code ignored;
    const fs::path path = fs::weakly_canonical(fs::absolute(file.path, ignored), ignored);
    const fs::path named = fs::absolute(file.path, ignored).lexically_normal();
    const fs::file_status status = fs::status(file.path, ignored);
    // /dev/stdout may lead to a file, which is written to all the same where it stands.
    const bool special = named.parent_path() == "/dev" || named.parent_path() == "/dev/fd" ||
                         (fs::exists(status) && !fs::is_regular_file(status));
    if (file.path.empty() || special) continue;
    const auto [first, is_new] = taken.try_emplace(path, file.flag);
    if (is_new) continue;
    throw ConfigError({{std::string(file.flag), "",
                        fmt::format("{} is what {} writes too; name another file",
                                    in_quotes(file.path.string(), 200), first->second)}});
  }
}

RunFolder::RunFolder(fs::path out, std::string_view name)
    : out_(std::move(out)), name_(file_part(name) + "-" + utc_stamp()) {
  std::replace(name_.begin(), name_.end(), '~', '-');  // which a shell would take for a home
  const fs::path existing = existing_part(out_);
  if (!fs::is_directory(existing)) refuse(existing, kOut, ENOTDIR);
  probe(existing / name_, out_, kOut);
}

RunFolder::RunFolder(fs::path made) : made_(std::move(made)), adopted_(true) {
  probe(made_ / "result.json", made_, kOut);
}

RunFolder::~RunFolder() {
  if (adopted_) return;
  std::error_code ignored;  // a folder that holds something cannot be removed, as it should be
  if (!made_.empty()) fs::remove(made_, ignored);
  if (made_out_) fs::remove(out_, ignored);
}

const fs::path& RunFolder::create() {
  if (!made_.empty()) return made_;
  std::error_code error;
  made_out_ = fs::create_directories(out_, error);
  if (error) refuse(out_, kOut, error.value());
  fs::path candidate = out_ / name_;
  for (int number = 2; !fs::create_directory(candidate, error); ++number) {
    if (error) refuse(candidate, kOut, error.value());
    candidate = out_ / fmt::format("{}-{}", name_, number);
  }
  made_ = candidate;
  return made_;
}

}  // namespace busmark
