// What was written and what has arrived: nothing lost, nothing twice, and the story of one trace.
//
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "agent/loki/receiver.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent::demo {

// An entry as it is shown. Fields that the line does not have are empty.
struct Shown {
  pipeline::Timestamp time;
  std::string source;  // the service, or the container
  std::string level;
  std::string message;  // or the line as it is
  std::string trace_id;
  std::string task_id;
};

// A service, or a container.
struct Group {
  static constexpr std::size_t kRecent = 30;

  std::string name;
  std::uint64_t written = 0;
  std::uint64_t received = 0;
  // Entries received in each of the latest intervals, the newest last.
  std::deque<std::uint64_t> recent = std::deque<std::uint64_t>(kRecent);
};

class Tally {
 public:
  // With `knows_lines`, every line is announced by wrote() before it can arrive.
  explicit Tally(bool knows_lines) : knows_lines_(knows_lines) {}

  void add_group(std::string_view name);
  // `group`: index in the order of add_group().
  void wrote(std::size_t group, std::string_view line);
  // A push that was accepted.
  void take(const ReceivedPush& push);
  // Begins the next interval of `recent`.
  void next_interval();

  std::uint64_t written() const { return written_; }
  std::uint64_t received() const { return received_; }
  std::uint64_t lost() const { return knows_lines_ ? written_ - received_ : 0; }
  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t unknown() const { return unknown_; }  // changed on their way, or nobody's
  std::size_t streams() const { return streams_.size(); }
  std::uint64_t pushes() const { return pushes_; }
  std::uint64_t body_bytes() const { return body_bytes_; }
  std::uint64_t bytes() const { return bytes_; }
  bool complete() const { return received_ == written_; }
  bool knows_lines() const { return knows_lines_; }

  const std::vector<Group>& groups() const { return groups_; }
  const std::deque<Shown>& latest() const { return latest_; }  // the newest last
  const std::map<std::string, std::uint64_t>& levels() const { return levels_; }
  // The trace that passed through most services, in the order of its entries' times.
  std::vector<Shown> longest_trace() const;
  // One trace, in that order.
  std::vector<Shown> trace(const std::string& id) const;

 private:
  struct Line {
    std::size_t group = 0;
    bool arrived = false;
  };

  void take_entry(const std::string& labels, const PushEntry& entry);
  Group& group_of_container(const std::string& labels);
  void remember(Shown shown);

  const bool knows_lines_;
  std::vector<Group> groups_;
  std::unordered_map<std::size_t, Line> lines_;  // by hash of the text
  std::unordered_map<std::string, std::size_t> containers_;
  std::unordered_set<std::string> streams_;
  std::map<std::string, std::uint64_t> levels_;
  std::deque<Shown> latest_;
  std::unordered_map<std::string, std::vector<Shown>> traces_;
  std::uint64_t written_ = 0, received_ = 0, duplicates_ = 0, unknown_ = 0;
  std::uint64_t pushes_ = 0, body_bytes_ = 0, bytes_ = 0;
};

}  // namespace lokitail::agent::demo
