// One extracted value, as Promtail's `extracted` map holds it: text, a number, a bool or null.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/arena.h"

namespace lokitail::pipeline {

// Ownership: text, and how a number was spelled, are views; they must live as long as the entry is in
// the pipeline (the block, a stage's own buffer until its next line, or the arena).
class Value {
 public:
  enum class Kind : std::uint8_t { kMissing, kNull, kText, kNumber, kBool };

  constexpr Value() = default;
  static constexpr Value null() { return Value(Kind::kNull, nullptr, 0); }
  static constexpr Value text(std::string_view text) { return Value(Kind::kText, text.data(), text.size()); }
  // `spelled` is how the number was written, if that is known: it saves the work of writing it again.
  static constexpr Value number(double number, std::string_view spelled = {}) {
    Value value(Kind::kNumber, spelled.data(), std::bit_cast<std::uint64_t>(number));
    if (spelled.size() <= kLongestSpelling) {
      value.spelling_size_ = static_cast<std::uint8_t>(spelled.size());
    }
    return value;
  }
  static constexpr Value boolean(bool value) { return Value(Kind::kBool, nullptr, value ? 1 : 0); }

  constexpr Kind kind() const { return kind_; }
  constexpr bool present() const { return kind_ != Kind::kMissing; }
  constexpr double as_number() const { return std::bit_cast<double>(bits_); }  // REQUIRES: kNumber
  constexpr bool as_bool() const { return bits_ != 0; }                        // REQUIRES: kBool
  constexpr std::string_view as_text() const { return {data_, bits_}; }        // REQUIRES: kText

  // The same number, for whoever keeps it longer than its spelling lives. REQUIRES: kNumber
  constexpr Value without_spelling() const { return number(as_number()); }

  // The text every consumer sees: a number in its shortest decimal form without exponent, a bool as
  // true/false. Nothing for a missing or null value. Text made here lives in `arena`.
  std::optional<std::string_view> to_text(Arena& arena) const {
    switch (kind_) {
      case Kind::kText:
        return as_text();
      case Kind::kBool:
        return as_bool() ? std::string_view("true") : std::string_view("false");
      case Kind::kNumber:
        return number_to_text(arena);
      case Kind::kMissing:
      case Kind::kNull:
        break;
    }
    return std::nullopt;
  }

 private:
  // Longer ones are hardly ever the shortest form, and are not worth looking at.
  static constexpr std::size_t kLongestSpelling = 24;

  constexpr Value(Kind kind, const char* data, std::uint64_t bits) : data_(data), bits_(bits), kind_(kind) {}

  // Defined in value.cc, to keep the formatting of numbers out of every stage.
  std::string_view number_to_text(Arena& arena) const;

  // No union: GCC would put values together in memory, and the wide loads that copy them would wait
  // for the narrow stores to get there, ten times for each line.
  const char* data_ = nullptr;  // kText; kNumber: its spelling
  std::uint64_t bits_ = 0;      // kText: its size; kNumber: its representation; kBool
  Kind kind_ = Kind::kMissing;
  std::uint8_t spelling_size_ = 0;  // kNumber; 0 where there is none
};

}  // namespace lokitail::pipeline
