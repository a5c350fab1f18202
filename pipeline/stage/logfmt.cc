// logfmt: takes values out of a line, or out of an extracted value, that is written in logfmt.
//
//   mapping  required: <name to extract>: <key>; null or empty means the name itself is the key
//   source   an extracted value to look at rather than the line
//
// Of a key that comes twice the last one counts. What stands before a syntax error is extracted.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/value.h"
#include "pipeline/lang/logfmt.h"
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"

namespace lokitail::pipeline {
namespace {

struct MappedKey {
  std::string key;
  Symbol name;
};

class LogfmtStage final : public EntryStage {
 public:
  LogfmtStage(std::vector<MappedKey> rules, TextSource source) : rules_(std::move(rules)), source_(source) {
    for (const MappedKey& rule : rules_) sizes_ |= size_bit(rule.key);
  }

  Verdict process(Entry& entry) override {
    const auto text = source_.text(entry);
    if (!text) return Verdict::kKeep;
    lang::LogfmtScanner scanner(*text);
    while (scanner.next(entry.arena)) {
      if ((sizes_ & size_bit(scanner.key())) == 0) continue;
      for (const MappedKey& rule : rules_) {
        if (rule.key == scanner.key()) {
          entry.extracted.set(rule.name, Value::text(scanner.value()));
        }
      }
    }
    return Verdict::kKeep;
  }

 private:
  static std::uint64_t size_bit(std::string_view key) {
    return std::uint64_t{1} << std::min<std::size_t>(key.size(), 63);
  }

  const std::vector<MappedKey> rules_;
  const TextSource source_;
  std::uint64_t sizes_ = 0;  // bit n: there is a key of n bytes; the last bit stands for all longer
};

std::vector<MappedKey> read_mapping(const config::Node& mapping, SymbolTable& symbols) {
  if (!mapping.is_mapping()) {
    throw mapping.error("expected a mapping of names to logfmt keys, found " + mapping.describe());
  }
  if (mapping.entries().empty()) throw mapping.error("logfmt mapping is required");
  std::vector<MappedKey> rules;
  for (const auto& [name, value] : mapping.entries()) {
    std::string key = value.is_null() ? "" : config::read_string(value);
    if (key.empty()) key = name.text();
    rules.push_back({std::move(key), symbols.intern(name.text())});
  }
  return rules;
}

}  // namespace

std::unique_ptr<Stage> make_logfmt(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "logfmt stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  std::vector<MappedKey> rules = read_mapping(fields.require("mapping"), context.symbols);
  const TextSource source(fields, context.symbols);
  fields.finish();
  return std::make_unique<LogfmtStage>(std::move(rules), source);
}

}  // namespace lokitail::pipeline
