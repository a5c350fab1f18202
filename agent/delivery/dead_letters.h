// The file of entries that no Loki is going to have: what it refused for good, and what was given up
// because the configuration says so. One JSON object per line, with Loki's reason.
//
//   {"time":"…","client":"…","tenant":"…","reason":"…","error":"…","labels":"{a=\"b\"}",
//    "timestamp":"…","line":"…","structured_metadata":{"…":"…"}}
//
// A full file becomes FILE.1, FILE.1 becomes FILE.2, and so on; the oldest is removed.
//
// Threads: delivery's thread only.
// Errors:  what cannot be written is told in the log, once until it works again, and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/loki/push_decode.h"
#include "config/config.h"

namespace lokitail::agent {

// Why an entry is one.
struct DeadLetterCause {
  std::string_view client;
  std::string_view tenant;
  std::string_view reason;  // one word
  std::string_view error;   // what Loki said
};

class DeadLetters {
 public:
  explicit DeadLetters(config::DeadLetterConfig config) : config_(std::move(config)) {}
  DeadLetters(const DeadLetters&) = delete;
  DeadLetters& operator=(const DeadLetters&) = delete;
  ~DeadLetters();

  // Whether the configuration wants any.
  bool wanted() const { return !config_.file.empty(); }

  void add(const DeadLetterCause& cause, const std::string& labels, const PushEntry& entry);
  // Writes out what was added.
  void flush();

  std::uint64_t written() const { return written_; }
  std::uint64_t lost() const { return lost_; }

 private:
  std::string write();
  std::string open();
  void rotate();

  const config::DeadLetterConfig config_;
  std::string text_;  // to be written
  std::uint64_t waiting_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t bytes_ = 0;  // in the file
  int file_ = -1;
  bool failing_ = false;
};

}  // namespace lokitail::agent
