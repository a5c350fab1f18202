// The terminal's other screen, for what is drawn anew again and again; from construction to destruction.
//
// Threads: one. Errors: none; what cannot be written is not shown.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace lokitail::agent {

class TerminalScreen {
 public:
  struct Size {
    std::size_t columns = 80;
    std::size_t rows = 24;
  };

  TerminalScreen();
  ~TerminalScreen();
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  // As it is now; the usual one where the terminal does not say.
  static Size size();
  // The lines from the top, as many as there is room for. They are cut by who makes them.
  void draw(const std::vector<std::string>& lines);
};

}  // namespace lokitail::agent
