// SPDX-License-Identifier: Apache-2.0
#include "config/selection.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/quote.hpp"
#include "base/suggest.hpp"

namespace busmark {
namespace {

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string name_list(const std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 20;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    list += fmt::format("{}{}", i == 0 ? "" : ", ", names[i]);
  }
  if (names.size() > kMostNames) list += fmt::format(" and {} more", names.size() - kMostNames);
  return list;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& offers) {
  const std::vector<std::string_view> views(offers.begin(), offers.end());
  const auto nearest = nearest_name(word, views);
  return nearest ? fmt::format(" (did you mean \"{}\"?)", *nearest) : "";
}

std::string no_name_matches(std::string_view pattern, const std::vector<const Scenario*>& all) {
  std::vector<std::string> names;
  for (const Scenario* scenario : all) names.push_back(scenario->name);
  // A swept scenario is meant by its own name, so `name*` is offered too.
  std::vector<std::string> offers = names;
  for (const std::string& name : names) offers.push_back(name.substr(0, name.find('/')) + '*');
  return fmt::format("no scenario matches {}{}; there are {}", in_quotes(pattern),
                     did_you_mean(pattern, offers), name_list(names));
}

std::vector<std::string> tags_of(const std::vector<const Scenario*>& scenarios) {
  std::vector<std::string> tags;
  for (const Scenario* scenario : scenarios) {
    for (const std::string& tag : scenario->tags) {
      if (!has(tags, tag)) tags.push_back(tag);
    }
  }
  return tags;
}

}  // namespace

bool Selection::chooses(const Scenario& scenario, const std::vector<std::string>& off) const {
  if (only && !matches_glob(*only, scenario.name)) return false;
  const auto any = [&](const std::vector<std::string>& words) {
    return std::any_of(scenario.tags.begin(), scenario.tags.end(),
                       [&](const std::string& tag) { return has(words, tag); });
  };
  if (!tags.empty() && !any(tags)) return false;
  return std::none_of(scenario.tags.begin(), scenario.tags.end(), [&](const std::string& tag) {
    return has(without, tag) || (has(off, tag) && !has(with, tag) && !has(tags, tag));
  });
}

NothingChosen why_nothing_chosen(const Selection& selection, const std::vector<std::string>& off,
                                 const std::vector<const Scenario*>& scenarios) {
  std::vector<const Scenario*> left = scenarios;
  const auto keep = [&](const Selection& part, const std::vector<std::string>& less) {
    std::erase_if(left, [&](const Scenario* one) { return !part.chooses(*one, less); });
    return !left.empty();
  };
  if (!keep({.only = selection.only, .tags = {}, .with = {}, .without = {}}, {})) {
    return {"--only", no_name_matches(*selection.only, scenarios)};
  }
  const std::vector<std::string> tags = tags_of(left);
  if (!keep({.only = {}, .tags = selection.tags, .with = {}, .without = {}}, {})) {
    return {"--tag",
            fmt::format("no scenario has the tag {}{}; {}", in_quotes(selection.tags.front(), 200),
                        did_you_mean(selection.tags.front(), tags),
                        tags.empty() ? "none has any" : "there are " + name_list(tags))};
  }
  std::vector<std::string> asked = off;
  std::erase_if(asked, [&](const std::string& tag) { return has(selection.with, tag); });
  for (const std::string& tag : tags_of(left)) {
    if (!has(asked, tag) || has(selection.without, tag)) continue;
    return {"--with",
            fmt::format("is missing: [run] has without = [\"{}\"], which leaves out every "
                        "scenario chosen; add --with {}",
                        tag, tag)};
  }
  return {"--without", "leaves no scenario; there are the tags " + name_list(tags_of(left))};
}

bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
  // Only the last `*` needs to be tried again, so the time is at most the product of the lengths.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace busmark
