// What is read of JSON that a server sends: members of a kind, or nothing where they are missing or others.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/config.h"
#include "pipeline/lang/json_value.h"

namespace lokitail::agent {

using pipeline::lang::JsonMember;
using pipeline::lang::JsonValue;

inline std::string text_of(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = object.find(key);
  return value != nullptr && value->is_string() ? std::string(value->text()) : std::string();
}

inline std::span<const JsonMember> members_of(const JsonValue* value) {
  return value != nullptr && value->is_object() ? value->members() : std::span<const JsonMember>();
}

inline std::span<const JsonValue> items_of(const JsonValue* value) {
  return value != nullptr && value->is_array() ? value->items() : std::span<const JsonValue>();
}

inline config::LabelMap texts_of(const JsonValue* value) {
  config::LabelMap texts;
  for (const JsonMember& item : members_of(value)) {
    if (item.value.is_string()) texts[std::string(item.key)] = item.value.text();
  }
  return texts;
}

}  // namespace lokitail::agent
