// An entry as templates see it: its extracted values as text, under their names, and what the stage
// adds to them.
//
// Threads: belongs to one stage. Ownership: points to the entry only between look_at() calls.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/lang/go_template.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {

class EntryTemplateData final : public lang::TemplateData {
 public:
  EntryTemplateData(const std::vector<std::string>& fields, StageContext& context)
      : symbols_(context.symbols), now_(context.now), find_host_(context.find_host) {
    for (const std::string& field : fields) {
      fields_.push_back({symbols_.intern(field), field == "Value", field == "Entry"});
    }
  }

  // What the next execution works on. `.Value` and `.Entry` are extracted values like all others
  // where nothing is given for them here.
  void look_at(Entry& entry, std::optional<std::string_view> value, std::optional<std::string_view> line) {
    entry_ = &entry;
    value_ = value;
    line_ = line;
  }

  std::optional<std::string_view> field(std::size_t index) const override {
    const Field& field = fields_[index];
    if (field.is_value && value_) return value_;
    if (field.is_entry && line_) return line_;
    return entry_->text(field.name);
  }

  void for_each(const Visitor& visit) const override {
    entry_->extracted.for_each([&](Symbol name, const Value& value) {
      if (const auto text = value.to_text(entry_->arena)) visit(symbols_.name(name), *text);
    });
    if (value_) visit("Value", *value_);
    if (line_) visit("Entry", *line_);
  }

  Timestamp now() const override { return now_(); }

  std::optional<std::string> find_host(const std::string& name) const override {
    return find_host_ ? find_host_(name) : std::nullopt;
  }

 private:
  struct Field {
    Symbol name;
    bool is_value;
    bool is_entry;
  };

  SymbolTable& symbols_;
  const std::function<Timestamp()> now_;
  const std::function<std::optional<std::string>(const std::string&)> find_host_;
  std::vector<Field> fields_;
  Entry* entry_ = nullptr;
  std::optional<std::string_view> value_;
  std::optional<std::string_view> line_;
};

}  // namespace lokitail::pipeline
