// Writes a JSON document piece by piece, with the commas where they belong.
//
// Threads: a writer belongs to one thread. Errors: none; that what is begun is ended is for the caller.
// Bytes that are no UTF-8 become U+FFFD. JSON has no NaN and no infinities: those become null.
#pragma once

#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "pipeline/lang/json_print.h"

namespace lokitail::pipeline::lang {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  // `bracket` is { or [, } or ].
  void begin(char bracket) {
    separate();
    out_ += bracket;
    fresh_ = true;
  }
  void end(char bracket) {
    out_ += bracket;
    fresh_ = false;
  }
  void begin(std::string_view name, char bracket) {
    key(name);
    begin(bracket);
  }

  void key(std::string_view name) {
    value(name);
    out_ += ':';
    fresh_ = true;
  }

  void value(std::string_view text) {
    separate();
    append_json_string(out_, text, JsonStyle::kEncodingJson);
  }
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::same_as<bool> auto flag) { literal(flag ? "true" : "false"); }
  void value(std::integral auto number) requires(!std::same_as<decltype(number), bool>) {
    literal(std::to_string(number));
  }
  void value(std::floating_point auto number) {
    std::isfinite(number) ? literal(fmt::format("{}", number)) : literal("null");
  }
  // JSON that is there already.
  void literal(std::string_view json) {
    separate();
    out_ += json;
  }

  void member(std::string_view name, const auto& what) {
    key(name);
    value(what);
  }
  // An object whose members are texts.
  void members(std::string_view name, const auto& texts) {
    begin(name, '{');
    for (const auto& [key_text, text] : texts) member(key_text, text);
    end('}');
  }

 private:
  void separate() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }

  std::string& out_;
  bool fresh_ = true;  // nothing has been written yet that a comma would have to follow
};

}  // namespace lokitail::pipeline::lang
