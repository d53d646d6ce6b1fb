// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "busmark-output.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), {}));
  }

 private:
  fs::path path_;
};

std::string content(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_CASE("a file is replaced as a whole and leaves no temporary one") {
  const Folder folder;
  write_file(folder / "x", std::string(100'000, 'a'), "--json");
  write_file(folder / "x", "new", "--json");
  CHECK(content(folder / "x") == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("two outputs that are one file are refused with both flags, devices apart") {
  const Folder folder;
  CHECK_NOTHROW(require_apart({{"--json", folder / "x"}, {"--report", folder / "y"}}));
  CHECK_NOTHROW(require_apart({{"--json", ""}, {"--history", ""}}));
  CHECK_NOTHROW(require_apart({{"--json", "/dev/stdout"}, {"--report", "/dev/stdout"}}));
  write_file(folder / "x", "", "--json");
  fs::create_symlink(folder / "x", folder / "link");
  for (const char* other : {"x", "./x", "link"}) {
    CAPTURE(other);
    CHECK_THROWS_WITH_AS(require_apart({{"--json", folder / "x"}, {"--report", folder / other}}),
                         doctest::Contains("is what --json writes too; name another file"),
                         ConfigError);
  }
}

TEST_CASE("a file gets the rights that the user's umask leaves") {
  const Folder folder;
  const mode_t before = umask(027);
  write_file(folder / "x", "", "--json");
  CHECK(umask(before) == 027);
  struct stat info {};
  REQUIRE(stat((folder / "x").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0640);
}

TEST_CASE("a symbolic link stays one and its target is written") {
  const Folder folder;
  write_file(folder / "target", "old", "--json");
  fs::create_symlink("target", folder / "link");
  write_file(folder / "link", "new", "--json");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(content(folder / "target") == "new");
}

TEST_CASE("what cannot be written is refused with the flag to change, before and when writing") {
  const Folder folder;
  for (const fs::path& path : {folder / "none/x", folder / "."}) {
    CHECK_THROWS_WITH_AS(check_writable(path, "--json"), doctest::Contains("--json"), SetupError);
    CHECK_THROWS_WITH_AS(write_file(path, "x", "--json"), doctest::Contains("--json"), SetupError);
  }
  CHECK(folder.entries() == 0);
}

TEST_CASE("a check leaves nothing behind and an existing file as it is") {
  const Folder folder;
  check_writable(folder / "new", "--json");
  CHECK(folder.entries() == 0);
  write_file(folder / "old", "old", "--json");
  check_writable(folder / "old", "--json");
  CHECK(content(folder / "old") == "old");
}

TEST_CASE("a run's folder does not exist before there is something to put in") {
  const Folder folder;
  RunFolder run(folder / "a/b", "my run");
  CHECK(folder.entries() == 0);
  const fs::path path = run.create();
  CHECK(fs::is_directory(path));
  CHECK(path.filename().string().starts_with("my-run-"));
}

TEST_CASE("a run's folder that stayed empty is removed, one that holds a result stays") {
  const Folder folder;
  { RunFolder(folder / "out", "empty").create(); }
  CHECK(!fs::exists(folder / "out"));
  {
    RunFolder run(folder / "out", "full");
    write_file(run.create() / "result.json", "{}", "--out");
  }
  CHECK(std::distance(fs::directory_iterator(folder / "out"), {}) == 1);
}

TEST_CASE("two runs of one name in one second get a folder each") {
  const Folder folder;
  RunFolder first(folder / "out", "same");
  RunFolder second(folder / "out", "same");
  CHECK(first.create() != second.create());
}

TEST_CASE("a name cannot lead out of the folder of results") {
  const Folder folder;
  RunFolder run(folder / "out", "../../x");
  CHECK(run.create().parent_path() == folder / "out");
}

}  // namespace
}  // namespace busmark
