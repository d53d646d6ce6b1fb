// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "verb/hist/table.hpp"

namespace busmark {

/// Hands each histogram of `file` (`-`: standard input) to `visit`, in the order of the file: a
/// histogram log, or text of one base64 histogram per line, packed with gzip or in UTF-16 where it
/// says so. Which of the two, its first characters tell. Throws SetupError when the file cannot be
/// read or holds no histogram, ConfigError with the line when one is malformed, the file is of
/// another kind, or `visit` throws std::overflow_error.
void read_histograms(const std::string& file, const std::function<void(HistogramEntry)>& visit);

}  // namespace busmark
