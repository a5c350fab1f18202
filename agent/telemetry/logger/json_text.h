// Writes values as JSON, and texts as logfmt. Any bytes give valid JSON: each that is no UTF-8
// becomes U+FFFD. (What pipelines make is written by pipeline/lang/json_print.h, which writes as Go
// does, escape for escape.)
//
// Source: RFC 8259; RFC 4648 for base64; for logfmt, which nobody has defined, what Loki's parser
// takes. Threads: pure functions.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/telemetry/logger/text_buffer.h"

namespace lokitail::telemetry {

// In its quotes.
void append_json_string(TextBuffer& out, std::string_view text);
// The shortest text that reads as the same number; "NaN", "+Inf", "-Inf" for what JSON does not
// have.
void append_json_number(TextBuffer& out, double number);
void append_json_number(TextBuffer& out, float number);
// In milliseconds, with as many places as it takes.
void append_milliseconds(TextBuffer& out, std::chrono::nanoseconds time);
// In its quotes.
void append_base64(TextBuffer& out, std::span<const std::byte> bytes);
// As it stands where that can be read again, otherwise in quotes.
void append_logfmt_text(TextBuffer& out, std::string_view text);

template <std::integral T>
void append_integer(TextBuffer& out, T number) {
  constexpr std::size_t kMostDigits = 20;
  char* const at = out.room(kMostDigits);
  out.added(std::to_chars(at, at + kMostDigits, number).ptr);
}

}  // namespace lokitail::telemetry
