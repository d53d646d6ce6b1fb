// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "support/example_run.hpp"
#include "tell/forms.hpp"

namespace busmark {
namespace {

/// What the reader says; empty where it accepts the text, which every form must then survive.
std::string refusal_by_all(const std::string& text) {
  try {
    const StoredRun run = read_result_json(text, "r.json");
    for (const Form& form : all_forms()) (void)form.write(run);
  } catch (const ConfigError& error) {
    return error.what();
  } catch (const SetupError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("whatever happens to its bytes, a file is read or refused in one sentence") {
  const RunResult result = testing::example_run();
  const std::string text = write_result_json(store(judge(result)));
  std::mt19937_64 random(5);
  const std::vector<std::string> pieces{
      "null", "-1", "1e308", "\"\"", "{}",     "[]", "true", "9223372036854775807",
      "0.5",  "}",  "]",     ",",    "\\u0000"};
  int refused = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::string changed = text;
    for (int change = 0; change < 1 + trial % 3; ++change) {
      const std::size_t at = random() % changed.size();
      const std::string& piece = pieces[random() % pieces.size()];
      switch (random() % 3) {
        case 0: changed[at] = static_cast<char>(random() % 256); break;
        case 1: changed.replace(at, random() % 20, piece); break;
        default: changed.erase(at, random() % 200); break;
      }
    }
    const std::string said = refusal_by_all(changed);
    refused += said.empty() ? 0 : 1;
    CHECK(said.find('\n') == std::string::npos);
  }
  CHECK(refused > 1000);
}

}  // namespace
}  // namespace busmark
