// SPDX-License-Identifier: Apache-2.0
#include "busmark/base/units.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace busmark;
using namespace std::chrono_literals;

namespace {

template <typename Parse>
std::string refusal(Parse parse, std::string_view text) {
  try {
    static_cast<void>(parse(text));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a duration is read exactly") {
  const std::vector<std::pair<std::string, Nanoseconds>> table{
      {"5ms", 5ms},     {"1.5us", 1500ns},  {"2s", 2s},   {"1m", 60s},
      {"1h", 3600s},    {"250ns", 250ns},   {"0s", 0ns},  {"0.000000001s", 1ns},
      {"007ms", 7ms},   {"1.10us", 1100ns}, {"0.1m", 6s}, {"0.000000000005h", 18ns},
      {"1.000ns", 1ns},
  };
  for (const auto& row : table) {
    const auto& text = row.first;
    const auto& expected = row.second;
    CAPTURE(text);
    CHECK(parse_duration(text) == expected);
  }
  CHECK(parse_duration("9223372036854775.8us") == Nanoseconds(9'223'372'036'854'775'800));
}

TEST_CASE("a refused duration says why and shows an example") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "it must begin with a number"},
      {"ms", "it must begin with a number"},
      {"-5ms", "it must not be negative"},
      {"5x", "unknown unit \"x\"; use ns, us, ms, s, m or h"},
      {"1.5ns", "it is finer than a nanosecond"},
      {"0.1234us1", "unknown unit \"us1\"; use ns, us, ms, s, m or h"},
      {"9223372036854775808ns", "it has more than 18 digits"},
      {"2562048h", "it is too large"},
      {"999999999999999999s", "it is too large"},
  };
  for (const auto& row : table) {
    const auto& text = row.first;
    const auto& reason = row.second;
    CAPTURE(text);
    CHECK(refusal(parse_duration, text) ==
          "\"" + text + "\" is not a duration: " + reason + ", for example \"5ms\"");
  }
}

TEST_CASE("a size is read exactly") {
  const std::vector<std::pair<std::string, std::uint64_t>> table{
      {"64", 64},
      {"64B", 64},
      {"0", 0},
      {"1kB", 1000},
      {"1KiB", 1024},
      {"2MiB", 2 << 20},
      {"1.5KiB", 1536},
      {"1.5MB", 1'500'000},
      {"1GiB", 1 << 30},
      {"0.001kB", 1},
      {"17179869183GiB", 17'179'869'183ULL << 30},
  };
  for (const auto& row : table) {
    const auto& text = row.first;
    const auto& expected = row.second;
    CAPTURE(text);
    CHECK(parse_size(text).bytes == expected);
  }
}

TEST_CASE("a refused size says why and shows an example") {
  const std::string units =
      "; use B, kB, MB, GB (powers of 1000), KiB, MiB or GiB (powers of 1024)";
  const std::vector<std::pair<std::string, std::string>> table{
      {"-1", "it must not be negative"},         {"1Kx", "unknown unit \"Kx\"" + units},
      {"0.5", "it is no whole number of bytes"}, {"0.3KiB", "it is no whole number of bytes"},
      {"17179869184GiB", "it is too large"},
  };
  for (const auto& row : table) {
    const auto& text = row.first;
    const auto& reason = row.second;
    CAPTURE(text);
    CHECK(refusal(parse_size, text) ==
          "\"" + text + "\" is not a size: " + reason + ", for example \"1KiB\"");
  }
}

TEST_CASE("a rate is read to the nearest double") {
  const std::vector<std::pair<std::string, double>> table{
      {"100k/s", 1e5},   {"1.5M/s", 1.5e6},  {"250/s", 250}, {"0.5/s", 0.5},
      {"1.1M/s", 1.1e6}, {"0.0001G/s", 1e5}, {"2G/s", 2e9},  {"0.1/s", 0.1},
  };
  for (const auto& row : table) {
    const auto& text = row.first;
    const auto& expected = row.second;
    CAPTURE(text);
    CHECK(parse_rate(text).per_second == expected);
  }
}

TEST_CASE("a refused rate says why and shows an example") {
  const std::string units = "; use /s, k/s, M/s or G/s";
  const std::vector<std::pair<std::string, std::string>> table{
      {"-5k/s", "it must not be negative"},     {"0/s", "it must be above 0"},
      {"0.0M/s", "it must be above 0"},         {"10q", "unknown unit \"q\"" + units},
      {"nan/s", "it must begin with a number"},
  };
  for (const auto& row : table) {
    const auto& text = row.first;
    const auto& reason = row.second;
    CAPTURE(text);
    CHECK(refusal(parse_rate, text) ==
          "\"" + text + "\" is not a rate: " + reason + ", for example \"100k/s\"");
  }
}

TEST_CASE("a percentile is read to the fourth decimal") {
  CHECK(parse_percentile("p95").parts_per_million == 950'000);
  CHECK(parse_percentile("p99.9").parts_per_million == 999'000);
  CHECK(parse_percentile("p99.9999").parts_per_million == 999'999);
  CHECK(parse_percentile("p0.0001").parts_per_million == 1);
  CHECK(parse_percentile("p50.00000").parts_per_million == 500'000);
}

TEST_CASE("a refused percentile says why and shows an example") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "it must begin with p"},
      {"x95", "it must begin with p"},
      {"p", "it must begin with a number"},
      {"p-1", "it must not be negative"},
      {"p95x", "nothing may follow the number"},
      {"p99.99999", "it has more than four decimals"},
      {"p0", "it must lie between 0 and 100"},
      {"p100", "it must lie between 0 and 100"},
      {"p429497.6295", "it must lie between 0 and 100"},
      {"p99999999999999999", "it is too large"},
  };
  for (const auto& row : table) {
    const auto& text = row.first;
    const auto& reason = row.second;
    CAPTURE(text);
    CHECK(refusal(parse_percentile, text) ==
          "\"" + text + "\" is not a percentile: " + reason + ", for example \"p99.9\"");
  }
}

TEST_CASE("a quantity in another tool's spelling is refused with what to write") {
  CHECK(refusal(parse_duration, "5 ms") == "\"5 ms\" is not a duration; write \"5ms\"");
  CHECK(refusal(parse_duration, "5") == "\"5\" is not a duration; write \"5ms\" or \"5s\"");
  CHECK(refusal(parse_rate, "6/m") == "\"6/m\" is not a rate; write \"0.1/s\"");
  CHECK(refusal(parse_size, "4k") == "\"4k\" is not a size; write \"4KiB\" or \"4kB\"");
  CHECK(refusal(parse_share, "0.95") == "\"0.95\" is not a share; write \"95%\"");
  CHECK(refusal(parse_percentile, "p(95)") == "\"p(95)\" is not a percentile; write \"p95\"");
}

TEST_CASE("a duration is shown with three figures in the unit that keeps it below 1000") {
  const std::vector<std::pair<Nanoseconds, std::string>> table{
      {0ns, "0ns"},
      {1ns, "1ns"},
      {850ns, "850ns"},
      {999ns, "999ns"},
      {1000ns, "1us"},
      {1250ns, "1.25us"},
      {1254ns, "1.25us"},
      {1255ns, "1.26us"},
      {9995ns, "10us"},
      {12'340ns, "12.3us"},
      {99'949ns, "99.9us"},
      {99'950ns, "100us"},
      {123'499ns, "123us"},
      {999'499ns, "999us"},
      {999'500ns, "1ms"},
      {5ms, "5ms"},
      {999'999'999ns, "1s"},
      {2500ms, "2.5s"},
      {90s, "90s"},
      {999s, "999s"},
      {1000s, "16.7m"},
      {3600s, "60m"},
      {24h, "24h"},
      {-1250ns, "-1.25us"},
      {Nanoseconds::max(), "never"},
      {Nanoseconds::min(), "-2562048h"},
  };
  for (const auto& row : table) {
    const auto& duration = row.first;
    const auto& expected = row.second;
    CAPTURE(duration.count());
    CHECK(format_duration(duration) == expected);
  }
}

TEST_CASE("a rate is shown with three figures") {
  const std::vector<std::pair<double, std::string>> table{
      {950, "950/s"},         {100e3, "100k/s"},
      {1.25e6, "1.25M/s"},    {1.1e6, "1.1M/s"},
      {999.4, "999/s"},       {999.5, "1k/s"},
      {9.996, "10/s"},        {99'960, "100k/s"},
      {123'456, "123k/s"},    {2.5e9, "2.5G/s"},
      {1e12, "1000G/s"},      {0.5, "0.5/s"},
      {0.012345, "0.0123/s"}, {0, "0/s"},
      {-1.5e3, "-1.5k/s"},    {std::numeric_limits<double>::infinity(), "?/s"},
      {std::nan(""), "?/s"},
  };
  for (const auto& row : table) {
    const auto& rate = row.first;
    const auto& expected = row.second;
    CAPTURE(rate);
    CHECK(format_rate({rate}) == expected);
  }
}

TEST_CASE("a size is shown in the largest unit that keeps it exact") {
  CHECK(format_size({0}) == "0B");
  CHECK(format_size({64}) == "64B");
  CHECK(format_size({1000}) == "1000B");
  CHECK(format_size({1024}) == "1KiB");
  CHECK(format_size({1536}) == "1536B");
  CHECK(format_size({2 << 20}) == "2MiB");
  CHECK(format_size({3ULL << 30}) == "3GiB");
  CHECK(format_size({std::numeric_limits<std::uint64_t>::max()}) == "18446744073709551615B");
}

TEST_CASE("a percentile is shown without needless zeros") {
  CHECK(format_percentile({500'000}) == "p50");
  CHECK(format_percentile({999'000}) == "p99.9");
  CHECK(format_percentile({999'999}) == "p99.9999");
  CHECK(format_percentile({1}) == "p0.0001");
  CHECK(format_percentile({100'000}) == "p10");
}

TEST_CASE("what three figures can carry survives being shown and read again") {
  for (std::int64_t scale = 1; scale <= 1'000'000'000; scale *= 10) {
    for (std::int64_t figures = 1; figures < 1000; ++figures) {
      if (figures * scale >= 1'000'000'000'000) continue;  // Minutes are no powers of ten.
      const Nanoseconds duration(figures * scale);
      REQUIRE(parse_duration(format_duration(duration)) == duration);
      const MessageRate rate{static_cast<double>(figures * scale)};
      REQUIRE(parse_rate(format_rate(rate)) == rate);
    }
  }
  for (std::uint64_t bytes = 0; bytes < 70'000; ++bytes) {
    REQUIRE(parse_size(format_size({bytes})).bytes == bytes);
  }
  for (std::uint32_t parts = 1; parts < 1'000'000; parts += 7) {
    const Percentile percentile{parts};
    REQUIRE(parse_percentile(format_percentile(percentile)) == percentile);
  }
}
