// Which lints the user does not want to hear of: comments in the configuration,
//
//   - labels: {trace_id: }   # lokitail:ignore high-cardinality-label
//
// on the line of the finding or on the line above it. Several ids are separated by blanks or
// commas; a comment without any is for all lints.
//
// Threads: plain values. Errors: none.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace lokitail::agent::lint {

class Ignores {
 public:
  Ignores() = default;
  // The comments of a configuration.
  explicit Ignores(std::string_view text);

  // Everywhere.
  void add(std::string id) { everywhere_.insert(std::move(id)); }

  bool covers(std::string_view id, int line) const;

  // The ids that comments name, by line.
  const std::map<int, std::set<std::string, std::less<>>>& by_line() const { return by_line_; }

 private:
  std::set<std::string, std::less<>> everywhere_;
  // Of a line: the ids; none for all lints.
  std::map<int, std::set<std::string, std::less<>>> by_line_;
};

}  // namespace lokitail::agent::lint
