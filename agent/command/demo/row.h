// A line of the screen: text with colours, no wider than the terminal.
//
// Threads: plain value.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "agent/terminal.h"

namespace lokitail::agent::demo {

class Row {
 public:
  explicit Row(std::size_t width, bool colours = true) : left_(width), colours_(colours) {}

  Row& add(std::string_view text, Colour colour = Colour::kNone) {
    return add(text, static_cast<int>(colour));
  }

  // `code`: parameters of SGR, such as 31, or an index of the 256 colours from 1000 on.
  Row& add(std::string_view text, int code) {
    const bool coloured = colours_ && code != 0 && left_ > 0;
    if (coloured) {
      text_ += code >= kIndexed ? "\x1b[38;5;" + std::to_string(code - kIndexed) + "m"
                                : "\x1b[" + std::to_string(code) + "m";
    }
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      const bool continues = (byte & 0xC0) == 0x80;  // of a UTF-8 character
      if (!continues) {
        if (left_ == 0) break;
        --left_;
      }
      // What a container logs may contain anything, but must not command the terminal: no control
      // characters, and none of U+0080 to U+009F, which are C2 80 to C2 9F.
      const bool control =
          byte < 0x20 || byte == 0x7F || (continues && byte < 0xA0 && text_.ends_with('\xC2'));
      if (control && continues) text_.pop_back();
      text_ += control ? ' ' : c;
    }
    if (coloured) text_ += "\x1b[0m";
    return *this;
  }

  // `text` in a column of `width`.
  Row& column(std::string_view text, std::size_t width, int code = 0) {
    text = text.substr(0, width);
    add(text, code);
    return add(std::string(width - text.size(), ' '));
  }
  Row& column(std::string_view text, std::size_t width, Colour colour) {
    return column(text, width, static_cast<int>(colour));
  }

  std::string take() { return std::move(text_); }

  static constexpr int kIndexed = 1000;

 private:
  std::string text_;
  std::size_t left_;
  bool colours_;
};

}  // namespace lokitail::agent::demo
