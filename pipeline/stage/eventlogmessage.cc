// eventlogmessage: takes the `Key: value` lines out of the message of a Windows event.
//
//   source               the extracted value with the message; `message` by default
//   drop_invalid_labels  true leaves out keys that are no label names; by default each of their
//                        characters that may not be there becomes an underscore
//   overwrite_existing   true lets a key replace what has been extracted under its name; by default
//                        it is extracted as <key>_extracted
//
// Lines end in \r\n; one without a colon is skipped. Where the source is missing nothing happens;
// where it is null, the entry is dropped.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "config/value.h"
#include "pipeline/label_name.h"
#include "pipeline/lang/go_template/unicode.h"
#include "pipeline/stage.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

// Symbols for names that are only known when a message brings them. Symbols are for ever, so
// messages may add but so many; beyond that they find only names that somebody else uses.
class MessageNames {
 public:
  explicit MessageNames(SymbolTable& symbols) : symbols_(symbols) {}

  std::optional<Symbol> find(std::string_view name) {
    while (indexed_ < symbols_.size()) index_next();
    if (const auto found = index_.find(name); found != index_.end()) return found->second;
    if (added_ == kMostAdded) return std::nullopt;
    ++added_;
    return symbols_.intern(name);
  }

 private:
  static constexpr std::size_t kMostAdded = 1'000;

  void index_next() {
    const auto symbol = static_cast<Symbol>(indexed_++);
    index_.emplace(symbols_.name(symbol), symbol);
  }

  SymbolTable& symbols_;
  boost::unordered_flat_map<std::string_view, Symbol> index_;
  std::size_t indexed_ = 0;  // this many symbols are in index_
  std::size_t added_ = 0;
};

struct Settings {
  bool drop_invalid_labels = false;
  bool overwrite_existing = false;
};

class EventLogMessageStage final : public EntryStage {
 public:
  EventLogMessageStage(Symbol source, Settings settings, SymbolTable& symbols)
      : source_(source), settings_(settings), names_(symbols) {}

  Verdict process(Entry& entry) override {
    const Value source = entry.extracted.get(source_);
    if (!source.present()) return Verdict::kKeep;
    auto message = source.to_text(entry.arena);
    if (!message) return Verdict::kDrop;
    while (!message->empty()) {
      const std::size_t end = message->find("\r\n");
      extract(message->substr(0, end), entry);
      if (end == std::string_view::npos) break;
      message->remove_prefix(end + 2);
    }
    return Verdict::kKeep;
  }

 private:
  void extract(std::string_view line, Entry& entry) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string_view key = line.substr(0, colon);
    const std::string_view value = lang::go_template::trim_space(line.substr(colon + 1));
    if (!is_label_name(key)) {
      if (settings_.drop_invalid_labels) return;
      key = make_label_name(key);
    }
    auto name = names_.find(key);
    if (name && !settings_.overwrite_existing && entry.extracted.get(*name).present()) {
      if (key.data() != key_.data()) key_ = key;
      key_ += "_extracted";
      name = names_.find(key_);
    }
    if (name && is_utf8(value)) entry.extracted.set(*name, Value::text(value));
  }

  std::string_view make_label_name(std::string_view key) {
    key_.clear();
    while (!key.empty()) {
      const std::size_t size = first_character(key).size;
      const std::string_view character = key.substr(0, size);
      // A digit may stand anywhere but in front.
      const bool good =
          is_label_name(character) || (!key_.empty() && character[0] >= '0' && character[0] <= '9');
      key_ += good ? character[0] : '_';
      key.remove_prefix(size);
    }
    if (key_.empty()) key_ = "_";
    return key_;
  }

  const Symbol source_;
  const Settings settings_;
  MessageNames names_;
  std::string key_;  // kept for its memory
};

Symbol read_source(const config::Node* node, SymbolTable& symbols) {
  if (node == nullptr) return symbols.intern("message");
  const std::string source = config::read_string(*node);
  if (!is_label_name(source)) throw node->error("invalid label name: " + source);
  return symbols.intern(source);
}

bool read_flag(const config::Node* node) { return node != nullptr && config::read_bool(*node); }

}  // namespace

std::unique_ptr<Stage> make_eventlogmessage(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "eventlogmessage stage", config::Fields::Strictness::kWarnUnknown,
                        context.warnings);
  const Symbol source = read_source(fields.find("source"), context.symbols);
  const Settings settings{.drop_invalid_labels = read_flag(fields.find("drop_invalid_labels")),
                          .overwrite_existing = read_flag(fields.find("overwrite_existing"))};
  fields.finish();
  return std::make_unique<EventLogMessageStage>(source, settings, context.symbols);
}

}  // namespace lokitail::pipeline
