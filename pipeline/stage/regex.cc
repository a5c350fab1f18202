// regex: takes values out of the line, or out of an extracted value, with the named groups of a
// regular expression.
//
//   expression  required; the first match counts. Each named group is extracted, as the empty text
//               where it took no part; of groups with equal names the last one is.
//   source      an extracted value to look at rather than the line
#include <span>
#include <vector>

#include "config/value.h"
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"

namespace lokitail::pipeline {
namespace {

class RegexStage final : public EntryStage {
 public:
  RegexStage(lang::Regex regex, TextSource source, SymbolTable& symbols)
      : regex_(std::move(regex)), source_(source) {
    const std::vector<std::string>& names = regex_.group_names();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i].empty()) continue;
      const Symbol name = symbols.intern(names[i]);
      std::erase_if(targets_, [name](const Target& target) { return target.name == name; });
      targets_.push_back({name, i});
    }
    groups_.resize(targets_.empty() ? 0 : targets_.back().group + 1);
  }

  Verdict process(Entry& entry) override {
    if (targets_.empty()) return Verdict::kKeep;
    const auto text = source_.text(entry);
    if (!text || !regex_.match(*text, groups_)) return Verdict::kKeep;
    for (const Target& target : targets_) {
      entry.extracted.set(target.name, Value::text(groups_[target.group]));
    }
    return Verdict::kKeep;
  }

 private:
  struct Target {
    Symbol name;
    std::size_t group;
  };

  const lang::Regex regex_;
  const TextSource source_;
  std::vector<Target> targets_;           // fixed after construction
  std::vector<std::string_view> groups_;  // of the line at hand
};

}  // namespace

std::unique_ptr<Stage> make_regex(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "regex stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const config::Node& expression = fields.require("expression");
  if (config::read_string(expression).empty()) throw expression.error("expression is required");
  const TextSource source(fields, context.symbols);
  fields.finish();
  return std::make_unique<RegexStage>(read_regex(expression), source, context.symbols);
}

}  // namespace lokitail::pipeline
