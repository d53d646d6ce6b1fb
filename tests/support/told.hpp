// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "judge/store.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "tell/forms.hpp"
#include "tell/text.hpp"

namespace busmark::testing {

/// What `busmark run` prints of a run, and checks that `report --to text` prints the same of its
/// file.
inline std::string told(const RunResult& result) {
  const StoredRun stored = store(judge(result));
  const std::string text = write_text_report(stored, false);
  const StoredRun read = read_result_json(write_result_json(stored), "result.json");
  CHECK(find_form("text")->write(read).front().text == text);
  return text;
}

}  // namespace busmark::testing
