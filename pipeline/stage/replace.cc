// replace: replaces the groups of a regular expression in the line, or in an extracted value.
//
//   expression  required. Of each match every group that took part is replaced, the rest stays.
//   replace     a Go template for what comes in its place; .Value is the text of the group. Empty
//   by
//               default. An error while it runs leaves all as it is.
//   source      an extracted value to work on rather than the line
//
// A named group is extracted: what replaced its text in the first match. With equal texts, what
// replaced the last of them counts. A template that does not compile is no error, as for Promtail,
// but the stage then changes nothing.
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/value.h"
#include "pipeline/lang/go_template.h"
#include "pipeline/lang/regex_matches.h"
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"
#include "pipeline/stage/template_data.h"

namespace lokitail::pipeline {
namespace {

class ReplaceStage final : public EntryStage {
 public:
  ReplaceStage(lang::Regex regex, lang::GoTemplate replacement, std::optional<Symbol> source,
               StageContext& context)
      : regex_(std::move(regex)),
        replacement_(std::move(replacement)),
        source_(source),
        data_(replacement_.fields(), context) {
    const std::vector<std::string>& names = regex_.group_names();
    groups_.resize(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!names[i].empty()) targets_.push_back({context.symbols.intern(names[i]), i});
    }
  }

  Verdict process(Entry& entry) override {
    const auto text = source_ ? entry.text(*source_) : entry.line;
    if (!text || !replace(entry, *text)) return Verdict::kKeep;
    if (source_) {
      entry.extracted.set(*source_, Value::text(result_));
    } else {
      set_line(entry, result_);
    }
    extract(entry);
    return Verdict::kKeep;
  }

 private:
  struct Target {
    Symbol name;
    std::size_t group;
  };

  // The text of a group, and where in rendered_ its replacement lies.
  struct Replaced {
    std::string_view text;
    std::size_t begin;
    std::size_t end;
  };

  // Makes result_ out of `text`. False if nothing matches or the template failed.
  bool replace(Entry& entry, std::string_view text) {
    result_.clear();
    rendered_.clear();
    replaced_.clear();
    std::size_t done = 0;  // of `text`
    bool succeeded = false;
    bool first = true;
    lang::for_each_match(regex_, text, groups_, [&] {
      if (std::exchange(first, false)) first_match_ = groups_;
      succeeded = true;
      for (const std::string_view group : std::span(groups_).subspan(1)) {
        if (group.data() == nullptr) continue;
        const std::size_t begin = rendered_.size();
        data_.look_at(entry, group, std::nullopt);
        succeeded = replacement_.execute(data_, rendered_);
        if (!succeeded) return false;
        replaced_.push_back({group, begin, rendered_.size()});
        const auto start = static_cast<std::size_t>(group.data() - text.data());
        if (start < done) continue;  // inside of what has been replaced already
        result_ += text.substr(done, start - done);
        result_.append(rendered_, begin);
        done = start + group.size();
      }
      return true;
    });
    if (succeeded) result_ += text.substr(done);
    return succeeded;
  }

  void extract(Entry& entry) {
    for (const Target& target : targets_) {
      const std::string_view text = first_match_[target.group];
      for (auto found = replaced_.rbegin(); found != replaced_.rend(); ++found) {
        if (found->text != text) continue;
        const std::string_view rendered = rendered_;
        const auto replacement = rendered.substr(found->begin, found->end - found->begin);
        entry.extracted.set(target.name, Value::text(replacement));
        break;
      }
    }
  }

  const lang::Regex regex_;
  const lang::GoTemplate replacement_;
  const std::optional<Symbol> source_;
  EntryTemplateData data_;
  std::vector<Target> targets_;  // fixed after construction

  // Of the line at hand.
  std::vector<std::string_view> groups_;
  std::vector<std::string_view> first_match_;
  std::vector<Replaced> replaced_;
  std::string rendered_;
  std::string result_;
};

// Stands in for a stage whose template is none.
class NothingStage final : public EntryStage {
 public:
  Verdict process(Entry&) override { return Verdict::kKeep; }
};

std::optional<Symbol> read_source(config::Fields& fields, SymbolTable& symbols) {
  const config::Node* const node = fields.find("source");
  if (node == nullptr) return std::nullopt;
  const std::string source = config::read_string(*node);
  if (source.empty()) throw node->error("empty source in replace stage");
  return symbols.intern(source);
}

}  // namespace

std::unique_ptr<Stage> make_replace(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "replace stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const config::Node& expression = fields.require("expression");
  if (config::read_string(expression).empty()) throw expression.error("expression is required");
  lang::Regex regex = read_regex(expression);
  const std::optional<Symbol> source = read_source(fields, context.symbols);
  const config::Node* const text = fields.find("replace");
  fields.finish();
  const std::string replacement = text == nullptr ? "" : config::read_string(*text);
  try {
    auto compiled = lang::GoTemplate::compile(replacement, lang::GoTemplate::DataType::kMapOfString);
    return std::make_unique<ReplaceStage>(std::move(regex), std::move(compiled), source, context);
  } catch (const std::invalid_argument& error) {
    context.warnings.add(text->place(), std::string(error.what()) + "; this stage changes nothing");
    return std::make_unique<NothingStage>();
  }
}

}  // namespace lokitail::pipeline
