// One extracted value, as Promtail's `extracted` map holds it: text, a number, a bool or null.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/arena.h"

namespace lokitail::pipeline {

// Ownership: text is a view; it must live as long as the entry is in the pipeline (the block, a
// stage's own buffer until its next line, or the arena).
class Value {
 public:
  enum class Kind : std::uint8_t { kMissing, kNull, kText, kNumber, kBool };

  constexpr Value() : kind_(Kind::kMissing), number_(0) {}
  static constexpr Value null() { return Value(Kind::kNull, 0); }
  static constexpr Value text(std::string_view text) { return Value(text); }
  static constexpr Value number(double number) { return Value(Kind::kNumber, number); }
  static constexpr Value boolean(bool value) { return Value(Kind::kBool, value ? 1 : 0); }

  constexpr Kind kind() const { return kind_; }
  constexpr bool present() const { return kind_ != Kind::kMissing; }
  constexpr double as_number() const { return number_; }      // REQUIRES: kNumber
  constexpr bool as_bool() const { return number_ != 0; }     // REQUIRES: kBool
  constexpr std::string_view as_text() const { return text_; }  // REQUIRES: kText

  // The text every consumer sees: a number in its shortest decimal form without exponent, a bool as
  // true/false. Nothing for a missing or null value. Text made here lives in `arena`.
  std::optional<std::string_view> to_text(Arena& arena) const {
    switch (kind_) {
      case Kind::kText: return text_;
      case Kind::kBool: return number_ != 0 ? std::string_view("true") : std::string_view("false");
      case Kind::kNumber: return number_to_text(number_, arena);
      case Kind::kMissing:
      case Kind::kNull: break;
    }
    return std::nullopt;
  }

 private:
  constexpr Value(Kind kind, double number) : kind_(kind), number_(number) {}
  explicit constexpr Value(std::string_view text) : kind_(Kind::kText), text_(text) {}

  // Defined in value.cc, to keep the formatting of numbers out of every stage.
  static std::string_view number_to_text(double number, Arena& arena);

  Kind kind_;
  union {
    double number_;
    std::string_view text_;
  };
};

}  // namespace lokitail::pipeline
