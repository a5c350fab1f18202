// The system's clock, as entries carry it. Any thread.
#pragma once

#include <chrono>

#include "pipeline/timestamp.h"

namespace lokitail::agent {

inline pipeline::Timestamp system_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return pipeline::Timestamp::from_unix_nanoseconds(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace lokitail::agent
