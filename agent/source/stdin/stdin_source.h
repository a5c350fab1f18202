// Reads lines from a descriptor, standard input above all, until its end.
//
// As Promtail does: carriage returns and newlines at the end of a line are cut off, empty lines are
// skipped, and the last line needs no newline. Nothing can be read twice, so there is no position.
// Each line gets a time of its own, later than that of the one before: Loki takes an equal line
// with an equal time for the same entry.
//
// The descriptor stays as it was given, since other processes may share it: a turn reads only where
// poll() says that it would not wait, and leaves the waiting to others (kWaits).
//
// Threads: the worker's. Ownership: the worker outlives the source; the descriptor is not closed.
// Errors:  a descriptor that cannot be read ends the source with kFailed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "agent/source/block.h"
#include "agent/source/source.h"
#include "pipeline/labels.h"
#include "pipeline/pipeline.h"

namespace lokitail::agent {

class StdinSource final : public Source {
 public:
  enum class Event {
    kWaits,   // there is nothing to read: to be woken when there is
    kEnded,   // the end was reached; all lines are in the pipeline
    kFailed,  // the same, where reading failed
  };
  // Called on the worker's thread.
  using Events = std::function<void(Event)>;

  static constexpr std::size_t kBlockBytes = 256 * 1024;
  static constexpr std::size_t kMostLineBytes = 4 * 1024 * 1024;

  struct Spec {
    int file = 0;
    std::string job;
    std::map<std::string, std::string> labels;
    std::size_t max_line_bytes = kMostLineBytes;  // what is longer is cut there
  };

  StdinSource(Spec spec, Events events);

  void attach(Worker& worker) override;
  pipeline::Pipeline* pipeline() override { return pipeline_; }
  Turn take_turn(Worker& worker) override;

  // Reads no more; an unfinished line is sent as it is.
  void finish(Worker& worker);

 private:
  enum class Found { kMore, kNothing, kEnd, kFailed };
  Found read_block(Worker& worker);
  void make_room();
  void take_bytes(Worker& worker, std::size_t new_bytes);
  void push_lines(Worker& worker, bool pauses);
  void keep_from(const char* begin);
  void push_line(std::string_view line, pipeline::Origin* origin);
  void push_rest(Worker& worker);
  void advance_clock(Worker& worker);
  Turn end(Event event);

  const Spec spec_;
  const Events events_;
  pipeline::Pipeline* pipeline_ = nullptr;
  pipeline::Labels labels_;
  BlockLedger ledger_;
  std::uint64_t offset_ = 0;
  std::unique_ptr<char[]> buffer_;  // begins with what is not pushed yet
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::size_t searched_ = 0;  // of it: where there is no newline
  bool has_lines_ = false;    // there are whole ones in it, which a pause has kept
  bool skipping_ = false;     // in a line that was cut
  bool told_of_cut_ = false;
  bool ended_ = false;
  pipeline::Timestamp time_;  // of the latest line
};

}  // namespace lokitail::agent
