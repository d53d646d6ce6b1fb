// SPDX-License-Identifier: Apache-2.0
#include "record/store/plain.hpp"

#include "base/escape.hpp"
#include "record/fields/run.hpp"

namespace busmark {
namespace {

/// Goes through the fields as the reader and the writer of a result do, so that no text is missed.
class PlainMaker {
 public:
  void operator()(const char* /*key*/, auto& value, const Note& /*note*/ = {}) { make(value); }
  void known(const char* /*key*/, std::string& text, const Note& /*note*/ = {}) { make(text); }
  void later(const char* /*key*/, auto& value, const Note& /*note*/ = {}) { make(value); }
  void object(const char* /*key*/, auto part, const Note& /*note*/ = {}) { part(*this); }
  void any_sign(const char* /*key*/, const auto& /*number*/, const Note& /*note*/ = {}) {}
  void flag(const char* /*key*/, bool /*truth*/, const Note& /*note*/ = {}) {}
  void derived(const char* /*key*/, const auto& /*number*/, const Note& /*note*/ = {}) {}
  void type(const char* /*name*/, const char* /*what*/ = "") {}

 private:
  void make(std::string& text) { text = plain_text(text); }
  void make(LibraryVersion& library) {
    make(library.name);
    make(library.version);
  }
  void make(StoredParameter& parameter) {
    make(parameter.name);
    if (auto* text = std::get_if<std::string>(&parameter.value)) make(*text);
  }
  template <typename T>
  void make(std::optional<T>& value) {
    if (value) make(*value);
  }
  template <typename T>
  void make(std::vector<T>& list) {
    for (T& one : list) make(one);
  }
  template <typename T>
  void make(T& value) {
    if constexpr (requires { fields(*this, value); }) fields(*this, value);
  }
};

}  // namespace

void make_plain(StoredRun& run) {
  PlainMaker maker;
  fields(maker, run);
}

}  // namespace busmark
