// What is read of the Docker engine's JSON, beside json_members.h.
//
// Threads: pure functions; a JsonText belongs to one. Errors: none; a text that is no JSON has no value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "agent/json_members.h"
#include "agent/source/docker/container.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent {

// A text as a tree, for as long as it lives.
class JsonText {
 public:
  explicit JsonText(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
    const std::size_t end = text.find_last_not_of(kBlank) + 1;
    if (begin < end) value_ = parser_.parse_value(arena_.copy(text.substr(begin, end - begin)), arena_);
  }
  const std::optional<JsonValue>& value() const { return value_; }

 private:
  pipeline::Arena arena_;
  pipeline::lang::JsonParser parser_;
  std::optional<JsonValue> value_;
};

inline bool flag_of(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = object.find(key);
  return value != nullptr && value->kind() == JsonValue::Kind::kBool && value->boolean();
}

inline std::uint16_t port_of(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = object.find(key);
  if (value == nullptr || !value->is_number()) return 0;
  return value->number() >= 1 && value->number() <= 65535 ? static_cast<std::uint16_t>(value->number())
                                                          : std::uint16_t{0};
}

inline const JsonValue* member(const JsonValue& object, std::string_view outer, std::string_view inner) {
  const JsonValue* const between = object.find(outer);
  return between == nullptr ? nullptr : between->find(inner);
}

// By name.
inline std::map<std::string, ContainerNetwork> networks_of(const JsonValue* value) {
  std::map<std::string, ContainerNetwork> networks;
  for (const JsonMember& item : members_of(value)) {
    networks[std::string(item.key)] = {text_of(item.value, "NetworkID"), text_of(item.value, "IPAddress")};
  }
  return networks;
}

}  // namespace lokitail::agent
