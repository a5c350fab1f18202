// tenant: says which tenant of Loki an entry belongs to. Exactly one of these is required:
//
//   source  an extracted value
//   label   a label
//   value   the tenant itself
//
// The tenant stays as it was where the value or label is missing, null or empty.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "config/value.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {
namespace {

// Read by the clients, and not sent.
constexpr std::string_view kTenantLabel = "__tenant_id__";

enum class From { kExtracted, kLabel, kValue };

class TenantStage final : public EntryStage {
 public:
  TenantStage(From from, std::string text, SymbolTable& symbols)
      : from_(from),
        name_(from == From::kValue ? 0 : symbols.intern(text)),
        value_(from == From::kValue ? std::move(text) : ""),
        tenant_(symbols.intern(kTenantLabel)) {}

  Verdict process(Entry& entry) override {
    const std::string_view tenant = find(entry);
    if (!tenant.empty()) entry.labels.set(tenant_, tenant);
    return Verdict::kKeep;
  }

 private:
  std::string_view find(Entry& entry) const {
    if (from_ == From::kValue) return value_;
    if (from_ == From::kExtracted) return entry.text(name_).value_or(std::string_view());
    const Label* const label = entry.labels.find(name_);
    return label == nullptr ? std::string_view() : label->value;
  }

  const From from_;
  const Symbol name_;  // unless it is a value
  const std::string value_;
  const Symbol tenant_;
};

}  // namespace

std::unique_ptr<Stage> make_tenant(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "tenant stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const auto read = [&fields](std::string_view key) {
    const config::Node* const node = fields.find(key);
    return node == nullptr ? std::string() : config::read_string(*node);
  };
  std::array<std::pair<From, std::string>, 3> ways = {
      {{From::kLabel, read("label")}, {From::kExtracted, read("source")}, {From::kValue, read("value")}}};
  fields.finish();
  const auto is_given = [](const auto& way) { return !way.second.empty(); };
  const auto given = std::ranges::count_if(ways, is_given);
  if (given == 0) throw body.error("label, source or value config are required");
  if (given > 1) throw body.error("label, source and value are mutually exclusive");
  auto& [from, text] = *std::ranges::find_if(ways, is_given);
  return std::make_unique<TenantStage>(from, std::move(text), context.symbols);
}

}  // namespace lokitail::pipeline
