// SPDX-License-Identifier: Apache-2.0
#include "record/machine.hpp"

namespace busmark {

std::string_view to_string(HugePages pages) noexcept {
  switch (pages) {
    case HugePages::system: return "system";
    case HugePages::on: return "on";
    case HugePages::off: return "off";
  }
  return "unknown";
}

ResourceUsage& ResourceUsage::operator+=(const ResourceUsage& other) noexcept {
  user += other.user;
  system += other.system;
  voluntary_switches += other.voluntary_switches;
  involuntary_switches += other.involuntary_switches;
  minor_faults += other.minor_faults;
  major_faults += other.major_faults;
  wall += other.wall;
  return *this;
}

std::string_view to_string(Distance distance) noexcept {
  switch (distance) {
    case Distance::same_cpu: return "same cpu";
    case Distance::close: return "close";
    case Distance::near: return "near";
    case Distance::far: return "far";
  }
  return "unknown";
}

}  // namespace busmark
