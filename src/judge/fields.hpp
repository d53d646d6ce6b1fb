// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "judge/compare.hpp"
#include "record/fields/field.hpp"

namespace busmark {

template <>
inline constexpr std::array kAll<Change>{Change::none, Change::improved, Change::inconclusive,
                                         Change::regressed};

/// How far a comparison says a figure has moved, in the manner of record/fields/field.hpp.
void change_fields(auto& io, const MeasureChange& change) {
  io.any_sign("effect", finite(change.effect), {"Share of the first value: 0.1 is a tenth more."});
  io.any_sign("low", finite(change.low), {"The 95 % interval of the effect, as high."});
  io.any_sign("high", finite(change.high));
  io("noise", change.noise, {"How far the same interval of equals reaches."});
  io("p_value", change.p_value, {.most = 1});
}

}  // namespace busmark
