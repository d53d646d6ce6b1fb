// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace busmark {

/// A demangled C++ name without template arguments, parameters and result, for tables and narrow
/// boxes: `void busmark::f<A<B> >(int) const` is `busmark::f`. The function that a thread of ours
/// was started with, which stands in a template argument, is named by that:
/// `std::thread::_State_impl<... X::run()::{lambda()#2} ...>::_M_run` is `X::run::{lambda#2}`.
/// A name that is not understood, as one of C or Go, stays as it is.
[[nodiscard]] std::string short_symbol(std::string_view symbol);

}  // namespace busmark
