// pack: puts the line into a JSON object together with extracted values,
// {"pod":"p1","_entry":"..."}, and removes the labels of these names. Loki's `unpack` takes it
// apart again.
//
//   labels            the names to put in; none by default
//   ingest_timestamp  true (default): the entry's time becomes the present
//
// Only what has been extracted is packed, which initial labels are. Keys are in order of their
// bytes, _entry is the last.
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/value.h"
#include "pipeline/lang/json_print.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {
namespace {

constexpr std::string_view kEntryKey = "\"_entry\":";

struct Packed {
  Symbol name;
  std::string prefix;  // its key as JSON, and a colon
};

class PackStage final : public EntryStage {
 public:
  // `now` is empty where the time is to stay.
  PackStage(std::vector<Packed> packed, std::function<Timestamp()> now)
      : packed_(std::move(packed)), now_(std::move(now)) {}

  Verdict process(Entry& entry) override {
    buffer_ = "{";
    for (const Packed& packed : packed_) {
      const auto value = entry.text(packed.name);
      if (!value) continue;
      buffer_ += packed.prefix;
      lang::append_json_string(buffer_, *value);
      buffer_ += ',';
      entry.labels.erase(packed.name);
    }
    buffer_ += kEntryKey;
    lang::append_json_string(buffer_, entry.line);
    buffer_ += '}';
    entry.line = entry.arena.copy(buffer_);
    if (now_) entry.timestamp = now_();
    return Verdict::kKeep;
  }

 private:
  const std::vector<Packed> packed_;  // in order of their names
  const std::function<Timestamp()> now_;
  std::string buffer_;  // kept for its memory
};

// A single value counts as a list of one.
std::set<std::string> read_names(const config::Node* node) {
  std::set<std::string> names;
  if (node == nullptr) return names;
  if (node->is_sequence()) {
    for (const config::Node& item : node->items()) names.insert(config::weak_string(item));
  } else if (!node->is_mapping() || !node->entries().empty()) {
    names.insert(config::weak_string(*node));
  }
  return names;
}

}  // namespace

std::unique_ptr<Stage> make_pack(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "pack stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  std::vector<Packed> packed;
  for (const std::string& name : read_names(fields.find("labels"))) {
    std::string prefix;
    lang::append_json_string(prefix, name);
    packed.push_back({context.symbols.intern(name), prefix + ':'});
  }
  const config::Node* const ingest = fields.find("ingest_timestamp");
  fields.finish();
  const bool restamp = ingest == nullptr || config::weak_bool(*ingest);
  return std::make_unique<PackStage>(std::move(packed), restamp ? context.now : nullptr);
}

}  // namespace lokitail::pipeline
