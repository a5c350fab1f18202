// What the demo shows: a screen that is drawn anew several times a second, or plain lines.
//
// Threads: one. Errors: none; what cannot be written is not shown.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/command/demo/tally.h"
#include "agent/terminal_screen.h"

namespace lokitail::agent::demo {

// What is shown beside the tally.
struct Status {
  std::string title;
  std::string loki;  // what happens to Loki now
  bool loki_down = false;
  std::string note;  // the latest event
  std::string agent_url;
  std::uint64_t agent_bytes = 0;
  double seconds = 0;     // since the start
  int of_seconds = 0;     // 0: no end
  double interval = 0.5;  // seconds of an interval of Group::recent
};

// What was found in the end.
struct Outcome {
  double down_seconds = 0;
  double caught_up_seconds = -1;  // after Loki's return; < 0: nothing to catch up with
  std::uint64_t agent_peak_bytes = 0;
  double agent_cpu_seconds = 0;
  bool agent_ended_well = true;
  std::string kept;  // folder
};

// Whether standard output is a terminal that can show a screen.
bool can_show_screen();

// The terminal's other screen, from construction to destruction.
class Screen {
 public:
  void draw(const Status& status, const Tally& tally);

 private:
  TerminalScreen screen_;
};

// One line for the log of a CI run.
std::string plain_line(const Status& status, const Tally& tally);

std::string summary(const Outcome& outcome, const Tally& tally, bool colours);

}  // namespace lokitail::agent::demo
