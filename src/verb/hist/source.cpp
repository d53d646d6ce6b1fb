// SPDX-License-Identifier: Apache-2.0
#include "verb/hist/source.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include <zlib.h>

#include "histogram/log_line.hpp"

namespace busmark {
namespace {

constexpr std::size_t kPiece = 64 << 10;

struct Magic {
  std::string_view begin;
  const char* sentence;
};

using namespace std::string_view_literals;

constexpr std::array kMagics{
    Magic{"\x28\xb5\x2f\xfd"sv, "this is zstd; write: zstd -dc FILE | busmark hist"},
    Magic{"\xfd\x37zXZ"sv, "this is xz; write: xz -dc FILE | busmark hist"},
    Magic{"BZh"sv, "this is bzip2; write: bzip2 -dc FILE | busmark hist"},
    Magic{"\x04\x22\x4d\x18"sv, "this is lz4; write: lz4 -dc FILE | busmark hist"},
    Magic{"PK\x03\x04"sv, "this is a zip archive; write: unzip -p FILE | busmark hist"},
    Magic{"\x1c\x84\x93"sv, "this is a histogram in bytes; write: base64 -w0 FILE | busmark hist"},
    Magic{"\x0c\x72\x12"sv, "this is a DoubleHistogram; a histogram of integers is wanted"},
    Magic{"\xac\xed\x00\x05"sv,
          "this is a Java object; a histogram log of HistogramLogWriter is wanted"},
};

bool holds(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

}  // namespace

/// zlib on a sequence of gzip members.
class TextSource::Inflater {
 public:
  Inflater() {
    constexpr int kGzip = 16;
    if (inflateInit2(&stream_, MAX_WBITS + kGzip) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Appends what comes of `input` to `text`, as far as a piece goes. Returns how much of `input`
  /// it has used, or -1 where that is damaged.
  long add(std::string_view input, std::string& text) {
    if (std::exchange(ended_, false)) inflateReset(&stream_);
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    // zlib reads only, but takes a pointer to mutable bytes.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(text.data() + before);
    stream_.avail_out = static_cast<uInt>(kPiece);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    text.resize(text.size() - stream_.avail_out);
    ended_ = status == Z_STREAM_END;
    const bool fine = ended_ || status == Z_OK || status == Z_BUF_ERROR;
    return fine ? static_cast<long>(input.size() - stream_.avail_in) : -1;
  }
  /// Whether the input so far ends where a member ends.
  [[nodiscard]] bool at_end() const noexcept { return ended_; }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

TextSource::TextSource(std::istream& raw) : raw_(raw) {
  const std::string_view begin = take_raw();
  if (begin.starts_with("\x1f\x8b")) inflater_ = std::make_unique<Inflater>();
  if (begin.starts_with("\xff\xfe")) utf16_ = 1;
  if (begin.starts_with("\xfe\xff")) utf16_ = 2;
  if (utf16_ != 0) used_ = 2;
}

TextSource::~TextSource() = default;

std::string_view TextSource::head() {
  if (gptr() == egptr()) underflow();
  return {gptr(), static_cast<std::size_t>(egptr() - gptr())};
}

/// What is read and not used; more is read where that is nothing. Empty: at the end.
std::string_view TextSource::take_raw() {
  if (used_ == input_.size()) {
    input_.resize(kPiece);
    raw_.read(input_.data(), kPiece);
    input_.resize(static_cast<std::size_t>(raw_.gcount()));
    used_ = 0;
  }
  return std::string_view(input_).substr(used_);
}

void TextSource::inflate_some() {
  while (text_.empty()) {
    const std::string_view input = take_raw();
    if (input.empty()) {
      if (!inflater_->at_end()) trouble_ = "the gzip data is cut short";
      return;
    }
    const long used = inflater_->add(input, text_);
    if (used < 0) {
      trouble_ = "the gzip data is damaged";
      return;
    }
    used_ += static_cast<std::size_t>(used);
  }
}

void TextSource::narrow_some() {
  const std::string_view input = take_raw();
  const auto low = static_cast<std::size_t>(utf16_ - 1);
  for (std::size_t i = 0; i + 1 < input.size(); i += 2) {
    const char letter = input[i + low];
    const char rest = input[i + 1 - low];
    if (letter == '\xff' && rest == '\xfe') continue;  // a mark before a mark
    // Nothing that a log needs lies beyond ASCII.
    text_ += rest == '\0' ? letter : '?';
  }
  used_ += input.size();  // Pieces are of an even number of bytes; a last odd one is no character.
}

TextSource::int_type TextSource::underflow() {
  if (!trouble_.empty()) return traits_type::eof();
  text_.clear();
  if (inflater_) {
    inflate_some();
  } else if (utf16_ != 0) {
    narrow_some();
  } else {
    text_ = take_raw();
    used_ += text_.size();
  }
  setg(text_.data(), text_.data(), text_.data() + text_.size());
  return text_.empty() ? traits_type::eof() : traits_type::to_int_type(text_.front());
}

std::string other_file(std::string_view head) {
  for (const Magic& magic : kMagics) {
    if (head.starts_with(magic.begin)) return magic.sentence;
  }
  const std::string_view text = bare_line(head);
  if (text.starts_with('{') || text.starts_with('[')) {
    return "this is JSON; a .hlog is wanted, as beside each result.json, or base64 (HISTF...)";
  }
  if (text.starts_with('<')) return "this is XML or HTML; a .hlog or base64 (HISTF...) is wanted";
  for (std::string_view rest = head; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    // The columns of HdrHistogram's distribution, in wrk2's output and as vegeta writes it too.
    if (!line.starts_with('#') && holds(line, "Percentile") && holds(line, "TotalCount")) {
      return "this is a percentile distribution (.hgrm), from which no histogram can be had back; "
             "name the .hlog or the base64 (HISTF...) that it was made from";
    }
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return {};
}

}  // namespace busmark
