// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "busmark/core/decoded_histogram.hpp"

/// Access to tests/golden/hdr: data that other HdrHistogram implementations made.
namespace golden {

using Json = nlohmann::json;

/// A whole file; throws when it is missing.
std::string text(const std::string& name);
std::vector<std::string> split(std::string_view line, char separator);
const Json& datasets();
/// `maker` is java, js or c.
std::string base64(const std::string& maker, const std::string& name);
/// The values of a data set, made anew by its recipe; throws when their hash is not the golden one.
std::vector<std::uint64_t> values(const std::string& name);
/// The data set recorded by our own histogram.
busmark::DecodedHistogram recorded(const Json& set);

}  // namespace golden
