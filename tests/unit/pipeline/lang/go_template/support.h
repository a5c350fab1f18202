// Renders templates from what a test can write down.
#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pipeline/lang/go_template.h"

namespace lokitail::pipeline::lang::test {

using TextMap = std::map<std::string, std::string>;

// 2025-11-07T10:30:15.25Z
inline constexpr Timestamp kNow{1'762'511'415, 250'000'000};

class MapData final : public TemplateData {
 public:
  MapData(const GoTemplate& go_template, const TextMap& texts)
      : fields_(go_template.fields()), texts_(texts) {}

  std::optional<std::string_view> field(std::size_t index) const override {
    const auto found = texts_.find(fields_.at(index));
    if (found == texts_.end()) return std::nullopt;
    return found->second;
  }
  void for_each(const Visitor& visit) const override {
    for (const auto& [name, text] : texts_) visit(name, text);
  }
  Timestamp now() const override { return kNow; }

 private:
  const std::vector<std::string>& fields_;
  const TextMap& texts_;
};

// What becomes of a template. An error while it runs is "error: ..."; one of its syntax throws.
inline std::string render(std::string_view text, const TextMap& data = {},
                          GoTemplate::DataType type = GoTemplate::DataType::kMapOfAny) {
  const GoTemplate go_template = GoTemplate::compile(text, type);
  std::string out = "kept:";
  std::string error;
  if (go_template.execute(MapData(go_template, data), out, &error)) return out.substr(5);
  if (out != "kept:") return "a failed template wrote: " + out;
  return "error: " + error;
}

// Why a template does not compile, without the place; empty if it does.
inline std::string syntax_error(std::string_view text) {
  try {
    GoTemplate::compile(text);
  } catch (const std::invalid_argument& error) {
    const std::string_view what = error.what();
    constexpr std::string_view kPrefix = "template: pipeline_template:";
    if (!what.starts_with(kPrefix)) return "no place in: " + std::string(what);
    return std::string(what.substr(kPrefix.size()));
  }
  return {};
}

struct Row {
  std::string text;
  std::string want;
};

inline void check_all(std::span<const Row> rows, const TextMap& data = {}) {
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(render(row.text, data) == row.want);
  }
}

}  // namespace lokitail::pipeline::lang::test
