// What there is to say about a configuration.
#pragma once

#include <string>

#include "config/error.h"

namespace lokitail::agent::lint {

enum class Severity {
  kError,    // the agent would not start
  kWarning,  // it would start, and do something that is hardly meant
  kInfo      // worth knowing, and often meant
};

struct Finding {
  Severity severity = Severity::kWarning;
  std::string id;  // of the lint
  config::Place place;
  std::string message;  // what it is, and why that matters
  std::string better;   // what to write instead; may be empty
};

}  // namespace lokitail::agent::lint
