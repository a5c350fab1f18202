#include "agent/command/test/expectation.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "agent/command/passage_text.h"
#include "agent/terminal.h"
#include "config/scalar.h"
#include "config/value.h"
#include "pipeline/lang/rfc3339.h"

namespace lokitail::agent::testing {
namespace {

using config::Fields;
using config::Node;
using config::Warnings;
using pipeline::Snapshot;
using pipeline::SnapshotValue;
using pipeline::Value;

constexpr auto kRefuseUnknown = Fields::Strictness::kRefuseUnknown;

std::shared_ptr<const pipeline::lang::Regex> read_regex(const Node& mapping, std::string& pattern,
                                                        Warnings& warnings) {
  Fields fields(mapping, "expected value", kRefuseUnknown, warnings);
  fields.find("regex");
  fields.finish();
  const Node& node = fields.require("regex");
  pattern = config::read_text(node);
  try {
    return std::make_shared<const pipeline::lang::Regex>(pattern);
  } catch (const std::invalid_argument& error) {
    throw node.error("could not compile regular expression: " + std::string(error.what()));
  }
}

std::optional<Pattern> read(Pattern (*reader)(const Node&, Warnings&), const Node* node, Warnings& warnings) {
  if (node == nullptr) return std::nullopt;
  return reader(*node, warnings);
}

std::optional<Patterns> read_patterns(Fields& fields, std::string_view key,
                                      Pattern (*reader)(const Node&, Warnings&), Warnings& warnings) {
  const Node* const node = fields.find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_mapping()) {
    throw node->error(std::string(key) + ": expected a mapping of names to values, found " +
                      node->describe());
  }
  Patterns patterns;
  for (const auto& [name, value] : node->entries()) {
    patterns.emplace(name.text(), reader(value, warnings));
  }
  return patterns;
}

std::string show(const std::string& text) { return quoted_text(text); }
std::string show(const SnapshotValue& value) { return value_text(value); }

// `exact`: what is there and not expected is a difference, too.
template <typename Values>
void compare(std::vector<Difference>& out, const std::string& what, const Patterns& expected,
             const Values& actual, bool exact) {
  for (const auto& [name, pattern] : expected) {
    const auto found = actual.find(name);
    if (found == actual.end()) {
      out.push_back({what + " " + name, pattern.describe()});
    } else if (!pattern.matches(found->second)) {
      out.push_back({what + " " + name, pattern.describe(), show(found->second)});
    }
  }
  if (!exact) return;
  for (const auto& [name, value] : actual) {
    if (!expected.contains(name)) out.push_back({what + " " + name, std::nullopt, show(value)});
  }
}

template <typename Text>
void compare(std::vector<Difference>& out, const std::string& what, const std::optional<Pattern>& expected,
             const std::string& actual, Text text) {
  if (!expected || expected->matches(actual)) return;
  out.push_back({what, expected->describe(), text(actual)});
}

void sort_by_name(std::vector<Difference>& differences, std::size_t from) {
  std::stable_sort(differences.begin() + static_cast<std::ptrdiff_t>(from), differences.end(),
                   [](const auto& a, const auto& b) { return a.what < b.what; });
}

}  // namespace

Pattern Pattern::read_value(const Node& node, Warnings& warnings) {
  Pattern pattern;
  if (node.is_mapping()) {
    pattern.regex_ = read_regex(node, pattern.value_.text, warnings);
  } else if (node.is_null()) {
    pattern.value_.kind = Value::Kind::kNull;
  } else {
    pattern.value_.text = config::read_text(node);
    if (node.type() == Node::Type::kBool) pattern.value_.kind = Value::Kind::kBool;
    if (node.type() == Node::Type::kInt || node.type() == Node::Type::kFloat) {
      pattern.value_.kind = Value::Kind::kNumber;
      pattern.number_ = config::read_float(node);
    }
  }
  return pattern;
}

Pattern Pattern::read_text(const Node& node, Warnings& warnings) {
  if (node.is_null()) throw node.error("expected a text or {regex: ...}, found null");
  Pattern pattern = read_value(node, warnings);
  pattern.value_.kind = Value::Kind::kText;
  pattern.number_.reset();
  return pattern;
}

Pattern Pattern::read_timestamp(const Node& node, Warnings& warnings) {
  Pattern pattern = read_text(node, warnings);
  pipeline::Timestamp time;
  if (pattern.regex_ != nullptr) return pattern;
  if (!pipeline::lang::parse_rfc3339(pattern.value_.text, time)) {
    throw node.error("expected a time such as 2025-11-07T12:00:00.5Z, or {regex: ...}");
  }
  pattern.value_.text = pipeline::timestamp_text(time);
  pattern.is_time_ = true;
  return pattern;
}

bool Pattern::matches(const SnapshotValue& actual) const {
  const bool is_null = actual.kind == Value::Kind::kNull;
  if (regex_ != nullptr) return !is_null && regex_->matches(actual.text);
  if (is_null || value_.kind == Value::Kind::kNull) return is_null && value_.kind == actual.kind;
  if (number_ && actual.kind == Value::Kind::kNumber) {
    const auto number = config::parse_go_float(actual.text);
    return number && *number == *number_;
  }
  return actual.text == value_.text;
}

bool Pattern::matches(const std::string& actual) const {
  return matches(SnapshotValue{Value::Kind::kText, actual});
}

std::string Pattern::describe() const {
  if (regex_ != nullptr) return "/" + without_controls(value_.text) + "/";
  return is_time_ ? value_.text : value_text(value_);
}

ExpectedEntry read_expected_entry(const Node& node, Warnings& warnings) {
  ExpectedEntry entry;
  entry.place = node.place();
  if (node.is_scalar()) {
    entry.line = Pattern::read_text(node, warnings);
    return entry;
  }
  if (!node.is_mapping()) {
    throw node.error(
        "expected an entry: a line, or a mapping of line, labels, labels_include, "
        "timestamp, structured_metadata, extracted; found " +
        node.describe());
  }
  Fields fields(node, "expected entry", kRefuseUnknown, warnings);
  entry.line = read(Pattern::read_text, fields.find("line"), warnings);
  entry.timestamp = read(Pattern::read_timestamp, fields.find("timestamp"), warnings);
  entry.labels = read_patterns(fields, "labels", Pattern::read_text, warnings);
  entry.labels_include = read_patterns(fields, "labels_include", Pattern::read_text, warnings);
  entry.structured_metadata = read_patterns(fields, "structured_metadata", Pattern::read_text, warnings);
  entry.extracted = read_patterns(fields, "extracted", Pattern::read_value, warnings);
  fields.finish();
  if (entry.labels && entry.labels_include) {
    throw node.error("labels and labels_include exclude each other");
  }
  return entry;
}

std::vector<Difference> differences(const ExpectedEntry& expected, const Snapshot& actual) {
  std::vector<Difference> found;
  const auto as_it_is = [](const std::string& text) { return text; };
  compare(found, "line", expected.line, actual.line, quoted_text);
  compare(found, "timestamp", expected.timestamp, pipeline::timestamp_text(actual.timestamp), as_it_is);
  const std::size_t labels = found.size();
  if (expected.labels) compare(found, "label", *expected.labels, actual.labels, true);
  if (expected.labels_include) {
    compare(found, "label", *expected.labels_include, actual.labels, false);
  }
  sort_by_name(found, labels);
  const std::size_t metadata = found.size();
  if (expected.structured_metadata) {
    const std::map<std::string, std::string> values(actual.structured_metadata.begin(),
                                                    actual.structured_metadata.end());
    compare(found, "structured metadata", *expected.structured_metadata, values, true);
  }
  sort_by_name(found, metadata);
  if (expected.extracted) compare(found, "extracted", *expected.extracted, actual.extracted, false);
  return found;
}

std::vector<Difference> all_of(const ExpectedEntry& expected) {
  std::vector<Difference> all;
  const auto add = [&all](const std::string& what, const std::optional<Pattern>& pattern) {
    if (pattern) all.push_back({what, pattern->describe()});
  };
  const auto add_each = [&all](const std::string& what, const std::optional<Patterns>& patterns) {
    if (!patterns) return;
    for (const auto& [name, pattern] : *patterns) all.push_back({what + " " + name, pattern.describe()});
  };
  add("line", expected.line);
  add("timestamp", expected.timestamp);
  add_each("label", expected.labels);
  add_each("label", expected.labels_include);
  add_each("structured metadata", expected.structured_metadata);
  add_each("extracted", expected.extracted);
  return all;
}

std::vector<Difference> all_of(const Snapshot& actual) {
  return {{"line", std::nullopt, quoted_text(actual.line)},
          {"labels", std::nullopt, pipeline::labels_text(actual.labels)}};
}

}  // namespace lokitail::agent::testing
