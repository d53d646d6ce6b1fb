// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "machine/topology.hpp"

namespace busmark::testing {

/// A root folder with the /sys and /proc files of another machine, gone again on destruction.
class RecordedTree {
 public:
  /// An empty root.
  RecordedTree() {
    std::string name = (std::filesystem::temp_directory_path() / "busmark-tree-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    root_ = name;
  }
  /// Unpacks tests/golden/topology/<machine>.txt, or another folder's as in `doctor/laptop`.
  explicit RecordedTree(std::string_view machine) : RecordedTree() {
    const std::string name(machine);
    std::map<std::string, std::string> files;
    unpack_file(name.find('/') == std::string::npos ? "topology/" + name : name, files);
    for (const auto& [path, content] : files) put(path, content);
  }
  ~RecordedTree() { std::filesystem::remove_all(root_); }
  RecordedTree(const RecordedTree&) = delete;
  RecordedTree& operator=(const RecordedTree&) = delete;

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  /// Writes a whole file, its folders too.
  void write(const std::string& path, const std::string& content) const {
    put(path, content + "\n");
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }

 private:
  /// `include topology/x` stands for the lines of that file.
  static void unpack_file(const std::string& name, std::map<std::string, std::string>& files) {
    std::ifstream file(std::filesystem::path(BUSMARK_TEST_DATA) / (name + ".txt"));
    if (!file) throw std::runtime_error("no recorded machine " + name);
    constexpr std::string_view kInclude = "include ";
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line.starts_with('#')) continue;
      if (line.starts_with(kInclude)) {
        unpack_file(line.substr(kInclude.size()), files);
      } else {
        unpack(line, files);
      }
    }
  }

  /// `path: line`; the same path again appends a line; `{0-3,8}` in a path stands for each number.
  static void unpack(const std::string& line, std::map<std::string, std::string>& files) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) throw std::runtime_error("not path: content: " + line);
    const auto start = std::min(line.size(), colon + 2);
    for (const std::string& path : expand(line.substr(0, colon))) {
      files[path] += line.substr(start) + "\n";
    }
  }

  static std::vector<std::string> expand(const std::string& path) {
    const auto open = path.find('{');
    const auto close = path.find('}');
    if (open == std::string::npos || close == std::string::npos) return {path};
    std::vector<std::string> paths;
    for (const CpuId number : parse_cpu_list(path.substr(open + 1, close - open - 1))) {
      const std::string head = path.substr(0, open) + std::to_string(index(number));
      for (const std::string& each : expand(head + path.substr(close + 1))) paths.push_back(each);
    }
    return paths;
  }

  void put(const std::string& path, const std::string& text) const {
    const std::filesystem::path place = root_ / path;
    std::ofstream file(place);
    if (!file) {  // as the first one of its folder
      std::filesystem::create_directories(place.parent_path());
      file.open(place);
    }
    if (!(file << text)) throw std::runtime_error("cannot write " + path);
  }

  std::filesystem::path root_;
};

}  // namespace busmark::testing
