// Finds secrets in texts: those that are known by name (built_in.h), and those that the user
// describes.
//
// Threads: belongs to one pipeline; no locks.
// Errors:  the constructor takes expressions that have been compiled; finding never fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/lang/regex.h"
#include "pipeline/redact/anchor_scanner.h"
#include "pipeline/redact/built_in.h"

namespace re2 {
class RE2;
}

namespace lokitail::pipeline::redact {

// A pattern of the user's.
struct Custom {
  std::string name;
  lang::Regex expression;
};

struct Found {
  Range range;
  std::size_t pattern;  // index
};

class Redactor {
 public:
  Redactor(std::vector<Custom> custom, const std::vector<const BuiltIn*>& built_in);
  Redactor(Redactor&&) noexcept;
  ~Redactor();

  std::size_t patterns() const { return names_.size(); }
  const std::string& name(std::size_t pattern) const { return names_[pattern]; }

  // What has to go, in order and apart from each other: matches that overlap are one, under the
  // name of the one that begins first. `text` is followed by kTextPadding readable bytes. Valid
  // until the next call.
  std::span<const Found> find(std::string_view text);

 private:
  struct Expected;
  struct Search;

  void scan(std::string_view text);
  void look_at(std::string_view text, std::size_t anchor, std::size_t pattern);
  std::optional<Range> match(std::string_view text, std::size_t anchor, const Expected& expected) const;
  void search(std::string_view text);
  void merge();

  std::vector<std::string> names_;
  std::vector<Search> searches_;    // for custom patterns, which come first
  std::vector<Expected> expected_;  // the others
  AnchorScanner scanner_;
  std::vector<Found> found_;
  bool search_due_ = false;  // for some custom pattern
};

}  // namespace lokitail::pipeline::redact
