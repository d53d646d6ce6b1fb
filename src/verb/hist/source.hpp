// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <istream>
#include <memory>
#include <streambuf>
#include <string>
#include <string_view>

namespace busmark {

/// The text of a file that may have been packed with gzip or written in UTF-16, as .NET writes its
/// logs; anything else passes as it is.
class TextSource : public std::streambuf {
 public:
  explicit TextSource(std::istream& raw);
  ~TextSource() override;

  /// How the text begins; up to 64 KiB of it.
  [[nodiscard]] std::string_view head();
  /// Why reading ended before the end; empty where it did not.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 protected:
  int_type underflow() override;

 private:
  class Inflater;

  [[nodiscard]] std::string_view take_raw();
  void inflate_some();
  void narrow_some();

  std::istream& raw_;
  std::string input_;  ///< Read from `raw_`; what of it is not used yet follows `used_`.
  std::size_t used_ = 0;
  std::string text_;
  std::unique_ptr<Inflater> inflater_;  ///< Of gzip alone.
  int utf16_ = 0;                       ///< Place of the low byte of a character, plus 1; 0: none.
  std::string trouble_;
};

/// What a file is from which no histogram can be read, by how it begins: a sentence with what to
/// do; empty where nothing is known of it.
[[nodiscard]] std::string other_file(std::string_view head);

}  // namespace busmark
