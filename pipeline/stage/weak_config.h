// Readers for the stages whose settings Promtail converts into one another: multiline, pack, drop,
// limit, sampling and cri take a number where a string is due, and the reverse.
//
// Threads: pure functions. Errors: config::Error at the place of what is wrong.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include "config/node.h"
#include "config/value.h"
#include "pipeline/lang/regex.h"

namespace lokitail::pipeline {

// `stage` begins the message where it is none.
inline lang::Regex read_weak_regex(const config::Node& node, std::string_view stage) {
  try {
    return lang::Regex(config::weak_string(node));
  } catch (const std::invalid_argument& error) {
    throw node.error(std::string(stage) + ": could not compile regular expression: " + error.what());
  }
}

// A Go duration. Numbers have no unit, so 0 is the only one that is a duration.
inline std::chrono::nanoseconds read_weak_duration(const config::Node& node) {
  const auto duration = config::parse_go_duration(config::weak_string(node));
  return duration ? *duration : config::read_duration_string(node);  // which says what is wrong
}

// What dropped lines are counted under.
inline std::string read_weak_drop_reason(config::Fields& fields, std::string_view otherwise) {
  const config::Node* const node = fields.find("drop_counter_reason");
  const std::string reason = node == nullptr ? "" : config::weak_string(*node);
  return reason.empty() ? std::string(otherwise) : reason;
}

}  // namespace lokitail::pipeline
