// What a test of a pipeline expects of the entries that come out, and how an entry differs from it.
//
// Threads: plain values. Errors: the readers throw config::Error.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/node.h"
#include "pipeline/lang/regex.h"
#include "pipeline/snapshot.h"

namespace lokitail::agent::testing {

// One value that is expected: `text`, a number or a boolean, null, or `{regex: ...}`.
class Pattern {
 public:
  // A value of an entry: anything that an extracted value may be.
  static Pattern read_value(const config::Node& node, config::Warnings& warnings);
  // Of what is always text, such as a line or a label: as it is written, null excepted.
  static Pattern read_text(const config::Node& node, config::Warnings& warnings);
  // A time in RFC 3339, or a regular expression for one in UTC.
  static Pattern read_timestamp(const config::Node& node, config::Warnings& warnings);

  // Numbers are compared as numbers; all else by the text that stages see, so that 200 is also what
  // a regular expression has extracted as "200".
  bool matches(const pipeline::SnapshotValue& actual) const;
  bool matches(const std::string& actual) const;

  // As it is shown: "info", 200, null, /^GET/.
  std::string describe() const;

 private:
  Pattern() = default;

  pipeline::SnapshotValue value_;
  bool is_time_ = false;  // is shown without quotes
  std::optional<double> number_;
  std::shared_ptr<const pipeline::lang::Regex> regex_;  // then the value is its text
};

using Patterns = std::map<std::string, Pattern>;

// One entry. What is not given may be anything.
struct ExpectedEntry {
  std::optional<Pattern> line;
  std::optional<Pattern> timestamp;
  std::optional<Patterns> labels;               // all of them
  std::optional<Patterns> labels_include;       // at least these
  std::optional<Patterns> structured_metadata;  // all of it
  std::optional<Patterns> extracted;            // at least these
  config::Place place{};
};

// A mapping of these keys; a scalar stands for the line alone.
ExpectedEntry read_expected_entry(const config::Node& node, config::Warnings& warnings);

// One thing that is not as it should be. Nothing stands for a value that is not there.
struct Difference {
  std::string what;  // "line", "label level"
  std::optional<std::string> expected{};
  std::optional<std::string> actual{};
};

// In the order line, timestamp, labels, metadata, extracted values; names sorted.
std::vector<Difference> differences(const ExpectedEntry& expected, const pipeline::Snapshot& actual);

// All that is expected of it, for an entry that did not come.
std::vector<Difference> all_of(const ExpectedEntry& expected);
// The line and labels of an entry that nobody expected.
std::vector<Difference> all_of(const pipeline::Snapshot& actual);

}  // namespace lokitail::agent::testing
