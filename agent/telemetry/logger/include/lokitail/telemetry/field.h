// What a line says beside its message: a key with a value of one of a few types.
//
//   logger.info("task executed", {{"task_id", id}, {"attempt", 3}, {"took", end - begin}});
//
// As JSON: texts are strings, numbers are numbers, a duration is milliseconds (2500, or 0.125),
// bytes are base64 as RFC 4648 has it, an error is the text of it with what it was nested in
// ("cannot send: connection refused"). Not a number and the infinities, which JSON does not have,
// are "NaN", "+Inf" and "-Inf".
//
// Ownership: a field looks at what it was made of and copies nothing: it is for the call it is
// written in. Keys: one that is used twice is written twice, and most readers take the last; level,
// timestamp, service, version, environment, caller, trace_id, span_id, trace_sampled, message and
// stacktrace are the line's own. Threads: a field is a value. Errors: none.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <span>
#include <string_view>
#include <system_error>

namespace lokitail::telemetry {

template <typename T>
concept Text = std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;
// Characters are no numbers, and whether one is a text is not for us to guess.
template <typename T>
concept Integer =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

class Field {
 public:
  enum class Kind : std::uint8_t {
    kNull,
    kText,
    kInteger,
    kUnsigned,
    kFloat,  // with the digits of a `float`
    kDouble,
    kBool,
    kDuration,
    kBytes,
    kException,
    kErrorCode,
    kObject
  };
  struct Object {
    const Field* members;
    std::size_t size;
  };

  template <Text T>
  Field(std::string_view key, const T& text) : key_(key), kind_(Kind::kText) {
    if constexpr (std::convertible_to<const T&, const char*>) {
      set_text(static_cast<const char*>(text));
    } else {
      value_.text = std::string_view(text);
    }
  }
  template <Integer T>
  Field(std::string_view key, T number) : key_(key) {
    if constexpr (std::signed_integral<T>) {
      kind_ = Kind::kInteger;
      value_.integer = number;
    } else {
      kind_ = Kind::kUnsigned;
      value_.whole = number;
    }
  }
  template <std::floating_point T>
  Field(std::string_view key, T number)
      : key_(key), kind_(std::same_as<T, float> ? Kind::kFloat : Kind::kDouble) {
    value_.number = static_cast<double>(number);
  }
  template <std::same_as<bool> T>
  Field(std::string_view key, T truth) : key_(key), kind_(Kind::kBool) {
    value_.truth = truth;
  }
  template <typename Rep, typename Period>
  Field(std::string_view key, std::chrono::duration<Rep, Period> time) : key_(key), kind_(Kind::kDuration) {
    value_.integer = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  }
  Field(std::string_view key, std::span<const std::byte> bytes) : key_(key), kind_(Kind::kBytes) {
    value_.bytes = {bytes.data(), bytes.size()};
  }
  Field(std::string_view key, const std::exception& error) : key_(key), kind_(Kind::kException) {
    value_.exception = &error;
  }
  Field(std::string_view key, const std::error_code& error) : key_(key), kind_(Kind::kErrorCode) {
    value_.error = &error;
  }
  Field(std::string_view key, Object object) : key_(key), kind_(Kind::kObject) { value_.object = object; }

  std::string_view key() const { return key_; }
  Kind kind() const { return kind_; }
  // Each REQUIRES its kind.
  std::string_view text() const { return value_.text; }
  std::int64_t integer() const { return value_.integer; }  // of a duration: nanoseconds
  std::uint64_t whole() const { return value_.whole; }
  double number() const { return value_.number; }
  bool truth() const { return value_.truth; }
  std::span<const std::byte> bytes() const { return {value_.bytes.data, value_.bytes.size}; }
  const std::exception& exception() const { return *value_.exception; }
  const std::error_code& error_code() const { return *value_.error; }
  std::span<const Field> members() const { return {value_.object.members, value_.object.size}; }

 private:
  struct Bytes {
    const std::byte* data;
    std::size_t size;
  };
  union Value {
    Value() : integer(0) {}
    std::string_view text;
    std::int64_t integer;
    std::uint64_t whole;
    double number;
    bool truth;
    Bytes bytes;
    const std::exception* exception;
    const std::error_code* error;
    Object object;
  };

  void set_text(const char* text) {
    if (text == nullptr) {
      kind_ = Kind::kNull;
    } else {
      value_.text = text;
    }
  }

  std::string_view key_;
  Kind kind_ = Kind::kNull;
  Value value_;
};

using Fields = std::initializer_list<Field>;

// {"peer": {"id": "...", "port": 4001}}
inline Field object(std::string_view key, Fields members) {
  return {key, Field::Object{members.begin(), members.size()}};
}

}  // namespace lokitail::telemetry
