// Entries that others send to the agent, as a source: a listener offers blocks of them, the worker
// takes the blocks one by one and pushes their entries through the job's pipeline. A block that is
// settled (delivered, refused for good, or in the spool on disk) is reported, so that its sender can be
// told that nothing of it will be lost.
//
// What becomes of an entry's labels: those it came with, those of the configuration over them, then the
// job's relabel_configs, then all that begin with "__" go.
//
// Threads: construct and offer() on the control thread; has_room() on any; the rest is the worker's.
// Ownership: the control context and the worker outlive it.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/discovery/entry_relabeler.h"
#include "agent/source/received/received_block.h"
#include "agent/source/source.h"
#include "agent/source/target.h"
#include "config/config.h"
#include "pipeline/entry.h"
#include "pipeline/labels.h"
#include "pipeline/origin.h"
#include "pipeline/pipeline.h"

namespace lokitail::agent {

class ReceivedSource final : public Source {
 public:
  struct Spec {
    std::string job;
    config::LabelMap labels;  // of every entry
    std::vector<config::RelabelConfig> relabel_configs;
    // Whether who sends waits until a block is settled before sending the next.
    bool is_awaited = false;
    // Whether entries that have no label left are pushed, as Promtail does for some sources.
    bool keeps_without_labels = false;
    // Whether its sender has the entries still, should we lose them: then they need not be on disk first.
    bool can_be_read_again = false;
    // Told how many entries went into the pipeline. On the worker's thread; may be empty.
    std::function<void(std::size_t entries)> pushed{};
  };

  // Entries that rules dropped or that had no label left, told after each block that had some. On the
  // worker's thread.
  enum class Dropped { kByRule, kWithoutLabels };
  using DroppedHandler = std::function<void(Dropped, std::size_t entries)>;

  // With this much of a source waiting, listeners take in no more.
  static constexpr std::size_t kMostWaitingBytes = 1 << 20;
  // A block of so much is offered before others are added to it.
  static constexpr std::size_t kFullBlockBytes = 256 * 1024;

  ReceivedSource(boost::asio::io_context& control, Worker& worker, Spec spec, DroppedHandler dropped = {});
  ~ReceivedSource() override;

  // Hands over a block, whether there is room or not. `settled`, which may be empty, is called once on
  // the control thread; never where the agent stops before.
  void offer(std::unique_ptr<ReceivedBlock> block, std::function<void()> settled = {});
  // What waits to be taken by the worker.
  std::size_t waiting_bytes() const { return waiting_bytes_.load(std::memory_order_relaxed); }
  // Whether that is less than kMostWaitingBytes.
  bool has_room() const { return waiting_bytes() < kMostWaitingBytes; }
  // Called once on the control thread when there is room again; at once (but not in the call) where
  // there is.
  void when_room(std::function<void()> call);
  // The same for coroutines of the control thread.
  boost::asio::awaitable<void> wait_for_room();

  // Everything that was offered is pushed without waiting for turns, and when it is settled the worker lets go of
  // this source: nothing may be offered any more. The control thread; takes effect before a later Worker::drain().
  void finish();

  // What went into the pipeline. Any thread.
  const TargetTraffic& traffic() const { return traffic_; }
  // Whether something lies here that the worker has not taken. Any thread.
  bool has_waiting() const { return waiting_bytes() != 0; }

  void attach(Worker& worker) override;
  pipeline::Pipeline* pipeline() override { return pipeline_; }
  Turn take_turn(Worker& worker) override;

 private:
  struct Offered {
    std::unique_ptr<ReceivedBlock> block;
    std::function<void()> settled;
  };
  class Origin;
  // How far the block is pushed that has its turn.
  struct Reading {
    std::unique_ptr<ReceivedBlock> block;
    pipeline::OriginReference origin;
    std::size_t group = 0;
    std::size_t entry = 0;
  };

  void settled(std::list<Origin>::iterator origin);
  bool begin_block();
  // False where it stopped for a pause.
  bool push_block(Worker& worker, bool pauses);
  bool push_group(const ReceivedBlock::Group& group, Worker& worker, bool pauses);
  void count(std::size_t entries, std::size_t bytes, pipeline::Timestamp now);
  const pipeline::Labels* labels_of(const ReceivedBlock::Group& group, Worker& worker);
  void drop(Dropped why, std::size_t entries);
  void make_room(std::size_t bytes);

  boost::asio::io_context& control_;
  Worker& worker_;
  const Spec spec_;
  const DroppedHandler dropped_;

  std::mutex mutex_;
  std::deque<Offered> offered_;                          // guarded by mutex_
  std::vector<std::function<void()>> waiting_for_room_;  // guarded by mutex_
  std::atomic<std::size_t> waiting_bytes_{0};
  TargetTraffic traffic_;

  pipeline::Pipeline* pipeline_ = nullptr;
  std::unique_ptr<EntryRelabeler> relabeler_;
  std::list<Origin> unsettled_;  // about in the order in which they were taken
  std::optional<Reading> reading_;
  bool is_finished_ = false;
  pipeline::Labels labels_;                   // of the group that is pushed
  std::vector<pipeline::Metadata> metadata_;  // of the entry that is pushed
};

}  // namespace lokitail::agent
