// What `lokitail top` shows of the agent's answers (docs/api.md), as lines of text.
//
// Threads: one at a time. Errors: what an answer lacks is shown as nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/json_members.h"
#include "agent/terminal.h"

namespace lokitail::agent::top {

enum class Order { kLag, kRate };

class Picture {
 public:
  explicit Picture(Painter paint) : paint_(paint) {}

  // The answers of one moment, `seconds` on a clock that does not jump. REQUIRES: they are JSON objects.
  void take(const JsonValue& status, const JsonValue& clients, const JsonValue& targets, double seconds);
  // With rates, where there were two moments; lines of at most so many columns.
  std::vector<std::string> lines(std::size_t columns, std::size_t rows, Order order) const;

 private:
  // A count, and how fast it grows.
  struct Rate {
    double count = 0;
    double per_second = 0;
  };
  struct Client {
    std::string name, state, trouble;
    int status = 0;
    double waiting = 0, lag_seconds = 0, lost = 0;
    Rate sent;
  };
  struct Target {
    std::string path, job, state;
    double lag_bytes = 0, lag_seconds = 0;
    double lines_per_second = 0, bytes_per_second = 0;
  };
  using Counts = std::map<std::string, double>;

  Rate rate_of(const std::string& what, double count, double passed);
  std::string head() const;
  std::string totals() const;
  std::string client_line(const Client& client, std::size_t columns) const;
  std::string target_line(const Target& target, std::size_t columns) const;

  const Painter paint_;
  double seconds_ = -1;  // of the latest moment
  Counts before_, now_;
  std::string host_, version_, reason_;
  bool healthy_ = false;
  double uptime_ = 0, memory_ = 0, in_flight_ = 0, in_flight_limit_ = 0;
  Rate lines_, bytes_;
  std::vector<Client> clients_;
  std::vector<Target> targets_;
};

}  // namespace lokitail::agent::top
