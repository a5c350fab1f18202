#include "pipeline/snapshot.h"

#include <catch2/catch.hpp>

#include <limits>

namespace lokitail::pipeline {
namespace {

using Kind = Value::Kind;

SnapshotValue text(std::string value) { return {Kind::kText, std::move(value)}; }

TEST_CASE("a snapshot has all of an entry, with types", "[snapshot]") {
  SymbolTable symbols;
  Entry entry;
  Labels target;
  target.set(symbols.intern("job"), "t");
  entry.begin("line", {1'762'516'800, 0}, target, nullptr);
  entry.structured_metadata.push_back({"b", "1"});
  entry.structured_metadata.push_back({"a", "2"});
  entry.extracted.set(symbols.intern("text"), Value::text("x"));
  entry.extracted.set(symbols.intern("number"), Value::number(1e21));
  entry.extracted.set(symbols.intern("no_number"), Value::number(std::numeric_limits<double>::infinity()));
  entry.extracted.set(symbols.intern("bool"), Value::boolean(true));
  entry.extracted.set(symbols.intern("null"), Value::null());
  entry.extracted.set(symbols.intern("missing"), Value());

  const Snapshot snapshot = take_snapshot(entry, symbols);
  entry.begin("other", {}, {}, nullptr);
  CHECK(snapshot.line == "line");
  CHECK(timestamp_text(snapshot.timestamp) == "2025-11-07T12:00:00Z");
  CHECK(labels_text(snapshot.labels) == R"({job="t"})");
  CHECK(snapshot.structured_metadata ==
        std::vector<std::pair<std::string, std::string>>{{"b", "1"}, {"a", "2"}});
  CHECK(snapshot.extracted == std::map<std::string, SnapshotValue>{
                                  {"job", text("t")},
                                  {"text", text("x")},
                                  {"number", {Kind::kNumber, "1000000000000000000000"}},
                                  {"no_number", {Kind::kNumber, "+Inf"}},
                                  {"bool", {Kind::kBool, "true"}},
                                  {"null", {Kind::kNull, ""}},
                              });
}

TEST_CASE("the differences of two snapshots, sorted", "[snapshot]") {
  const Snapshot before{"a",
                        {0, 0},
                        {{"gone", "1"}, {"kept", "1"}, {"other", "1"}},
                        {{"twice", "1"}},
                        {{"n", text("1")}, {"same", text("x")}}};
  const Snapshot after{"b",
                       {1, 500'000'000},
                       {{"added", "1"}, {"kept", "1"}, {"other", "2"}},
                       {{"z", "1"}, {"twice", "1"}, {"twice", "2"}},
                       {{"n", {Kind::kNumber, "1"}}, {"null", {Kind::kNull, ""}}, {"same", text("x")}}};
  std::vector<std::string> found;
  const auto show = [](const std::optional<SnapshotValue>& value) {
    return value ? std::to_string(static_cast<int>(value->kind)) + ":" + value->text : "-";
  };
  for (const Change& change : changes(before, after)) {
    found.push_back(std::to_string(static_cast<int>(change.kind)) + " " + change.name + " " +
                    show(change.before) + " " + show(change.after));
  }
  CHECK(found == std::vector<std::string>{
                     "0  2:a 2:b",
                     "1  2:1970-01-01T00:00:00Z 2:1970-01-01T00:00:01.5Z",
                     "2 added - 2:1",
                     "2 gone 2:1 -",
                     "2 other 2:1 2:2",
                     "3 twice - 2:2",
                     "3 z - 2:1",
                     "4 n 2:1 3:1",
                     "4 null - 1:",
                 });
  CHECK(changes(before, before).empty());
}

}  // namespace
}  // namespace lokitail::pipeline
