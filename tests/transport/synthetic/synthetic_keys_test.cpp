// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

const std::string kSynthetic = "[[scenario]]\nname = \"a\"\ntransport = \"synthetic\"\n";

SyntheticOptions read_synthetic(const std::string& table, const ConfigOverrides& overrides = {}) {
  return parse_config(kSynthetic + table, "a.toml", overrides).scenarios.front().synthetic;
}

std::string synthetic_fault(const std::string& line) {
  try {
    static_cast<void>(read_synthetic("[transport.synthetic]\n" + line));
    return "accepted";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST_CASE("every scenario knows the server of [transport.synthetic], and --set wins") {
  const std::string table =
      "[transport.synthetic]\nservice = \"20us\"\nshape = \"exponential\"\nsigma = 1\n"
      "latency_factor = 1.1\nleak_per_hour = \"100MB\"\n";
  const SyntheticOptions options = read_synthetic(table);
  CHECK(options.service == 20us);
  CHECK(options.shape == ServiceShape::exponential);
  CHECK(options.sigma == 1.0);
  CHECK(options.latency_factor == 1.1);
  CHECK(options.leak_per_hour == ByteCount{100'000'000});

  ConfigOverrides overrides;
  overrides.set = {"transport.synthetic.latency_factor=1.3", "transport.synthetic.shape=constant"};
  CHECK(read_synthetic(table, overrides).latency_factor == 1.3);
  CHECK(read_synthetic(table, overrides).shape == ServiceShape::constant);
  CHECK(read_synthetic(table, overrides).service == 20us);
}

TEST_CASE("a wrong key, word or number of [transport.synthetic] is refused with its place") {
  CHECK(synthetic_fault("shape = \"normal\"").starts_with("a.toml:5:9: shape: must be "));
  CHECK(synthetic_fault("sigma = -0.1") ==
        "a.toml:5:9: sigma: must be a number from 0 to 3, not -0.1");
  CHECK(synthetic_fault("sigma = nan").find("must be a number from 0 to 3") != std::string::npos);
  CHECK(synthetic_fault("latency_factor = \"2\"").find("must be a number from 0.01 to 100") !=
        std::string::npos);
  CHECK(synthetic_fault("service = \"2s\"") == "a.toml:5:1: service: must be at most 1s");
  CHECK(synthetic_fault("servce = \"2us\"").find("did you mean \"service\"") != std::string::npos);
}

}  // namespace
}  // namespace busmark
