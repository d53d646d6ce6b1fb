// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/run.hpp"

namespace busmark {

/// Every text of the run as a terminal may be shown it: a result file may come from anywhere, and
/// `?` stands for each control character, as in plain_text().
void make_plain(StoredRun& run);

}  // namespace busmark
