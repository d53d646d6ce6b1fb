// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/symbol_name.hpp"

#include <array>

#include <doctest/doctest.h>

namespace busmark {
namespace {

TEST_CASE("template arguments, parameters and results are left out of a name") {
  constexpr std::array<std::array<std::string_view, 2>, 22> kNames{{
      {"main", "main"},
      {"busmark::consume<true, busmark::QueueTransport<busmark::SpscRing>::Subscription>",
       "busmark::consume"},
      {"void busmark::f<A<B> >(int, A<B(*)(C)>) const", "busmark::f"},
      {"std::vector<int, std::allocator<int> >::push_back(int&&)", "std::vector::push_back"},
      {"busmark::(anonymous namespace)::run_scenario", "busmark::(anonymous)::run_scenario"},
      {"void (anonymous namespace)::f<A>(B)", "(anonymous)::f"},
      {"f(int) [clone .cold]", "f"},
      {"A::operator()(int) const", "A::operator()"},
      {"std::operator& ", "std::operator&"},
      {"std::operator|", "std::operator|"},
      {"bool A<B>::operator<(A<B> const&) const", "A::operator<"},
      {"operator<=> <int>", "operator<=>"},
      {"std::ostream& std::operator<< <char>(std::ostream&, char)", "std::operator<<"},
      {"A::operator->() const", "A::operator->"},
      {"A::operator bool() const", "A::operator bool"},
      {"operator new(unsigned long)", "operator new"},
      {"X<A>::run()::{lambda(int)#2}::operator()(int) const", "X::run::{lambda#2}::operator()"},
      {"X::f(int) const::{lambda()#1}::operator()() const", "X::f::{lambda#1}::operator()"},
      {"std::thread::_State_impl<std::thread::_Invoker<std::tuple<X<Y>::run()::{lambda()#2}> > >"
       "::_M_run",
       "X::run::{lambda#2}"},
      {"__memset_avx512_unaligned_erms", "__memset_avx512_unaligned_erms"},
      {"[unknown]", "[unknown]"},
      {"my_operator<int>::f", "my_operator::f"},
  }};
  for (const auto& pair : kNames) {
    CAPTURE(pair[0]);
    CHECK(short_symbol(pair[0]) == pair[1]);
  }
}

TEST_CASE("a name that is not understood stays as it is") {
  for (const std::string_view name : {"", "f<", "f>", "f(", ")f", "f<(>)", "main.(*T", "<>", "()",
                                      "runtime.gcBgMarkWorker", "finish_task_switch.isra.0"}) {
    CAPTURE(name);
    CHECK(short_symbol(name) == name);
  }
}

}  // namespace
}  // namespace busmark
