// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace busmark {

// Written at build time from the files beside this one.
extern const std::string_view kPageTemplate;  ///< `{{name}}` stands where `name` goes.
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;
extern const std::string_view kLiveTemplate;
extern const std::string_view kLiveScript;
extern const std::string_view kChartLibrary;  ///< Empty where the build found none.

}  // namespace busmark
