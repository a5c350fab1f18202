// A push as JSON. Entries go into the block as they are met, since a tree of such a document would take
// many times its size.
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include "agent/source/push/push_parts.h"
#include "agent/source/push/push_request.h"
#include "pipeline/lang/json_token.h"
#include "pipeline/lang/json_walk.h"

namespace lokitail::agent {
namespace {

using pipeline::Timestamp;
namespace json_token = pipeline::lang::json_token;

constexpr const char* kStreamsForm = "streams: expected a list";
constexpr const char* kStreamForm = "stream: expected an object whose values are strings";
constexpr const char* kValuesForm = "values: expected a list";
constexpr const char* kEntryForm =
    "values: expected [\"<unix time in nanoseconds>\", \"<line>\", {<metadata>}]";

std::optional<Timestamp> time_from(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Timestamp::from_unix_nanoseconds(count);
}

// Handler of walk_document() and of JsonWalker::walk() (json_walk.h).
class JsonPush {
 public:
  JsonPush(const PushReading& reading, ReceivedBlock& block, std::string_view document)
      : reading_(reading),
        block_(block),
        parts_(reading),
        ends_(document.data(), document.data() + document.size()) {}

  PushResult read(std::string_view document) {
    const auto kind = pipeline::lang::walk_document(document, *this);
    if (!result_) return result_;
    if (kind == pipeline::lang::JsonDocument::kMalformed) return malformed_push("the body is no JSON object");
    return {};
  }

  // ---- What the walkers call; nullptr ends the walk ----

  const char* key(const char* at, const char* end) { return read_string(at, end, key_); }
  void null_key() { key_ = ""; }

  // Of the document itself.
  const char* value(const char* at, const char* end) {
    place_ = Place::kDocument;
    at = walker_.walk(at, end, *this);
    return result_ ? at : nullptr;
  }

  const char* string(const char* at, const char* end) {
    std::string_view text;
    at = read_string(at, end, text);
    if (at != nullptr && ignored_ == 0) take_text(text);
    return result_ ? at : nullptr;
  }
  const char* number(const char* at, const char* end) {
    take_other(false);
    double ignored = 0;
    return result_ ? json_token::read_number(at, end, &ignored) : nullptr;
  }
  void boolean(bool /*value*/) { take_other(false); }
  void null() { take_other(true); }

  void begin(bool is_object) {
    if (ignored_ > 0 || !enter(is_object)) ++ignored_;
  }
  void end(bool /*is_object*/) {
    if (ignored_ == 0) {
      leave();
    } else if (--ignored_ == 0) {
      ++item_;  // of an entry, if it was there
    }
  }

 private:
  // What the next value is a part of.
  enum class Place { kDocument, kStreams, kStream, kStreamLabels, kValues, kEntry, kMetadata };

  const char* read_string(const char* at, const char* end, std::string_view& text) {
    return json_token::read_string(at, end, ends_, block_.arena(), text);
  }

  void refuse(PushResult result) {
    if (result_) result_ = std::move(result);
  }
  void refuse(const char* form) { refuse(malformed_push(form)); }
  void take_part() {
    if (!parts_.take()) refuse(parts_.too_many());
  }

  // Whether the container is looked into.
  bool enter(bool is_object) {
    switch (place_) {
      case Place::kDocument:
        if (key_ != "streams") return false;
        return go_to(Place::kStreams, !is_object, kStreamsForm);
      case Place::kStreams:
        take_part();
        block_.begin_group({}, reading_.tenant);
        has_labels_ = false;
        return go_to(Place::kStream, is_object, kStreamForm);
      case Place::kStream:
        if (key_ == "values") return go_to(Place::kValues, !is_object, kValuesForm);
        if (key_ != "stream") return false;
        labels_.clear();
        has_labels_ = true;
        return go_to(Place::kStreamLabels, is_object, kStreamForm);
      case Place::kValues:
        take_part();
        item_ = 0;
        metadata_.clear();
        return go_to(Place::kEntry, !is_object, kEntryForm);
      case Place::kEntry:
        return item_ <= 2 && go_to(Place::kMetadata, is_object && item_ == 2, kEntryForm);
      case Place::kStreamLabels:
        return refuse(kStreamForm), false;
      case Place::kMetadata:
        return refuse(kEntryForm), false;
    }
    return false;
  }

  bool go_to(Place place, bool is_expected, const char* form) {
    if (is_expected) {
      place_ = place;
    } else {
      refuse(form);
    }
    return is_expected;
  }

  void leave() {
    switch (place_) {
      case Place::kDocument:
        break;
      case Place::kStreams:
        place_ = Place::kDocument;
        break;
      case Place::kStream:
        if (!has_labels_) refuse(kStreamForm);
        block_.set_labels(labels_);
        place_ = Place::kStreams;
        break;
      case Place::kStreamLabels:
      case Place::kValues:
        place_ = Place::kStream;
        break;
      case Place::kEntry:
        if (item_ < 2) refuse(kEntryForm);
        block_.add_kept(line_, reading_.keeps_times ? std::optional(time_) : std::nullopt, metadata_);
        place_ = Place::kValues;
        break;
      case Place::kMetadata:
        ++item_;
        place_ = Place::kEntry;
        break;
    }
  }

  void take_text(std::string_view text) {
    switch (place_) {
      case Place::kStreamLabels:
        labels_.emplace_back(key_, text);
        break;
      case Place::kEntry:
        take_item(text);
        break;
      case Place::kMetadata:
        take_part();
        metadata_.emplace_back(key_, text);
        break;
      default:
        take_other(false);
    }
  }

  // What is neither text nor container.
  void take_other(bool is_null) {
    if (ignored_ > 0) return;
    switch (place_) {
      case Place::kDocument:
        if (key_ == "streams" && !is_null) refuse(kStreamsForm);
        break;
      case Place::kStream:
        if (key_ == "stream") refuse(kStreamForm);
        if (key_ == "values" && !is_null) refuse(kValuesForm);
        break;
      case Place::kStreams:
      case Place::kStreamLabels:
        refuse(kStreamForm);
        break;
      case Place::kEntry:
        if (item_++ <= 2) refuse(kEntryForm);
        break;
      case Place::kValues:
      case Place::kMetadata:
        refuse(kEntryForm);
        break;
    }
  }

  void take_item(std::string_view text) {
    if (item_ == 0) {
      const auto time = time_from(text);
      if (!time) return refuse(kEntryForm);
      time_ = *time;
    } else if (item_ == 1) {
      line_ = text;
    } else if (item_ == 2) {
      return refuse(kEntryForm);
    }
    ++item_;
  }

  const PushReading& reading_;
  ReceivedBlock& block_;
  PushParts parts_;
  json_token::StringEnds ends_;
  pipeline::lang::JsonWalker walker_;
  PushResult result_;

  Place place_ = Place::kDocument;
  std::size_t ignored_ = 0;  // containers that are open and not looked into
  std::string_view key_;     // of the object that is open last
  // Of the stream that is open.
  ReceivedBlock::Pairs labels_;
  bool has_labels_ = false;
  // Of the entry that is open.
  std::size_t item_ = 0;
  Timestamp time_;
  std::string_view line_;
  ReceivedBlock::Pairs metadata_;
};

}  // namespace

PushResult read_push_json(std::string body, const PushReading& reading, ReceivedBlock& block) {
  const std::string_view document = block.keep(std::move(body));
  return JsonPush(reading, block, document).read(document);
}

}  // namespace lokitail::agent
