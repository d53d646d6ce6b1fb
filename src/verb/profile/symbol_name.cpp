// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/symbol_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace busmark {
namespace {

/// Names in which brackets are no brackets; the longer ones first.
constexpr std::array<std::string_view, 12> kAtoms{
    "operator<<=", "operator>>=", "operator<=>", "operator->*", "operator<<", "operator>>",
    "operator<=",  "operator>=",  "operator->",  "operator()",  "operator<",  "operator>"};
constexpr std::string_view kAnonymous = "(anonymous namespace)";

bool is_word(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

std::string_view atom_at(std::string_view text, std::size_t at) noexcept {
  if (text[at] == 'o' && at > 0 && is_word(text[at - 1])) return {};
  const auto atom = std::find_if(kAtoms.begin(), kAtoms.end(), [&](std::string_view one) {
    return text.substr(at).starts_with(one);
  });
  return atom == kAtoms.end() ? std::string_view{} : *atom;
}

/// Without what stands in <> and (); empty where they do not match.
std::string without_brackets(std::string_view text) {
  std::string bare;
  std::string open;  // brackets that are
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::string_view atom = atom_at(text, i); !atom.empty()) {
      if (open.empty()) bare += atom;
      i += atom.size() - 1;
      continue;
    }
    if (text.substr(i).starts_with(kAnonymous)) {
      if (open.empty()) bare += "(anonymous)";
      i += kAnonymous.size() - 1;
      continue;
    }
    const char c = text[i];
    if (c == '<' || c == '(') {
      open += c;
    } else if (c == '>' || c == ')') {
      if (open.empty() || open.back() != (c == '>' ? '<' : '(')) return {};
      open.pop_back();
    } else if (open.empty()) {
      bare += c;
    }
  }
  return open.empty() ? bare : std::string{};
}

std::string_view without_end(std::string_view text, std::string_view end) noexcept {
  return text.ends_with(end) ? text.substr(0, text.size() - end.size()) : text;
}

/// What a thread runs, from the name of the function with which std::thread starts it.
std::string_view started_function(std::string_view symbol) noexcept {
  constexpr std::string_view kBegin = "std::thread::_State_impl<std::thread::_Invoker<std::tuple<";
  if (!symbol.starts_with(kBegin)) return symbol;
  const std::size_t end = symbol.find("> > >::_M_run");
  if (end == std::string_view::npos) return symbol;
  return symbol.substr(kBegin.size(), end - kBegin.size());
}

}  // namespace

std::string short_symbol(std::string_view symbol) {
  const std::string whole(symbol);
  std::string bare = without_brackets(started_function(symbol));
  // Of the function that a lambda stands in, as `X::f() const::{lambda()#1}`.
  constexpr std::string_view kConstScope = " const::";
  for (std::size_t at = 0; (at = bare.find(kConstScope, at)) != std::string::npos;) {
    bare.replace(at, kConstScope.size(), "::");
  }
  std::string_view name = bare;
  // Copies that the compiler made of a function, as `f [clone .cold]`.
  const std::size_t clone = name.find(" [clone ");
  name = name.substr(0, clone);
  if (!name.ends_with("operator&") && !name.ends_with("operator&&")) {
    for (const std::string_view end : {" noexcept", "&&", "&", " ", " volatile", " const"}) {
      name = without_end(name, end);
    }
  }
  // A result stands before the name and a space; operators may have one in their name.
  const std::size_t operation = name.find("operator");
  const std::size_t space = name.substr(0, operation).find_last_of(' ');
  if (space != std::string_view::npos) name.remove_prefix(space + 1);
  return name.empty() ? whole : std::string(name);
}

}  // namespace busmark
