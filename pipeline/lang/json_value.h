// A JSON value as a tree: what a document that JMESPath works on is parsed into, and what JMESPath
// makes of it.
//
// Ownership: a value is a small handle; its text, items and members are views, which live in an
//            Arena or in the document. Values are never changed once made: copies share.
// Threads:   plain data; any thread may read.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pipeline/arena.h"

namespace lokitail::pipeline::lang {

struct JsonMember;

class JsonValue {
 public:
  enum class Kind : std::uint8_t {
    kNull,
    kBool,
    kNumber,
    kString,
    kArray,
    kObject,
    kExpression  // `&expression`, which JMESPath hands to functions
  };

  JsonValue() : JsonValue(Kind::kNull, 0) {}
  // Not from pointers, which would turn into a bool quietly.
  explicit JsonValue(std::same_as<bool> auto value) : JsonValue(Kind::kBool, 0) { boolean_ = value; }
  explicit JsonValue(double value) : JsonValue(Kind::kNumber, 0) { number_ = value; }
  explicit JsonValue(std::string_view text) : JsonValue(Kind::kString, text.size()) { text_ = text.data(); }
  explicit JsonValue(std::span<const JsonValue> items) : JsonValue(Kind::kArray, items.size()) {
    items_ = items.data();
  }
  // REQUIRES: no key twice.
  explicit JsonValue(std::span<const JsonMember> members);

  // The document `null`: Go holds it as a map that is nil, which is an empty object to all
  // expressions and null only when it is written.
  static JsonValue null_document() {
    JsonValue value(Kind::kObject, 0);
    value.prints_null_ = true;
    return value;
  }
  static JsonValue expression(const void* node) {
    JsonValue value(Kind::kExpression, 0);
    value.expression_ = node;
    return value;
  }

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_number() const { return kind_ == Kind::kNumber; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_array() const { return kind_ == Kind::kArray; }
  bool is_object() const { return kind_ == Kind::kObject; }
  bool prints_null() const { return is_null() || prints_null_; }

  // Each REQUIRES its kind.
  bool boolean() const { return boolean_; }
  double number() const { return number_; }
  std::string_view text() const { return {text_, size_}; }
  std::span<const JsonValue> items() const { return {items_, size_}; }
  std::span<const JsonMember> members() const;
  const void* expression() const { return expression_; }

  // The member of that name; nullptr where there is none, or this is no object.
  const JsonValue* find(std::string_view key) const;

 private:
  JsonValue(Kind kind, std::size_t size) : kind_(kind), size_(size), items_(nullptr) {}

  Kind kind_;
  bool prints_null_ = false;
  std::size_t size_;
  union {
    bool boolean_;
    double number_;
    const char* text_;
    const JsonValue* items_;
    const JsonMember* members_;
    const void* expression_;
  };
};

struct JsonMember {
  std::string_view key;
  JsonValue value;
};

inline JsonValue::JsonValue(std::span<const JsonMember> members) : JsonValue(Kind::kObject, members.size()) {
  members_ = members.data();
}

inline std::span<const JsonMember> JsonValue::members() const { return {members_, size_}; }

inline const JsonValue* JsonValue::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const JsonMember& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

// Whether Go's reflect.DeepEqual says so: NaN equals nothing, not even itself, and the document
// `null` is not equal to `{}`.
bool deep_equal(const JsonValue& left, const JsonValue& right);
// The same of values that may share their parts, so that there is no bound to what they hold:
// nothing once `work_left`, of which comparisons and bytes of text are taken off, is used up.
std::optional<bool> deep_equal(const JsonValue& left, const JsonValue& right, std::size_t& work_left);

// Drops every member whose key comes again later. Of equal keys the last one's value stays, at the
// place of the first.
void keep_last_of_equal_keys(std::vector<JsonMember>& members, std::size_t begin);

// A copy of values or members that lives as long as the arena.
template <typename T>
std::span<const T> copy_into(Arena& arena, std::span<const T> values) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (values.empty()) return {};
  void* start = arena.allocate(values.size_bytes() + alignof(T) - 1);
  std::size_t space = values.size_bytes() + alignof(T) - 1;
  start = std::align(alignof(T), values.size_bytes(), start, space);
  std::memcpy(start, values.data(), values.size_bytes());
  return {std::launder(static_cast<const T*>(start)), values.size()};
}

}  // namespace lokitail::pipeline::lang
