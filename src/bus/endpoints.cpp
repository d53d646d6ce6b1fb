// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/endpoints.hpp"

namespace busmark {

std::string_view to_string(PublishResult result) noexcept {
  switch (result) {
    case PublishResult::delivered: return "delivered";
    case PublishResult::no_interest: return "no interest";
    case PublishResult::full: return "full";
    case PublishResult::payload_too_large: return "payload too large";
    case PublishResult::invalid_subject: return "invalid subject";
    case PublishResult::no_reply_subject: return "no reply subject";
  }
  return "?";
}

}  // namespace busmark
