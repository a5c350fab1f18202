// What is written for people: colours where a terminal shows them, and text that cannot command the
// terminal.
//
// Threads: pure functions and plain values.
#pragma once

#include <string>
#include <string_view>

namespace lokitail::agent {

// Select Graphic Rendition codes of ECMA-48.
enum class Colour { kNone = 0, kBold = 1, kDim = 2, kRed = 31, kGreen = 32, kYellow = 33, kCyan = 36 };

// Whether a terminal that shows colours reads this file descriptor, and the user has not said
// otherwise by NO_COLOR (https://no-color.org).
bool shows_colours(int descriptor);

// The value of --color: always, never or auto, which asks shows_colours(). Throws
// std::invalid_argument, whose text is for the user, for any other.
bool parse_colour_choice(std::string_view text, int descriptor);

// Puts text into colours, or leaves it as it is.
class Painter {
 public:
  explicit Painter(bool colours) : colours_(colours) {}
  std::string operator()(Colour colour, std::string_view text) const;

 private:
  bool colours_;
};

// Text in quotes with everything escaped that is not printable: "a\n". Single quotes where that
// saves escapes: '{"a":1}'.
std::string quoted_text(std::string_view text);

// Text as it is, but for control characters other than newline and tab, which are escaped.
std::string without_controls(std::string_view text);

}  // namespace lokitail::agent
