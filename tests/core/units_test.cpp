// SPDX-License-Identifier: Apache-2.0
#include "busmark/core/units.hpp"

#include <doctest/doctest.h>
