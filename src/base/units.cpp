// SPDX-License-Identifier: Apache-2.0
#include "busmark/base/units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "base/meant/as_meant.hpp"
#include "base/meant/strict_units.hpp"
#include "base/quote.hpp"
#include "base/words.hpp"

namespace busmark {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::array kDurationUnits{
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};
constexpr std::array kSizeUnits{
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"kB", 1'000},
    Unit{"MB", 1'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"KiB", 1ULL << 10},
    Unit{"MiB", 1ULL << 20},
    Unit{"GiB", 1ULL << 30},
};
constexpr std::array kRateUnits{
    Unit{"/s", 1},
    Unit{"k/s", 1'000},
    Unit{"M/s", 1'000'000},
    Unit{"G/s", 1'000'000'000},
};

/// One kind of quantity and how its messages speak of it.
struct Kind {
  std::string_view name;
  std::string_view units;
  std::string_view example;
  std::optional<Meant> (*meant)(std::string_view);
};

constexpr Kind kDuration{"a duration", "ns, us, ms, s, m or h", "\"5ms\"", meant_duration};
constexpr Kind kSize{"a size", "B, kB, MB, GB (powers of 1000), KiB, MiB or GiB (powers of 1024)",
                     "\"1KiB\"", meant_size};
constexpr Kind kRate{"a rate", "/s, k/s, M/s or G/s", "\"100k/s\"", meant_rate};
constexpr Kind kShare{"a share", "", "\"95%\"", meant_share};
constexpr Kind kPercentile{"a percentile", "", "\"p99.9\"", meant_percentile};

/// Why a text is no quantity.
struct Refusal {
  std::string reason;
};

[[noreturn]] void refuse(std::string reason) { throw Refusal{std::move(reason)}; }

/// What `read` makes of `text`. Throws std::invalid_argument with what was meant, else with why.
template <typename Read>
auto parsed(const Kind& kind, std::string_view text, Read read) {
  try {
    return read(text);
  } catch (const Refusal& refusal) {
    if (const auto meant = kind.meant(text)) {
      throw std::invalid_argument(
          fmt::format("{} is not {}; write {}", in_quotes(text), kind.name, meant->shown));
    }
    throw std::invalid_argument(fmt::format("{} is not {}: {}, for example {}", in_quotes(text),
                                            kind.name, refusal.reason, kind.example));
  }
}

template <typename Read>
auto strict(std::string_view text, Read read) -> std::optional<decltype(read(text))> {
  try {
    return read(text);
  } catch (const Refusal&) {
    return std::nullopt;
  }
}

constexpr std::size_t kMostDigits = 18;  // So that every mantissa and power fits 64 bits.

constexpr std::uint64_t power_of_ten(std::size_t exponent) noexcept {
  std::uint64_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

/// `mantissa / 10^decimals`, without trailing zeros behind the point, and the text behind it.
struct Decimal {
  std::uint64_t mantissa = 0;
  std::size_t decimals = 0;
  std::string_view rest;
};

Decimal read_decimal(std::string_view text) {
  if (text.starts_with('-')) refuse("it must not be negative");
  if (text.empty() || !is_digit(text.front())) refuse("it must begin with a number");
  Decimal number;
  std::size_t digits = 0;
  bool behind_point = false;
  std::size_t position = 0;
  for (; position < text.size(); ++position) {
    const char c = text[position];
    if (c == '.' && !behind_point && position + 1 < text.size() && is_digit(text[position + 1])) {
      behind_point = true;
      continue;
    }
    if (!is_digit(c)) break;
    number.mantissa = number.mantissa * 10 + static_cast<std::uint64_t>(c - '0');
    if (number.mantissa > 0 || behind_point) ++digits;
    if (digits > kMostDigits) refuse("it has more than 18 digits");
    if (behind_point) ++number.decimals;
  }
  while (number.decimals > 0 && number.mantissa % 10 == 0) {
    number.mantissa /= 10;
    --number.decimals;
  }
  number.rest = text.substr(position);
  return number;
}

std::uint64_t unit_size(const Kind& kind, std::string_view name, std::span<const Unit> units) {
  for (const auto& unit : units) {
    if (unit.name == name) return unit.size;
  }
  if (name.empty()) {
    refuse(fmt::format("the unit is missing; use {}", kind.units));
  }
  refuse(fmt::format("unknown unit {}; use {}", in_quotes(name), kind.units));
}

/// `number * unit`, exactly; the two reasons name why that is no whole number up to `highest`.
std::uint64_t scale(const Decimal& number, std::uint64_t unit, std::uint64_t highest,
                    const char* too_fine) {
  const std::uint64_t divisor = power_of_ten(number.decimals);
  const std::uint64_t common = std::gcd(unit, divisor);
  if (number.mantissa % (divisor / common) != 0) refuse(too_fine);
  const std::uint64_t factor = unit / common;
  const std::uint64_t count = number.mantissa / (divisor / common);
  if (count > highest / factor) refuse("it is too large");
  return count * factor;
}

/// `figures` with its zeros behind the point removed.
std::string without_zeros(std::string figures) {
  if (figures.find('.') == std::string::npos) return figures;
  figures.erase(figures.find_last_not_of('0') + 1);
  if (figures.back() == '.') figures.pop_back();
  return figures;
}

std::string format_magnitude(std::uint64_t nanoseconds) {
  const Unit* unit = kDurationUnits.data();
  const Unit* const last = &kDurationUnits.back();
  while (unit != last && nanoseconds >= 1000 * unit->size) ++unit;

  const std::uint64_t whole = nanoseconds / unit->size;
  const std::size_t decimals = whole < 10 ? 2 : whole < 100 ? 1 : 0;
  const std::uint64_t scaled = power_of_ten(decimals);
  // Whole part and remainder apart: their product with `scaled` cannot overflow.
  const std::uint64_t rounded =
      whole * scaled + (nanoseconds % unit->size * scaled + unit->size / 2) / unit->size;
  if (decimals == 0 && rounded == 1000 && unit != last) return format_magnitude(1000 * unit->size);
  return without_zeros(fmt::format("{}.{:0{}}", rounded / scaled, rounded % scaled,
                                   static_cast<int>(decimals))) +
         std::string(unit->name);
}

Nanoseconds read_duration(std::string_view text) {
  const Decimal number = read_decimal(text);
  const std::uint64_t unit = unit_size(kDuration, number.rest, kDurationUnits);
  const std::uint64_t count = scale(number, unit, std::numeric_limits<std::int64_t>::max(),
                                    "it is finer than a nanosecond");
  return Nanoseconds(static_cast<std::int64_t>(count));
}

ByteCount read_size(std::string_view text) {
  const Decimal number = read_decimal(text);
  const std::uint64_t unit = unit_size(kSize, number.rest, kSizeUnits);
  return {scale(number, unit, std::numeric_limits<std::uint64_t>::max(),
                "it is no whole number of bytes")};
}

MessageRate read_rate(std::string_view text) {
  const Decimal number = read_decimal(text);
  const std::uint64_t unit = unit_size(kRate, number.rest, kRateUnits);
  if (number.mantissa == 0) refuse("it must be above 0");
  // One division of two whole numbers, so that 1.1M/s is 1'100'000 and not the next double.
  const std::uint64_t divisor = power_of_ten(number.decimals);
  const std::uint64_t common = std::gcd(unit, divisor);
  return {static_cast<double>(number.mantissa) * static_cast<double>(unit / common) /
          static_cast<double>(divisor / common)};
}

Percentile read_percentile(std::string_view text) {
  if (!text.starts_with('p')) refuse("it must begin with p");
  const Decimal number = read_decimal(text.substr(1));
  if (!number.rest.empty()) refuse("nothing may follow the number");
  const std::uint64_t parts = scale(number, 10'000, std::numeric_limits<std::uint64_t>::max(),
                                    "it has more than four decimals");
  if (parts == 0 || parts >= 1'000'000) refuse("it must lie between 0 and 100");
  return {static_cast<std::uint32_t>(parts)};
}

double read_share(std::string_view text) {
  const Decimal number = read_decimal(text);
  if (number.rest != "%") refuse("it must end with %");
  return static_cast<double>(number.mantissa) / static_cast<double>(power_of_ten(number.decimals)) /
         100;
}

}  // namespace

Nanoseconds parse_duration(std::string_view text) { return parsed(kDuration, text, read_duration); }
ByteCount parse_size(std::string_view text) { return parsed(kSize, text, read_size); }
MessageRate parse_rate(std::string_view text) { return parsed(kRate, text, read_rate); }
Percentile parse_percentile(std::string_view text) {
  return parsed(kPercentile, text, read_percentile);
}
double parse_share(std::string_view text) { return parsed(kShare, text, read_share); }

std::optional<Nanoseconds> strict_duration(std::string_view text) {
  return strict(text, read_duration);
}
std::optional<ByteCount> strict_size(std::string_view text) { return strict(text, read_size); }
std::optional<MessageRate> strict_rate(std::string_view text) { return strict(text, read_rate); }
std::optional<Percentile> strict_percentile(std::string_view text) {
  return strict(text, read_percentile);
}
std::optional<double> strict_share(std::string_view text) { return strict(text, read_share); }

std::string format_duration(Nanoseconds duration) {
  if (duration == Nanoseconds::max()) return "never";  // what took for ever
  // Unsigned, because the lowest value has no positive twin.
  const auto bits = static_cast<std::uint64_t>(duration.count());
  return duration.count() < 0 ? '-' + format_magnitude(0 - bits) : format_magnitude(bits);
}

std::string format_rate(MessageRate rate) {
  const double value = rate.per_second;
  if (!std::isfinite(value)) return "?/s";
  if (value == 0) return "0/s";
  const Unit* unit = kRateUnits.data();
  while (unit != &kRateUnits.back() && std::abs(value) >= 999.5 * static_cast<double>(unit->size)) {
    ++unit;
  }
  const double scaled = value / static_cast<double>(unit->size);
  // Figures behind the point: two below 10, more for rates below 1/s, none from 100.
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(scaled))));
  const int decimals = std::max(0, 2 - magnitude);
  return without_zeros(fmt::format("{:.{}f}", scaled, decimals)) + std::string(unit->name);
}

std::string format_size(ByteCount size) {
  for (const auto& [name, unit] :
       {Unit{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1 << 10}}) {
    if (size.bytes > 0 && size.bytes % unit == 0)
      return fmt::format("{}{}", size.bytes / unit, name);
  }
  return fmt::format("{}B", size.bytes);
}

std::string format_percentile(Percentile percentile) {
  return 'p' + without_zeros(fmt::format("{}.{:04}", percentile.parts_per_million / 10'000,
                                         percentile.parts_per_million % 10'000));
}

}  // namespace busmark
