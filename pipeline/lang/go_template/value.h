// A value while a template runs, with the types that Go would give it.
//
// Threads: plain values. Errors: none.
// Ownership: what a value points to belongs to the execution (context.h), to the template or to its
//            data. Values are copied freely and never destroyed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "pipeline/lang/zone.h"
#include "pipeline/timestamp.h"

namespace lokitail::pipeline::lang::go_template {

enum class Type : std::uint8_t {
  kNone,        // no value at all: a key that a map does not have
  kNil,         // nil
  kBool,        // bool
  kInt,         // int
  kInt64,       // int64
  kByte,        // uint8
  kUint64,      // uint64
  kFloat,       // float64
  kString,      // string
  kList,        // []interface {}
  kStringList,  // []string
  kIntList,     // []int
  kListList,    // [][]interface {}
  kMap,         // map[string]interface {}
  kStringMap,   // map[string]string
  kTime,        // time.Time
  kDuration,    // time.Duration
  kMonth,       // time.Month
  kWeekday,     // time.Weekday
  kVersion,     // *semver.Version
  kKeyPair,     // sprig.certificate
};

struct KeyPair;
struct Map;
struct Version;

struct Time {
  Timestamp instant;
  Zone zone;
};

class Value {
 public:
  constexpr Value() : integer_(0) {}
  static constexpr Value nil() { return Value(Type::kNil, std::int64_t{0}); }
  static constexpr Value boolean(bool value) { return Value(Type::kBool, std::int64_t{value}); }
  static constexpr Value integer(std::int64_t value, Type type = Type::kInt) { return Value(type, value); }
  static constexpr Value number(double value) { return Value(value); }
  static constexpr Value string(std::string_view text) { return Value(text); }
  // REQUIRES: a list type. A span without data() is Go's nil slice.
  static constexpr Value list(std::span<const Value> items, Type type = Type::kList) {
    return Value(items, type);
  }
  static constexpr Value map(Map* map, Type type = Type::kMap) { return Value(type, map); }
  static constexpr Value time(const Time* time) { return Value(time); }
  static constexpr Value version(const Version* version) { return Value(version); }
  static constexpr Value key_pair(const KeyPair* key_pair) { return Value(key_pair); }

  constexpr Type type() const { return type_; }
  constexpr bool is(Type type) const { return type_ == type; }
  constexpr bool missing() const { return type_ == Type::kNone; }
  // Nil or missing.
  constexpr bool empty() const { return type_ <= Type::kNil; }
  constexpr bool is_list() const { return type_ >= Type::kList && type_ <= Type::kListList; }
  constexpr bool is_map() const { return type_ == Type::kMap || type_ == Type::kStringMap; }
  // Of any kind of signed integer, durations, months and weekdays included.
  constexpr bool is_signed() const {
    return type_ == Type::kInt || type_ == Type::kInt64 ||
           (type_ >= Type::kDuration && type_ <= Type::kWeekday);
  }
  constexpr bool is_unsigned() const { return type_ == Type::kByte || type_ == Type::kUint64; }
  constexpr bool is_integer() const { return is_signed() || is_unsigned(); }

  // Each REQUIRES that the value is of that type.
  constexpr bool as_bool() const { return integer_ != 0; }
  constexpr std::int64_t as_integer() const { return integer_; }
  constexpr std::uint64_t as_unsigned() const { return static_cast<std::uint64_t>(integer_); }
  constexpr double as_number() const { return number_; }
  constexpr std::string_view as_string() const { return {text_, size_}; }
  constexpr std::span<const Value> as_list() const { return {items_, size_}; }
  constexpr Map& as_map() const { return *map_; }
  constexpr const Time& as_time() const { return *time_; }
  constexpr const Version& as_version() const { return *version_; }
  constexpr const KeyPair& as_key_pair() const { return *key_pair_; }

 private:
  constexpr Value(Type type, std::int64_t value) : type_(type), integer_(value) {}
  constexpr explicit Value(double value) : type_(Type::kFloat), number_(value) {}
  constexpr explicit Value(std::string_view text)
      : type_(Type::kString), size_(text.size()), text_(text.data()) {}
  constexpr Value(std::span<const Value> items, Type type)
      : type_(type), size_(items.size()), items_(items.data()) {}
  constexpr Value(Type type, Map* map) : type_(type), map_(map) {}
  constexpr explicit Value(const Time* time) : type_(Type::kTime), time_(time) {}
  constexpr explicit Value(const Version* version) : type_(Type::kVersion), version_(version) {}
  constexpr explicit Value(const KeyPair* key_pair) : type_(Type::kKeyPair), key_pair_(key_pair) {}

  Type type_ = Type::kNone;
  std::size_t size_ = 0;
  union {
    std::int64_t integer_;
    double number_;
    const char* text_;
    const Value* items_;
    Map* map_;
    const Time* time_;
    const Version* version_;
    const KeyPair* key_pair_;
  };
};

// Sorted by key, bytewise, which is the order in which Go prints and walks maps.
struct Map {
  struct Entry {
    std::string_view key;
    Value value;
  };

  Entry* entries = nullptr;
  std::size_t size = 0;
  std::size_t capacity = 0;
  bool is_nil = false;  // stands for a nil, which nothing can be set in

  std::span<Entry> all() const { return {entries, size}; }
  // nullptr where there is no such key.
  const Value* find(std::string_view key) const;
  void erase(std::string_view key);
};

// A semantic version; the texts behind `-` and `+` may be empty.
struct Version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::string_view prerelease;
  std::string_view metadata;
  std::string_view original;
};

// A certificate and its private key, both PEM.
struct KeyPair {
  std::string_view certificate;
  std::string_view key;
};

// The name of a type, as Go's %T prints it.
std::string_view type_name(const Value& value);
// "int", "slice", "map", ...: reflect.Kind of a value.
std::string_view kind_name(const Value& value);

// What `if` makes of a value: the zero of each type is false.
bool truth(const Value& value);

}  // namespace lokitail::pipeline::lang::go_template
