// SPDX-License-Identifier: Apache-2.0
#include "verb/search/hold_curve.hpp"

#include <cmath>

#include <doctest/doctest.h>

namespace busmark {
namespace {

TEST_CASE("before any trial every rate is as likely as its share of the logarithms") {
  const HoldCurve curve(1e3, 1e5, 0.02);
  CHECK(curve.sure(100) == 1);
  CHECK(curve.sure(1e6) == 0);
  CHECK(curve.sure(1e4) == doctest::Approx(0.5).epsilon(0.01));
  CHECK(curve.quantile(0.5) == doctest::Approx(1e4).epsilon(0.01));
}

TEST_CASE("trials that hold and miss close in on the rate between them") {
  HoldCurve curve(1e3, 1e6, 0.02);
  for (int i = 0; i < 20; ++i) {
    curve.add(19.8e3, true);
    curve.add(20.2e3, false);
  }
  CHECK(curve.quantile(0.05) > 19e3);
  CHECK(curve.quantile(0.95) < 20.3e3);
  CHECK(curve.sure(15e3) > 0.99);
  CHECK(curve.sure(25e3) < 0.01);
}

TEST_CASE("a rate that half of the trials hold is above the one that nine in ten do") {
  HoldCurve curve(1e3, 1e6, 0.02);
  for (int i = 0; i < 40; ++i) curve.add(20e3, i % 2 == 0);
  CHECK(curve.sure(20e3) < 0.01);
}

TEST_CASE("one trial that went wrong is forgiven, and a short one sooner") {
  HoldCurve full(1e3, 1e6, 0.02);
  HoldCurve brief(1e3, 1e6, 0.02);
  for (HoldCurve* curve : {&full, &brief}) {
    for (int i = 0; i < 3; ++i) curve->add(20e3, true);
  }
  const double before = full.sure(10e3);
  full.add(10e3, false);
  brief.add(10e3, false, HoldCurve::kShortLapse);
  CHECK(full.sure(10e3) < before);
  CHECK(full.sure(10e3) > 0.5);
  CHECK(brief.sure(10e3) > full.sure(10e3));
}

}  // namespace
}  // namespace busmark
