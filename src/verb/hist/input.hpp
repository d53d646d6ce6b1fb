// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "verb/hist/table.hpp"

namespace busmark {

/// Hands each histogram of `file` (`-`: standard input) to `visit`, in the order of the file: a
/// histogram log, or text of one base64 V2 histogram per line. Which of the two, its first
/// character tells. Throws SetupError when the file cannot be read or holds no histogram,
/// ConfigError with the line when one is malformed or `visit` throws std::overflow_error.
void read_histograms(const std::string& file, const std::function<void(HistogramEntry)>& visit);

}  // namespace busmark
