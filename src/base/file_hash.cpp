// SPDX-License-Identifier: Apache-2.0
#include "base/file_hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"

namespace busmark {

std::string sha256_of_file(const std::string& file) {
  const auto refuse = [&](const char* why) {
    return SetupError(fmt::format("{} cannot be read: {}", in_quotes(file, 200), why));
  };
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw refuse(std::strerror(errno));
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  bool good = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::array<char, 1 << 16> part{};
  while (good && stream) {
    stream.read(part.data(), part.size());
    good = EVP_DigestUpdate(context.get(), part.data(),
                            static_cast<std::size_t>(stream.gcount())) == 1;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  good = good && EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1;
  if (!good || stream.bad()) throw refuse("not to its end");
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace busmark
