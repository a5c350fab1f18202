#include "agent/discovery/kubernetes/answers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lokitail::agent::kubernetes {
namespace {

constexpr std::size_t kToldBytes = 300;

std::optional<Event::Kind> kind_named(std::string_view name) {
  using enum Event::Kind;
  constexpr std::array<std::pair<std::string_view, Event::Kind>, 5> kKinds{{{"ADDED", kAdded},
                                                                            {"MODIFIED", kModified},
                                                                            {"DELETED", kDeleted},
                                                                            {"BOOKMARK", kBookmark},
                                                                            {"ERROR", kError}}};
  const auto found = std::ranges::find(kKinds, name, [](const auto& each) { return each.first; });
  return found == kKinds.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::optional<Json> AnswerParser::parse(std::string_view text) {
  arena_.reset();
  const auto document = parser_.parse_document(arena_.copy(text), arena_);
  return document && !document->prints_null() ? document : std::nullopt;
}

std::optional<Page> AnswerParser::parse_page(std::string_view text) {
  const auto document = parse(text);
  if (!document) return std::nullopt;
  const Json* const meta = document->find("metadata");
  const Json* const items = document->find("items");
  if (meta == nullptr || items == nullptr || !(items->is_array() || items->is_null())) return std::nullopt;
  Page page{text_of(meta, "resourceVersion"), text_of(meta, "continue"), {}};
  if (items->is_array()) page.items = items->items();
  return page;
}

std::optional<Event> AnswerParser::parse_event(std::string_view line) {
  const auto document = parse(line);
  if (!document) return std::nullopt;
  const auto kind = kind_named(text_of(&*document, "type"));
  const Json* const object = document->find("object");
  if (!kind || object == nullptr || !object->is_object()) return std::nullopt;
  Event event;
  event.kind = *kind;
  event.object = *object;
  event.resource_version = text_of(object->find("metadata"), "resourceVersion");
  event.message = text_of(object, "message");
  const Json* const code = object->find("code");
  if (code != nullptr && code->is_number() && code->number() >= 0 && code->number() < 1000) {
    event.code = static_cast<int>(code->number());
  }
  return event;
}

std::string AnswerParser::parse_message(std::string_view text) {
  const auto document = parse(text);
  std::string message = document ? text_of(&*document, "message") : std::string();
  return message.empty() ? std::string(text.substr(0, kToldBytes)) : message;
}

bool LineReader::feed(std::string_view bytes, const std::function<bool(std::string_view line)>& line) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (!is_too_long_ && begun_.size() + piece.size() > longest_) {
      is_too_long_ = true;
      ++passed_over_;
      std::string().swap(begun_);
    }
    if (end == bytes.npos) {
      if (!is_too_long_) begun_ += piece;
      return true;
    }
    bytes.remove_prefix(end + 1);
    if (std::exchange(is_too_long_, false)) continue;
    const std::string whole = begun_.empty() ? std::string() : std::exchange(begun_, {}).append(piece);
    const std::string_view text = whole.empty() ? piece : std::string_view(whole);
    if (text.find_first_not_of(" \t\r") != text.npos && !line(text)) return false;
  }
  return true;
}

}  // namespace lokitail::agent::kubernetes
