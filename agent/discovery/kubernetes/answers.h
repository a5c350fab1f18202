// What the API server answers: pages of a list, and the events of a watch, a line of JSON each.
//
// Threads: an object belongs to one thread. Ownership: values that are handed over live until the next call.
// Errors:  nothing for a text that is not what it should be.
// Source:  Kubernetes API concepts, "Efficient detection of changes" and "Retrieving large results sets".
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/discovery/kubernetes/objects.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent::kubernetes {

struct Page {
  std::string resource_version;
  std::string next;  // where the next page begins; empty: this is the last one
  std::span<const Json> items;
};

struct Event {
  enum class Kind { kAdded, kModified, kDeleted, kBookmark, kError };
  Kind kind = Kind::kError;
  Json object;
  std::string resource_version;  // of the object
  int code = 0;                  // of an error, an HTTP status
  std::string message;           // of an error
};

class AnswerParser {
 public:
  std::optional<Page> parse_page(std::string_view text);
  std::optional<Event> parse_event(std::string_view line);
  // The message of an error's body, or the beginning of what is no such body.
  std::string parse_message(std::string_view text);

 private:
  std::optional<Json> parse(std::string_view text);

  pipeline::Arena arena_;
  pipeline::lang::JsonParser parser_;
};

// Puts lines together of what comes in pieces.
class LineReader {
 public:
  // Longer lines are passed over. An object is 1.5 MiB at most in etcd, and its JSON not much longer.
  static constexpr std::size_t kLongest = std::size_t{8} << 20;

  explicit LineReader(std::size_t longest = kLongest) : longest_(longest) {}

  // Hands over each line that is whole now, without its end. False from `line`: no more is wanted.
  bool feed(std::string_view bytes, const std::function<bool(std::string_view line)>& line);
  // Lines that were too long.
  std::size_t passed_over() const { return passed_over_; }

 private:
  const std::size_t longest_;
  std::string begun_;
  bool is_too_long_ = false;
  std::size_t passed_over_ = 0;
};

}  // namespace lokitail::agent::kubernetes
