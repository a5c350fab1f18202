// The secrets that are known by name. docs/stage-redact.md lists them.
//
// Threads: immutable.
#pragma once

#include <span>
#include <string_view>

#include "pipeline/redact/anchor_scanner.h"
#include "pipeline/redact/finders.h"

namespace lokitail::pipeline::redact {

// Whether an expression is worth trying at an anchor.
using MayBegin = bool(std::string_view text, std::size_t anchor);
// Whether what an expression found is a secret after all.
using Accepts = bool(std::string_view secret);

struct BuiltIn {
  std::string_view name;
  bool by_default = true;
  // With `|` between them; one of them stands where the secret, or what introduces it, begins.
  std::string_view anchors;
  LetterCase letter_case = LetterCase::kExact;
  // Either a function that looks at the place of an anchor, or an RE2 expression that matches from
  // there on, in bytes. Its first group is the secret, if it has one. An expression that may read
  // far and then fail is not tried behind what it has just read (may_begin).
  Finder* finder = nullptr;
  const char* expression = nullptr;
  MayBegin* may_begin = begins_word;
  Accepts* accepts = nullptr;
};

// In the order in which a text that two of them claim gets its name.
std::span<const BuiltIn> built_ins();

}  // namespace lokitail::pipeline::redact
